"""Logits of tiny models of each decoder family and of a BERT encoder, by Transformers: python tools/quality/families.py OUT

Weights come from a formula (see `weights`), which test/simulate/forward/families.test.ts computes again, so that the fixture holds
configurations and expected numbers only.
"""

import json
import sys

import numpy
import torch
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

TOKENS = [(i * 37 + 11) % 120 for i in range(24)]
SMALL = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 120,
    "max_position_embeddings": 64,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 0,
}
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
FAMILIES = {
    "llama with llama3 rope": {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "rope_theta": 500000.0,
        "rope_scaling": LLAMA3,
        "head_dim": 16,
        "tie_word_embeddings": False,
    },
    "mistral with a sliding window": {
        "architectures": ["MistralForCausalLM"],
        "model_type": "mistral",
        "sliding_window": 8,
        "head_dim": 32,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
    },
    "qwen2 with biases": {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "rope_theta": 1000000.0,
        "tie_word_embeddings": True,
    },
    "qwen3 with norms of heads": {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "head_dim": 32,
        "rope_theta": 1000000.0,
        "tie_word_embeddings": True,
    },
    "smollm3 without positions in every fourth layer": {
        "architectures": ["SmolLM3ForCausalLM"],
        "model_type": "smollm3",
        "num_hidden_layers": 4,
        "no_rope_layers": [1, 1, 1, 0],
        "rope_theta": 2000000.0,
        "tie_word_embeddings": True,
    },
    "phi3 with fused projections": {
        "architectures": ["Phi3ForCausalLM"],
        "model_type": "phi3",
        "rope_theta": 10000.0,
        "sliding_window": 12,
        "tie_word_embeddings": False,
    },
    "gemma": {
        "architectures": ["GemmaForCausalLM"],
        "model_type": "gemma",
        "head_dim": 32,
        "hidden_act": "gelu_pytorch_tanh",
        "hidden_activation": "gelu_pytorch_tanh",
        "tie_word_embeddings": True,
    },
    "gemma 2 with soft caps and windows": {
        "architectures": ["Gemma2ForCausalLM"],
        "model_type": "gemma2",
        "head_dim": 32,
        "hidden_activation": "gelu_pytorch_tanh",
        "query_pre_attn_scalar": 24,
        "attn_logit_softcapping": 5.0,
        "final_logit_softcapping": 3.0,
        "sliding_window": 8,
        "tie_word_embeddings": True,
    },
    "gemma 3 with local and global layers": {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        "head_dim": 32,
        "hidden_activation": "gelu_pytorch_tanh",
        "query_pre_attn_scalar": 32,
        "rope_theta": 1000000.0,
        "rope_local_base_freq": 10000.0,
        "sliding_window": 8,
        "layer_types": ["sliding_attention", "sliding_attention", "full_attention"],
        "tie_word_embeddings": True,
    },
}
BERT = {
    "architectures": ["BertModel"],
    "model_type": "bert",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "vocab_size": 120,
    "max_position_embeddings": 64,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
}


def hash_of(name):
    value = 0x811C9DC5
    for byte in name.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def weights(name, shape, gemma):
    """Uniform numbers from the element's index and the hash of the tensor's name; norms lie around 1 (Gemma stores them less 1)."""
    x = numpy.arange(int(numpy.prod(shape)), dtype=numpy.uint32) + numpy.uint32(hash_of(name))
    for _ in range(2):
        x = (x ^ (x >> numpy.uint32(16))) * numpy.uint32(0x045D9F3B)
    x = x ^ (x >> numpy.uint32(16))
    uniform = x.astype(numpy.float64) / 2**31 - 1
    norm = "norm" in name.lower() and name.endswith("weight")
    values = (0.0 if gemma else 1.0) + 0.25 * uniform if norm else 0.25 * uniform
    return torch.from_numpy(values.astype(numpy.float32).reshape(shape))


def fill(model, gemma):
    state = model.state_dict()
    tied = {"lm_head.weight"} if getattr(model.config, "tie_word_embeddings", False) else set()
    for name, tensor in state.items():
        if name not in tied and tensor.is_floating_point() and "rotary" not in name:
            tensor.copy_(weights(name, tuple(tensor.shape), gemma))
    model.tie_weights() if hasattr(model, "tie_weights") else None
    return {name: list(tensor.shape) for name, tensor in state.items() if name not in tied and tensor.is_floating_point()}


def main(out):
    fixture = {"tokens": TOKENS, "families": {}, "encoder": {}}
    for family, own in FAMILIES.items():
        classic = {**SMALL, **own, "torch_dtype": "float32"}
        model_type = classic["model_type"]
        arguments = {key: value for key, value in classic.items() if key not in ("model_type", "torch_dtype")}
        config = AutoConfig.for_model(model_type, **arguments)
        config._attn_implementation = "eager"
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
        shapes = fill(model, model_type.startswith("gemma"))
        with torch.no_grad():
            logits = model(torch.tensor([TOKENS])).logits[0]
        modern = json.loads(config.to_json_string(use_diff=False))
        fixture["families"][family] = {
            "classic": classic,
            "modern": {**modern, "architectures": classic["architectures"]},
            "tensors": shapes,
            "last": [round(value, 6) for value in logits[-1].tolist()],
            "sums": [round(value, 5) for value in logits.double().sum(-1).tolist()],
        }
        print(family, logits.abs().max().item(), modern.get("rope_parameters"))
    config = AutoConfig.for_model("bert", **{key: value for key, value in BERT.items() if key != "model_type"})
    config._attn_implementation = "eager"
    model = AutoModel.from_config(config, add_pooling_layer=False).eval()
    shapes = fill(model, False)
    with torch.no_grad():
        hidden = model(torch.tensor([TOKENS])).last_hidden_state[0]
    mean = hidden.mean(0)
    fixture["encoder"] = {
        "config": BERT,
        "tensors": shapes,
        "embedding": [round(value, 6) for value in (mean / mean.norm()).tolist()],
        "last": [round(value, 6) for value in hidden[-1].tolist()],
    }
    with open(out, "w") as file:
        json.dump(fixture, file, indent=None)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
