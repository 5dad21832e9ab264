import type { Chunk, ToolCallDelta, TokenLogprob, Usage } from './chunk';

interface ToolCall {
  id: string;
  type: string;
  function: { name: string; arguments: string };
}

/** The whole answer, `chat.completion`, of a stream's chunks: what a client gets that did not ask for a stream. */
export function assemble(chunks: readonly Chunk[], head: { id: string; created: number; model: string }) {
  let content = '';
  let reasoning = '';
  let refusal = '';
  let finish: string | null = null;
  let usage: Usage | undefined;
  const logprobs: TokenLogprob[] = [];
  const calls = new Map<number, ToolCall>();
  for (const chunk of chunks) {
    usage = chunk.usage ?? usage;
    const choice = chunk.choices[0];
    if (choice === undefined) continue;
    content += choice.delta.content ?? '';
    reasoning += choice.delta.reasoning_content ?? '';
    refusal += choice.delta.refusal ?? '';
    finish = choice.finish_reason ?? finish;
    logprobs.push(...(choice.logprobs?.content ?? []));
    for (const call of choice.delta.tool_calls ?? []) addCall(calls, call);
  }
  const message = {
    role: 'assistant',
    content: content === '' && calls.size > 0 ? null : content,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(refusal === '' ? {} : { refusal }),
    ...(calls.size === 0
      ? {}
      : { tool_calls: [...calls].sort(([left], [right]) => left - right).map(([, call]) => call) }),
  };
  return {
    ...head,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message,
        finish_reason: finish,
        logprobs: logprobs.length === 0 ? null : { content: logprobs },
      },
    ],
    ...(usage === undefined ? {} : { usage }),
  };
}

function addCall(calls: Map<number, ToolCall>, delta: ToolCallDelta): void {
  const index = delta.index ?? 0;
  const call = calls.get(index) ?? { id: '', type: 'function', function: { name: '', arguments: '' } };
  call.id = delta.id ?? call.id;
  call.type = delta.type ?? call.type;
  call.function.name += delta.function?.name ?? '';
  call.function.arguments += delta.function?.arguments ?? '';
  calls.set(index, call);
}
