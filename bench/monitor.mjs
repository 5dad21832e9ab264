// What the quality monitor's test is worth: false alarms over histories of 1,000 weeks, at the very border of what is tolerated and with
// losses as noisy as they can be; and the prompts it takes to find INT4 rounded to nearest among INT8, on a real model that llama.cpp
// serves, beside the number that it states.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { importTypeScript } from '../tools/import-typescript.mjs';
import { chatCompletion } from '../tools/local-aws/engine/chat-completions.mjs';
import { loadEngine } from '../tools/local-aws/engine/engine.mjs';

const HISTORIES = 60;
const WEEKS = 1000;
const PROMPTS_A_WEEK = 50;
const TRIALS = 200;

const root = path.resolve(import.meta.dirname, '..');
const scratch = mkdtempSync(path.join(tmpdir(), 'bench-monitor-'));
const monitor = await importTypeScript('lib/monitor/index.ts');
const { addRun, DEFAULT_DRIFT_OPTIONS, draw, parsePrompts, promptsToDetect, random, startDrift } = monitor;

function falseAlarms() {
  const baseline = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [
      `p${i}`,
      {
        category: ['chat', 'code', 'json'][i % 3],
        losses: { divergence: 0.01 + (i % 7) * 0.005, difference: (i % 5) * 0.1 },
      },
    ]),
  );
  const ids = Object.keys(baseline);
  const { tolerance } = DEFAULT_DRIFT_OPTIONS;
  let alarms = 0;
  for (let history = 0; history < HISTORIES; history++) {
    const next = random(history + 1);
    let state = startDrift(baseline);
    for (let week = 0; week < WEEKS && !state.alarm; week++) {
      const run = draw(ids.length, PROMPTS_A_WEEK, history * 100_003 + week).map((i) => {
        const { divergence, difference } = baseline[ids[i]].losses;
        const allOrNothing = (loss) => (next() < loss + tolerance ? 1 : 0);
        return { id: ids[i], losses: { divergence: allOrNothing(divergence), difference: allOrNothing(difference) } };
      });
      state = addRun(state, baseline, run);
    }
    if (state.alarm) alarms++;
  }
  return alarms;
}

/** Answers of a GGUF to all prompts. */
async function answers(file, prompts) {
  const engine = await loadEngine(file, {}, () => {});
  const toPrompt = (messages) => messages.map(({ content }) => content).join('');
  const all = new Map();
  for (const prompt of prompts) {
    const { body } = chatCompletion(engine, toPrompt, monitor.requestBody(prompt));
    all.set(prompt.id, monitor.readAnswer(await body(new AbortController().signal)));
  }
  return all;
}

function gguf(fileType) {
  const model = path.join(root, 'examples/models/gutenberg-3m');
  const args = ['quantize', model, '--scheme', `gguf:${fileType}`, '--out', scratch, '--quiet'];
  const { status, stderr } = spawnSync(process.execPath, [path.join(root, 'dist/bin/qe.js'), ...args]);
  if (status !== 0) throw new Error(`qe ${args.join(' ')} ended with ${status}: ${stderr} (run npm run build first)`);
  return path.join(scratch, `gutenberg-3m-${fileType}.gguf`);
}

async function detection() {
  const prompts = parsePrompts(
    readFileSync(path.join(root, 'examples/quality-monitor/prompts.jsonl'), 'utf8'),
    'prompts',
  );
  const full = await answers(gguf('F16'), prompts);
  const scored = async (file) => {
    const given = await answers(file, prompts);
    return prompts.map((prompt) => monitor.scoreAnswer(prompt, full.get(prompt.id), given.get(prompt.id)));
  };
  const [eight, four] = [await scored(gguf('Q8_0')), await scored(gguf('Q4_0'))];
  const baseline = Object.fromEntries(eight.map(({ id, category, losses }) => [id, { category, losses }]));
  const rises = four.flatMap(({ id, losses }) =>
    losses.divergence === undefined ? [] : [losses.divergence - baseline[id].losses.divergence],
  );
  const mean = rises.reduce((sum, rise) => sum + rise, 0) / rises.length;
  const deviation = Math.sqrt(rises.reduce((sum, rise) => sum + (rise - mean) ** 2, 0) / rises.length);
  const stated = promptsToDetect(startDrift(baseline), 'divergence', { mean, deviation });
  const needed = (answersOf, most) => {
    const byId = new Map(answersOf.map((answer) => [answer.id, answer]));
    return Array.from({ length: TRIALS }, (_, trial) => {
      let state = startDrift(baseline);
      const order = draw(prompts.length, most, trial + 1);
      // One run, looked at after every prompt.
      for (let count = 1; count <= most; count++) {
        state = addRun(
          startDrift(baseline),
          baseline,
          order.slice(0, count).map((i) => byId.get(prompts[i].id)),
        );
        if (state.alarm) return count;
      }
      return Infinity;
    }).sort((a, b) => a - b);
  };
  const four50 = needed(four, 2 * stated);
  const eightAgain = needed(eight, 50).filter(Number.isFinite).length;
  return { mean, deviation, stated, median: four50[TRIALS >> 1], worst: four50[TRIALS - 1], eightAgain };
}

try {
  const alarms = falseAlarms();
  const rate = alarms / HISTORIES;
  console.log(
    `false alarms: ${alarms} of ${HISTORIES} histories of ${WEEKS} weeks at the border of what is tolerated (allowed: 1 %, forever)`,
  );
  const { mean, deviation, stated, median, worst, eightAgain } = await detection();
  console.log(
    `INT4 rounded to nearest among INT8: divergence rises by ${mean.toFixed(4)} ± ${deviation.toFixed(4)}; stated ${stated} prompts, ` +
      `needed ${median} (median), ${worst} (worst of ${TRIALS}); INT8 again: ${eightAgain} alarms in ${TRIALS}`,
  );
  process.exitCode = rate <= 0.05 && median <= stated && eightAgain === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true });
}
// llama.cpp keeps its threads.
process.exit();
