"""Perplexity, mean KL and top-1 agreement of fake-quantized models, by Transformers and PyTorch alone.

    python tools/quality/reference.py MODEL HELDOUT CALIBRATION OUT

What test/simulate/quality/fixtures/reference-short.json holds. Windows of 511 tokens behind the begin-of-text token, whole windows
only; all linear layers of the blocks are quantized, embeddings and head are not; arithmetic is float32. `smoothquant` divides the
inputs of q, k, v and of gate, up by max|x|^0.5 / max|w|^0.5 of each channel.
"""

import copy
import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

torch.set_num_threads(2)
WINDOW = 511
LINEARS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def windows(tokenizer, path):
    ids = tokenizer(open(path, encoding="utf-8").read(), add_special_tokens=False)["input_ids"]
    count = len(ids) // WINDOW
    return [torch.tensor([[tokenizer.bos_token_id] + ids[i * WINDOW : (i + 1) * WINDOW]]) for i in range(count)]


def linears(model):
    return [(name, module) for name, module in model.named_modules() if name.endswith(LINEARS)]


def int8(x, scale):
    return torch.clamp(torch.round(x / scale), -127, 127) * scale


def int8_channel(weight):
    return int8(weight, weight.abs().amax(1, keepdim=True) / 127)


def int4_groups(weight):
    groups = weight.reshape(-1, 128)
    low, high = groups.amin(1, keepdim=True), groups.amax(1, keepdim=True)
    scale = torch.clamp(high - low, min=1e-5) / 15
    zero = torch.clamp(-torch.round(low / scale), 0, 15)
    return ((torch.clamp(torch.round(groups / scale) + zero, 0, 15) - zero) * scale).reshape(weight.shape)


def fp8(x, scale):
    return (x / scale).to(torch.float8_e4m3fn).to(torch.float32) * scale


def fp8_channel(weight):
    return fp8(weight, weight.abs().amax(1, keepdim=True) / 448)


def token_int8(x):
    return int8(x, torch.clamp(x.abs().amax(-1, keepdim=True), min=1e-9) / 127)


def token_fp8(x):
    return fp8(x, torch.clamp(x.abs().amax(-1, keepdim=True), min=1e-9) / 448)


def quantized(model, weight, activation=None):
    """A copy whose linear layers have gone through `weight`, and their inputs go through activation(name)."""
    other = copy.deepcopy(model)
    for name, module in linears(other):
        module.weight.data = weight(module.weight.data)
        if activation is not None:
            function = activation(name)
            module.register_forward_pre_hook(lambda _module, inputs, function=function: (function(inputs[0]),))
    return other


def channel_peaks(model, texts):
    peaks = {}
    handles = []
    for name, module in linears(model):

        def record(_module, inputs, name=name):
            seen = inputs[0].abs().reshape(-1, inputs[0].shape[-1]).amax(0)
            peaks[name] = torch.maximum(peaks[name], seen) if name in peaks else seen

        handles.append(module.register_forward_pre_hook(record))
    with torch.no_grad():
        for text in texts:
            model(text)
    for handle in handles:
        handle.remove()
    return peaks


def smoothed(model, peaks):
    other = copy.deepcopy(model)
    for block, layer in enumerate(other.model.layers):
        for norm, readers in (
            (layer.input_layernorm, ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")),
            (layer.post_attention_layernorm, ("mlp.gate_proj", "mlp.up_proj")),
        ):
            modules = [layer.get_submodule(reader) for reader in readers]
            weight = torch.stack([module.weight.abs().amax(0) for module in modules]).amax(0).clamp(min=1e-5)
            factor = (peaks[f"model.layers.{block}.{readers[0]}"].clamp(min=1e-5) / weight).sqrt()
            norm.weight.data /= factor
            for module in modules:
                module.weight.data *= factor
    return other


def main(model_path, heldout, calibration, out):
    tokenizer = AutoTokenizer.from_pretrained(model_path)
    model = AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float32).eval()
    texts = windows(tokenizer, heldout)
    samples = windows(tokenizer, calibration)
    results = {}
    full = []

    def measure(name, other):
        loss = kl = agreed = count = 0
        with torch.no_grad():
            for index, text in enumerate(texts):
                log = torch.log_softmax(other(text).logits[0, :-1].double(), -1)
                if other is model:
                    full.append(log)
                targets = text[0, 1:]
                loss -= log.gather(1, targets[:, None]).sum().item()
                exact = full[index]
                kl += (exact.exp() * (exact - log)).sum().item()
                agreed += (exact.argmax(1) == log.argmax(1)).sum().item()
                count += len(targets)
        results[name] = {
            "perplexity": float(torch.tensor(loss / count, dtype=torch.float64).exp()),
            "meanKl": kl / count,
            "top1Agreement": agreed / count,
        }
        print(name, results[name], flush=True)

    def fill(prefix, base):
        peaks = channel_peaks(base, samples)
        static = lambda tops: lambda name: lambda x: int8(x, tops[name].amax() / 127)
        measure(f"{prefix}int8-w8a8", quantized(base, int8_channel, lambda _name: token_int8))
        measure(f"{prefix}int8-w8a8-static", quantized(base, int8_channel, static(peaks)))
        measure(f"{prefix}smoothquant", quantized(smoothed(base, peaks), int8_channel, lambda _name: token_int8))

    measure("full", model)
    measure("int8-weight-only", quantized(model, int8_channel))
    measure("int4-rtn", quantized(model, int4_groups))
    measure("fp8", quantized(model, fp8_channel, lambda _name: token_fp8))
    fill("", model)
    fill("outlier ", with_outliers(model))
    with open(out, "w") as file:
        json.dump({"model": model_path.rstrip("/").split("/")[-1], "tokens": len(texts) * WINDOW, "results": results}, file, indent=1)
        file.write("\n")


def with_outliers(model):
    """The same function with six channels of every norm scaled up and the weights that read them scaled down."""
    other = copy.deepcopy(model)
    for layer in other.model.layers:
        for norm, readers in (
            (layer.input_layernorm, [layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj]),
            (layer.post_attention_layernorm, [layer.mlp.gate_proj, layer.mlp.up_proj]),
        ):
            for channel, factor in {17: 32, 61: 64, 98: 32, 143: 32, 181: 64, 230: 32}.items():
                norm.weight.data[channel] *= factor
                for module in readers:
                    module.weight.data[:, channel] /= factor
    return other


main(*sys.argv[1:5])
