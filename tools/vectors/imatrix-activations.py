"""Holds an importance matrix of `qe calibrate` against what llama.cpp multiplies with: the rule of its llama-imatrix, over the same text.

  pip install llama-cpp-python==0.3.36 gguf==0.19.0
  qe calibrate MODEL --text TEXT --out FILE --imatrix MATRIX
  python tools/vectors/imatrix-activations.py MODEL.gguf TEXT MATRIX

MODEL.gguf is the same model, unquantized. Windows are those of `qe calibrate`: the begin-of-text token and 511 tokens, not overlapping.
Fails where a count of tokens differs, or a mean of squares by more than 1 %: llama.cpp rounds activations to the weights' type.
"""

import ctypes
import sys

import gguf
import llama_cpp
import numpy as np

WINDOW = 512
LARGEST_DIFFERENCE = 0.01


class Tensor(ctypes.Structure):
    """struct ggml_tensor, as of llama-cpp-python 0.3.36."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("buffer", ctypes.c_void_p),
        ("ne", ctypes.c_int64 * 4),
        ("nb", ctypes.c_size_t * 4),
        ("op", ctypes.c_int),
        ("op_params", ctypes.c_int32 * 16),
        ("flags", ctypes.c_int32),
        ("src", ctypes.c_void_p * 10),
        ("view_src", ctypes.c_void_p),
        ("view_offs", ctypes.c_size_t),
        ("data", ctypes.c_void_p),
        ("name", ctypes.c_char * 64),
        ("extra", ctypes.c_void_p),
    ]


def recorder(sums, counts):
    def record(address, asked, _):
        tensor = Tensor.from_address(address)
        if not tensor.src[0] or not tensor.src[1]:
            return not asked
        weight = Tensor.from_address(tensor.src[0])
        inputs = Tensor.from_address(tensor.src[1])
        name = weight.name.decode(errors="replace")
        watched = name.startswith("blk.") and name.endswith(".weight") and weight.ne[1] > 1 and inputs.type == 0
        if not asked and watched:
            columns, tokens = inputs.ne[0], inputs.ne[1]
            values = np.ctypeslib.as_array(ctypes.cast(inputs.data, ctypes.POINTER(ctypes.c_float)), (tokens, columns))
            sums[name] = sums.get(name, 0) + (values.astype(np.float64) ** 2).sum(0)
            counts[name] = counts.get(name, 0) + tokens
        return watched if asked else True

    return llama_cpp.ggml_backend_sched_eval_callback(record)


def tokens_of(vocabulary, text):
    buffer = (llama_cpp.llama_token * (len(text) + 8))()
    count = llama_cpp.llama_tokenize(vocabulary, text, len(text), buffer, len(buffer), False, False)
    return list(buffer[:count])


def run(context, tokens):
    batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
    batch.n_tokens = len(tokens)
    for place, token in enumerate(tokens):
        batch.token[place] = token
        batch.pos[place] = place
        batch.n_seq_id[place] = 1
        batch.seq_id[place][0] = 0
        # Of all tokens, or the last layer would see one alone.
        batch.logits[place] = 1
    llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
    if llama_cpp.llama_decode(context, batch) != 0:
        raise RuntimeError("llama.cpp did not decode")
    llama_cpp.llama_batch_free(batch)


def main(model_path, text_path, matrix_path):
    llama_cpp.llama_backend_init()
    model = llama_cpp.llama_model_load_from_file(model_path.encode(), llama_cpp.llama_model_default_params())
    vocabulary = llama_cpp.llama_model_get_vocab(model)
    sums, counts = {}, {}
    callback = recorder(sums, counts)
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = params.n_batch = params.n_ubatch = WINDOW
    params.cb_eval = callback
    context = llama_cpp.llama_init_from_model(model, params)

    matrix = {tensor.name: np.array(tensor.data) for tensor in gguf.GGUFReader(matrix_path).tensors}
    recorded = int(max(values.max() for name, values in matrix.items() if name.endswith(".counts")))
    with open(text_path, "rb") as file:
        tokens = tokens_of(vocabulary, file.read())
    first = llama_cpp.llama_vocab_bos(vocabulary)
    for window in range(recorded // WINDOW):
        run(context, [first] + tokens[window * (WINDOW - 1) : (window + 1) * (WINDOW - 1)])

    worst = 0.0
    for name, total in sums.items():
        if f"{name}.in_sum2" not in matrix:
            sys.exit(f"{name} is not in the matrix")
        if int(matrix[f"{name}.counts"].item()) != counts[name]:
            sys.exit(f"{name}: {matrix[f'{name}.counts'].item()} tokens, llama.cpp saw {counts[name]}")
        theirs = total / counts[name]
        ours = matrix[f"{name}.in_sum2"].reshape(-1) / counts[name]
        worst = max(worst, float((np.abs(ours - theirs) / np.maximum(theirs, theirs.mean() * 1e-3)).max()))
    print(f"{len(sums)} tensors, {recorded} tokens: means of squares differ by at most {worst * 100:.2f} %")
    sys.exit(0 if sums and worst <= LARGEST_DIFFERENCE else 1)


main(*sys.argv[1:4])
