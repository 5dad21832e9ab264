import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import type { QualityComparison } from '../../lib/benchmark';
import { SpecError } from '../../lib/errors';
import {
  ALL,
  plainRequestBody,
  readAnswer,
  requestBody,
  scoreAnswer,
  summarize,
  worstAnswers,
  type Answer,
  type MonitorPrompt,
  type ScoredAnswer,
} from '../../lib/monitor';
import type { Clients } from './clients';
import type { Target } from './invoke';
import { parsesJavaScript } from '../../lib/monitor/parses-javascript';

const WORST_SHOWN = 5;

/**
 * Asks the same prompts of both endpoints, or compares with the answers that the file brings.
 *
 * @throws SpecError `QUALITY_WITHOUT_REFERENCE`
 */
export async function compareQuality(
  { runtime }: Clients,
  target: Target,
  other: Target | undefined,
  prompts: readonly MonitorPrompt[],
  signal: AbortSignal,
): Promise<QualityComparison> {
  const compared = other === undefined ? prompts.filter(({ reference }) => reference !== undefined) : prompts;
  if (compared.length === 0)
    throw new SpecError('QUALITY_WITHOUT_REFERENCE', 'there is nothing to compare the answers with', {
      got: 'no --compare, and no prompt with a "reference"',
      allowed: '--compare with another endpoint, or a "reference" answer in the file',
      fix: 'add --compare ENDPOINT, with the full-precision endpoint for example',
    });
  const scored: ScoredAnswer[] = [];
  let failed = 0;
  for (const prompt of compared) {
    signal.throwIfAborted();
    try {
      const answer = await ask(runtime, target, prompt, signal);
      const reference =
        other === undefined ? { text: prompt.reference!, positions: [] } : await ask(runtime, other, prompt, signal);
      scored.push(scoreAnswer(prompt, reference, answer, parsesJavaScript));
    } catch (error) {
      if (signal.aborted) throw error;
      failed++;
    }
  }
  const [all] = summarize(scored);
  const { exactMatch, normalizedMatch, similarity, meanKl, top1Agreement } = all;
  return {
    comparedWith: other?.endpoint ?? 'the references of the prompt set',
    prompts: scored.length,
    failed,
    exactMatch,
    normalizedMatch,
    similarity,
    meanKl,
    top1Agreement,
    worst: worstAnswers(scored, WORST_SHOWN).map(({ id, category, losses }) => ({
      id,
      category: category || ALL,
      loss: Math.max(...Object.values(losses)),
    })),
  };
}

async function ask(
  runtime: Clients['runtime'],
  { endpoint, inferenceComponent }: Target,
  prompt: MonitorPrompt,
  signal: AbortSignal,
): Promise<Answer> {
  const send = async (body: object) => {
    const { Body } = await runtime.send(
      new InvokeEndpointCommand({
        EndpointName: endpoint,
        InferenceComponentName: inferenceComponent,
        ContentType: 'application/json',
        Body: Buffer.from(JSON.stringify(body)),
      }),
      { abortSignal: signal },
    );
    return readAnswer(Buffer.from(Body!).toString('utf8'));
  };
  try {
    return await send(requestBody(prompt));
  } catch (error) {
    // Some servers refuse to tell log-probabilities; the texts can be compared all the same.
    if ((error as { OriginalStatusCode?: number }).OriginalStatusCode !== 400) throw error;
    return send(plainRequestBody(prompt));
  }
}
