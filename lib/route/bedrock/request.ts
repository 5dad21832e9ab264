import { fromBase64 } from '../base64';
import { TierFailure } from '../router/failure';

type Json = Record<string, unknown>;

/** A part of a message as Bedrock's Converse knows it. */
export type ContentBlock = Json;

/** A request of Bedrock's ConverseStream, without the model's id. */
export interface ConverseRequest {
  readonly system?: readonly { readonly text: string }[];
  readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly content: readonly ContentBlock[] }[];
  readonly inferenceConfig: Json;
  readonly toolConfig?: Json;
}

/**
 * OpenAI's chat fields as a request of Converse.
 *
 * Source: Bedrock runtime API, ConverseStream.
 *
 * @throws {TierFailure} `rejected` what Converse has no word for: an image that is no data URL
 */
export function toConverse(fields: Readonly<Json>): ConverseRequest {
  const system: { text: string }[] = [];
  const messages: { role: 'user' | 'assistant'; content: ContentBlock[] }[] = [];
  for (const message of fields.messages as Json[]) {
    if (message.role === 'system' || message.role === 'developer') {
      system.push(...texts(message.content).map((text) => ({ text })));
      continue;
    }
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const last = messages[messages.length - 1];
    // Converse wants roles to alternate.
    if (last?.role === role) last.content.push(...blocks(message));
    else messages.push({ role, content: blocks(message) });
  }
  const format = (fields.response_format as Json | undefined)?.type;
  if (format === 'json_object' || format === 'json_schema')
    system.push({ text: `Answer with JSON only, without a fence.${schemaOf(fields.response_format as Json)}` });
  return {
    ...(system.length === 0 ? {} : { system }),
    messages,
    inferenceConfig: defined({
      maxTokens: fields.max_completion_tokens ?? fields.max_tokens,
      temperature: fields.temperature,
      topP: fields.top_p,
      stopSequences: fields.stop === undefined ? undefined : [fields.stop].flat(),
    }),
    ...toolConfig(fields),
  };
}

function blocks(message: Json): ContentBlock[] {
  if (message.role === 'tool')
    return [
      {
        toolResult: {
          toolUseId: message.tool_call_id,
          content: texts(message.content).map((text) => ({ text })),
        },
      },
    ];
  const calls = ((message.tool_calls as Json[] | undefined) ?? []).map((call) => {
    const { name, arguments: given } = call.function as { name: string; arguments: string };
    return { toolUse: { toolUseId: call.id, name, input: parsed(given) } };
  });
  const content = message.content;
  if (typeof content === 'string') return [...(content === '' ? [] : [{ text: content }]), ...calls];
  return [...((content as Json[] | null) ?? []).map(block), ...calls];
}

function block(part: Json): ContentBlock {
  if (part.type === 'text') return { text: part.text };
  const url = String((part.image_url as Json | undefined)?.url ?? '');
  const data = /^data:image\/(png|jpeg|gif|webp);base64,([A-Za-z0-9+/=]+)$/.exec(url);
  if (data === null) throw new TierFailure('rejected', 'images must be data URLs of PNG, JPEG, GIF or WebP');
  return { image: { format: data[1], source: { bytes: fromBase64(data[2]) } } };
}

function texts(content: unknown): string[] {
  if (typeof content === 'string') return [content];
  return ((content as Json[] | null) ?? []).flatMap((part) => (part.type === 'text' ? [String(part.text)] : []));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text);
  } catch {
    throw new TierFailure('rejected', 'the arguments of a tool call are no JSON');
  }
}

function schemaOf(format: Json): string {
  const schema = (format.json_schema as Json | undefined)?.schema;
  return schema === undefined ? '' : ` It must fit this schema: ${JSON.stringify(schema)}`;
}

function toolConfig(fields: Readonly<Json>): { toolConfig?: Json } {
  const tools = (fields.tools as Json[] | undefined) ?? [];
  if (tools.length === 0 || fields.tool_choice === 'none') return {};
  const choice = fields.tool_choice as string | Json | undefined;
  const named = typeof choice === 'object' ? ((choice.function as Json | undefined)?.name as string) : undefined;
  return {
    toolConfig: {
      tools: tools.map((tool) => {
        const { name, description, parameters } = tool.function as Json;
        return { toolSpec: defined({ name, description, inputSchema: { json: parameters ?? { type: 'object' } } }) };
      }),
      ...(named !== undefined
        ? { toolChoice: { tool: { name: named } } }
        : choice === 'required'
          ? { toolChoice: { any: {} } }
          : {}),
    },
  };
}

function defined(object: Json): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
