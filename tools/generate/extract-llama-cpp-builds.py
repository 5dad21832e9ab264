"""Reads what builds of llama.cpp know out of their own source: architectures, tensor types, arguments of llama-server.

    npm pack node-llama-cpp@3.22.1; tar xzf ...; git clone package/llama/gitRelease.bundle builds/b10361
    (and so for each version that is read: llama/binariesGithubRelease.json names the build; releases v0.x stand under their name)
    python3 extract-llama-cpp-builds.py builds ../../data/sources/llama-cpp-builds.json

Nothing is run: the files are searched. A name is given with the first build read that has it, and with the last one where later builds lack it.
Builds before b3995 spread their arguments over other files and are read for architectures and types alone.
"""

import ast
import glob
import json
import os
import re
import sys

DATE = '2026-11-26'
# Builds since then name all their arguments in common/arg.cpp.
ARGUMENTS_SINCE = 3995


def read(folder, *names):
    for name in names:
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return open(path, encoding='utf-8', errors='replace').read()
    return ''


def order(name):
    """Numbered builds first, then the releases that came after them."""
    return (0, int(name[1:])) if re.fullmatch(r'b\d+', name) else (1, [int(part) for part in name[1:].split('.')])


def architectures(folder):
    text = read(folder, 'src/llama-arch.cpp', 'src/llama.cpp', 'llama.cpp')
    return set(re.findall(r'\{\s*LLM_ARCH_\w+,\s*"([^"(]+)"', text))


def tensor_types(folder):
    return {name.upper() for name in re.findall(r'\.type_name\s*=\s*"([^"]+)"', read(folder, 'ggml/src/ggml.c', 'ggml.c')) if re.fullmatch(r'[a-z0-9_]+', name)}


def arguments(folder):
    """Long names of common/arg.cpp, each with whether it takes a value: the handler of a bare flag has no second parameter."""
    text = read(folder, 'common/arg.cpp')
    found = {}
    for block in re.split(r'add_opt\(common_arg\(', text)[1:]:
        names = re.match(r'\s*((?:\{[^}]*\}[,\s]*)+)', block)
        handler = re.search(r'\]\s*\(common_params & params(,[^)]*)?\)', block) or re.search(r'\]\s*\(common_params &(,[^)]*)?\)', block)
        if not names or not handler:
            continue
        kind = 'boolean' if not handler.group(1) or 'bool' in handler.group(1) else 'value'
        for name in re.findall(r'"--([a-z][a-z0-9-]*)"', names.group(1)):
            found[name] = kind
    return found


def spans(builds, having):
    """`b6122` or `b6122..b10361`: from the first build that has the name to the last one, where later builds lack it."""
    rows = {}
    for name in sorted(set().union(*having.values())):
        present = [build for build in builds if name in having[build]]
        last = builds.index(present[-1])
        rows[name] = present[0] if last == len(builds) - 1 else f'{present[0]}..{present[-1]}'
    return rows


def kinds(name, builds, by_build):
    """`value`, or where that changed `boolean b6301 value b6431`: the last build with one kind, the first with the other."""
    seen = [(build, by_build[build][name]) for build in builds if name in by_build[build]]
    text = seen[0][1]
    for (before, old), (build, new) in zip(seen, seen[1:]):
        if new != old:
            text += f' {before} {new} {build}'
    return text


def classes(folder):
    """Names in `architectures` of config.json → the name of the architecture that this build's converter writes."""
    tree = ast.parse(read(folder, 'gguf-py/gguf/constants.py'))
    tables = [node.value for node in ast.walk(tree) if isinstance(node, ast.AnnAssign) and getattr(node.target, 'id', '') == 'MODEL_ARCH_NAMES']
    if not tables:
        return
    written = {key.attr: value.value for key, value in zip(tables[0].keys, tables[0].values)}
    for path in glob.glob(os.path.join(folder, 'conversion/*.py')) + glob.glob(os.path.join(folder, 'convert[-_]hf[-_]to[-_]gguf.py')):
        for node in ast.walk(ast.parse(open(path, encoding='utf-8').read())):
            if not isinstance(node, ast.ClassDef):
                continue
            arch = [item.value.attr for item in node.body if isinstance(item, ast.Assign) and getattr(item.targets[0], 'id', '') == 'model_arch' and isinstance(item.value, ast.Attribute)]
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and getattr(call.func, 'attr', '') == 'register' and arch and arch[0] != 'MMPROJ':
                    yield from ((word.value, written[arch[0]]) for word in call.args if isinstance(word, ast.Constant))


def all_classes(folders):
    """Every architecture that a class was ever written as: a file that an old converter wrote is loaded as what it says."""
    table = {}
    for folder in folders:
        for name, arch in classes(folder):
            if arch not in table.setdefault(name, []):
                table[name].append(arch)
    return dict(sorted(table.items()))


def main():
    root, target = sys.argv[1:]
    builds = sorted((name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name))), key=order)
    at = {name: os.path.join(root, name) for name in builds}
    read_for_arguments = [name for name in builds if order(name) >= (0, ARGUMENTS_SINCE)]
    by_build = {name: arguments(at[name]) for name in read_for_arguments}
    rows = spans(read_for_arguments, by_build)
    table = {
        'date': DATE,
        'source': 'llama.cpp of the builds named here, as bundled in npm node-llama-cpp 2.8.0 to 3.22.1 (llama/gitRelease.bundle): src/llama-arch.cpp, ggml/src/ggml.c, common/arg.cpp, conversion/',
        'builds': builds,
        'argumentsSince': f'b{ARGUMENTS_SINCE}',
        'classes': all_classes(at.values()),
        'architectures': spans(builds, {name: architectures(at[name]) for name in builds}),
        'tensorTypes': spans(builds, {name: tensor_types(at[name]) for name in builds}),
        'arguments': {name: f'{rows[name]} {kinds(name, read_for_arguments, by_build)}' for name in rows},
    }
    with open(target, 'w', encoding='utf-8') as file:
        json.dump(table, file, indent=2, ensure_ascii=False)
        file.write('\n')


if __name__ == '__main__':
    main()
