import { ModelConfigError } from '../../lib/errors';
import { describeModel } from '../../lib/model';
import { oddName, oddValue, utf8 } from './json-text';
import { damage } from './mutate';
import type { Random } from './random';
import { invariant, type FuzzTarget } from './target';
import catalogue from '../../data/sources/models.json';

const seeds = catalogue.models.map(({ config }) => config as Readonly<Record<string, unknown>>);

/** Keys of one config are put into another: a reader must not trust what an architecture's name promises. */
const DONORS = seeds
  .flatMap((config) => Object.entries(config))
  .map(([key, value]) => [key, JSON.stringify(value)] as const);

function makeConfig(random: Random): string {
  const fields = Object.entries(random.pick(seeds)).map(
    ([key, value]) => [JSON.stringify(key), JSON.stringify(value)] as [string, string],
  );
  for (let changes = random.below(5); changes > 0; changes--) {
    const at = random.below(fields.length);
    switch (random.below(5)) {
      case 0:
        fields[at][1] = oddValue(random);
        break;
      case 1:
        fields.splice(at, 1);
        break;
      case 2: {
        const [key, value] = random.pick(DONORS);
        fields.push([JSON.stringify(key), value]);
        break;
      }
      case 3:
        fields[at][1] = String(random.below(2) === 0 ? random.below(1 << 20) : -random.below(1 << 10));
        break;
      default:
        fields.push([oddName(random), oddValue(random)]);
    }
    if (fields.length === 0) break;
  }
  return `{${fields.map(([key, value]) => `${key}:${value}`).join(',')}}`;
}

export const configTarget: FuzzTarget = {
  name: 'config.json',
  make: (random) => {
    const bytes = utf8(makeConfig(random));
    return random.chance(0.2) ? damage(bytes, random) : bytes;
  },
  read: (bytes) => {
    const model = describeModel(parse(bytes));
    invariant(
      Number.isFinite(model.parameterCount) && model.parameterCount >= 0,
      'a model has a finite number of parameters',
    );
    invariant(
      Number.isFinite(model.kvBytesPerTokenBf16) && model.kvBytesPerTokenBf16 >= 0,
      'a token has a finite KV cache',
    );
  },
};

/** As every caller does before the reader sees anything; text that is no JSON ends here. */
function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ModelConfigError('MODEL_CONFIG_UNREADABLE', 'it is not JSON', { cause });
  }
}
