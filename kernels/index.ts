// Everything the host may call. One module, one memory: the host lays out the memory, the kernels only compute.
export { rederiveAwqCodes } from './awq';
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
