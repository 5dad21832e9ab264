// Mixed endpoint specs for the benches: every model of the fixtures, spread over instances, containers, schemes and options by a fixed
// sequence, so that two runs measure the same.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const fixtures = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..', 'test', 'plan', 'fixtures');

const INSTANCES = [
  'ml.g4dn.xlarge',
  'ml.g5.2xlarge',
  'ml.g5.12xlarge',
  'ml.g6.xlarge',
  'ml.g6e.12xlarge',
  'ml.p4d.24xlarge',
  'ml.p5.48xlarge',
];
const CONTAINERS = [
  { family: 'vllm' },
  { family: 'vllm', version: '0.8.5' },
  { family: 'vllm', version: '0.14.1' },
  { family: 'lmi' },
  { family: 'sglang' },
  undefined,
];
const SCHEMES = [undefined, 'none', 'awq', 'fp8', 'gptq', 'int8-w8a8'];
const REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1', undefined];

/** `count` specs, each on one line. */
export async function mixedSpecs(count) {
  const configs = [];
  for (const name of ['engine-memory.json', 'checkpoint-sizes.json', 'decode-speeds.json'])
    configs.push(...JSON.parse(await readFile(path.join(fixtures, name), 'utf8')).configs);
  const pick = (list, at) => list[at % list.length];
  const lines = [];
  for (let i = 0; i < count; i++) {
    // Strides without common factors walk through all combinations.
    const spec = {
      id: `spec-${i}`,
      model: { id: `org/model-${i % configs.length}`, config: pick(configs, i) },
      quantization: pick(SCHEMES, i * 5 + (i >> 3)),
      container: pick(CONTAINERS, i * 7 + (i >> 2)),
      instanceType: pick(INSTANCES, i * 3 + (i >> 4)),
      region: pick(REGIONS, i),
      options: { tensorParallelSize: pick([1, 2, 4], i >> 1), maxModelLen: pick([2048, 8192, 32_768], i) },
      workload: { inputTokens: 1024, outputTokens: 256, concurrency: pick([1, 8, 32], i) },
    };
    lines.push(JSON.stringify(spec));
  }
  return lines;
}
