"""Logits of tiny mixtures of experts, by Transformers: python tools/quality/mixtures.py test/simulate/forward/fixtures/mixtures.json

Weights come from the formula of families.py, by the names that published checkpoints have: each expert has matrices of its own.
"""

import json
import re
import sys

import torch
from families import SMALL, TOKENS, weights
from transformers import AutoConfig, AutoModelForCausalLM

MIXTURES = {
    "mixtral": {
        "architectures": ["MixtralForCausalLM"],
        "model_type": "mixtral",
        "num_local_experts": 6,
        "num_experts_per_tok": 2,
        "rope_theta": 1000000.0,
        "sliding_window": None,
        "tie_word_embeddings": False,
    },
    "mixtral with a sliding window": {
        "architectures": ["MixtralForCausalLM"],
        "model_type": "mixtral",
        "num_local_experts": 4,
        "num_experts_per_tok": 3,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "sliding_window": 8,
        "tie_word_embeddings": False,
    },
    "qwen3 with a dense layer among the sparse": {
        "architectures": ["Qwen3MoeForCausalLM"],
        "model_type": "qwen3_moe",
        "head_dim": 32,
        "num_experts": 8,
        "num_experts_per_tok": 3,
        "moe_intermediate_size": 40,
        "norm_topk_prob": True,
        "mlp_only_layers": [1],
        "rope_theta": 1000000.0,
        "tie_word_embeddings": True,
    },
    "qwen3 whose shares are as the softmax leaves them": {
        "architectures": ["Qwen3MoeForCausalLM"],
        "model_type": "qwen3_moe",
        "head_dim": 32,
        "num_experts": 5,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 48,
        "decoder_sparse_step": 2,
        "rope_theta": 1000000.0,
        "tie_word_embeddings": False,
    },
    "qwen2 with an expert for all": {
        "architectures": ["Qwen2MoeForCausalLM"],
        "model_type": "qwen2_moe",
        "num_experts": 6,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 40,
        "shared_expert_intermediate_size": 72,
        "norm_topk_prob": False,
        "use_sliding_window": False,
        "sliding_window": 4,
        "max_window_layers": 2,
        "rope_theta": 1000000.0,
        "tie_word_embeddings": False,
    },
    "olmoe with norms over all heads": {
        "architectures": ["OlmoeForCausalLM"],
        "model_type": "olmoe",
        "num_experts": 8,
        "num_experts_per_tok": 3,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
    },
}

STACKED = re.compile(r"^(.*\.layers\.\d+\.)mlp(\.experts\.)(gate_up_proj|down_proj)$")
ROUTER = re.compile(r"^(.*\.layers\.\d+\.)mlp(\.gate\.weight)$")


def parts(name, shape, model_type):
    """Names and shapes in a published checkpoint of what Transformers keeps in one tensor."""
    mixtral = model_type == "mixtral"
    module = "block_sparse_moe" if mixtral else "mlp"
    stacked = STACKED.match(name)
    if stacked is None:
        router = ROUTER.match(name) if mixtral else None
        return [(f"{router[1]}{module}{router[2]}" if router else name, shape)]
    experts, rows, columns = shape
    own = {"gate_up_proj": ["w1", "w3"], "down_proj": ["w2"]} if mixtral else {
        "gate_up_proj": ["gate_proj", "up_proj"],
        "down_proj": ["down_proj"],
    }
    names = own[stacked[3]]
    return [
        (f"{stacked[1]}{module}{stacked[2]}{expert}.{part}.weight", [rows // len(names), columns])
        for expert in range(experts)
        for part in names
    ]


def fill(model, model_type):
    state = model.state_dict()
    tied = {"lm_head.weight"} if model.config.tie_word_embeddings else set()
    shapes = {}
    for name, tensor in state.items():
        if name in tied or not tensor.is_floating_point() or "rotary" in name:
            continue
        own = parts(name, list(tensor.shape), model_type)
        tensor.copy_(torch.cat([weights(part, shape, False) for part, shape in own]).reshape(tensor.shape))
        shapes.update(own)
    model.tie_weights()
    return shapes


def seen(model, run):
    """What entered each expert of each layer, and its down projection: tokens, and mean and largest magnitude of both."""
    layers = {}

    def count(number):
        def hook(module, arguments):
            states, chosen = arguments[0], arguments[1]
            rows = []
            for expert in range(module.gate_up_proj.shape[0]):
                own = states[(chosen == expert).any(-1)]
                gate, up = torch.nn.functional.linear(own, module.gate_up_proj[expert]).chunk(2, dim=-1)
                product = module.act_fn(gate) * up
                figures = [v for x in (own, product) for v in ((x.abs().mean().item(), x.abs().max().item()) if len(own) else (0, 0))]
                rows.append([len(own), *(round(value, 6) for value in figures)])
            layers[number] = rows

        return hook

    handles = [
        layer.mlp.experts.register_forward_pre_hook(count(number))
        for number, layer in enumerate(model.model.layers)
        if hasattr(layer.mlp, "experts")
    ]
    answer = run()
    for handle in handles:
        handle.remove()
    return answer, layers


def main(out):
    fixture = {"tokens": TOKENS, "mixtures": {}}
    for name, own in MIXTURES.items():
        classic = {**SMALL, **own, "torch_dtype": "float32"}
        arguments = {key: value for key, value in classic.items() if key not in ("model_type", "torch_dtype")}
        config = AutoConfig.for_model(classic["model_type"], **arguments)
        config._attn_implementation = "eager"
        config._experts_implementation = "eager"
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
        shapes = fill(model, classic["model_type"])
        with torch.no_grad():
            answer, experts = seen(model, lambda: model(torch.tensor([TOKENS])))
        logits = answer.logits[0]
        modern = json.loads(config.to_json_string(use_diff=False))
        fixture["mixtures"][name] = {
            "classic": classic,
            "modern": {**modern, "architectures": classic["architectures"]},
            "tensors": shapes,
            "last": [round(value, 6) for value in logits[-1].tolist()],
            "experts": experts,
            "sums": [round(value, 5) for value in logits.double().sum(-1).tolist()],
        }
        print(name, logits.abs().max().item(), modern.get("rope_parameters"))
    with open(out, "w") as file:
        json.dump(fixture, file, indent=None)
        file.write("\n")


main(sys.argv[1])
