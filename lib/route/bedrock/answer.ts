import type { Chunk, Delta } from '../openai/chunk';
import { TierFailure } from '../router/failure';

/** An event of ConverseStream, one of its members set. */
export interface ConverseEvent {
  readonly contentBlockStart?: {
    readonly contentBlockIndex?: number;
    readonly start?: { readonly toolUse?: { readonly toolUseId?: string; readonly name?: string } };
  };
  readonly contentBlockDelta?: {
    readonly contentBlockIndex?: number;
    readonly delta?: {
      readonly text?: string;
      readonly toolUse?: { readonly input?: string };
      readonly reasoningContent?: { readonly text?: string };
    };
  };
  readonly messageStop?: { readonly stopReason?: string };
  readonly metadata?: { readonly usage?: { readonly inputTokens?: number; readonly outputTokens?: number } };
}

/** Source: Bedrock runtime API, MessageStopEvent, stopReason. */
const FINISH: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
};

/** The chunks of an answer of ConverseStream. @throws {TierFailure} `cut` where it does not say why it ended */
export async function* converseChunks(events: AsyncIterable<ConverseEvent>): AsyncGenerator<Chunk> {
  const toolIndex = new Map<number, number>();
  let finished = false;
  for await (const { contentBlockStart: start, contentBlockDelta: delta, messageStop, metadata } of events) {
    if (start?.start?.toolUse !== undefined) {
      const index = toolIndex.size;
      toolIndex.set(start.contentBlockIndex ?? 0, index);
      const { toolUseId: id, name } = start.start.toolUse;
      yield piece({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] });
    }
    if (delta?.delta?.text !== undefined) yield piece({ content: delta.delta.text });
    if (delta?.delta?.reasoningContent?.text !== undefined)
      yield piece({ reasoning_content: delta.delta.reasoningContent.text });
    if (delta?.delta?.toolUse?.input !== undefined)
      yield piece({
        tool_calls: [
          {
            index: toolIndex.get(delta.contentBlockIndex ?? 0) ?? 0,
            function: { arguments: delta.delta.toolUse.input },
          },
        ],
      });
    if (messageStop !== undefined) {
      finished = true;
      yield piece({}, FINISH[messageStop.stopReason ?? ''] ?? 'stop');
    }
    if (metadata?.usage !== undefined) {
      const { inputTokens: prompt = 0, outputTokens: completion = 0 } = metadata.usage;
      yield {
        choices: [],
        usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
      };
    }
  }
  if (!finished) throw new TierFailure('cut', 'the answer ended without its end');
}

function piece(delta: Delta, finish: string | null = null): Chunk {
  return { choices: [{ index: 0, delta, finish_reason: finish }] };
}

/** The failure that an error of Bedrock's runtime means. Source: Bedrock runtime API, ConverseStream, errors. */
export function bedrockFailure(error: { readonly name?: string; readonly message?: string }): TierFailure {
  const message = error.message ?? '';
  switch (error.name) {
    case 'ThrottlingException':
    case 'ServiceQuotaExceededException':
    case 'ServiceUnavailableException':
    case 'ModelNotReadyException':
      return new TierFailure('throttled', message);
    case 'ModelTimeoutException':
    case 'TimeoutError':
      return new TierFailure('timeout', message);
    case 'ResourceNotFoundException':
    case 'AccessDeniedException':
      return new TierFailure('gone', message);
    case 'ValidationException':
      return new TierFailure(
        /too long|too many (?:input )?tokens|context/i.test(message) ? 'too-long' : 'rejected',
        message,
      );
    case 'ModelStreamErrorException':
      return new TierFailure('cut', message);
    default:
      return new TierFailure('error', message);
  }
}
