import { ggufFileBytes, ggufGroupBytes, ggufTensors } from '../../lib/plan/gguf/file-bytes';
import { mixContext } from '../../lib/plan/gguf/mix-context';
import { tensorCategory } from '../../lib/plan/gguf/tensor-category';
import { describeModel } from '../../lib/model';
import type { WeightGroup } from '../../lib/model/types';
import { makePlan } from '../../lib/plan';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { ggufFileTypeNames, parseScheme } from '../../lib/scheme';
import { mixedType, pureType, type MixTensor } from '../../lib/scheme/gguf/mix';
import { INTERNVL_26B, type Json } from '../../lib/rules/helpers/samples';
import { blockElements, bytesPerElement, fileTypeName, ggmlBytes } from '../../lib/scheme/gguf/types';

const llama8b = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  num_hidden_layers: 32,
  vocab_size: 128_256,
  max_position_embeddings: 8192,
  torch_dtype: 'bfloat16',
};
const mixtral = {
  ...llama8b,
  architectures: ['MixtralForCausalLM'],
  model_type: 'mixtral',
  num_local_experts: 8,
  num_experts_per_tok: 2,
};
const llama70b = {
  ...llama8b,
  hidden_size: 8192,
  intermediate_size: 28_672,
  num_attention_heads: 64,
  num_hidden_layers: 80,
};

const tensor = (category: MixTensor['category'], rest: Partial<MixTensor> = {}): MixTensor => ({
  category,
  layer: 0,
  of: 32,
  columns: 4096,
  experts: 1,
  ...rest,
});

describe('files of a publisher who uses an importance matrix', () => {
  const bytes = (id: string, name: string) =>
    makePlan(resolveEndpoint({ model: { id, config: llama8b }, quantization: `gguf:${name}` }))
      .checkpointBytes as number;
  const plain = 'lmstudio-community/Meta-Llama-3.1-8B-Instruct-GGUF';
  /** The feed-forward outputs of the first four layers. */
  const elements = 4 * 4096 * 14_336;

  test.each([
    ['IQ4_XS', 4.25 - 5.5],
    ['IQ4_NL', 4.5 - 5.5],
    ['Q4_0', 5 - 4.5],
    ['Q5_0', 6 - 5.5],
    ['Q4_K_M', 0],
    ['Q8_0', 0],
  ])('%s has %d bits more in the first feed-forward outputs', (name, bits) => {
    for (const id of ['bartowski/Meta-Llama-3.1-8B-Instruct-GGUF', 'mradermacher/Llama-3.1-8B-i1-GGUF'])
      expect(bytes(id, name) - bytes(plain, name)).toBe((elements * bits) / 8);
    expect(bytes('mradermacher/Llama-3.1-8B-GGUF', name)).toBe(bytes(plain, name));
  });
});

