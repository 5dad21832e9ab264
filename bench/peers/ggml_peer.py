"""Stock ggml, as llama-cpp-python builds it: what the GGUF kernels are measured against.

`ggml_peer.py FILE ROWS COLUMNS` answers {"type": NAME} on standard input with {"seconds": S, "digest": SHA-256}, S being processor time
of decoding the bf16 weights and quantizing them.
"""

import ctypes
import hashlib
import json
import os
import sys
import time

import llama_cpp

BF16 = 30
# Name: number in `enum ggml_type`, values and bytes of a block.
TYPES = {
    "Q4_0": (2, 32, 18),
    "Q4_1": (3, 32, 20),
    "Q5_0": (6, 32, 22),
    "Q5_1": (7, 32, 24),
    "Q8_0": (8, 32, 34),
    "Q2_K": (10, 256, 84),
    "Q3_K": (11, 256, 110),
    "Q4_K": (12, 256, 144),
    "Q5_K": (13, 256, 176),
    "Q6_K": (14, 256, 210),
    "IQ4_NL": (20, 32, 18),
}


def kernels(path, rows, columns):
    ggml = ctypes.CDLL(os.path.join(os.path.dirname(llama_cpp.__file__), "lib", "libggml-base.so"))
    ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
    ggml.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]
    ggml.ggml_bf16_to_fp32_row.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    data = open(path, "rb").read()
    wide = (ctypes.c_float * (rows * columns))()
    print(json.dumps({"version": llama_cpp.__version__}), flush=True)
    for line in sys.stdin:
        number, values, size = TYPES[json.loads(line)["type"]]
        blocks = (ctypes.c_uint8 * (rows * columns // values * size))()
        start = time.process_time()
        ggml.ggml_bf16_to_fp32_row(data, wide, rows * columns)
        ggml.ggml_quantize_chunk(number, wide, blocks, 0, rows, columns, None)
        seconds = time.process_time() - start
        print(json.dumps({"seconds": seconds, "digest": hashlib.sha256(blocks).hexdigest()}), flush=True)


kernels(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
