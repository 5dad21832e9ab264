"""Tensor types and file types of llama.cpp, as data/sources/gguf-types.json has them, for the tools that ask ggml itself."""

import json
from pathlib import Path

_SOURCE = json.loads((Path(__file__).resolve().parent.parent / "data" / "sources" / "gguf-types.json").read_text())


def tensor_type(name):
    """Number in `enum ggml_type`, values and bytes of a block."""
    entry = _SOURCE["tensorTypes"][name]
    return entry["id"], entry["block"], entry["bytes"]


def file_type(name):
    """Number in `enum llama_ftype`."""
    return _SOURCE["fileTypes"][name]["id"]
