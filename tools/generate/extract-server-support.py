"""Reads which architectures llama.cpp converts and SGLang implements, and SGLang's --quantization methods, out of their own source.

    pip download --no-deps sglang==0.5.20; unzip it into sglang/0.5.20 (and so for each version that is read, from 0.2.6 on)
    pip download --no-deps --no-binary llama-cpp-python llama-cpp-python==0.3.36; tar xzf ... vendor/llama.cpp/conversion
    python3 extract-server-support.py sglang vendor/llama.cpp/conversion/__init__.py ../../data/sources/server-support.json

Nothing is imported or run: the files are parsed only. A name of SGLang is given with the first version read that has it, and with the
last one where a later version read lacks it.
"""

import ast
import glob
import json
import os
import sys

from wheels import version_key

DATE = '2026-11-26'


def assigned(tree, name):
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        if any(isinstance(target, ast.Name) and target.id == name for target in targets) and node.value is not None:
            yield node.value


def parsed(path):
    return ast.parse(open(path, encoding='utf-8-sig').read())


def llama_cpp(path):
    """Keys of TEXT_MODEL_MAP: `architectures[0]` of config.json that the converter takes."""
    (table,) = assigned(parsed(path), 'TEXT_MODEL_MAP')
    return sorted(key.value for key in table.keys)


def entry_classes(root):
    """Classes of EntryClass, and the names that releases up to 0.3.1 read them under besides: EntryClassRemapping."""
    for path in glob.glob(os.path.join(root, 'sglang/srt/models/**/*.py'), recursive=True):
        tree = parsed(path)
        for value in assigned(tree, 'EntryClass'):
            yield from (node.id for node in ast.walk(value) if isinstance(node, ast.Name))
        for value in assigned(tree, 'EntryClassRemapping'):
            yield from (node.value for node in ast.walk(value) if isinstance(node, ast.Constant))


def methods(root):
    """QUANTIZATION_CHOICES; releases up to 0.5.1 name them where the argument is added."""
    for path in [*glob.glob(os.path.join(root, 'sglang/srt/arg_groups/*.py')), os.path.join(root, 'sglang/srt/server_args.py')]:
        tree = parsed(path)
        added = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
        inline = (
            word.value
            for call in added
            if isinstance(call.args[0], ast.Constant) and call.args[0].value == '--quantization'
            for word in call.keywords
            if word.arg == 'choices' and isinstance(word.value, ast.List)
        )
        for value in [*assigned(tree, 'QUANTIZATION_CHOICES'), *inline]:
            yield from (node.value for node in ast.walk(value) if isinstance(node, ast.Constant))


def by_version(versions, read):
    """{name: 'since' or 'since..last'}, `since` being the first version read that has it."""
    having = [set(read(version)) for version in versions]
    ranges = {}
    for name in sorted(set().union(*having)):
        present = [version for version, names in zip(versions, having) if name in names]
        ranges[name] = present[0] if present[-1] == versions[-1] else f'{present[0]}..{present[-1]}'
    return ranges


def main(sglang, converter, target):
    versions = sorted(os.listdir(sglang), key=version_key)
    root = lambda version: os.path.join(sglang, version)
    made = {
        'date': DATE,
        'sources': {
            'llamaCpp': 'PyPI sdist llama-cpp-python 0.3.36, vendor/llama.cpp/conversion/__init__.py, TEXT_MODEL_MAP',
            'sglang': f'PyPI wheels sglang {versions[0]} to {versions[-1]}: EntryClass of sglang/srt/models/*.py, QUANTIZATION_CHOICES',
        },
        'llamaCpp': llama_cpp(converter),
        'sglang': {
            'versions': versions,
            'architectures': by_version(versions, lambda version: entry_classes(root(version))),
            'quantization': by_version(versions, lambda version: methods(root(version))),
        },
    }
    with open(target + '.part', 'w', encoding='utf-8') as file:
        json.dump(made, file, indent=1)
        file.write('\n')
    os.replace(target + '.part', target)


main(*sys.argv[1:])
