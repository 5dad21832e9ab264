import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

// Small checkpoints whose every byte follows from a seed, so that llama.cpp's tools and this library can be given the same ones without
// storing them.

/** A checkpoint of an architecture. Names are such that nothing is to be guessed from them. */
export interface MadeCheckpoint {
  readonly name: string;
  readonly dtype: 'BF16' | 'F16';
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Files that the tensors are shared among, in their order; one where nothing is said. */
  readonly shards?: number;
}

const HIDDEN = 256;
const FEED_FORWARD = 256;
const LAYERS = 2;
const HEADS = 4;
const KV_HEADS = 2;
const HEAD = 64;
const VOCABULARY = 320;

const COMMON = {
  hidden_size: HIDDEN,
  intermediate_size: FEED_FORWARD,
  num_hidden_layers: LAYERS,
  num_attention_heads: HEADS,
  num_key_value_heads: KV_HEADS,
  max_position_embeddings: 4096,
  rms_norm_eps: 1e-5,
  vocab_size: VOCABULARY,
  bos_token_id: 1,
  eos_token_id: 2,
};

type Shapes = Record<string, readonly number[]>;

function layers(make: (prefix: string) => Shapes, count = LAYERS): Shapes {
  const shapes: Shapes = {};
  for (let layer = 0; layer < count; layer++) Object.assign(shapes, make(`model.layers.${layer}.`));
  return shapes;
}

function llamaTensors(options: { head?: boolean; biases?: boolean; norms?: boolean; gemma?: boolean } = {}): Shapes {
  const { head = false, biases = false, norms = false, gemma = false } = options;
  return {
    'model.embed_tokens.weight': [VOCABULARY, HIDDEN],
    'model.norm.weight': [HIDDEN],
    ...(head ? { 'lm_head.weight': [VOCABULARY, HIDDEN] } : {}),
    ...layers((at) => ({
      [`${at}input_layernorm.weight`]: [HIDDEN],
      [`${at}post_attention_layernorm.weight`]: [HIDDEN],
      [`${at}self_attn.q_proj.weight`]: [HEADS * HEAD, HIDDEN],
      [`${at}self_attn.k_proj.weight`]: [KV_HEADS * HEAD, HIDDEN],
      [`${at}self_attn.v_proj.weight`]: [KV_HEADS * HEAD, HIDDEN],
      [`${at}self_attn.o_proj.weight`]: [HIDDEN, HEADS * HEAD],
      [`${at}mlp.gate_proj.weight`]: [FEED_FORWARD, HIDDEN],
      [`${at}mlp.up_proj.weight`]: [FEED_FORWARD, HIDDEN],
      [`${at}mlp.down_proj.weight`]: [HIDDEN, FEED_FORWARD],
      ...(biases
        ? {
            [`${at}self_attn.q_proj.bias`]: [HEADS * HEAD],
            [`${at}self_attn.k_proj.bias`]: [KV_HEADS * HEAD],
            [`${at}self_attn.v_proj.bias`]: [KV_HEADS * HEAD],
          }
        : {}),
      ...(norms ? { [`${at}self_attn.q_norm.weight`]: [HEAD], [`${at}self_attn.k_norm.weight`]: [HEAD] } : {}),
      ...(gemma
        ? {
            [`${at}pre_feedforward_layernorm.weight`]: [HIDDEN],
            [`${at}post_feedforward_layernorm.weight`]: [HIDDEN],
          }
        : {}),
    })),
  };
}

interface Experts {
  /** Where they stand in a layer. */
  readonly module: string;
  /** Gate, up and down. */
  readonly names: readonly [string, string, string];
  readonly count: number;
  readonly width: number;
  readonly layers?: number;
  /** One expert beside them that is always used, as wide as a dense layer. */
  readonly shared?: boolean;
  /** All experts in one tensor of each kind, gate and up in one. */
  readonly fused?: boolean;
}

const QWEN_EXPERTS = { module: 'mlp', names: ['gate_proj', 'up_proj', 'down_proj'] } as const;
const MIXTRAL_EXPERTS = { module: 'block_sparse_moe', names: ['w1', 'w3', 'w2'] } as const;

