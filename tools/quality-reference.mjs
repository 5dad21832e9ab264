/**
 * Holds the evaluation against figures of independent code: `node tools/quality-reference.mjs --models DIR [--model NAME]…`.
 * DIR holds `calib.txt`, `heldout.txt`, `reference-*.json` (perplexity, mean KL and top-1 agreement of each variant, by model) and
 * the models' folders. Prints a table for each model, as it stands in docs/quality.md, and fails where a figure is beyond its
 * tolerance or two variants that the reference holds more than 1 % apart come in another order.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { importTypeScript } from './import-typescript.mjs';

const { values } = parseArgs({ options: { models: { type: 'string' }, model: { type: 'string', multiple: true } } });
if (values.models === undefined) {
  console.error('usage: node tools/quality-reference.mjs --models DIR [--model NAME]…');
  process.exit(2);
}

const SEARCHES = /^(awq|gptq)/;
/** Share of the perplexity; methods that search may do better than the reference by any margin. */
const TOLERANCES = [
  [SEARCHES, { above: 0.02, below: Infinity }],
  [/^(rtn_int8|gguf)/, { above: 0.003, below: 0.003 }],
  [/./, { above: 0.01, below: 0.01 }],
];
const ORDER_MATTERS_BEYOND = 0.01;

const { measure } = await importTypeScript('tools/quality/measure.ts');
const references = readdirSync(values.models)
  .filter((name) => /^reference-.*\.json$/.test(name))
  .flatMap((name) => Object.entries(JSON.parse(readFileSync(path.join(values.models, name), 'utf8')).variants));

let failures = 0;
for (const [model, { results }] of references) {
  if (values.model !== undefined && !values.model.includes(model)) continue;
  const at = (name) => path.join(values.models, name);
  const ours = await measure(at(model), at('heldout.txt'), at('calib.txt'), Object.keys(results));
  report(model, results, ours);
}
process.exitCode = failures === 0 ? 0 : 1;

function report(model, results, ours) {
  console.log(`### ${model}\n`);
  console.log(
    '| variant | perplexity | reference | difference | mean KL | reference | same first choice | reference |',
  );
  console.log('| --- | --: | --: | --: | --: | --: | --: | --: |');
  for (const [name, { perplexity, meanKl, top1Agreement }] of Object.entries(ours)) {
    const { ppl, mean_kl: kl = 0, top1_agreement: agreement = 1 } = results[name];
    const difference = perplexity / ppl - 1;
    const { above, below } = TOLERANCES.find(([pattern]) => pattern.test(name))[1];
    if (!(difference <= above && -difference <= below)) fail(`${model}: ${name} is ${percent(difference, 3)} off`);
    const cells = [perplexity.toFixed(3), ppl.toFixed(3), percent(difference, 3), meanKl.toFixed(5), kl.toFixed(5)];
    console.log(`| ${name} | ${cells.join(' | ')} | ${percent(top1Agreement, 1)} | ${percent(agreement, 1)} |`);
  }
  console.log('');
  checkOrder(model, results, ours);
}

function checkOrder(model, results, ours) {
  const names = Object.keys(ours);
  for (const left of names) {
    for (const right of names) {
      const apart = results[right].ppl / results[left].ppl - 1;
      // A search that did better than the reference's may have passed what the reference holds better.
      if (SEARCHES.test(right) && ours[right].perplexity < results[right].ppl) continue;
      if (apart > ORDER_MATTERS_BEYOND && !(ours[left].perplexity < ours[right].perplexity))
        fail(`${model}: ${left} should be better than ${right}`);
    }
  }
}

function fail(message) {
  failures++;
  console.error(`FAIL ${message}`);
}

function percent(share, digits) {
  return `${(share * 100).toFixed(digits)} %`;
}
