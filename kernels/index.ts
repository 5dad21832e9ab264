// Everything the host may call. One module, one memory: the host lays out the memory, the kernels only compute.
export { clampGroups, rederiveAwqCodes, searchClipping } from './awq';
export { addRelativeMagnitudes, columnAbsMax, differences, scaleColumns } from './columns';
export { compareRows } from './compare';
export {
  decodeBf16,
  decodeF16,
  decodeE4m3,
  decodeE4m3Ieee,
  decodeE5m2,
  encodeBf16,
  encodeF16,
  encodeE4m3,
  encodeE4m3Ieee,
} from './decode';
export { gridsFromExtremes, packBits, quantizeRows, rowExtremes } from './rows';
export { rowJobBytes } from './held';
export { gptqRows, gptqScratchBytes, invertHessian } from './gptq';
export { packMoments, packedMomentsBytes, quadraticForm, quadraticScratchBytes } from './quadratic';
export { accumulateGram, gramScratchBytes } from './forward/statistics';
export { gemmScratchBytes } from './forward/gemm';
