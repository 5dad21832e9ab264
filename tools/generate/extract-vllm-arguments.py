"""Reads the server arguments and the quantization methods of released vLLM wheels out of their own source.

    pip download --no-deps --only-binary :all: -d wheels vllm==0.8.5 ...     # one wheel for each version wanted
    python3 extract-vllm-arguments.py wheels-unpacked ../../data/sources

`wheels-unpacked` holds a folder for each version (`0.8.5/vllm/...`). Nothing is imported or run: the files are parsed only.
Writes `vllm-arguments.json` and `vllm-quantization.json`. A range is `[first, last]` over the versions read, `last` null where the newest has it.
"""

import ast
import glob
import json
import os
import re
import sys

from wheels import parse, ranges, version_key

DATE = '2026-11-25'


def first_existing(root, names):
    return next((path for path in (os.path.join(root, name) for name in names) if os.path.exists(path)), '')


def kind_of(annotation):
    """What a dataclass field's type asks of its flag: vLLM's get_kwargs turns bool into --x/--no-x, list into nargs, dict and config classes into JSON."""
    text = ast.unparse(annotation)
    if re.search(r'\bbool\b', text):
        return 'optional' if re.search(r'\bstr\b', text) else 'boolean'
    if re.search(r'\b(dict|Dict|Mapping)\b|Config\b', text):
        return 'json'
    if re.search(r'\b(list|List|tuple|Tuple)\b', text):
        return 'list'
    return 'value'


def fields(tree, name):
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return {
                item.target.id: kind_of(item.annotation)
                for item in node.body
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and 'ClassVar' not in ast.unparse(item.annotation)
            }
    return {}


def declared(tree, known):
    """Flags of `add_argument('--x', ...)`; what the call itself says of the kind wins over the field's type."""
    found = {}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == 'add_argument'):
            continue
        names = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str) and arg.value.startswith('--')]
        keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg}
        action = keywords.get('action', '')
        for name in names:
            field = name[2:].replace('-', '_')
            kind = known.get(field, 'value')
            if 'store_true' in action or 'store_false' in action:
                kind = 'switch'
            elif 'Boolean' in action:
                kind = 'boolean'
            elif 'nargs' in keywords:
                kind = 'optional' if '?' in keywords['nargs'] else 'list'
            elif 'json' in keywords.get('type', '') or 'type' in keywords and 'dict' in keywords['type']:
                kind = 'json'
            elif action == '' and kind == 'boolean' and 'type' in keywords:
                kind = 'value'
            found[name[2:]] = kind
    return found


def arguments(root):
    engine_tree = parse(os.path.join(root, 'vllm/engine/arg_utils.py'))
    engine = fields(engine_tree, 'EngineArgs')
    known = {**engine, **fields(engine_tree, 'AsyncEngineArgs')}
    flags = declared(engine_tree, known)
    server = first_existing(root, ['vllm/entrypoints/common/cli_args.py', 'vllm/entrypoints/launchers/cli_args.py', 'vllm/entrypoints/openai/cli_args.py', 'vllm/entrypoints/openai/api_server.py'])
    server_tree = parse(server)
    for name in ('BaseFrontendArgs', 'FrontendArgs'):
        for field, kind in fields(server_tree, name).items():
            single = field in ('allowed_origins', 'allowed_methods', 'allowed_headers')
            flags[field.replace('_', '-')] = 'json' if single else 'value' if field in ('middleware', 'disable_access_log_for_endpoints') else kind
    flags.update(declared(server_tree, {}))
    return engine, flags