/** A layer's attention as another model has it, and experts instead of the feed-forward. */
function expertTensors(attention: Shapes, { module, names, count, width, layers: depth, ...more }: Experts): Shapes {
  const [gate, up, down] = names;
  const matrices = (at: string, size: number): Shapes => ({
    [`${at}.${gate}.weight`]: [size, HIDDEN],
    [`${at}.${up}.weight`]: [size, HIDDEN],
    [`${at}.${down}.weight`]: [HIDDEN, size],
  });
  const outside = Object.entries(attention).filter(([name]) => !name.includes('.layers.'));
  const first = 'model.layers.0.';
  const kept = Object.entries(attention).filter(([name]) => name.startsWith(first) && !name.includes('.mlp.'));
  return {
    ...Object.fromEntries(outside),
    ...layers((at) => {
      const shapes: Shapes = Object.fromEntries(kept.map(([name, shape]) => [at + name.slice(first.length), shape]));
      shapes[`${at}${module}.gate.weight`] = [count, HIDDEN];
      if (more.fused === true) {
        shapes[`${at}${module}.experts.gate_up_proj`] = [count, 2 * width, HIDDEN];
        shapes[`${at}${module}.experts.down_proj`] = [count, HIDDEN, width];
      } else {
        for (let expert = 0; expert < count; expert++)
          Object.assign(shapes, matrices(`${at}${module}.experts.${expert}`, width));
      }
      if (more.shared === true) {
        Object.assign(shapes, matrices(`${at}${module}.shared_expert`, FEED_FORWARD));
        shapes[`${at}${module}.shared_expert_gate.weight`] = [1, HIDDEN];
      }
      return shapes;
    }, depth),
  };
}

const PHI_3_TENSORS: Shapes = {
  'model.embed_tokens.weight': [VOCABULARY, HIDDEN],
  'model.norm.weight': [HIDDEN],
  'lm_head.weight': [VOCABULARY, HIDDEN],
  ...layers((at) => ({
    [`${at}input_layernorm.weight`]: [HIDDEN],
    [`${at}post_attention_layernorm.weight`]: [HIDDEN],
    [`${at}self_attn.qkv_proj.weight`]: [(HEADS + 2 * KV_HEADS) * HEAD, HIDDEN],
    [`${at}self_attn.o_proj.weight`]: [HIDDEN, HEADS * HEAD],
    [`${at}mlp.gate_up_proj.weight`]: [2 * FEED_FORWARD, HIDDEN],
    [`${at}mlp.down_proj.weight`]: [HIDDEN, FEED_FORWARD],
  })),
};

function linear(module: string, rows: number, columns: number): Shapes {
  return { [`${module}.weight`]: [rows, columns], [`${module}.bias`]: [rows] };
}

const PHI_2_TENSORS: Shapes = {
  'model.embed_tokens.weight': [VOCABULARY, HIDDEN],
  'model.final_layernorm.weight': [HIDDEN],
  'model.final_layernorm.bias': [HIDDEN],
  'lm_head.weight': [VOCABULARY, HIDDEN],
  'lm_head.bias': [VOCABULARY],
  ...layers((at) => ({
    [`${at}input_layernorm.weight`]: [HIDDEN],
    [`${at}input_layernorm.bias`]: [HIDDEN],
    ...linear(`${at}self_attn.q_proj`, HIDDEN, HIDDEN),
    ...linear(`${at}self_attn.k_proj`, HIDDEN, HIDDEN),
    ...linear(`${at}self_attn.v_proj`, HIDDEN, HIDDEN),
    ...linear(`${at}self_attn.dense`, HIDDEN, HIDDEN),
    ...linear(`${at}mlp.fc1`, 4 * HIDDEN, HIDDEN),
    ...linear(`${at}mlp.fc2`, HIDDEN, 4 * HIDDEN),
  })),
};

/** The letters that byte-level vocabularies write bytes as. */
function byteLetters(): string[] {
  const letters: string[] = [];
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    letters.push(String.fromCodePoint(printable ? byte : next++));
  }
  return letters;
}

const LLAMA_3_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const QWEN_2_PATTERN = LLAMA_3_PATTERN.replace('\\p{N}{1,3}', '\\p{N}');

const split = (pattern: string): object => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
    { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
  ],
});

interface Added {
  readonly content: string;
  readonly special: boolean;
}

