import { describeModel } from '../../lib/model';
import { loadedBytes } from '../../lib/plan/weights/loaded';
import type { Loader } from '../../lib/plan/weights/loader';
import { LLAMA_8B, MIXTRAL, type Json } from '../../lib/rules/helpers/samples';
import { parseScheme } from '../../lib/scheme';

const NONE = parseScheme('none', { origin: 'spec' });
const SLOTS = { count: 2, rank: 16 };
const QWEN3: Json = { ...LLAMA_8B, architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', head_dim: 128 };
const QWEN2: Json = { ...LLAMA_8B, architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2' };

/** What a slot of rank 1 takes for each rank: both sides of every linear layer of 32. */
const ATTENTION = 4096 + 4096 + (1024 + 4096) * 2 + 4096 + 4096;
const MLP = 3 * (14_336 + 4096);
const LAYERS = 32 * (ATTENTION + MLP);
const VOCABULARY = LLAMA_8B.vocab_size as number;

/** What the server loads more for adapters. */
function room(config: Json, version: Loader['version'], tensor = 1, engine: Loader['engine'] = 'vllm'): number {
  const parallelism = { tensor, pipeline: 1, experts: false };
  const loader = { engine, version, plainBytes: 2, sm: 90, parallelism } as Loader;
  const model = describeModel(config);
  return loadedBytes(model, NONE, { ...loader, loras: SLOTS })! - loadedBytes(model, NONE, loader)!;
}

const bytes = (elements: number) => SLOTS.count * elements * 2;
const thin = (sides: number) => bytes(SLOTS.rank * sides);

describe('the room for adapters', () => {
  test('is in the linear layers alone where the model’s embedding takes none', () => {
    expect(room(QWEN2, [0, 20, 0])).toBe(thin(LAYERS));
  });

  test('is at the embedding and at the head, too, where they take adapters', () => {
    expect(room(LLAMA_8B, [0, 20, 0])).toBe(thin(LAYERS + 2 * (VOCABULARY + 4096)));
  });

  test('had place for the tokens that an adapter adds until 0.12, in the slots and in the tables', () => {
    const added = 2 * bytes(256 * 4096);
    const expected = thin(LAYERS + 2 * (VOCABULARY + 256 + 4096)) + 2 * added;
    expect(room(LLAMA_8B, [0, 8, 2])).toBe(expected);
    expect(room(LLAMA_8B, [0, 11, 2])).toBe(expected);
    expect(room(LLAMA_8B, [0, 12, 0])).toBeLessThan(expected - added);
  });

  test('came to Qwen3’s embedding with 0.16', () => {
    expect(room(QWEN3, [0, 15, 1])).toBe(thin(LAYERS));
    expect(room(QWEN3, [0, 16, 0])).toBe(thin(LAYERS + 2 * (VOCABULARY + 4096)));
  });

  test('holds the whole vocabulary on each rank', () => {
    const layers = room(QWEN2, [0, 20, 0], 4);
    expect(room(LLAMA_8B, [0, 20, 0], 4)).toBe(layers + thin(2 * (VOCABULARY + 4096)));
  });

  test('is in every expert from 0.11.2 on', () => {
    const experts = thin(32 * 8 * MLP);
    // The vocabulary's is the same in both.
    expect(room(MIXTRAL, [0, 11, 2]) - room(MIXTRAL, [0, 11, 1])).toBe(experts);
  });

  test('is in the linear layers alone with SGLang', () => {
    expect(room(LLAMA_8B, [0, 5, 5], 1, 'sglang')).toBe(thin(LAYERS));
  });
});
