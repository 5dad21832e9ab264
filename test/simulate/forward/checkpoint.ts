import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseSafetensors } from '../../../lib/format/safetensors';
import type { WeightSource } from '../../../lib/simulate/forward/weights';

/** All bf16 tensors of a small checkpoint folder. */
export function loadCheckpoint(folder: string): { config: unknown; source: WeightSource } {
  const tensors = new Map<string, { shape: readonly number[]; bytes: Uint8Array }>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.safetensors'))) {
    const bytes = readFileSync(path.join(folder, file));
    for (const { name, shape, offset, bytes: length } of parseSafetensors(bytes, file).tensors.values())
      tensors.set(name, { shape, bytes: bytes.subarray(offset, offset + length) });
  }
  return {
    config: JSON.parse(readFileSync(path.join(folder, 'config.json'), 'utf8')),
    source: {
      has: (name) => tensors.has(name),
      read: async (name) => {
        const { shape, bytes } = tensors.get(name)!;
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        const bits = Uint32Array.from({ length: bytes.byteLength / 2 }, (_, i) => view.getUint16(2 * i, true) << 16);
        return { shape, values: new Float32Array(bits.buffer) };
      },
    },
  };
}
