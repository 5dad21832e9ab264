"""Reads the default sizes of the configuration classes of Hugging Face transformers.

    pip install torch transformers && python tools/generate/config-defaults.py > data/sources/config-defaults.json

A `text_config` or `vision_config` is published without the values that equal its class's own; these are they.
"""
import dataclasses
import datetime
import json
import sys

import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

TYPES = ['llama', 'mistral', 'mixtral', 'gemma', 'gemma2', 'gemma3_text', 'gemma3n_text', 'gemma4_text', 'qwen2',
         'qwen2_moe', 'qwen3', 'qwen3_moe', 'qwen3_vl_text', 'qwen3_vl_moe_text', 'qwen3_5_text', 'qwen3_5_moe_text',
         'phi', 'phi3', 'cohere', 'cohere2', 'mllama_text_model', 'mllama_vision_model', 'llama4_text',
         'llama4_vision_model', 'clip_vision_model', 'siglip_vision_model', 'pixtral', 'idefics3_vision',
         'smolvlm_vision', 'opt', 'glm4v_text', 'granite', 'persimmon', 'deepseek_v2', 'deepseek_v3', 'whisper',
         'gemma4_vision']
KEYS = {'hidden_size', 'num_hidden_layers', 'num_attention_heads', 'num_key_value_heads', 'head_dim',
        'intermediate_size', 'vocab_size', 'max_position_embeddings', 'sliding_window', 'patch_size', 'image_size',
        'num_channels', 'tie_word_embeddings', 'num_global_layers', 'max_num_tiles', 'vision_output_dim',
        'projector_input_dim', 'projector_output_dim', 'interleave_moe_layer_step', 'num_local_experts', 'num_experts',
        'num_experts_per_tok', 'moe_intermediate_size', 'intermediate_size_mlp', 'attention_chunk_size', 'laurel_rank',
        'altup_num_inputs', 'hidden_size_per_layer_input', 'vocab_size_per_layer_input', 'num_kv_shared_layers',
        'cross_attention_layers', 'intermediate_layers_indices', 'sliding_window_pattern', 'projection_dim',
        'global_head_dim', 'num_global_key_value_heads', 'linear_num_key_heads', 'linear_key_head_dim',
        'linear_num_value_heads', 'linear_value_head_dim', 'linear_conv_kernel_dim', 'd_model', 'encoder_layers',
        'encoder_ffn_dim'}


def defaults_of(model_type):
    # Fields of the class, not of an instance: an instance fills in what depends on other sizes.
    fields = {field.name: field.default for field in dataclasses.fields(CONFIG_MAPPING[model_type])}
    for alias, name in getattr(CONFIG_MAPPING[model_type], 'attribute_map', {}).items():
        if alias in ('num_experts', 'num_local_experts') and name in fields:
            fields.setdefault(alias, fields[name])
    kept = {key: value for key, value in sorted(fields.items()) if key in KEYS and isinstance(value, (int, list))}
    if model_type.endswith('_text') or model_type == 'llama':
        # Whether the head is tied is said by the whole config, not by this section.
        kept.pop('tie_word_embeddings', None)
    return kept


json.dump({
    'source': f'transformers {transformers.__version__} configuration classes, default values',
    'date': datetime.date.today().isoformat(),
    'defaults': {model_type: defaults_of(model_type) for model_type in TYPES},
}, sys.stdout, indent=1)
print()
