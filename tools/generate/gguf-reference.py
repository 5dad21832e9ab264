#!/usr/bin/env python3
"""SHA-256 of what llama.cpp's converter and quantizer make of the checkpoints of test/convert/checkpoints.ts.

  pip install llama-cpp-python==0.3.36 torch transformers sentencepiece safetensors pyyaml
  node tools/generate/made-checkpoints.mjs MADE
  python tools/generate/gguf-reference.py MADE LLAMA_CPP test/convert/reference-digests.json

LLAMA_CPP is the source of llama.cpp that the package is built from (vendor/llama.cpp of its sdist). The converter names pre-tokenizers
by a hash that it knows of published models alone: the names of these are given here.
"""

import ctypes
import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path

MADE, LLAMA_CPP, OUT = (Path(argument) for argument in sys.argv[1:4])
sys.path[:0] = [str(LLAMA_CPP), str(LLAMA_CPP / "gguf-py")]
sys.path.append(str(Path(__file__).resolve().parent.parent))

import conversion
import gguf
import llama_cpp
import torch
from conversion.base import ModelBase, TextModel
from ggml_types import file_type

PRE_TOKENIZERS = {
    "Made-Llama-3.2-1M-Instruct": "llama-bpe",
    "made-qwen2.5-1m-instruct": "qwen2",
    "made-qwen3-yarn": "qwen2",
    "made-phi-2": "phi-2",
    "made-qwen1.5-moe": "qwen2",
    "made-qwen3-1m-a0.5m": "qwen2",
    "made-qwen3-fused-experts": "qwen2",
    "made-olmoe": "olmo",
}
FILE_TYPES = "Q4_0 Q8_0 Q2_K Q3_K_M Q4_K_M Q5_K_M Q6_K".split()


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def convert(folder, target):
    architecture = ModelBase.load_hparams(folder, False)["architectures"][0]
    with torch.inference_mode():
        ModelBase.from_model_architecture(architecture)(folder, gguf.LlamaFileType.GUESSED, target).write()


def quantize(source, target, number):
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = number
    params.nthread = 2
    if llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(params)) != 0:
        raise RuntimeError(f"{source}: not quantized")


def main():
    TextModel.get_vocab_base_pre = lambda self, tokenizer: PRE_TOKENIZERS[self.dir_model.name]
    conversion.load_all_models()
    digests = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in sorted(os.listdir(MADE)):
            converted = Path(scratch) / f"{name}.gguf"
            convert(MADE / name, converted)
            digests[name] = {"converted": digest(converted)}
            for type_name in FILE_TYPES:
                quantized = Path(scratch) / "quantized.gguf"
                quantize(converted, quantized, file_type(type_name))
                digests[name][type_name] = digest(quantized)
    OUT.write_text(json.dumps({"llama-cpp-python": llama_cpp.__version__, "digests": digests}, indent=2) + "\n")


main()
