"""Counts the parameters of small models of every family with the reference classes of Hugging Face transformers.

    pip install torch transformers && python tools/generate/reference-parameters.py > data/sources/model-parameters.json

Models are built on the meta device: no weights are made, nothing is downloaded. Sizes are small and all different, so
that a wrong factor shows. Tied weights are counted once.
"""
import datetime
import json
import os
import sys
import warnings

os.environ['TRANSFORMERS_VERBOSITY'] = 'error'
warnings.filterwarnings('ignore')
import torch
import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

DENSE = dict(hidden_size=96, intermediate_size=272, num_hidden_layers=5, num_attention_heads=6, num_key_value_heads=2,
             vocab_size=1003, max_position_embeddings=512)
GPT = dict(n_embd=96, n_layer=3, n_head=6, n_positions=128, vocab_size=1003)
MOE = dict(DENSE, num_experts_per_tok=2)
MLA = dict(DENSE, num_key_value_heads=6, q_lora_rank=48, kv_lora_rank=40, qk_nope_head_dim=24, qk_rope_head_dim=8,
           v_head_dim=20, n_routed_experts=7, n_shared_experts=2, moe_intermediate_size=56, num_experts_per_tok=3,
           first_k_dense_replace=2, n_group=1, topk_group=1)
CLIP = dict(model_type='clip_vision_model', hidden_size=64, intermediate_size=136, num_hidden_layers=3,
            num_attention_heads=4, image_size=56, patch_size=14)
SIGLIP = dict(CLIP, model_type='siglip_vision_model')
PIXTRAL = dict(CLIP, model_type='pixtral', head_dim=16)
QWEN_VISION = dict(depth=3, hidden_size=64, num_heads=4, in_channels=3, patch_size=14, spatial_merge_size=2,
                   temporal_patch_size=2)


def text(model_type, **more):
    return dict(DENSE, model_type=model_type, **more)