def methods(root):
    """{method: {minSm, dtypes}} of a version."""
    files = glob.glob(os.path.join(root, 'vllm/model_executor/layers/quantization/**/*.py'), recursive=True)
    files += glob.glob(os.path.join(root, 'vllm/model_executor/quantization_utils/*.py'))
    classes, names = {}, {}
    for path in files:
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.ClassDef):
                entry = {'bases': [ast.unparse(base) for base in node.bases]}
                for item in node.body:
                    if not isinstance(item, ast.FunctionDef):
                        continue
                    returned = next((n.value for n in ast.walk(item) if isinstance(n, ast.Return) and n.value is not None), None)
                    if item.name == 'get_min_capability' and isinstance(returned, ast.Constant):
                        entry['minSm'] = returned.value
                    if item.name == 'get_min_capability' and isinstance(returned, ast.UnaryOp):
                        entry['minSm'] = None
                    if item.name == 'get_supported_act_dtypes' and isinstance(returned, ast.List):
                        entry['dtypes'] = sorted({{'half': 'float16', 'float': 'float32'}.get(n.attr, n.attr) for n in returned.elts if isinstance(n, ast.Attribute)})
                classes[node.name] = entry
    init = first_existing(root, ['vllm/model_executor/layers/quantization/__init__.py', 'vllm/model_executor/quantization_utils/__init__.py'])
    tree = parse(init)
    literals = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values):
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and isinstance(value, (ast.Name, ast.Attribute)):
                    names[key.value] = value.id if isinstance(value, ast.Name) else value.attr
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) and ast.unparse(node.value).endswith('Literal'):
            literals += [element.value for element in node.slice.elts if isinstance(element, ast.Constant)]

    def inherited(name, key, depth=0):
        entry = classes.get(name, {})
        if key in entry:
            return entry[key]
        for base in entry.get('bases', []):
            value = inherited(base.split('.')[-1], key, depth + 1) if depth < 5 else None
            if value is not None:
                return value
        return None

    listed = [name for name in dict.fromkeys([*names, *literals]) if isinstance(name, str) and (not literals or name in literals)]
    out = {}
    for method in listed:
        cls = names.get(method)
        out[method] = {'minSm': inherited(cls, 'minSm') if cls else None, 'dtypes': inherited(cls, 'dtypes') or [] if cls else []}
    return out


def write(path, source, rows):
    head = ',\n'.join(f' {json.dumps(key)}: {json.dumps(value)}' for key, value in source.items())
    body = ',\n'.join(f'  {json.dumps(key)}: {json.dumps(value)}' for key, value in rows.items())
    with open(path, 'w', encoding='utf-8') as file:
        file.write(f'{{\n{head},\n "entries": {{\n{body}\n }}\n}}\n')


def main(wheels, target):
    versions = sorted((v for v in os.listdir(wheels) if os.path.exists(os.path.join(wheels, v, 'vllm/engine/arg_utils.py'))), key=version_key)
    read = {version: arguments(os.path.join(wheels, version)) for version in versions}
    source = {'date': DATE, 'source': 'PyPI wheels of vllm, vllm/engine/arg_utils.py and vllm/entrypoints/**/cli_args.py', 'versions': versions}
    rows = {}
    every = sorted({name for engine, flags in read.values() for name in [*flags, *(field.replace('_', '-') for field in engine if not field.startswith('_'))]})
    for name in every:
        field = name.replace('-', '_')
        kinds = []
        for version in versions:
            engine, flags = read[version]
            kind = flags.get(name, engine.get(field))
            if kind and (not kinds or kinds[-1][1] != kind):
                kinds.append([version, kind])
        rows[name] = {
            'server': ranges(versions, lambda v: name in read[v][1]),
            'engine': ranges(versions, lambda v: field in read[v][0]),
            'kinds': kinds,
        }
    write(os.path.join(target, 'vllm-arguments.json'), source, rows)

    quantization = {version: methods(os.path.join(wheels, version)) for version in versions}
    source['source'] = 'PyPI wheels of vllm, vllm/model_executor/layers/quantization/**: QUANTIZATION_METHODS, get_min_capability, get_supported_act_dtypes'
    rows = {}
    for method in sorted({name for found in quantization.values() for name in found}):
        spans = []
        for index, version in enumerate(versions):
            entry = quantization[version].get(method)
            if entry is None:
                if spans and spans[-1]['until'] is None:
                    spans[-1]['until'] = version
                continue
            last = spans[-1] if spans and spans[-1]['until'] is None else None
            if last and (last['minSm'], last['dtypes']) == (entry['minSm'], entry['dtypes']):
                continue
            if last:
                last['until'] = version
            spans.append({'since': version, 'until': None, **entry})
        rows[method] = spans
    write(os.path.join(target, 'vllm-quantization.json'), source, rows)


main(sys.argv[1], sys.argv[2])
