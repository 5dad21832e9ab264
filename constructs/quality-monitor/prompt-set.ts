import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { QuantizedEndpointsError, SpecError } from '../../lib/errors';
import { parsePrompts, type MonitorPrompt } from '../../lib/monitor/prompts';
import type { Finding } from '../../lib/rules/types';

/** A prompt set as synth reads it. */
export interface PromptSet {
  readonly prompts: readonly MonitorPrompt[];
  readonly digest: string;
  /** Why it cannot be read. */
  readonly findings: readonly Finding[];
}

/** Reads the file; what is wrong with it is a finding, so that it comes with all others. */
export function readPromptSet(file: string): PromptSet {
  try {
    const text = read(file);
    return {
      prompts: parsePrompts(text, file),
      digest: createHash('sha256').update(text).digest('hex').slice(0, 16),
      findings: [],
    };
  } catch (error) {
    if (!(error instanceof QuantizedEndpointsError)) throw error;
    const { id: rule, message, got, allowed, fix, path } = error;
    return { prompts: [], digest: '', findings: [{ rule, severity: 'error', message, got, allowed, fix, path }] };
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SpecError('PROMPT_SET_UNREADABLE', `cannot read the prompt set ${file}: ${(cause as Error).message}`, {
      got: file,
      allowed: 'a file of JSON lines',
      fix: 'check the path, which is taken from the directory in which the app runs',
      path: file,
      cause,
    });
  }
}
