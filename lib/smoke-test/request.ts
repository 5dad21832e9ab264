import type { SmokePrompt, SmokeTestSettings } from './types';

/** The request of a prompt. Greedy, so that a deployment fails or passes for what was deployed, not by chance. */
export function requestBody(
  { text }: SmokePrompt,
  { format, maxTokens }: Pick<SmokeTestSettings, 'format' | 'maxTokens'>,
  stream: boolean,
): string {
  const asked = format === 'chat' ? { messages: [{ role: 'user', content: text }] } : { prompt: text };
  return JSON.stringify({ ...asked, max_tokens: maxTokens, temperature: 0, stream });
}
