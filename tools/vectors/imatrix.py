"""Golden vectors of quantizing with an importance matrix: what llama.cpp's `ggml_quantize_chunk` makes of rows of weights.

Usage: imatrix.py LIBRARY FOLDER [--rows N] [--seed N]

LIBRARY is libggml-base of a build for x86-64 without fused multiply-add: that of the llama-cpp-python wheel, or
node_modules/@node-llama-cpp/linux-x64/bins/linux-x64/libggml-base.so. FOLDER gets a manifest for `npm run vectors -- FOLDER`.
Needs numpy. The project's own vectors, test/simulate/vectors/imatrix, are those of 4 rows and seed 1; more rows and other
seeds are a differential test.
"""

import argparse
import ctypes
import json
import os
import struct
import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parent.parent))
from ggml_types import tensor_type

TYPES = {name: tensor_type(name) for name in "Q4_0 Q4_1 Q5_0 Q5_1 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL IQ4_XS".split()}
SUPER_COLUMNS = 768
# No whole number of the eight blocks that are searched at a time.
SHORT_COLUMNS = 352


def weights(kind, rows, columns, random):
    bell = random.standard_normal((rows, columns))
    if kind == "gauss":
        return bell * 0.02
    if kind == "heavy":
        return random.standard_t(2, (rows, columns)) * 0.03
    if kind == "positive":
        return np.abs(bell) + (np.arange(columns) // 32 % 3 == 0)
    if kind == "magnitudes":
        return bell * 10.0 ** random.integers(-9, 3, (rows, columns // 16)).repeat(16, 1)
    # Zeros, constants, few values, one-sided, tiny, large and both signs of the extreme, 16 values each.
    parts = random.integers(0, 8, (rows, columns // 16)).repeat(16, 1)
    choices = [
        np.zeros_like(bell),
        np.ones_like(bell) * 0.5,
        np.round(bell * 2) / 4,
        -np.abs(bell) - 1,
        bell * 1e-17,
        bell * 1e4,
        np.sign(bell) * 3,
        np.where(np.abs(bell) > 1.5, bell, 0),
    ]
    return np.choose(parts, choices)


def importances(kind, columns, random):
    usual = np.exp(random.standard_normal(columns) * 1.5 - 2)
    if kind == "usual":
        return usual
    if kind == "outliers":
        return usual * np.where(random.random(columns) < 0.02, 1e4, 1)
    if kind == "sparse":
        return usual * (random.random(columns) < 0.6) * (np.arange(columns) // 32 % 4 != 1)
    if kind == "ones":
        return np.ones(columns)
    # So large that the sums overflow, or so small that they vanish.
    return usual * 10.0 ** random.integers(-30, 30, columns // 32).repeat(32)


def write_safetensors(path, tensors):
    header, data, at = {}, [], 0
    for name, array in tensors.items():
        raw = np.ascontiguousarray(array).tobytes()
        dtype = "U8" if array.dtype == np.uint8 else "F32"
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, at + len(raw)]}
        data.append(raw)
        at += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("folder")
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    ggml = ctypes.CDLL(os.path.abspath(given.library))
    quantize = ggml.ggml_quantize_chunk
    quantize.restype = ctypes.c_size_t
    quantize.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]

    random = np.random.default_rng(given.seed)
    pairs = [
        ("gauss", "usual"),
        ("heavy", "outliers"),
        ("gauss", "sparse"),
        ("positive", "ones"),
        ("edge", "usual"),
        ("edge", "sparse"),
        ("magnitudes", "usual"),
        ("heavy", "extreme"),
    ]
    os.makedirs(given.folder, exist_ok=True)
    inputs, outputs, cases = {}, {}, []
    for width, columns in (("super", SUPER_COLUMNS), ("short", SHORT_COLUMNS)):
        for kind, weighed in pairs:
            name = f"{kind}-{weighed}-{width}"
            x = weights(kind, given.rows, columns, random).astype(np.float32)
            importance = importances(weighed, columns, random).astype(np.float32)
            inputs[f"{name}.weights"], inputs[f"{name}.importance"] = x, importance
            for type_name, (number, block, size) in TYPES.items():
                if columns % block != 0:
                    continue
                raw = np.zeros((given.rows, columns // block * size), np.uint8)
                written = quantize(number, pointer(x), pointer(raw), 0, given.rows, columns, pointer(importance))
                assert written == raw.size, (type_name, written)
                output = f"{name}.{type_name}"
                outputs[output] = raw
                cases.append(
                    {
                        "id": f"gguf-{type_name.lower()}-{name}",
                        "scheme": f"gguf-{type_name.lower()}",
                        "params": {"type": type_name, "imatrix": "weighed", "raw": output},
                        "input": {"file": "inputs.safetensors", "tensors": [f"{name}.weights", f"{name}.importance"]},
                        "output": {"file": "outputs.safetensors", "tensors": {output: {"tolerance": {"kind": "exact"}}}},
                    }
                )
    write_safetensors(os.path.join(given.folder, "inputs.safetensors"), inputs)
    write_safetensors(os.path.join(given.folder, "outputs.safetensors"), outputs)
    ggml.ggml_version.restype = ctypes.c_char_p
    manifest = {"seed": given.seed, "rows": given.rows, "ggml": ggml.ggml_version().decode(), "cases": cases}
    with open(os.path.join(given.folder, "manifest.json"), "w") as file:
        json.dump(manifest, file)
        file.write("\n")


main()
