"""Reads the server arguments of released SGLang wheels out of their own source.

    pip download --no-deps --only-binary :all: -d wheels sglang==0.4.6 ...     # one wheel for each version wanted
    python3 extract-sglang-arguments.py wheels-unpacked > ../../data/sources/sglang-arguments.json

`wheels-unpacked` holds a folder for each version (`0.4.6/sglang/srt/...`). Nothing is imported or run: the files are parsed only.
A range is `[first, last]` over the versions read, `last` null where the newest has it. An argument whose only action is to stop with a word
on its successor counts as gone. Kinds: `switch` (bare flag), `boolean` (bare flag and its negation), `value`, `list`, `json`, `optional`
(bare flag or value).
"""

import ast
import glob
import json
import os
import re
import sys

from wheels import parse, ranges, version_key

DATE = '2026-11-26'


def arguments(root):
    base = os.path.join(root, 'sglang/srt')
    trees = [parse(path) for path in sorted(glob.glob(os.path.join(base, 'arg_groups/**/*.py'), recursive=True)) + [os.path.join(base, 'server_args.py')]]
    stops = stops_always(trees)
    flags = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and ast.unparse(node.annotation).startswith('A['):
                flags.update(declared(node))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == 'add_argument':
                kind = kind_of_call(node, stops)
                for arg in node.args:
                    if kind is not None and isinstance(arg, ast.Constant) and str(arg.value).startswith('--'):
                        flags.setdefault(arg.value[2:], kind)
    return flags


def stops_always(trees):
    """Does the action of arguments that are gone stop the server, rather than warn?"""
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == 'DeprecatedAction':
                call = next(item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == '__call__')
                return any(isinstance(statement, ast.Raise) for statement in call.body)
    return False


def kind_of_call(node, stops):
    """The kind of `add_argument('--x', ...)`; None where the argument is there only to stop the server."""
    keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg}
    action = keywords.get('action', '')
    if action == 'DeprecatedAction' and (stops or 'error_message' in keywords):
        return None
    if 'BooleanOptional' in action:
        return 'boolean'
    if 'store_true' in action or 'store_false' in action:
        return 'switch'
    if action in ('DeprecatedAction', 'DeprecatedStoreTrueAction', 'DeprecatedStoreConstAction') and keywords.get('nargs', '0') == '0':
        return 'switch'
    if keywords.get('nargs', 'None') != 'None':
        return 'optional' if '?' in keywords['nargs'] else 'list'
    return 'json' if 'json.loads' in keywords.get('type', '') else 'value'


def declared(node):
    """Flags of a field `x: A[type, Arg(...)]`."""
    text = ast.unparse(node.annotation)
    if re.search(r'no_cli\s*=\s*True', text):
        return {}
    # A field may have another name on the command line.
    names = [k.value.value.lstrip('-') for k in ast.walk(node.annotation) if isinstance(k, ast.keyword) and k.arg == 'cli_name'] or [node.target.id.replace('_', '-')]
    for call in ast.walk(node.annotation):
        if isinstance(call, ast.keyword) and call.arg == 'aliases':
            names += [n.value.lstrip('-') for n in ast.walk(call.value) if isinstance(n, ast.Constant)]
    return {name: kind_of_field(text) for name in names}


def kind_of_field(text):
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


def main(folder):
    versions = sorted((v for v in os.listdir(folder) if re.match(r'\d', v)), key=version_key)
    read = {version: arguments(os.path.join(folder, version)) for version in versions}
    entries = []
    for name in sorted({name for flags in read.values() for name in flags}):
        kinds = []
        for version in versions:
            kind = read[version].get(name)
            if kind is not None and (not kinds or kinds[-1][1] != kind):
                kinds.append([version, kind])
        entries.append(f'  {json.dumps(name)}: {json.dumps({"server": ranges(versions, lambda version: name in read[version]), "kinds": kinds})}')
    head = {'date': DATE, 'source': 'PyPI wheels of sglang, sglang/srt/server_args.py and arg_groups', 'versions': versions}
    print('{\n' + ''.join(f' {json.dumps(key)}: {json.dumps(value)},\n' for key, value in head.items()) + ' "entries": {\n' + ',\n'.join(entries) + '\n }\n}')


main(sys.argv[1])
