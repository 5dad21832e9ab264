import { found } from '../helpers/finding';
import { instanceText } from '../helpers/accelerator';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleFinding } from '../types';

const example = (goals: object) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm' },
  instanceType: 'ml.g5.2xlarge',
  options: { maxModelLen: 8192 },
  workload: { inputTokens: 2000, outputTokens: 200, concurrency: 1, ...goals },
});

export const latencyGoalMissed: Rule = {
  id: 'LATENCY_GOAL_MISSED',
  severity: 'warning',
  summary: 'the estimated latency meets the workload’s goals',
  explanation:
    'The plan estimates the time to the first token from the arithmetic of the prompt, and the time between tokens from the bytes that each step reads, at the bandwidth and peak of the accelerator. Estimates are within a factor of about 1.4 of measurements; a goal that is missed by far will be missed.',
  source: 'this library’s plan (roofline)',
  examples: {
    passes: [example({ maxInterTokenMs: 100 })],
    fails: [example({ maxInterTokenMs: 5 }), example({ maxTimeToFirstTokenMs: 10 })],
  },
  evaluate({ instance, plan, spec }) {
    if (instance === undefined || spec.workload === undefined) return [];
    const { maxTimeToFirstTokenMs, maxInterTokenMs } = spec.workload;
    const { timeToFirstTokenMs, interTokenMs } = plan.estimate;
    const goals: readonly (readonly [
      name: string,
      words: string,
      goal: number | undefined,
      estimate: number | null,
    ])[] = [
      ['maxTimeToFirstTokenMs', 'the first token', maxTimeToFirstTokenMs, timeToFirstTokenMs],
      ['maxInterTokenMs', 'each further token', maxInterTokenMs, interTokenMs],
    ];
    const findings: RuleFinding[] = [];
    for (const [name, words, goal, estimate] of goals) {
      if (goal === undefined || estimate === null || estimate <= goal) continue;
      findings.push(
        found({
          what: `${words} is estimated to take longer than the goal`,
          got: `about ${estimate.toFixed(0)} ms on ${instanceText(instance)}`,
          allowed: `${goal} ms`,
          fix: 'use a faster accelerator, more tensor parallelism, or fewer bits',
          path: `/workload/${name}`,
        }),
      );
    }
    return findings;
  },
};
