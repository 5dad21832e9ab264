"""Reads packed inputs with the reference packages and says of each what they said.

Usage: reference.py KIND PACK, where KIND is safetensors, gguf or the path of llama.cpp's libggml-base, and PACK holds each
input after its length (32 bits, little-endian). Writes a line of JSON for each: what was read, or the error. A reader that
does not come back within two seconds, or wants more than 2 GB, has hung.
"""

import ctypes
import json
import math
import os
import resource
import signal
import struct
import sys
import tempfile
import warnings


class Hang(Exception):
    pass


def on_alarm(_signal, _frame):
    raise Hang()


def plain(value):
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) > 2**53:
        return str(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def read_safetensors(data, path):
    import safetensors

    tensors = [
        [name, info["dtype"], list(info["shape"]), len(info["data"])] for name, info in safetensors.deserialize(data)
    ]
    with open(path, "wb") as file:
        file.write(data)
    with safetensors.safe_open(path, "np") as opened:
        metadata = opened.metadata() or {}
    return {"tensors": sorted(tensors), "metadata": sorted(metadata.items())}


def read_gguf(data, path):
    from gguf import GGUFReader, GGUFValueType

    with open(path, "wb") as file:
        file.write(data)
    reader = GGUFReader(path)
    tensors = [
        [t.name, t.tensor_type.name, [int(d) for d in reversed(t.shape.tolist())], t.n_bytes, t.data_offset]
        for t in reader.tensors
    ]
    metadata = []
    for key, field in reader.fields.items():
        if key.startswith("GGUF."):
            continue
        types = [t.name for t in field.types]
        # Arrays in arrays are flattened by the package: their contents cannot be compared.
        value = None if types.count(GGUFValueType.ARRAY.name) > 1 or types == ["ARRAY"] else plain(field.contents())
        metadata.append([key, types, value])
    return {"tensors": tensors, "metadata": metadata, "little": reader.endianess.name == "LITTLE"}


class InitParams(ctypes.Structure):
    _fields_ = [("no_alloc", ctypes.c_bool), ("ctx", ctypes.c_void_p)]


def llama_cpp(library):
    """llama.cpp's own reader (ggml/src/gguf.cpp), each time in a process of its own: it may abort."""
    ggml = ctypes.CDLL(library)
    signatures = {
        "gguf_init_from_file": (ctypes.c_void_p, [ctypes.c_char_p, InitParams]),
        "gguf_get_n_tensors": (ctypes.c_int64, [ctypes.c_void_p]),
        "gguf_get_n_kv": (ctypes.c_int64, [ctypes.c_void_p]),
        "gguf_get_key": (ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int64]),
        "gguf_get_kv_type": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_int64]),
        "gguf_get_arr_type": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_int64]),
        "gguf_get_tensor_name": (ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int64]),
        "gguf_get_tensor_type": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_int64]),
        "gguf_get_tensor_ne": (ctypes.POINTER(ctypes.c_int64), [ctypes.c_void_p, ctypes.c_int64]),
        "gguf_get_tensor_size": (ctypes.c_size_t, [ctypes.c_void_p, ctypes.c_int64]),
        "gguf_get_tensor_offset": (ctypes.c_size_t, [ctypes.c_void_p, ctypes.c_int64]),
        "gguf_get_data_offset": (ctypes.c_size_t, [ctypes.c_void_p]),
        "ggml_type_name": (ctypes.c_char_p, [ctypes.c_int]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(ggml, name)
        function.restype, function.argtypes = result, arguments

    def read_here(data, path):
        with open(path, "wb") as file:
            file.write(data)
        context = ggml.gguf_init_from_file(path.encode(), InitParams(True, None))
        if not context:
            return {"error": "gguf_init_from_file"}
        start = ggml.gguf_get_data_offset(context)
        tensors = []
        for index in range(ggml.gguf_get_n_tensors(context)):
            size = ggml.gguf_get_tensor_size(context, index)
            offset = start + ggml.gguf_get_tensor_offset(context, index)
            # The check of llama_model_loader, which comes after this reader.
            if offset + size > len(data):
                return {"error": "tensor data is not within the file bounds"}
            ne = ggml.gguf_get_tensor_ne(context, index)
            kind = ggml.ggml_type_name(ggml.gguf_get_tensor_type(context, index)).decode()
            name = ggml.gguf_get_tensor_name(context, index).decode(errors="replace")
            tensors.append([name, kind.upper(), [ne[d] for d in range(3, -1, -1)], size, offset])
        metadata = []
        for index in range(ggml.gguf_get_n_kv(context)):
            kind = ggml.gguf_get_kv_type(context, index)
            element = ggml.gguf_get_arr_type(context, index) if kind == 9 else None
            metadata.append([ggml.gguf_get_key(context, index).decode(errors="replace"), kind, element])
        return {"ok": {"tensors": tensors, "metadata": metadata, "little": sys.byteorder == "little"}}

    def read(data, path):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
                os.write(writing, json.dumps(read_here(data, path)).encode())
            finally:
                os._exit(0)
        os.close(writing)
        try:
            with open(reading, "rb") as pipe:
                answer = pipe.read()
        except Hang:
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            raise RuntimeError(f"CRASH: signal {os.WTERMSIG(status)}")
        if not answer:
            sys.exit("the child process that reads with llama.cpp failed by itself")
        answer = json.loads(answer)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["ok"]

    return read


def main():
    kind, pack = sys.argv[1:]
    readers = {"safetensors": read_safetensors, "gguf": read_gguf}
    read = readers[kind] if kind in readers else llama_cpp(kind)
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    signal.signal(signal.SIGALRM, on_alarm)
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "input")
    with open(pack, "rb") as file:
        while True:
            head = file.read(4)
            if len(head) < 4:
                break
            data = file.read(struct.unpack("<I", head)[0])
            signal.setitimer(signal.ITIMER_REAL, 2)
            try:
                answer = {"ok": read(data, path)}
            except Hang:
                answer = {"error": "HANG: no answer within two seconds"}
            except MemoryError:
                answer = {"error": "HANG: more than 2 GB of memory"}
            except BaseException as error:  # PyO3 raises what is no Exception
                if isinstance(error, (KeyboardInterrupt, SystemExit)):
                    raise
                answer = {"error": f"{type(error).__name__}: {error}"[:200]}
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            print(json.dumps(answer))
    if os.path.exists(path):
        os.remove(path)
    os.rmdir(folder)


main()
