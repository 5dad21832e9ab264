"""Reads the server arguments of llama.cpp out of its own source.

    pip download --no-deps --no-binary llama-cpp-python llama-cpp-python==0.3.36; tar xzf ... vendor/llama.cpp/common/arg.cpp
    python3 extract-server-arguments.py arg.cpp ../../data/sources

Nothing is imported or run: the files are parsed only. Kinds: `switch` (bare flag), `boolean` (bare flag and its negation), `value`,
`list`, `json`, `optional` (bare flag or value).
"""

import json
import os
import re
import sys

DATE = '2026-11-25'


def llama_cpp(path):
    """Flags that llama-server knows: those without set_examples belong to every tool."""
    text = open(path, encoding='utf-8').read()
    flags, environment = {}, []
    for block in re.split(r'add_opt\(common_arg\(', text)[1:]:
        head = block.split('[](')[0]
        tail = block
        examples = re.search(r'\.set_examples\(\{([^}]*)\}\)', tail)
        if examples and 'SERVER' not in examples.group(1) and 'COMMON' not in examples.group(1):
            continue
        names = re.match(r'\s*\{([^}]*)\}', head)
        if not names:
            continue
        positive = [name[2:] for name in re.findall(r'"(--[a-z0-9-]+)"', names.group(1))]
        rest = head[names.end():]
        negative = re.match(r'\s*,\s*\{([^}]*)\}', rest)
        off = [name[2:] for name in re.findall(r'"(--[a-z0-9-]+)"', negative.group(1))] if negative else []
        handler = re.search(r'\[\]\(([^)]*)\)', block)
        parameters = handler.group(1) if handler else ''
        takes_value = 'string' in parameters or re.search(r'\bint\b', parameters)
        for name in positive:
            flags[name] = 'value' if takes_value else 'boolean' if off else 'switch'
        for name in off:
            flags[name] = 'switch'
        variable = re.search(r'\.set_env\("([A-Z0-9_]+)"\)', tail)
        if variable:
            environment.append(variable.group(1))
    return flags, sorted(set(environment))


TRUTHY = ['on', 'enabled', 'true', '1']
FALSY = ['off', 'disabled', 'false', '0']
AUTO = ['auto', '-1']


def llama_cpp_words(path):
    """Flags whose handler compares its value with a list of words, and throws at any other."""
    text = open(path, encoding='utf-8').read()
    words = {}
    for block in re.split(r'add_opt\(common_arg\(', text)[1:]:
        end = re.search(r'\n    \)', block)
        block = block[: end.start()] if end else block
        names = re.match(r'\s*\{([^}]*)\}', block)
        handler = block.split('[](')[-1]
        # A handler that reads numbers too, or asks a list of devices, takes more than its words.
        if not names or 'throw' not in handler or re.search(r'sto[ifd]\(|parse_|\.size\(\)', handler):
            continue
        taken = re.findall(r'value == "([^"]+)"', handler)
        for test, known in (('is_truthy', TRUTHY), ('is_falsey', FALSY), ('is_autoy', AUTO)):
            taken += known if test in handler else []
        if taken:
            words.update({name: taken for name in re.findall(r'"--([a-z0-9-]+)"', names.group(1))})
    speculation = open(os.path.join(os.path.dirname(path), 'speculative.cpp'), encoding='utf-8').read()
    words['spec-type'] = re.findall(r'\{"([a-z0-9-]+)", *COMMON_SPECULATIVE_TYPE_', speculation)
    return words


def llama_cpp_removed(path):
    """Flags that are still read, to stop with the name of their successor."""
    text = open(path, encoding='utf-8').read()
    removed = {}
    for block in re.split(r'add_opt\(common_arg\(', text)[1:]:
        names = re.match(r'\s*\{([^}]*)\}', block)
        advice = re.search(r'\barg_removed\("([^"]+)"\)', block)
        if names and advice:
            removed.update({name: advice.group(1) for name in re.findall(r'"--([a-z0-9-]+)"', names.group(1))})
    return removed


def write(path, head, rows):
    lines = ',\n'.join(f' {json.dumps(key)}: {json.dumps(value)}' for key, value in head.items())
    body = ',\n'.join(f'  {json.dumps(key)}: {json.dumps(rows[key])}' for key in sorted(rows))
    with open(path, 'w', encoding='utf-8') as file:
        file.write(f'{{\n{lines},\n "entries": {{\n{body}\n }}\n}}\n')


def main(arg_cpp, target):
    flags, environment = llama_cpp(arg_cpp)
    words = {name: taken for name, taken in llama_cpp_words(arg_cpp).items() if flags.get(name) == 'value'}
    write(os.path.join(target, 'llama-cpp-arguments.json'), {'date': DATE, 'source': 'llama.cpp 0c1e57098 (PyPI sdist llama-cpp-python 0.3.36), common/arg.cpp', 'version': '0c1e57098', 'environment': environment, 'words': words, 'removed': llama_cpp_removed(arg_cpp)}, flags)


main(*sys.argv[1:])
