// The forward pass of decoders and encoders: everything the host may call.
export { attention, attentionScratchBytes } from './attention';
export { activate, activateGated, add, addRow, rotate, scale, softcap } from './elementwise';
export { fakeQuantizeDynamic, fakeQuantizeQ8_0, fakeQuantizeStatic } from './fake-quantize';
export { gemm, gemmScratchBytes, packedBytes, packPanels } from './gemm';
export { layerNorm, rmsNorm } from './norm';
export { accumulateChannels, accumulateGram, argmax, divergence, gramScratchBytes, logSumExp } from './statistics';
