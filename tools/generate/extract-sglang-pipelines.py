"""Reads which model classes of released SGLang wheels run as stages of a pipeline, out of their own source.

    python3 extract-sglang-pipelines.py wheels-unpacked > ../../data/sources/sglang-pipelines.json

`wheels-unpacked` holds a folder for each version (`0.5.20/sglang/srt/...`). Nothing is imported or run: the files are parsed only. A class
does where its `forward`, or that of what it is made from, takes `pp_proxy_tensors`, as `support_pp` of model_runner.py asks. `without` are the
classes that do not, each with its first version, and its last where a later one does, or lacks it.
"""

import ast
import glob
import json
import os
import sys

from wheels import parse, version_key

DATE = '2026-11-26'
FIRST = '0.4.6.post2'


def classes_of(root):
    """Classes of EntryClass, and whether each takes proxies of tensors."""
    nodes, entries = {}, set()
    for path in sorted(glob.glob(os.path.join(root, 'sglang/srt/models/**/*.py'), recursive=True)):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.ClassDef):
                nodes.setdefault(node.name, node)
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(target, ast.Name) and target.id == 'EntryClass' for target in targets):
                entries.update(name.id for name in ast.walk(node.value) if isinstance(name, ast.Name))
    return {name: takes_proxies(nodes, name) for name in entries if name in nodes}


def takes_proxies(nodes, name, depth=0):
    """None where no `forward` is written down: one that is handed on to another object cannot be told."""
    node = nodes.get(name)
    if node is None or depth > 6:
        return None
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == 'forward':
            return any(argument.arg == 'pp_proxy_tensors' for argument in [*item.args.args, *item.args.kwonlyargs])
    answers = (takes_proxies(nodes, ast.unparse(base).split('.')[-1], depth + 1) for base in node.bases)
    return next((answer for answer in answers if answer is not None), None)


def ranges(versions, having):
    out = {}
    for name in sorted(set().union(*having)):
        present = [version for version, names in zip(versions, having) if name in names]
        gaps = len(present) != versions.index(present[-1]) - versions.index(present[0]) + 1
        # What came and went and came again is left out.
        if not gaps:
            out[name] = present[0] if present[-1] == versions[-1] else f'{present[0]}..{present[-1]}'
    return out


def main(folder):
    versions = sorted((version for version in os.listdir(folder) if version_key(version) >= version_key(FIRST)), key=version_key)
    read = [classes_of(os.path.join(folder, version)) for version in versions]
    made = {
        'date': DATE,
        'source': f'PyPI wheels of sglang {versions[0]} to {versions[-1]} (Apache-2.0): EntryClass of sglang/srt/models, and the arguments of its forward',
        'versions': versions,
        'without': ranges(versions, [{name for name, takes in classes.items() if takes is False} for classes in read]),
    }
    json.dump(made, sys.stdout, indent=1)
    print()


main(sys.argv[1])
