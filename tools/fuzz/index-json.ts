import { parseSafetensorsIndex } from '../../lib/format/safetensors';
import { oddName, oddValue, space, utf8 } from './json-text';
import { damage } from './mutate';
import type { Random } from './random';
import { invariant, type FuzzTarget } from './target';

const SHARDS = [
  'model.safetensors',
  'model-00001-of-00002.safetensors',
  '../x.safetensors',
  '/etc/passwd',
  'a/b.safetensors',
  'C:\\x.safetensors',
  '.safetensors',
  'x.bin',
  '',
  '..',
  'x\u0000.safetensors',
  'é.safetensors',
];

function makeIndex(random: Random): string {
  const weights: string[] = [];
  for (let count = random.below(6); count > 0; count--) {
    const name = random.chance(0.6) ? `"t${count}"` : oddName(random);
    const shard = random.chance(0.7) ? SHARDS[random.below(2)] : random.pick(SHARDS);
    weights.push(`${name}${space(random)}:${random.chance(0.03) ? oddValue(random) : JSON.stringify(shard)}`);
  }
  const map = random.chance(0.95) ? `{${weights.join(`,${space(random)}`)}}` : oddValue(random);
  const parts = [`"weight_map":${map}`];
  if (random.chance(0.7))
    parts.push(`"metadata":{"total_size":${random.chance(0.7) ? random.below(1000) : oddValue(random)}}`);
  if (random.chance(0.1)) parts.push(`${oddName(random)}:${oddValue(random)}`);
  if (random.chance(0.05)) parts.push(random.pick(parts));
  if (random.chance(0.3)) parts.reverse();
  return `${space(random)}{${parts.join(',')}}${space(random)}`;
}

export const indexTarget: FuzzTarget = {
  name: 'index.json',
  make: (random) => {
    const bytes = utf8(makeIndex(random));
    return random.chance(0.4) ? damage(bytes, random) : bytes;
  },
  read: (bytes) => {
    const index = parseSafetensorsIndex(bytes, 'fuzz.index.json');
    invariant(index.weightMap.size > 0 && index.shards.length > 0, 'an index lists something');
    for (const shard of index.weightMap.values()) {
      invariant(
        !/[/\\:\0]/.test(shard) && !shard.startsWith('.') && shard.endsWith('.safetensors'),
        'a shard lies in the folder',
      );
      invariant(index.shards.includes(shard), 'every shard is listed');
    }
    // The strict reader takes a part of what JSON.parse takes, and means the same by it.
    const loose = JSON.parse(new TextDecoder().decode(bytes)) as { weight_map: object };
    invariant(Object.keys(loose.weight_map).length >= index.weightMap.size - 1, 'JSON.parse reads it too');
  },
};
