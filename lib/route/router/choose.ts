import { decide, type Decision } from '../classify/decide';
import { featuresOf, turnsOf } from '../classify/features';
import type { RouterConfig } from '../config';
import type { ChosenBy } from '../observe/record';
import type { ChatRequest } from '../openai/request';
import { RequestRefused } from '../openai/refusal';
import type { ConversationMemory } from './memory';
import type { RouterWorld } from './ports';

/** Which tier is asked first, and why. */
export interface Choice {
  readonly tier: number;
  readonly by: ChosenBy;
  readonly decision?: Decision;
}

/**
 * Chooses the first tier. What chooses is the shape of the questions and nothing that they say of tiers; `model` names a
 * tier only where the router's owner lets callers choose.
 */
export async function chooseTier(
  request: ChatRequest,
  caller: string,
  config: RouterConfig,
  world: RouterWorld,
  memory: ConversationMemory,
): Promise<Choice> {
  const names = config.tiers.map(({ name }) => name);
  if (request.model !== config.modelName) {
    const asked = config.callerMayChoose ? names.indexOf(request.model) : -1;
    if (asked < 0) throw unknownModel(request.model, config);
    return { tier: asked, by: 'caller' };
  }
  const turns = turnsOf(request.messages, request);
  const now = decide(turns[turns.length - 1], config.boundaries);
  let choice: Choice = { tier: now.tier, by: 'classifier', decision: now };
  const own = await askOwnClassifier(request, now, config, world);
  if (own !== undefined) choice = { ...choice, tier: own, by: 'function' };
  if (!config.sticky) return choice;
  const before =
    own === undefined ? turns.slice(0, -1).map((turn) => decide(turn, config.boundaries).tier) : ([] as number[]);
  const conversation = conversationOf(request, caller);
  const remembered = conversation === undefined ? 0 : await memory.reached(world.digest(conversation));
  const reached = Math.max(remembered, ...before);
  return reached > choice.tier ? { ...choice, tier: Math.min(reached, names.length - 1), by: 'conversation' } : choice;
}

/**
 * What stays the same from turn to turn: who asks, the instructions, the first question and its answer. Undefined where
 * there is no answer yet: two conversations may well begin with the same question.
 *
 * @param answer to the request, once it is known
 */
export function conversationOf({ messages }: ChatRequest, caller: string, answer?: string): string | undefined {
  const system = messages.filter(({ role }) => role === 'system' || role === 'developer').map(({ text }) => text);
  const question = messages.find(({ role }) => role === 'user')?.text ?? '';
  const first = messages.find(({ role }) => role === 'assistant')?.text ?? answer;
  return first === undefined ? undefined : JSON.stringify([caller, system, question, first]);
}

/** A classifier that is late, fails or names no tier is not waited for: the built-in one has decided already. */
async function askOwnClassifier(
  request: ChatRequest,
  { tier, score, threshold }: Decision,
  config: RouterConfig,
  world: RouterWorld,
): Promise<number | undefined> {
  const { classifier, tiers } = config;
  if (classifier === undefined || world.classifier === undefined) return undefined;
  const names = tiers.map(({ name }) => name);
  const abort = new AbortController();
  let clear: () => void = () => undefined;
  const late = new Promise<undefined>((resolve) => {
    clear = world.setTimer(() => resolve(undefined), classifier.timeoutMs);
  });
  const turns = turnsOf(request.messages, request);
  const asked = world
    .classifier(
      {
        tiers: names,
        features: featuresOf(turns[turns.length - 1]),
        proposal: { tier: names[tier], score, threshold },
        messages: request.messages.map(({ role, text }) => ({ role, content: text })),
      },
      abort.signal,
    )
    .catch(() => undefined);
  try {
    const answer = await Promise.race([asked, late]);
    const named = typeof answer === 'object' && answer !== null ? (answer as { tier?: unknown }).tier : undefined;
    const index = typeof named === 'string' ? names.indexOf(named) : -1;
    return index < 0 ? undefined : index;
  } finally {
    clear();
    abort.abort();
  }
}

function unknownModel(got: string, { modelName, tiers, callerMayChoose }: RouterConfig): RequestRefused {
  return new RequestRefused('model_not_found', 'there is no such model here', {
    status: 404,
    type: 'invalid_request_error',
    param: 'model',
    got: JSON.stringify(got.slice(0, 80)),
    allowed: [modelName, ...(callerMayChoose ? tiers.map(({ name }) => name) : [])].join(', '),
  });
}
