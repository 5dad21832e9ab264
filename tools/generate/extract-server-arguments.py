"""Reads the server arguments of SGLang and llama.cpp out of their own source.

    pip download --no-deps sglang==0.5.20; unzip 'sglang/srt/server_args.py' 'sglang/srt/arg_groups/*'
    pip download --no-deps --no-binary llama-cpp-python llama-cpp-python==0.3.36; tar xzf ... vendor/llama.cpp/common/arg.cpp
    python3 extract-server-arguments.py sglang-unpacked arg.cpp ../../data/sources

Nothing is imported or run: the files are parsed only. Kinds: `switch` (bare flag), `boolean` (bare flag and its negation), `value`,
`list`, `json`, `optional` (bare flag or value).
"""

import ast
import glob
import json
import os
import re
import sys

DATE = '2026-11-25'


def sglang(root):
    flags = {}
    files = glob.glob(os.path.join(root, 'sglang/srt/arg_groups/fields/**/*.py'), recursive=True) + [os.path.join(root, 'sglang/srt/server_args.py')]
    for path in files:
        tree = ast.parse(open(path, encoding='utf-8').read())
        for node in ast.walk(tree):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and ast.unparse(node.annotation).startswith('A['):
                text = ast.unparse(node.annotation)
                if re.search(r'no_cli\s*=\s*True', text):
                    continue
                kind = kind_of(text)
                # A field may have another name on the command line.
                named = [k.value.value.lstrip('-') for k in ast.walk(node.annotation) if isinstance(k, ast.keyword) and k.arg == 'cli_name']
                names = named or [node.target.id.replace('_', '-')]
                for call in ast.walk(node.annotation):
                    if isinstance(call, ast.keyword) and call.arg == 'aliases':
                        names += [n.value.lstrip('-') for n in ast.walk(call.value) if isinstance(n, ast.Constant)]
                for name in names:
                    flags[name] = kind
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == 'add_argument':
                action = next((ast.unparse(k.value) for k in node.keywords if k.arg == 'action'), '')
                for arg in node.args:
                    if isinstance(arg, ast.Constant) and str(arg.value).startswith('--'):
                        flags.setdefault(arg.value[2:], 'switch' if 'rue' in action else 'value')
    return flags


def kind_of(text):
    first = text[2:].split(',')[0]
    if 'nargs' in text:
        return 'optional' if re.search(r"nargs\s*=\s*'\?'", text) else 'list'
    if re.search(r'\bbool\b', first):
        return 'boolean' if 'BooleanOptional' in text else 'switch'
    if re.search(r'json|Dict|dict', text.split('help')[0]):
        return 'json'
    if re.search(r'List|list', first):
        return 'list'
    return 'value'


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


def main(sglang_root, arg_cpp, target):
    write(os.path.join(target, 'sglang-arguments.json'), {'date': DATE, 'source': 'PyPI wheel sglang 0.5.20, sglang/srt/server_args.py and arg_groups/fields', 'version': '0.5.20'}, sglang(sglang_root))
    flags, environment = llama_cpp(arg_cpp)
    words = {name: taken for name, taken in llama_cpp_words(arg_cpp).items() if flags.get(name) == 'value'}
    write(os.path.join(target, 'llama-cpp-arguments.json'), {'date': DATE, 'source': 'llama.cpp 0c1e57098 (PyPI sdist llama-cpp-python 0.3.36), common/arg.cpp', 'version': '0c1e57098', 'environment': environment, 'words': words, 'removed': llama_cpp_removed(arg_cpp)}, flags)


main(*sys.argv[1:])
