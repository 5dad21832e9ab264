import type { Answer } from '../answer';
import { scoreAnswer, type Losses, type ScoredAnswer } from '../figures';
import type { MonitorPrompt } from '../prompts';
import { cosine } from '../scores/embedding';
import type { Ports } from './ports';

/** An answer's figures, with those of a judge and of embeddings where there are such. */
export async function scoreWith(
  prompt: MonitorPrompt,
  reference: Answer,
  answer: Answer,
  { judge, embed, parsesJavaScript }: Pick<Ports, 'judge' | 'embed' | 'parsesJavaScript'>,
): Promise<ScoredAnswer> {
  const scored = scoreAnswer(prompt, reference, answer, parsesJavaScript);
  if (prompt.isText) return scored;
  const more: { -readonly [Figure in keyof Losses]: Losses[Figure] } = {};
  // Nothing is to be judged between two equal answers.
  if (embed !== undefined)
    more.embedding = scored.exactMatch ? 0 : (1 - cosine(await embed(reference.text), await embed(answer.text))) / 2;
  if (judge !== undefined)
    more.judge = scored.exactMatch ? 0.5 : await judge(prompt.messages, reference.text, answer.text);
  return { ...scored, losses: { ...scored.losses, ...more } };
}
