// The forward pass of decoders and encoders: everything the host may call.
export { attention, attentionScratchBytes } from './attention';
export { activate, activateGated, add, addRow, rotate, scale, softcap } from './elementwise';
export { fakeQuantizeDynamic, fakeQuantizeStatic } from './fake-quantize';
export { cacheScratchBytes, fakeQuantizeCache, rotateHadamard } from './kv-cache';
export { gemm, gemmScratchBytes, packedBytes, packPanels } from './gemm';
export { layerNorm, rmsNorm } from './norm';
export { accumulateChannels, accumulateGram, argmax, divergence, gramScratchBytes, logSumExp } from './statistics';
