"""Reads the names of tool-call and reasoning parsers of released vLLM wheels out of their own source.

    pip download --no-deps --only-binary :all: -d wheels vllm==0.8.5 ...     # one wheel for each version wanted
    python3 extract-vllm-parsers.py wheels-unpacked > ../../data/sources/vllm-parsers.json

`wheels-unpacked` holds a folder for each version (`0.8.5/vllm/...`). Nothing is imported or run: the files are parsed only.
A range is `[first, last]` over the versions read, both inclusive; `last` is null where the newest version still has the name.
"""

import ast
import glob
import json
import os
import sys

from wheels import version_key

DATE = '2026-11-26'
TOOL = ['vllm/tool_parsers/*.py', 'vllm/entrypoints/openai/tool_parsers/*.py']
REASONING = ['vllm/reasoning/*.py', 'vllm/entrypoints/openai/reasoning_parsers/*.py']
ARGUMENTS = 'vllm/entrypoints/openai/cli_args.py'


def parse(path):
    with open(path, encoding='utf-8') as file:
        return ast.parse(file.read())


def strings(node):
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def registered(root, patterns, manager, table):
    """Names given to `@<manager>.register_module(...)`, and the keys of the table of lazily imported parsers."""
    names = set()
    for path in sorted(p for pattern in patterns for p in glob.glob(os.path.join(root, pattern))):
        for node in ast.walk(parse(path)):
            for decorator in getattr(node, 'decorator_list', []):
                is_call = isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)
                if is_call and decorator.func.attr == 'register_module' and getattr(decorator.func.value, 'id', '') == manager:
                    names.update(name for argument in decorator.args for name in strings(argument))
            targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, 'targets', [])
            if any(getattr(target, 'id', '') == table for target in targets) and isinstance(node.value, ast.Dict):
                names.update(key.value for key in node.value.keys if isinstance(key, ast.Constant))
    return names


def choices(root):
    """0.6.0 to 0.6.2: `choices=[...]` of the argument itself."""
    path = os.path.join(root, ARGUMENTS)
    if not os.path.exists(path):
        return set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Call) and node.args and strings(node.args[0]) == ['--tool-call-parser']:
            return {name for keyword in node.keywords if keyword.arg == 'choices' for name in strings(keyword.value)}
    return set()


def ranges(sets, versions):
    found = {}
    for name in sorted(set().union(*sets.values())):
        runs = []
        for index, version in enumerate(versions):
            if name not in sets[version]:
                continue
            if runs and runs[-1][1] == index - 1:
                runs[-1][1] = index
            else:
                runs.append([index, index])
        found[name] = [[versions[a], None if b == len(versions) - 1 else versions[b]] for a, b in runs]
    return found


def main(folder):
    versions = sorted(os.listdir(folder), key=version_key)
    tool, reasoning = {}, {}
    for version in versions:
        root = os.path.join(folder, version)
        tool[version] = registered(root, TOOL, 'ToolParserManager', '_TOOL_PARSERS_TO_REGISTER') or choices(root)
        reasoning[version] = registered(root, REASONING, 'ReasoningParserManager', '_REASONING_PARSERS_TO_REGISTER')
    json.dump(
        {
            'source': 'vLLM wheels on PyPI (Apache-2.0), parsed: vllm/tool_parsers, vllm/reasoning and where they stood before',
            'date': DATE,
            'versions': versions,
            'tool': ranges(tool, versions),
            'reasoning': ranges(reasoning, versions),
        },
        sys.stdout,
        indent=1,
    )
    print()


main(sys.argv[1])