describe('the tensors of a file', () => {
  const hidden = 4096;
  const vocabulary = 128_256;

  test('are the experts of each layer, its router in 32 bit, and what is outside the layers', () => {
    const attention = 2 * hidden * hidden + 2 * hidden * 1024;
    const experts = 8 * 3 * hidden * 14_336;
    const inFull = 8 * hidden + 2 * hidden;
    const model = describeModel(mixtral);
    expect(ggufTensors(model, parseScheme('gguf:F16'))).toEqual({
      layers: Array.from({ length: 32 }, () => 2 * (attention + experts) + 4 * inFull),
      experts: Array.from({ length: 32 }, () => 2 * experts),
      embedding: 2 * vocabulary * hidden,
      output: 2 * vocabulary * hidden,
      rest: 4 * hidden,
    });
    const bytesOf = ggufGroupBytes(model, parseScheme('gguf:F16'))!;
    const stacked = model.weights.filter((group) => group.experts > 1);
    expect(stacked.map(bytesOf).reduce((sum, bytes) => sum + bytes, 0)).toBe(32 * 2 * experts);
  });

  test('leave image towers to a file of their own', () => {
    const [seeing, reading] = [INTERNVL_26B, INTERNVL_26B.llm_config as Json].map((config) => describeModel(config));
    expect(seeing.parameterCount).toBeGreaterThan(reading.parameterCount);
    expect(ggufTensors(seeing, parseScheme('gguf:Q4_K_M'))).toEqual(ggufTensors(reading, parseScheme('gguf:Q4_K_M')));
  });

  test('hold Bloom’s embedding again as its head, which its checkpoint does not', () => {
    const bloom = {
      ...{ architectures: ['BloomForCausalLM'], model_type: 'bloom', hidden_size: 2048 },
      ...{ n_layer: 24, n_head: 16, vocab_size: 250_880 },
    };
    const model = describeModel(bloom);
    const tensors = ggufTensors(model, parseScheme('gguf:F16'))!;
    expect(tensors.output).toBe(2 * 250_880 * 2048);
    const inLayers = tensors.layers.reduce((sum, bytes) => sum + bytes, 0);
    expect(inLayers / 2).toBeGreaterThan(model.parameterCount - tensors.embedding / 2 - 100_000);
    expect(mixContext('Q4_K_M', model).tied).toBe(false);
    expect(makePlan(resolveEndpoint({ model: { config: bloom } })).checkpointBytes).toBe(2 * model.parameterCount);
  });

  test('of layers that predict further tokens are in the file of GLM, and not among what is loaded', () => {
    const glm = {
      ...{ architectures: ['Glm4MoeForCausalLM'], model_type: 'glm4_moe', vocab_size: 1024, num_hidden_layers: 3 },
      ...{ hidden_size: 512, intermediate_size: 1024, moe_intermediate_size: 256, n_routed_experts: 4 },
      ...{ n_shared_experts: 1, num_experts_per_tok: 2, first_k_dense_replace: 1, head_dim: 64 },
      ...{ num_attention_heads: 8, num_key_value_heads: 2, torch_dtype: 'bfloat16' },
    };
    const [without, predicts] = [glm, { ...glm, num_nextn_predict_layers: 1 }].map((config) => describeModel(config));
    const f16 = parseScheme('gguf:F16');
    expect(ggufTensors(predicts, f16)).toEqual(ggufTensors(without, f16));
    const { layers } = ggufTensors(without, f16)!;
    const copies = 2 * 1024 * 512;
    const joining = 2 * 512 * 512;
    const more = (ggufFileBytes(predicts, f16) as number) - (ggufFileBytes(without, f16) as number);
    expect(more).toBe(layers[2] + 2 * (copies + joining) + 4 * 3 * 512);
  });

  test('keep the experts of gpt-oss in MXFP4, unless they were trained on in 16 bits', () => {
    const gptOss = {
      ...{ architectures: ['GptOssForCausalLM'], model_type: 'gpt_oss', vocab_size: 201_088, num_hidden_layers: 24 },
      ...{ hidden_size: 2880, intermediate_size: 2880, head_dim: 64, num_attention_heads: 64, num_key_value_heads: 8 },
      ...{ num_local_experts: 32, num_experts_per_tok: 4, sliding_window: 128, torch_dtype: 'bfloat16' },
    };
    const published = { ...gptOss, quantization_config: { quant_method: 'mxfp4' } };
    const matrices = 32 * 3 * 2880 * 2880;
    const experts = (config: object, type: string) =>
      ggufTensors(describeModel(config), parseScheme(`gguf:${type}`))!.experts[0];
    for (const type of ['F16', 'Q8_0', 'Q4_K_M', 'Q2_K', 'MXFP4_MOE'])
      expect(experts(published, type)).toBe((matrices * 17) / 32);
    expect(experts(gptOss, 'F16')).toBe(matrices * 2);
    expect(experts(gptOss, 'Q8_0')).toBe((matrices * 34) / 32);
  });

  test('are not known of a scheme that names no type', () => {
    const model = describeModel(llama8b);
    const awq = parseScheme('awq');
    expect([ggufTensors(model, awq), ggufFileBytes(model, awq), ggufGroupBytes(model, awq)]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

describe('ggml blocks', () => {
  test.each([
    ['Q4_0', 32, 18],
    ['Q4_K', 256, 144],
    ['Q6_K', 256, 210],
    ['F16', 1, 2],
  ])('%s holds %d elements in %d bytes', (type, elements, bytes) => {
    expect(blockElements(type)).toBe(elements);
    expect(ggmlBytes(type, elements)).toBe(bytes);
    expect(ggmlBytes(type, elements * 10)).toBe(bytes * 10);
    expect(bytesPerElement(type.toLowerCase())).toBe(bytes / elements);
  });

  test('a part of a block takes a whole one', () => expect(ggmlBytes('Q4_0', 33)).toBe(36));
  test('a type that does not exist has no bytes', () => {
    expect(bytesPerElement('q99')).toBeUndefined();
    expect(() => ggmlBytes('Q99', 1)).toThrow(RangeError);
  });
});

describe('the rules of llama-quantize', () => {
  const of = (fileType: string, config: object = llama8b) => mixContext(fileType, describeModel(config));

  test('Q4_K_M gives value and down projections of some layers six bits', () => {
    const context = of('Q4_K_M');
    const types = Array.from({ length: 32 }, (_, layer) => mixedType(tensor('attn_v', { layer }), context));
    const more = types.flatMap((type, layer) => (type === 'Q6_K' ? [layer] : []));
    expect(more).toEqual([0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29, 30, 31]);
    expect(mixedType(tensor('ffn_down', { layer: 0 }), context)).toBe('Q6_K');
    expect(mixedType(tensor('ffn_down', { layer: 4 }), context)).toBe('Q4_K');
    expect(mixedType(tensor('attn_q'), context)).toBe('Q4_K');
    expect(mixedType(tensor('ffn_gate'), context)).toBe('Q4_K');
  });

  test.each([
    ['Q4_K_S', 'attn_v', 3, 'Q5_K'],
    ['Q4_K_S', 'attn_v', 4, 'Q4_K'],
    ['Q4_K_S', 'ffn_down', 3, 'Q5_K'],
    ['Q4_K_S', 'ffn_down', 4, 'Q4_K'],
    ['Q3_K_M', 'attn_v', 1, 'Q5_K'],
    ['Q3_K_M', 'attn_v', 2, 'Q4_K'],
    ['Q3_K_M', 'ffn_down', 1, 'Q5_K'],
    ['Q3_K_M', 'ffn_down', 2, 'Q4_K'],
    ['Q3_K_M', 'attn_output', 0, 'Q4_K'],
    ['Q3_K_L', 'attn_v', 9, 'Q5_K'],
    ['Q3_K_L', 'ffn_down', 9, 'Q5_K'],
    ['Q3_K_L', 'attn_output', 0, 'Q5_K'],
    ['Q3_K_S', 'attn_output', 0, 'Q3_K'],
    ['Q2_K', 'attn_v', 9, 'Q4_K'],
    ['Q2_K', 'ffn_down', 9, 'Q3_K'],
    ['Q2_K', 'attn_output', 9, 'Q3_K'],
    ['Q2_K_S', 'attn_v', 9, 'Q4_K'],
    ['Q2_K_S', 'ffn_down', 3, 'Q4_K'],
    ['Q2_K_S', 'ffn_down', 4, 'Q2_K'],
    ['Q5_K_M', 'ffn_down', 0, 'Q6_K'],
    ['Q5_K_M', 'ffn_down', 4, 'Q5_K'],
    ['IQ4_NL', 'attn_v', 9, 'Q5_K'],
    ['IQ4_NL', 'ffn_down', 3, 'Q5_K'],
    ['IQ4_XS', 'ffn_down', 4, 'IQ4_XS'],
    ['IQ3_M', 'attn_v', 9, 'Q4_K'],
    ['IQ3_M', 'ffn_down', 3, 'Q4_K'],
    ['IQ3_M', 'ffn_down', 4, 'IQ3_S'],
    ['IQ3_M', 'attn_output', 4, 'Q4_K'],
    ['IQ3_S', 'attn_v', 4, 'Q4_K'],
    ['IQ3_XS', 'attn_q', 4, 'IQ3_XXS'],
    ['IQ3_XS', 'attn_k', 4, 'IQ3_XXS'],
    ['IQ3_XS', 'ffn_gate', 3, 'IQ3_S'],
    ['IQ3_XS', 'ffn_gate', 4, 'IQ3_XXS'],
    ['IQ3_XS', 'ffn_up', 28, 'IQ3_S'],
    ['IQ3_XXS', 'attn_q', 4, 'IQ2_S'],
    ['IQ3_XXS', 'attn_v', 4, 'Q4_K'],
    ['IQ3_XXS', 'attn_output', 4, 'IQ3_S'],
    ['IQ2_S', 'attn_v', 4, 'Q4_K'],
    ['IQ2_S', 'ffn_down', 3, 'IQ3_S'],
    ['IQ2_S', 'ffn_down', 4, 'IQ2_XS'],
    ['IQ2_S', 'attn_output', 4, 'IQ3_S'],
    ['IQ2_XXS', 'ffn_down', 3, 'Q2_K'],
    ['IQ2_XXS', 'attn_output', 4, 'IQ2_XXS'],
    ['IQ1_S', 'attn_output', 4, 'IQ2_XXS'],
    ['Q8_0', 'ffn_down', 0, 'Q8_0'],
    ['F16', 'ffn_down', 0, 'F16'],
  ] as const)('%s stores %s of layer %d as %s', (fileType, category, layer, expected) => {
    expect(mixedType(tensor(category, { layer }), of(fileType))).toBe(expected);
  });

  test.each([
    ['Q4_K_M', 'Q6_K', 'Q4_K'],
    ['Q8_0', 'Q8_0', 'Q8_0'],
    ['Q4_0', 'Q6_K', 'Q4_0'],
    ['IQ2_XXS', 'Q5_K', 'Q2_K'],
    ['IQ2_M', 'Q5_K', 'IQ3_S'],
    ['IQ3_XXS', 'Q5_K', 'IQ3_S'],
    ['TQ1_0', 'Q6_K', 'Q4_K'],
    ['F32', 'F32', 'F32'],
  ])('%s stores the head as %s and the embedding as %s', (fileType, head, embedding) => {
    expect(mixedType(tensor('output'), of(fileType))).toBe(head);
    expect(mixedType(tensor('token_embd'), of(fileType))).toBe(embedding);
  });

  test('a tied embedding is stored as a head', () => {
    expect(mixedType(tensor('token_embd'), of('Q4_K_M', { ...llama8b, tie_word_embeddings: true }))).toBe('Q6_K');
  });

  test('eight experts get more bits for attention', () => {
    const context = of('Q4_K_M', mixtral);
    expect(mixedType(tensor('attn_v', { layer: 5 }), context)).toBe('Q8_0');
    expect(mixedType(tensor('attn_k'), context)).toBe('Q8_0');
    expect(mixedType(tensor('attn_output'), context)).toBe('Q5_K');
    expect(mixedType(tensor('attn_output'), of('Q5_K_M', mixtral))).toBe('Q5_K');
    expect(mixedType(tensor('attn_k'), of('IQ2_S', mixtral))).toBe('Q4_K');
    expect(mixedType(tensor('attn_output'), of('IQ2_S', mixtral))).toBe('Q5_K');
    expect(mixedType(tensor('ffn_down', { layer: 6 }), of('IQ3_M', mixtral))).toBe('Q4_K');
  });

  test('eighty layers with grouped queries get five bits for values', () => {
    expect(mixedType(tensor('attn_v', { layer: 31, of: 80 }), of('Q4_K_M', llama70b))).toBe('Q5_K');
    expect(mixedType(tensor('attn_v', { layer: 0, of: 80 }), of('Q4_K_M', llama70b))).toBe('Q6_K');
    expect(mixedType(tensor('attn_v', { layer: 30, of: 80 }), of('Q3_K_S', llama70b))).toBe('Q5_K');
  });

  test('full attention gets fewer bits for values than grouped', () => {
    const full = { ...llama8b, num_key_value_heads: 32 };
    expect(mixedType(tensor('attn_v', { layer: 9 }), of('Q2_K', full))).toBe('Q3_K');
    expect(mixedType(tensor('attn_v', { layer: 9 }), of('IQ4_XS', full))).toBe('IQ4_XS');
    expect(mixedType(tensor('attn_v', { layer: 9 }), of('IQ2_XXS', full))).toBe('Q2_K');
    expect(mixedType(tensor('attn_v', { layer: 9 }), of('IQ2_M', full))).toBe('IQ3_S');
    expect(mixedType(tensor('attn_v', { layer: 9 }), of('IQ3_XXS', full))).toBe('IQ3_XXS');
  });

  describe('of before 2026, for queries, keys and values in one tensor', () => {
    const phi3 = { ...llama8b, architectures: ['Phi3ForCausalLM'], model_type: 'phi3' };
    const fused = tensor('attn_qkv');

    test.each([
      ['Q2_K', 'Q2_K'],
      ['Q3_K_S', 'Q3_K'],
      ['Q3_K_M', 'Q4_K'],
      ['Q3_K_L', 'Q4_K'],
      ['IQ3_M', 'Q4_K'],
      ['Q4_K_S', 'Q4_K'],
      ['Q4_K_M', 'Q5_K'],
      ['Q5_K_S', 'Q5_K'],
      ['Q5_K_M', 'Q6_K'],
    ])('hold in %s for published files: %s', (fileType, expected) => {
      expect(mixedType(fused, of(fileType, phi3))).toBe(expected);
    });

    test('do not hold for models that came after', () => {
      expect([of('Q4_K_M').fusedAttentionApart, of('Q4_K_M', phi3).fusedAttentionApart]).toEqual([false, true]);
      expect(mixedType(fused, of('Q2_K'))).not.toBe(mixedType(fused, of('Q2_K', phi3)));
    });
  });

  test('MXFP4 is for experts', () => {
    const context = of('MXFP4_MOE', mixtral);
    expect(mixedType(tensor('ffn_down', { experts: 8 }), context)).toBe('MXFP4');
    expect(mixedType(tensor('attn_q'), context)).toBe('Q8_0');
    expect(mixedType(tensor('output'), context)).toBe('Q8_0');
  });

  test.each([
    ['Q4_K_M', 4544, 'Q5_0'],
    ['Q5_K_M', 4544, 'Q5_1'],
    ['Q6_K', 4544, 'Q8_0'],
    ['Q3_K_S', 4544, 'Q4_0'],
    ['IQ4_XS', 4544, 'IQ4_NL'],
    ['Q4_K_M', 100, 'F16'],
    ['Q4_0', 100, 'F16'],
  ])('%s falls back for rows of %d', (fileType, columns, expected) => {
    expect(mixedType(tensor('attn_q', { columns }), of(fileType))).toBe(expected);
  });

  test('what is never quantized is float32', () => {
    expect(mixedType(tensor('unquantized'), of('Q2_K'))).toBe('F32');
  });

  test('a pure type is the same for every matrix, as far as rows allow', () => {
    expect(pureType('Q4_K', 4096)).toBe('Q4_K');
    expect(pureType('q4_k', 4544)).toBe('Q5_0');
    expect(pureType('Q99', 4096)).toBeUndefined();
  });

  test('short names mean what llama-quantize means by them', () => {
    expect(fileTypeName('q4_k')).toBe('Q4_K_M');
    expect(fileTypeName('Q8_0')).toBe('Q8_0');
    expect(fileTypeName('Q9_K')).toBeUndefined();
  });
});

describe('what llama-quantize takes a tensor for', () => {
  const group = (
    name: string,
    role: WeightGroup['role'] = 'linear',
    shape: readonly number[] = [64, 64],
  ): WeightGroup => ({
    name,
    role,
    place: 'text',
    shape,
    layers: [0],
    experts: 1,
    count: 1,
    elements: 4096,
    split: 'column',
  });
  test.each([
    ['model.layers.{layer}.self_attn.q_proj.weight', 'attn_q'],
    ['model.layers.{layer}.self_attn.k_proj.weight', 'attn_k'],
    ['model.layers.{layer}.self_attn.v_proj.weight', 'attn_v'],
    ['model.layers.{layer}.self_attn.o_proj.weight', 'attn_output'],
    ['model.layers.{layer}.self_attn.qkv_proj.weight', 'attn_qkv'],
    ['transformer.h.{layer}.self_attention.query_key_value.weight', 'attn_qkv'],
    ['transformer.h.{layer}.self_attention.dense.weight', 'attn_output'],
    ['transformer.h.{layer}.mlp.dense_h_to_4h.weight', 'ffn_up'],
    ['transformer.h.{layer}.mlp.dense_4h_to_h.weight', 'ffn_down'],
    ['transformer.h.{layer}.mlp.c_proj.weight', 'ffn_down'],
    ['transformer.h.{layer}.attn.c_proj.weight', 'attn_output'],
    ['model.layers.{layer}.mlp.gate_up_proj.weight', 'ffn_up'],
    ['model.layers.{layer}.mlp.gate_proj.weight', 'ffn_gate'],
    ['model.layers.{layer}.block_sparse_moe.experts.{expert}.w2.weight', 'ffn_down'],
    ['model.layers.{layer}.self_attn.q_a_proj.weight', 'other'],
    ['model.layers.{layer}.mixer.Wqkv.weight', 'attn_qkv'],
    ['model.layers.{layer}.mixer.out_proj.weight', 'attn_output'],
    ['model.layers.{layer}.self_attn.out_proj.weight', 'attn_output'],
    ['model.layers.{layer}.linear_attn.out_proj.weight', 'other'],
    ['model.layers.{layer}.conv.out_proj.weight', 'other'],
    ['model.layers.{layer}.mamba.out_proj.weight', 'other'],
    ['backbone.layers.{layer}.mixer.out_proj.weight', 'other'],
    ['transformer.h.{layer}.mlp.w1.weight', 'ffn_up'],
    ['transformer.h.{layer}.mlp.w2.weight', 'ffn_gate'],
    ['transformer.blocks.{layer}.ffn.experts.mlp.w2.weight', 'ffn_down'],
  ])('%s is %s', (name, category) => expect(tensorCategory(group(name))).toBe(category));

  test.each([
    ['norm', 'unquantized'],
    ['router', 'unquantized'],
    ['conv', 'unquantized'],
    ['bias', 'unquantized'],
    ['head', 'output'],
    ['embedding', 'token_embd'],
  ] as const)('a %s is %s', (role, category) => expect(tensorCategory(group('x.weight', role))).toBe(category));

  test('vectors and position tables are never quantized', () => {
    expect(tensorCategory(group('x.weight', 'linear', [64]))).toBe('unquantized');
    expect(tensorCategory(group('transformer.wpe.weight', 'embedding'))).toBe('unquantized');
  });
});

test('every file type has a size between one bit and 32 bits a weight', () => {
  for (const name of ggufFileTypeNames) {
    const { checkpointBytes, parameters } = makePlan(
      resolveEndpoint({ model: { config: llama8b }, quantization: `gguf:${name}` }),
    );
    const bits = ((checkpointBytes as number) * 8) / (parameters as number);
    expect(bits).toBeGreaterThan(1);
    expect(bits).toBeLessThan(32.1);
  }
});

test('a pure tensor type leaves embedding and head in 16 bits', () => {
  const bytes = (quantization: string) =>
    makePlan(resolveEndpoint({ model: { config: llama8b }, quantization })).checkpointBytes as number;
  const outside = 2 * 128_256 * 4096;
  const inside = 8_030_261_248 - outside - 65 * 4096;
  expect(bytes('gguf-tensor:Q8_0')).toBe(outside * 2 + (inside * 34) / 32 + 65 * 4096 * 4 + 128_256 * 61);
});

test('a large vocabulary is a byte-pair one, but not where the converter takes SentencePiece', () => {
  const bytes = (model_type: string) =>
    makePlan(resolveEndpoint({ model: { config: { ...llama8b, model_type } }, quantization: 'gguf:F16' }))
      .checkpointBytes;
  expect((bytes('llama') as number) - (bytes('xverse') as number)).toBe(128_256 * (61 - 23));
});

describe('the size of a file', () => {
  const deepseekLite = {
    ...{ architectures: ['DeepseekV2ForCausalLM'], model_type: 'deepseek_v2', vocab_size: 102_400 },
    ...{ hidden_size: 2048, intermediate_size: 10_944, moe_intermediate_size: 1408, num_hidden_layers: 27 },
    ...{ num_attention_heads: 16, num_key_value_heads: 16, kv_lora_rank: 512, q_lora_rank: null },
    ...{ qk_nope_head_dim: 128, qk_rope_head_dim: 64, v_head_dim: 128, max_position_embeddings: 163_840 },
    ...{ n_routed_experts: 64, n_shared_experts: 2, num_experts_per_tok: 6, first_k_dense_replace: 1 },
  };

  // MiB that llama-quantize v0.5.0 prints with --dry-run, "quant size", for files of these shapes.
  test.each([
    [llama8b, 'Q4_K_M', 4685.3],
    [llama8b, 'Q2_K', 3024.38],
    [llama8b, 'IQ3_M', 3602.02],
    [{ ...mixtral, vocab_size: 32_000 }, 'Q4_K_M', 27_129.87],
    [{ ...mixtral, vocab_size: 32_000 }, 'Q3_K_L', 23_049.27],
    [deepseekLite, 'Q4_K_M', 9883.84],
    [deepseekLite, 'Q5_K_M', 11_300.17],
    [deepseekLite, 'Q3_K_M', 7749.91],
    [deepseekLite, 'IQ4_XS', 8243.27],
    [deepseekLite, 'MXFP4_MOE', 8603.26],
  ])('is what llama-quantize says, %#', (config, type, mebibytes) => {
    const tensors = ggufTensors(describeModel(config), parseScheme(`gguf:${type}`))!;
    const inLayers = tensors.layers.reduce((sum, bytes) => sum + bytes, 0);
    const bytes = inLayers + tensors.embedding + tensors.output + tensors.rest;
    expect(Math.abs(bytes / 2 ** 20 / mebibytes - 1)).toBeLessThan(0.0005);
  });
});