CASES = [
    ('LlamaForCausalLM', text('llama', attention_bias=True, mlp_bias=True, tie_word_embeddings=False)),
    ('LlamaForCausalLM', text('llama', head_dim=24, tie_word_embeddings=True)),
    ('MistralForCausalLM', text('mistral', head_dim=24, sliding_window=64)),
    ('Qwen2ForCausalLM', text('qwen2')),
    ('Qwen3ForCausalLM', text('qwen3', head_dim=32, tie_word_embeddings=True)),
    ('SmolLM3ForCausalLM', text('smollm3', pad_token_id=0)),
    ('SeedOssForCausalLM', text('seed_oss', head_dim=16, attention_bias=True, attention_out_bias=False)),
    ('Ernie4_5ForCausalLM', text('ernie4_5', head_dim=16, use_bias=True)),
    ('HunYuanDenseV1ForCausalLM', text('hunyuan_v1_dense', head_dim=16)),
    ('HeliumForCausalLM', text('helium', head_dim=16)),
    ('MixtralForCausalLM', dict(MOE, model_type='mixtral', num_local_experts=4)),
    ('PhimoeForCausalLM', dict(MOE, model_type='phimoe', num_local_experts=4, attention_bias=True, lm_head_bias=True)),
    ('Qwen2MoeForCausalLM', dict(MOE, model_type='qwen2_moe', num_experts=6, moe_intermediate_size=40,
                                 shared_expert_intermediate_size=80, decoder_sparse_step=2, mlp_only_layers=[3])),
    ('Qwen3MoeForCausalLM', dict(MOE, model_type='qwen3_moe', num_experts=6, moe_intermediate_size=40, head_dim=24,
                                 decoder_sparse_step=1, mlp_only_layers=[0])),
    ('GptOssForCausalLM', dict(MOE, model_type='gpt_oss', num_local_experts=4, head_dim=24, sliding_window=32)),
    ('MiniMaxM2ForCausalLM', dict(MOE, model_type='minimax_m2', num_local_experts=4, head_dim=24, use_qk_norm=True)),
    ('OlmoeForCausalLM', dict(MOE, model_type='olmoe', num_experts=6)),
    ('Llama4ForCausalLM', dict(MOE, model_type='llama4_text', num_local_experts=4, interleave_moe_layer_step=2,
                               intermediate_size_mlp=320, head_dim=16, num_experts_per_tok=1)),
    ('DbrxForCausalLM', dict(model_type='dbrx', d_model=96, n_heads=6, n_layers=3, max_seq_len=128, vocab_size=1003,
                             attn_config=dict(kv_n_heads=2, clip_qkv=8, rope_theta=10000.0),
                             ffn_config=dict(ffn_hidden_size=80, moe_num_experts=5, moe_top_k=2))),
    ('GraniteForCausalLM', text('granite', attention_bias=True, mlp_bias=True)),
    ('GraniteMoeForCausalLM', dict(MOE, model_type='granitemoe', num_local_experts=4)),
    ('GraniteMoeSharedForCausalLM', dict(MOE, model_type='granitemoeshared', num_local_experts=4,
                                         shared_intermediate_size=64)),
    ('Ernie4_5_MoeForCausalLM', dict(MOE, model_type='ernie4_5_moe', moe_num_experts=6, moe_k=2,
                                     moe_intermediate_size=48, moe_num_shared_experts=2, moe_layer_start_index=1,
                                     moe_layer_end_index=-1, moe_layer_interval=1)),
    ('DeepseekV2ForCausalLM', dict(MLA, model_type='deepseek_v2')),
    ('DeepseekV2ForCausalLM', dict(MLA, model_type='deepseek_v2', q_lora_rank=None)),
    ('DeepseekV3ForCausalLM', dict(MLA, model_type='deepseek_v3')),
    ('Glm4MoeLiteForCausalLM', dict(MLA, model_type='glm4_moe_lite', first_k_dense_replace=1)),
    ('DeepseekV32ForCausalLM', dict(MLA, model_type='deepseek_v32', index_n_heads=4, index_head_dim=16, index_topk=8)),
    ('GlmMoeDsaForCausalLM', dict(MLA, model_type='glm_moe_dsa', index_n_heads=4, index_head_dim=16, index_topk=8)),
    ('Glm4MoeForCausalLM', dict(MOE, model_type='glm4_moe', head_dim=24, n_routed_experts=7, n_shared_experts=1,
                                moe_intermediate_size=56, first_k_dense_replace=2, use_qk_norm=True,
                                attention_bias=True)),
    ('Dots1ForCausalLM', dict(MOE, model_type='dots1', head_dim=24, n_routed_experts=7, n_shared_experts=2,
                              moe_intermediate_size=56, first_k_dense_replace=1)),
    ('GemmaForCausalLM', text('gemma', head_dim=24)),
    ('Gemma2ForCausalLM', text('gemma2', head_dim=24, sliding_window=64)),
    ('Gemma3ForCausalLM', text('gemma3_text', head_dim=24, sliding_window=64)),
    ('Gemma3nForCausalLM', text('gemma3n_text', head_dim=24, hidden_size_per_layer_input=16, laurel_rank=12,
                                altup_num_inputs=3, vocab_size_per_layer_input=900, num_kv_shared_layers=2,
                                layer_types=['sliding_attention', 'full_attention'] * 2 + ['sliding_attention'],
                                activation_sparsity_pattern=[0.0] * 5)),
    ('Gemma4ForCausalLM', text('gemma4_text', head_dim=24, global_head_dim=32, num_global_key_value_heads=1,
                               attention_k_eq_v=True, hidden_size_per_layer_input=16, vocab_size_per_layer_input=900,
                               num_kv_shared_layers=0, enable_moe_block=False, use_double_wide_mlp=False,
                               layer_types=['sliding_attention'] * 3 + ['full_attention'] * 2)),
    ('Gemma4ForCausalLM', text('gemma4_text', head_dim=24, global_head_dim=32, attention_k_eq_v=False,
                               hidden_size_per_layer_input=0, num_kv_shared_layers=2, use_double_wide_mlp=True,
                               layer_types=['sliding_attention', 'full_attention'] * 2 + ['full_attention'])),
    ('PhiForCausalLM', text('phi', qk_layernorm=False)),
    ('Phi3ForCausalLM', text('phi3', pad_token_id=0)),
    ('GPT2LMHeadModel', dict(GPT, model_type='gpt2')),
    ('GPTBigCodeForCausalLM', dict(GPT, model_type='gpt_bigcode', multi_query=True)),
    ('GPTBigCodeForCausalLM', dict(GPT, model_type='gpt_bigcode', multi_query=False, n_inner=300)),
    ('GPTJForCausalLM', dict(GPT, model_type='gptj', rotary_dim=8)),
    ('CodeGenForCausalLM', dict(GPT, n_head=4, model_type='codegen', rotary_dim=8)),
    ('GPTNeoXForCausalLM', dict(DENSE, model_type='gpt_neox')),
    ('BloomForCausalLM', dict(model_type='bloom', hidden_size=96, n_layer=3, n_head=6, vocab_size=1003)),
    ('FalconForCausalLM', dict(model_type='falcon', hidden_size=96, num_hidden_layers=3, num_attention_heads=6,
                               vocab_size=1003, multi_query=True, parallel_attn=True, new_decoder_architecture=False,
                               bias=False)),
    ('FalconForCausalLM', dict(model_type='falcon', hidden_size=96, num_hidden_layers=3, num_attention_heads=6,
                               vocab_size=1003, num_kv_heads=2, new_decoder_architecture=True, bias=False)),
    ('FalconForCausalLM', dict(model_type='falcon', hidden_size=96, num_hidden_layers=3, num_attention_heads=6,
                               vocab_size=1003, multi_query=False, parallel_attn=False, alibi=True, bias=True)),
    ('OPTForCausalLM', dict(model_type='opt', hidden_size=96, ffn_dim=272, num_hidden_layers=3, num_attention_heads=6,
                            vocab_size=1003, max_position_embeddings=128, word_embed_proj_dim=96)),
    ('OPTForCausalLM', dict(model_type='opt', hidden_size=96, ffn_dim=272, num_hidden_layers=3, num_attention_heads=6,
                            vocab_size=1003, max_position_embeddings=128, word_embed_proj_dim=48,
                            do_layer_norm_before=False)),
    ('MptForCausalLM', dict(model_type='mpt', d_model=96, n_heads=6, n_layers=3, expansion_ratio=4, max_seq_len=128,
                            vocab_size=1003)),
    ('Starcoder2ForCausalLM', text('starcoder2', use_bias=True)),
    ('NemotronForCausalLM', text('nemotron')),
    ('PersimmonForCausalLM', text('persimmon', qk_layernorm=True)),
    ('CohereForCausalLM', text('cohere', use_qk_norm=True)),
    ('CohereForCausalLM', text('cohere', use_qk_norm=False)),
    ('Cohere2ForCausalLM', text('cohere2', head_dim=16)),
    ('OlmoForCausalLM', text('olmo')),
    ('Olmo2ForCausalLM', text('olmo2')),
    ('Olmo3ForCausalLM', text('olmo3')),
    ('StableLmForCausalLM', text('stablelm', use_qkv_bias=True)),
    ('StableLmForCausalLM', text('stablelm', use_parallel_residual=True, qk_layernorm=True)),
    ('GlmForCausalLM', text('glm', pad_token_id=0, head_dim=16, attention_bias=True)),
    ('Glm4ForCausalLM', text('glm4', pad_token_id=0, head_dim=16, attention_bias=False)),
    ('Exaone4ForCausalLM', text('exaone4', head_dim=16)),
    ('ApertusForCausalLM', text('apertus')),
    ('ArceeForCausalLM', text('arcee', head_dim=16)),
    ('MambaForCausalLM', dict(model_type='mamba', hidden_size=96, num_hidden_layers=3, state_size=12, expand=2,
                              vocab_size=1003, conv_kernel=4, time_step_rank='auto')),
    ('FalconMambaForCausalLM', dict(model_type='falcon_mamba', hidden_size=96, num_hidden_layers=3, state_size=12,
                                    expand=2, vocab_size=1003, conv_kernel=4, time_step_rank=8)),
    ('Mamba2ForCausalLM', dict(model_type='mamba2', hidden_size=96, num_hidden_layers=3, state_size=12, expand=2,
                               vocab_size=1003, n_groups=2, head_dim=24, num_heads=8)),
    ('JambaForCausalLM', dict(MOE, model_type='jamba', num_experts=4, attn_layer_period=3, attn_layer_offset=1,
                              expert_layer_period=2, expert_layer_offset=1, mamba_d_state=12, mamba_d_conv=4,
                              mamba_expand=2, mamba_dt_rank=8)),
    ('BambaForCausalLM', text('bamba', attn_layer_indices=[2], mamba_n_heads=8, mamba_d_head=24, mamba_n_groups=1,
                              mamba_d_state=12, mamba_expand=2)),
    ('GraniteMoeHybridForCausalLM', dict(MOE, model_type='granitemoehybrid', num_local_experts=4,
                                         shared_intermediate_size=64, mamba_n_heads=8, mamba_d_head=24,
                                         mamba_n_groups=1, mamba_d_state=12, mamba_expand=2,
                                         layer_types=['mamba', 'mamba', 'attention', 'mamba', 'mamba'])),
    ('GraniteMoeHybridForCausalLM', dict(MOE, model_type='granitemoehybrid', num_local_experts=0,
                                         num_experts_per_tok=0, shared_intermediate_size=64, mamba_n_heads=8,
                                         mamba_d_head=24, mamba_n_groups=1, mamba_d_state=12, mamba_expand=2,
                                         layer_types=['mamba', 'mamba', 'attention', 'mamba', 'mamba'])),
    ('FalconH1ForCausalLM', text('falcon_h1', mamba_n_heads=8, mamba_d_head=24, mamba_d_ssm=192, mamba_n_groups=1,
                                 mamba_d_state=12, mamba_rms_norm=False)),
    ('NemotronHForCausalLM', dict(DENSE, model_type='nemotron_h', num_hidden_layers=6,
                                  hybrid_override_pattern='ME*M-E', mamba_num_heads=8, mamba_head_dim=24, n_groups=2,
                                  ssm_state_size=12, head_dim=16, n_routed_experts=4, n_shared_experts=1,
                                  moe_intermediate_size=40, moe_shared_expert_intermediate_size=72, expand=2,
                                  num_experts_per_tok=2)),
    ('Qwen3NextForCausalLM', dict(MOE, model_type='qwen3_next', num_experts=6, moe_intermediate_size=40,
                                  shared_expert_intermediate_size=48, head_dim=24, linear_num_key_heads=2,
                                  linear_key_head_dim=12, linear_num_value_heads=4, linear_value_head_dim=20,
                                  linear_conv_kernel_dim=4, decoder_sparse_step=1, mlp_only_layers=[])),
    ('BertModel', dict(DENSE, model_type='bert')),
    ('BertForSequenceClassification', dict(DENSE, model_type='bert', id2label={'0': 'a', '1': 'b', '2': 'c'})),
    ('BertForMaskedLM', dict(DENSE, model_type='bert')),
    ('XLMRobertaModel', dict(DENSE, model_type='xlm-roberta', type_vocab_size=1)),
    ('XLMRobertaForSequenceClassification', dict(DENSE, model_type='xlm-roberta', type_vocab_size=1,
                                                 id2label={'0': 'a'})),
    ('RobertaForMaskedLM', dict(DENSE, model_type='roberta', type_vocab_size=1)),
    ('DistilBertModel', dict(model_type='distilbert', dim=96, hidden_dim=272, n_layers=3, n_heads=6, vocab_size=1003,
                             max_position_embeddings=128)),
    ('DistilBertForSequenceClassification', dict(model_type='distilbert', dim=96, hidden_dim=272, n_layers=3,
                                                 n_heads=6, vocab_size=1003, max_position_embeddings=128)),
    ('ModernBertModel', dict(DENSE, model_type='modernbert', pad_token_id=0)),
    ('ModernBertForMaskedLM', dict(DENSE, model_type='modernbert', pad_token_id=0)),
    ('ModernBertForSequenceClassification', dict(DENSE, model_type='modernbert', pad_token_id=0, id2label={'0': 'a', '1': 'b'})),
    ('T5ForConditionalGeneration', dict(model_type='t5', d_model=96, d_kv=12, d_ff=272, num_layers=3,
                                        num_decoder_layers=2, num_heads=6, vocab_size=1003, is_encoder_decoder=True,
                                        feed_forward_proj='gated-gelu', tie_word_embeddings=True)),
    ('BartForConditionalGeneration', dict(model_type='bart', d_model=96, encoder_layers=3, decoder_layers=2,
                                          encoder_attention_heads=6, decoder_attention_heads=4, encoder_ffn_dim=200,
                                          decoder_ffn_dim=272, vocab_size=1003, max_position_embeddings=128,
                                          is_encoder_decoder=True)),
    ('MBartForConditionalGeneration', dict(model_type='mbart', d_model=96, encoder_layers=3, decoder_layers=2,
                                           encoder_attention_heads=6, decoder_attention_heads=4, encoder_ffn_dim=200,
                                           decoder_ffn_dim=272, vocab_size=1003, max_position_embeddings=128,
                                           is_encoder_decoder=True)),
    ('WhisperForConditionalGeneration', dict(model_type='whisper', d_model=96, encoder_layers=3, decoder_layers=2,
                                             encoder_attention_heads=6, decoder_attention_heads=4, encoder_ffn_dim=200,
                                             decoder_ffn_dim=272, vocab_size=51865, num_mel_bins=80,
                                             max_source_positions=150, max_target_positions=50)),
    ('LlavaForConditionalGeneration', dict(model_type='llava', text_config=text('llama'), vision_config=CLIP,
                                           vision_feature_layer=-2)),
    ('LlavaForConditionalGeneration', dict(model_type='llava', text_config=text('mistral', head_dim=24),
                                           vision_config=PIXTRAL, vision_feature_layer=-1)),
    ('LlavaNextForConditionalGeneration', dict(model_type='llava_next', text_config=text('mistral'),
                                               vision_config=CLIP)),
    ('LlavaOnevisionForConditionalGeneration', dict(model_type='llava_onevision', text_config=text('qwen2'),
                                                    vision_config=dict(SIGLIP, vision_use_head=False))),
    ('Mistral3ForConditionalGeneration', dict(model_type='mistral3', tie_word_embeddings=False, text_config=text('mistral', head_dim=24),
                                              vision_config=PIXTRAL, spatial_merge_size=2)),
    ('Gemma3ForConditionalGeneration', dict(model_type='gemma3', text_config=text('gemma3_text', head_dim=24),
                                            vision_config=dict(SIGLIP, vision_use_head=False))),
    ('PaliGemmaForConditionalGeneration', dict(model_type='paligemma', text_config=text('gemma', head_dim=24),
                                               vision_config=dict(SIGLIP, vision_use_head=False, projection_dim=96),
                                               projection_dim=96)),
    ('Qwen2VLForConditionalGeneration', dict(DENSE, model_type='qwen2_vl', tie_word_embeddings=False,
                                             vision_config=dict(depth=3, embed_dim=64, hidden_size=96, num_heads=4,
                                                                mlp_ratio=4, in_channels=3, patch_size=14))),
    ('Qwen2_5_VLForConditionalGeneration', dict(DENSE, model_type='qwen2_5_vl', tie_word_embeddings=True,
                                                vision_config=dict(QWEN_VISION, intermediate_size=200,
                                                                   out_hidden_size=96))),
    ('Qwen3VLForConditionalGeneration', dict(model_type='qwen3_vl', text_config=text('qwen3_vl_text', head_dim=24),
                                             tie_word_embeddings=True,
                                             vision_config=dict(QWEN_VISION, intermediate_size=200,
                                                                out_hidden_size=96, num_position_embeddings=144,
                                                                deepstack_visual_indexes=[0, 2]))),
    ('Qwen3VLMoeForConditionalGeneration', dict(model_type='qwen3_vl_moe', tie_word_embeddings=False,
                                                text_config=dict(MOE, model_type='qwen3_vl_moe_text', num_experts=6,
                                                                 moe_intermediate_size=40, head_dim=24,
                                                                 decoder_sparse_step=1, mlp_only_layers=[]),
                                                vision_config=dict(QWEN_VISION, intermediate_size=200,
                                                                   out_hidden_size=96, num_position_embeddings=144,
                                                                   deepstack_visual_indexes=[1]))),
    ('Idefics3ForConditionalGeneration', dict(model_type='idefics3', text_config=text('llama'), scale_factor=2,
                                              vision_config=dict(CLIP, model_type='idefics3_vision'))),
    ('SmolVLMForConditionalGeneration', dict(model_type='smolvlm', text_config=text('llama'), scale_factor=4,
                                             tie_word_embeddings=True,
                                             vision_config=dict(CLIP, model_type='smolvlm_vision'))),
]


def parameters(name, config):
    reference = CONFIG_MAPPING[config['model_type']].from_dict(json.loads(json.dumps(config)))
    with torch.device('meta'):
        model = getattr(transformers, name)(reference)
    model.tie_weights()
    return sum(p.numel() for p in {id(p): p for p in model.parameters()}.values())


def main():
    models = []
    for name, config in CASES:
        config = dict(config, architectures=[name])
        try:
            models.append({'config': config, 'parameters': parameters(name, config)})
        except Exception as error:  # a class that this release cannot build is left out, and said so
            print(f'{name}: {type(error).__name__}: {str(error)[:300]}', file=sys.stderr)
    json.dump({
        'source': f'transformers {transformers.__version__}, torch {torch.__version__}, models on the meta device',
        'date': datetime.date.today().isoformat(),
        'models': models,
    }, sys.stdout, indent=1)
    print()


main()
