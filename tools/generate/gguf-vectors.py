#!/usr/bin/env python3
"""Makes the golden vectors `gguf-hard-*` of test/simulate/vectors with the ggml that llama-cpp-python ships (x86-64 build, no FMA in
ggml-base): rows that stress the searches of every block type that is quantized here.

  pip install llama-cpp-python==0.3.36 numpy safetensors
  python tools/generate/gguf-vectors.py test/simulate/vectors
"""

import ctypes
import json
import os
import sys
from pathlib import Path

import llama_cpp
import numpy as np
from safetensors.numpy import save_file

sys.path.append(str(Path(__file__).resolve().parent.parent))
from ggml_types import tensor_type

ROWS = 2
COLUMNS = 256
TYPES = {name: tensor_type(name) for name in "Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL IQ4_XS".split()}


def hard_rows(random):
    """Ordinary and heavy-tailed rows, ranges far from zero, sparse rows, ties, signed zeros, subnormal and huge values."""
    shape = (ROWS, COLUMNS)
    normal = lambda: random.standard_normal(shape)
    sparse = normal()
    sparse[random.random(shape) < 0.9] = 0
    outliers = normal()
    outliers[:, random.integers(0, COLUMNS, 5)] *= 1000
    flat = np.repeat(random.standard_normal((ROWS, COLUMNS // 32)), 32, axis=1)
    nearly_flat = flat * np.where(random.random(shape) < 0.02, -1, 1)
    infinite = normal()
    infinite[random.random(shape) < 0.01] = np.inf
    rows = [
        normal(),
        random.standard_t(2, shape) * 0.02,
        normal() * 10.0 ** random.integers(-4, 2, shape),
        np.abs(normal()),
        -np.abs(normal()) - 0.5,
        np.abs(normal()) + 100,
        sparse,
        random.integers(-3, 4, shape).astype(float),
        outliers,
        flat,
        nearly_flat,
        random.choice([0.0, -0.0, 1.0, -1.0, 0.5], shape),
        normal() * 10.0 ** random.integers(-44, -30, (ROWS, 1)),
        normal() * 10.0 ** random.integers(-20, -10, shape),
        np.clip(normal() * 10.0 ** random.integers(8, 38, (ROWS, 1)), -3e38, 3e38),
        np.clip(normal() * 10.0 ** random.integers(-38, 38, shape), -3e38, 3e38),
        np.zeros(shape),
        -np.zeros(shape),
        infinite,
    ]
    return np.ascontiguousarray(np.concatenate(rows).astype(np.float32))


def ggml():
    library = ctypes.CDLL(os.path.join(os.path.dirname(llama_cpp.__file__), "lib", "libggml-base.so"))
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    library.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]
    return library


def main(folder):
    library = ggml()
    rows = hard_rows(np.random.default_rng(20261125))
    save_file({"hard.f32": rows}, os.path.join(folder, "gguf-hard-inputs.safetensors"))
    blocks = {}
    for name, (number, values, size) in TYPES.items():
        out = np.zeros((rows.shape[0], COLUMNS // values * size), np.uint8)
        library.ggml_quantize_chunk(number, rows.ctypes.data, out.ctypes.data, 0, rows.shape[0], COLUMNS, None)
        blocks[name] = out
        save_file({"raw": out}, os.path.join(folder, f"gguf-hard-{name.lower()}.safetensors"))

    path = os.path.join(folder, "manifest.json")
    with open(path) as file:
        manifest = json.load(file)
    manifest["cases"] = [case for case in manifest["cases"] if not case["id"].startswith("gguf-hard-")]
    for name, out in blocks.items():
        manifest["cases"].append(
            {
                "id": f"gguf-hard-{name.lower()}",
                "scheme": f"gguf-{name.lower()}",
                "params": {"type": name, "imatrix": None, "input_cast": "exact to f32 first"},
                "input": {"file": "gguf-hard-inputs.safetensors", "tensors": ["hard.f32"]},
                "output": {
                    "file": f"gguf-hard-{name.lower()}.safetensors",
                    "tensors": {"raw": {"dtype": "uint8", "shape": list(out.shape), "tolerance": {"kind": "exact"}}},
                },
                "library": {"llama-cpp-python": llama_cpp.__version__, "build": "x86-64 baseline ggml-base (SSE2, no FMA), gcc"},
            }
        )
    with open(path, "w") as file:
        json.dump(manifest, file, separators=(",", ":"))


main(sys.argv[1])