const added = (list: readonly Added[], first: number): object[] =>
  list.map(({ content, special }, index) => ({
    id: first + index,
    content,
    special,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  }));

/** tokenizer.json of a byte-level vocabulary with some merges. */
function bytePair(preTokenizer: object, postProcessor: object | null, extra: readonly Added[]): string {
  const letters = byteLetters();
  const merges = [
    ['t', 'h'],
    ['th', 'e'],
    ['\u0120', 'the'],
    ['i', 'n'],
    ['\u0120', '\u0120'],
  ];
  const tokens = [...letters, ...merges.map((pair) => pair.join(''))];
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added(extra, tokens.length),
    normalizer: null,
    pre_tokenizer: preTokenizer,
    post_processor: postProcessor,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  });
}

/** A serialized sentencepiece.ModelProto: `<unk>`, `<s>`, `</s>`, the bytes, some pieces. */
export function sentencePiece(): Uint8Array {
  const pieces: (readonly [string, number, number])[] = [
    ['<unk>', 0, 2],
    ['<s>', 0, 3],
    ['</s>', 0, 3],
    ['<user>', 0, 4],
    ...Array.from({ length: 256 }, (_, byte): [string, number, number] => [
      `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
      0,
      6,
    ]),
    ...['\u2581', 'e', 't', 'th', '\u2581the', 'é'].map((text, index): [string, number, number] => [
      text,
      -index - 0.5,
      1,
    ]),
  ];
  const bytes: number[] = [];
  for (const [text, score, type] of pieces) {
    const letters = new TextEncoder().encode(text);
    const float = new Uint8Array(Float32Array.of(score).buffer);
    const body = [0x0a, letters.length, ...letters, 0x15, ...float];
    if (type !== 1) body.push(0x18, type);
    bytes.push(0x0a, body.length, ...body);
  }
  // trainer_spec: model_type BPE, byte_fallback.
  bytes.push(0x12, 5, 0x18, 2, 0x98, 2, 1);
  return Uint8Array.from(bytes);
}

/** Where `sentencePiece` ends: added tokens follow. */
const PIECES = 266;

function sentencePieceFiles(
  tokenizerConfig: Readonly<Record<string, unknown>> = {},
): Record<string, string | Uint8Array> {
  return {
    'tokenizer.model': sentencePiece(),
    'tokenizer_config.json': JSON.stringify({
      tokenizer_class: 'LlamaTokenizer',
      add_bos_token: true,
      add_eos_token: false,
      bos_token: '<s>',
      eos_token: '</s>',
      unk_token: { content: '<unk>' },
      chat_template: '{{ messages }}',
      added_tokens_decoder: {
        0: { content: '<unk>', special: true },
        1: { content: '<s>', special: true },
        2: { content: '</s>', special: true },
        [PIECES]: { content: '<|user|>', special: false },
        [PIECES + 1]: { content: '\u2581\u2581two', special: false },
      },
      ...tokenizerConfig,
    }),
  };
}

function bytePairFiles(
  preTokenizer: object,
  postProcessor: object | null,
  extra: readonly Added[],
  tokenizerConfig: Readonly<Record<string, unknown>>,
): Record<string, string> {
  return {
    'tokenizer.json': bytePair(preTokenizer, postProcessor, extra),
    'tokenizer_config.json': JSON.stringify({ tokenizer_class: 'PreTrainedTokenizerFast', ...tokenizerConfig }),
  };
}

const LLAMA_3_FILES: Record<string, string> = {
  ...bytePairFiles(
    split(LLAMA_3_PATTERN),
    {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<|begin_of_text|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [
        { SpecialToken: { id: '<|begin_of_text|>', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '<|begin_of_text|>', type_id: 1 } },
        { Sequence: { id: 'B', type_id: 1 } },
      ],
      special_tokens: { '<|begin_of_text|>': { id: '<|begin_of_text|>', ids: [261], tokens: ['<|begin_of_text|>'] } },
    },
    [
      { content: '<|begin_of_text|>', special: true },
      { content: '<|eot_id|>', special: true },
      { content: '<think>', special: false },
    ],
    { bos_token: '<|begin_of_text|>', eos_token: '<|eot_id|>', chat_template: 'hello' },
  ),
  'generation_config.json': JSON.stringify({ do_sample: true, temperature: 0.6, top_p: 0.9, top_k: 20 }),
  'README.md':
    '---\nlanguage:\n- en\n- de\npipeline_tag: text-generation\ntags:\n- facebook\n- llama\nlicense: llama3.2 # its own\nbase_model: meta-llama/Llama-3.2-1B\ndatasets: [a/b-c, foo]\n---\n# Title\n',
};

const QWEN_FILES = bytePairFiles(
  split(QWEN_2_PATTERN),
  { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
  [
    { content: '<|endoftext|>', special: true },
    { content: '<|im_end|>', special: true },
    { content: '<tool_call>', special: false },
  ],
  {
    bos_token: null,
    eos_token: '<|im_end|>',
    pad_token: '<|endoftext|>',
    add_bos_token: false,
    chat_template: [
      { name: 'default', template: 'plain' },
      { name: 'tool-use', template: 'tools' },
    ],
  },
);

/** All of them. */
export const MADE_CHECKPOINTS: readonly MadeCheckpoint[] = [
  {
    name: 'Made-Llama-3.2-1M-Instruct',
    dtype: 'BF16',
    config: {
      ...COMMON,
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      rope_theta: 500000,
      rope_scaling: {
        rope_type: 'llama3',
        factor: 32,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 2048,
      },
    },
    tensors: llamaTensors({ head: true }),
    files: LLAMA_3_FILES,
  },
  {
    name: 'made-mistral-v0.3',
    dtype: 'F16',
    config: {
      ...COMMON,
      architectures: ['MistralForCausalLM'],
      model_type: 'mistral',
      head_dim: HEAD,
      rope_theta: 1000000,
      sliding_window: null,
    },
    tensors: llamaTensors({ head: true }),
    files: sentencePieceFiles({ add_prefix_space: true }),
  },
  {
    name: 'made-qwen2.5-1m-instruct',
    dtype: 'BF16',
    config: { ...COMMON, architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', rope_theta: 1000000 },
    tensors: llamaTensors({ biases: true }),
    files: QWEN_FILES,
  },
  {
    name: 'made-qwen3-yarn',
    dtype: 'BF16',
    config: {
      ...COMMON,
      architectures: ['Qwen3ForCausalLM'],
      model_type: 'qwen3',
      head_dim: HEAD,
      rope_theta: 1000000,
      rope_scaling: {
        rope_type: 'yarn',
        factor: 4,
        original_max_position_embeddings: 1024,
        beta_fast: 32,
        beta_slow: 1,
      },
    },
    tensors: llamaTensors({ norms: true }),
    files: QWEN_FILES,
  },
  {
    name: 'made-gemma',
    dtype: 'F16',
    config: { ...COMMON, architectures: ['GemmaForCausalLM'], model_type: 'gemma', head_dim: HEAD },
    tensors: llamaTensors({ head: true }),
    files: sentencePieceFiles(),
  },
  {
    name: 'made-gemma-2',
    dtype: 'BF16',
    config: {
      ...COMMON,
      architectures: ['Gemma2ForCausalLM'],
      model_type: 'gemma2',
      head_dim: HEAD,
      attn_logit_softcapping: 50,
      final_logit_softcapping: 30,
      sliding_window: 1024,
    },
    tensors: llamaTensors({ gemma: true }),
    files: sentencePieceFiles(),
  },
  {
    name: 'made-gemma-3',
    dtype: 'BF16',
    config: {
      ...COMMON,
      architectures: ['Gemma3ForCausalLM'],
      model_type: 'gemma3_text',
      head_dim: HEAD,
      rope_theta: 1000000,
      rope_local_base_freq: 10000,
      sliding_window: 512,
    },
    tensors: llamaTensors({ gemma: true, norms: true }),
    files: sentencePieceFiles(),
  },
  {
    name: 'made-phi-3-128k',
    dtype: 'BF16',
    config: {
      ...COMMON,
      architectures: ['Phi3ForCausalLM'],
      model_type: 'phi3',
      max_position_embeddings: 131072,
      original_max_position_embeddings: 4096,
      rope_theta: 10000,
      rope_scaling: {
        type: 'longrope',
        long_factor: Array.from({ length: HEAD / 2 }, (_, index) => 1 + index / 10),
        short_factor: Array.from({ length: HEAD / 2 }, () => 1),
      },
      sliding_window: 262144,
    },
    tensors: PHI_3_TENSORS,
    files: {
      ...sentencePieceFiles(),
      'tokenizer.json': JSON.stringify({
        added_tokens: [
          { id: PIECES + 2, content: '<|end|>', special: true },
          { id: PIECES + 3, content: ' x', special: false },
        ],
        model: { type: 'BPE' },
      }),
    },
  },
  {
    name: 'made-phi-2',
    dtype: 'F16',
    config: {
      ...COMMON,
      architectures: ['PhiForCausalLM'],
      model_type: 'phi',
      partial_rotary_factor: 0.5,
      layer_norm_eps: 1e-5,
      rms_norm_eps: undefined,
      num_key_value_heads: undefined,
    },
    tensors: PHI_2_TENSORS,
    files: bytePairFiles(
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      [{ content: '<|endoftext|>', special: true }],
      { bos_token: '<|endoftext|>', eos_token: '<|endoftext|>' },
    ),
  },
];

/** Those whose feed-forward is a mixture of experts. */
export const MADE_EXPERTS: readonly MadeCheckpoint[] = [
  {
    name: 'Made-Mixtral-8x1M-Instruct-v0.1',
    dtype: 'BF16',
    config: {
      ...COMMON,
      architectures: ['MixtralForCausalLM'],
      model_type: 'mixtral',
      rope_theta: 1000000,
      num_local_experts: 8,
      num_experts_per_tok: 2,
      sliding_window: null,
    },
    tensors: expertTensors(llamaTensors({ head: true }), { ...MIXTRAL_EXPERTS, count: 8, width: FEED_FORWARD }),
    files: sentencePieceFiles(),
  },
  {
    // In three files, between which experts of one layer are parted.
    name: 'made-qwen1.5-moe',
    dtype: 'BF16',
    config: {
      ...COMMON,
      architectures: ['Qwen2MoeForCausalLM'],
      model_type: 'qwen2_moe',
      rope_theta: 1000000,
      num_experts: 6,
      num_experts_per_tok: 2,
      moe_intermediate_size: 256,
      shared_expert_intermediate_size: FEED_FORWARD,
    },
    tensors: expertTensors(llamaTensors({ head: true, biases: true }), {
      ...QWEN_EXPERTS,
      count: 6,
      width: 256,
      shared: true,
    }),
    files: QWEN_FILES,
    shards: 3,
  },
  {
    // Experts too narrow for blocks of 256, and layers enough for all that a mix makes of their place.
    name: 'made-qwen3-1m-a0.5m',
    dtype: 'F16',
    config: {
      ...COMMON,
      architectures: ['Qwen3MoeForCausalLM'],
      model_type: 'qwen3_moe',
      num_hidden_layers: 16,
      head_dim: HEAD,
      rope_theta: 1000000,
      num_experts: 4,
      num_experts_per_tok: 2,
      moe_intermediate_size: 96,
      norm_topk_prob: true,
      tie_word_embeddings: true,
    },
    tensors: expertTensors(llamaTensors({ norms: true }), { ...QWEN_EXPERTS, count: 4, width: 96, layers: 16 }),
    files: QWEN_FILES,
  },
  {
    name: 'made-qwen3-fused-experts',
    dtype: 'BF16',
    config: {
      ...COMMON,
      architectures: ['Qwen3MoeForCausalLM'],
      model_type: 'qwen3_moe',
      head_dim: HEAD,
      rope_theta: 1000000,
      num_experts: 3,
      num_experts_per_tok: 1,
      moe_intermediate_size: 256,
      norm_topk_prob: true,
    },
    tensors: expertTensors(llamaTensors({ norms: true, head: true }), {
      ...QWEN_EXPERTS,
      count: 3,
      width: 256,
      fused: true,
    }),
    files: QWEN_FILES,
  },
  {
    name: 'made-olmoe',
    dtype: 'BF16',
    config: {
      ...COMMON,
      architectures: ['OlmoeForCausalLM'],
      model_type: 'olmoe',
      num_key_value_heads: HEADS,
      rope_theta: 10000,
      rms_norm_eps: 1e-6,
      num_experts: 8,
      num_experts_per_tok: 3,
    },
    tensors: Object.fromEntries(
      Object.entries(
        expertTensors(llamaTensors({ head: true, norms: true }), { ...QWEN_EXPERTS, count: 8, width: FEED_FORWARD }),
      ).map(([name, shape]): [string, readonly number[]] => {
        // As many keys as queries, and one norm for all heads.
        if (/\.[kv]_proj\.weight$/.test(name)) return [name, [HIDDEN, HIDDEN]];
        return [name, /\.[qk]_norm\.weight$/.test(name) ? [HIDDEN] : shape];
      }),
    ),
    files: bytePairFiles(
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      [{ content: '<|endoftext|>', special: true }],
      { bos_token: null, eos_token: '<|endoftext|>' },
    ),
  },
  {
    name: 'made-phi-3.5-moe',
    dtype: 'BF16',
    config: {
      ...COMMON,
      architectures: ['PhiMoEForCausalLM'],
      model_type: 'phimoe',
      max_position_embeddings: 131072,
      original_max_position_embeddings: 4096,
      rope_theta: 10000,
      rope_scaling: {
        type: 'longrope',
        long_factor: Array.from({ length: HEAD / 2 }, (_, index) => 1 + index / 10),
        short_factor: Array.from({ length: HEAD / 2 }, () => 1),
        long_mscale: 1.2,
        short_mscale: 1.2,
        original_max_position_embeddings: 4096,
      },
      sliding_window: 131072,
      num_local_experts: 4,
      num_experts_per_tok: 2,
      attention_bias: true,
      lm_head_bias: true,
    },
    tensors: {
      ...expertTensors(llamaTensors({ head: true, biases: true }), {
        ...MIXTRAL_EXPERTS,
        count: 4,
        width: FEED_FORWARD,
      }),
      'model.norm.bias': [HIDDEN],
      'lm_head.bias': [VOCABULARY],
      ...layers((at) => ({
        [`${at}input_layernorm.bias`]: [HIDDEN],
        [`${at}post_attention_layernorm.bias`]: [HIDDEN],
        [`${at}self_attn.o_proj.bias`]: [HIDDEN],
      })),
    },
    files: sentencePieceFiles(),
  },
];

/** Writes a checkpoint into a folder of its name. @returns the folder */
export function writeCheckpoint(root: string, made: MadeCheckpoint): string {
  const folder = path.join(root, made.name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(made.config));
  for (const [name, content] of Object.entries(made.files)) writeFileSync(path.join(folder, name), content);
  const { shards = 1 } = made;
  const names = Object.keys(made.tensors);
  const each = Math.ceil(names.length / shards);
  const weightMap: Record<string, string> = {};
  for (let shard = 0; shard < shards; shard++) {
    const number = (count: number): string => String(count).padStart(5, '0');
    const file = shards === 1 ? 'model.safetensors' : `model-${number(shard + 1)}-of-${number(shards)}.safetensors`;
    const held = names.slice(shard * each, (shard + 1) * each);
    for (const name of held) weightMap[name] = file;
    const tensors = Object.fromEntries(held.map((name) => [name, made.tensors[name]]));
    writeFileSync(path.join(folder, file), safetensors({ ...made, tensors }, shard));
  }
  if (shards > 1) {
    const index = JSON.stringify({ metadata: {}, weight_map: weightMap });
    writeFileSync(path.join(folder, 'model.safetensors.index.json'), index);
  }
  return folder;
}

function safetensors({ tensors, dtype }: MadeCheckpoint, seed: number): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const [name, shape] of Object.entries(tensors)) {
    const bytes = 2 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype, shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + padded + end).fill(0x20, 8, 8 + padded);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.set(text, 8);
  const values = new Uint16Array(file.buffer, 8 + padded);
  let state = 0x9e3779b9 + seed;
  for (let at = 0; at < values.length; at++) {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    bits = (bits ^ (bits >>> 14)) >>> 0;
    // Sign and mantissa at random, the exponent within some steps below 0.25: weights as models have them.
    const sign = (bits & 1) << 15;
    const steps = Math.min(Math.clz32(bits | 1), 7);
    const mantissa = (bits >>> 1) & (dtype === 'BF16' ? 0x7f : 0x3ff);
    values[at] = sign | (dtype === 'BF16' ? ((124 - steps) << 7) | mantissa : ((12 - steps) << 10) | mantissa);
  }
  return file;
}
