"""Quantizes one matrix as eager PyTorch does it, one scheme a request: what the kernels are measured against.

Reads JSON lines {"scheme": NAME} on standard input and answers {"seconds": S, "noise": SUM}, S being processor time, which
others on the machine disturb least. The formulas are those of
compressed-tensors and neuronx-distributed; the error figures are the sums that the kernels keep too.
"""

import json
import sys
import time

import torch

torch.set_num_threads(1)
path, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
weights = torch.frombuffer(bytearray(open(path, "rb").read()), dtype=torch.bfloat16).reshape(rows, columns)


def figures(w, v):
    """The sums of the error figures, in as few passes as eager PyTorch allows."""
    wide = w.float()
    error = wide - v.float()
    noise = torch.linalg.vector_norm(error).square()
    energy = wide.square().sum(dim=0)
    cross = torch.dot(wide.flatten(), error.flatten())
    worst = error.abs_().amax()
    zeroed = torch.count_nonzero(w) - torch.count_nonzero(v)
    return noise.item(), energy[0].item(), cross.item(), worst.item(), zeroed.item()


def integers(w, scale, low, high):
    return torch.clamp(w / scale, low, high).round().to(torch.int8)


def int8_channel(w):
    scale = w.abs().amax(dim=1, keepdim=True) / 127.5
    codes = integers(w, scale, -128, 127)
    return figures(w, codes.to(w.dtype) * scale)


def neuron_int8(w):
    wide = w.float()
    scale = torch.clamp(wide.abs().amax(dim=1) / 127, min=torch.finfo(torch.float32).eps)
    zeros = torch.zeros_like(scale, dtype=torch.int32)
    codes = torch.quantize_per_channel(wide, scale, zeros, 0, torch.qint8)
    return figures(w, codes.dequantize())


def fp8_channel(w):
    scale = w.abs().amax(dim=1, keepdim=True) / 448
    codes = torch.clamp(w / scale, -448, 448).to(torch.float8_e4m3fn)
    return figures(w, codes.to(w.dtype) * scale)


def int4_group(w):
    grouped = w.reshape(-1, 128)
    scale = grouped.abs().amax(dim=1, keepdim=True) / 7.5
    codes = integers(grouped, scale, -8, 7)
    return figures(w, (codes.to(w.dtype) * scale).reshape(w.shape))


def awq_group(w):
    grouped = w.half().reshape(-1, 128)
    high = grouped.amax(dim=1, keepdim=True)
    low = grouped.amin(dim=1, keepdim=True)
    scale = (high - low).clamp(min=1e-5) / 15
    zero = (-torch.round(low / scale)).clamp_(0, 15)
    value = (torch.clamp(torch.round(grouped / scale) + zero, 0, 15) - zero) * scale
    return figures(grouped.reshape(w.shape), value.reshape(w.shape))


def decode(w):
    return (w.float()[0, 0].item(),)


schemes = {
    "int8-channel": int8_channel,
    "neuron-int8": neuron_int8,
    "fp8-channel": fp8_channel,
    "int4-g128": int4_group,
    "awq-g128": awq_group,
    "bf16-decode": decode,
}

print(json.dumps({"torch": torch.__version__, "capability": torch.backends.cpu.get_cpu_capability()}), flush=True)
for line in sys.stdin:
    run = schemes[json.loads(line)["scheme"]]
    start = time.thread_time()
    result = run(weights)
    print(json.dumps({"seconds": time.thread_time() - start, "noise": float(result[0])}), flush=True)
