#!/usr/bin/env python3
"""SHA-256 of what llama.cpp's quantizer makes of the model of test/convert/imatrix-model.ts with its importance matrix.

  pip install llama-cpp-python==0.3.36 gguf==0.19.0
  node tools/generate/made-imatrix.mjs MADE
  python tools/generate/imatrix-reference.py MADE test/convert/imatrix-digests.json

As tools/quantize/quantize.cpp of llama.cpp calls it: means are sums over counts, 1 where there is no count, and the same metadata.
"""

import ctypes
import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path

import gguf
import llama_cpp
import numpy as np

sys.path.append(str(Path(__file__).resolve().parent.parent))
from ggml_types import file_type

MADE, OUT = (Path(argument) for argument in sys.argv[1:3])
MODEL, MATRIX = "made-experts-F32.gguf", "made.imatrix.gguf"
FILE_TYPES = "Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M Q5_K_M Q6_K Q2_K_S IQ4_NL IQ4_XS".split()


def read_matrix():
    reader = gguf.GGUFReader(MADE / MATRIX)
    tensors = {tensor.name: np.array(tensor.data, np.float32) for tensor in reader.tensors}
    means = {}
    for name in tensors:
        if not name.endswith(".in_sum2"):
            continue
        counts = tensors[name.replace(".in_sum2", ".counts")].reshape(-1, 1)
        sums = tensors[name].reshape(len(counts), -1)
        mean = np.where(counts > 0, sums / np.maximum(counts, 1), np.float32(1)).astype(np.float32)
        means[name.removesuffix(".in_sum2")] = np.ascontiguousarray(mean.reshape(-1))
    chunks = int(reader.fields["imatrix.chunk_count"].contents())
    return means, reader.fields["imatrix.datasets"].contents(), chunks


def override(key, value):
    made = llama_cpp.llama_model_kv_override()
    made.key = key.encode()
    if isinstance(value, str):
        made.tag = llama_cpp.LLAMA_KV_OVERRIDE_TYPE_STR
        made.value.val_str = value.encode()
    else:
        made.tag = llama_cpp.LLAMA_KV_OVERRIDE_TYPE_INT
        made.value.val_i64 = value
    return made


def main():
    means, datasets, chunks = read_matrix()
    data = [
        llama_cpp.llama_model_imatrix_data(
            name.encode(), mean.ctypes.data_as(ctypes.POINTER(ctypes.c_float)), mean.size
        )
        for name, mean in means.items()
    ]
    data.append(llama_cpp.llama_model_imatrix_data(None, None, 0))
    overrides = [
        override("quantize.imatrix.file", MATRIX),
        override("quantize.imatrix.dataset", datasets[0]),
        override("quantize.imatrix.entries_count", len(means)),
        override("quantize.imatrix.chunks_count", chunks),
        llama_cpp.llama_model_kv_override(),
    ]
    digests = {}
    with tempfile.TemporaryDirectory() as scratch:
        for type_name in FILE_TYPES:
            params = llama_cpp.llama_model_quantize_default_params()
            params.ftype = file_type(type_name)
            params.nthread = 2
            params.imatrix = (llama_cpp.llama_model_imatrix_data * len(data))(*data)
            params.kv_overrides = (llama_cpp.llama_model_kv_override * len(overrides))(*overrides)
            target = os.path.join(scratch, "quantized.gguf")
            source = str(MADE / MODEL).encode()
            if llama_cpp.llama_model_quantize(source, target.encode(), ctypes.byref(params)) != 0:
                raise RuntimeError(f"{type_name}: not quantized")
            digests[type_name] = hashlib.sha256(Path(target).read_bytes()).hexdigest()
    OUT.write_text(json.dumps({"llama-cpp-python": llama_cpp.__version__, "digests": digests}, indent=2) + "\n")


main()
