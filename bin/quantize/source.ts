// What opens a checkpoint that is to be quantized: loaded when threads have been started.
export { openCheckpoint } from '../../lib/format';
export { closeS3, locateCheckpoint } from '../../lib/format/node';
