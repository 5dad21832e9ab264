import { readFile } from 'node:fs/promises';
import { syntheticPrompt } from '../../lib/benchmark';
import { SpecError } from '../../lib/errors';
import { parsePrompts, type ChatMessage, type MonitorPrompt } from '../../lib/monitor';
import type { BenchmarkOptions } from './options';

/** Makes the bodies of the load's requests; the same index gives the same body, so that two endpoints answer the same. */
export type RequestSource = (index: number) => string;

/**
 * @param tokensAWord what the endpoint's tokenizer makes of a word of synthetic text
 * @throws SpecError where a file of prompts cannot be read
 */
export async function requestSource(options: BenchmarkOptions, tokensAWord?: number): Promise<RequestSource> {
  const prompts = options.promptFile === undefined ? undefined : await readPromptFile(options.promptFile);
  return (index) => {
    const prompt = prompts?.[index % prompts.length];
    const messages: readonly ChatMessage[] = prompt?.messages ?? [
      { role: 'user', content: syntheticPrompt(options.inputTokens, index + 1, tokensAWord) },
    ];
    return JSON.stringify({
      messages,
      max_tokens: options.outputTokens,
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
      ...(options.ignoreEos ? { ignore_eos: true } : {}),
    });
  };
}

/** @throws SpecError `INPUT_UNREADABLE`, `PROMPT_SET_EMPTY`, `PROMPT_SET_UNREADABLE` */
export async function readPromptFile(file: string): Promise<readonly MonitorPrompt[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new SpecError('INPUT_UNREADABLE', `cannot read ${file}: ${(cause as Error).message}`, {
      path: file,
      got: file,
      allowed: 'a file of JSON lines, a prompt each',
      fix: 'check the path',
      cause,
    });
  }
  return parsePrompts(text, file);
}
