"""Reads what released vLLM and SGLang wheels accept as the value of an argument, out of their own source.

    python3 extract-argument-values.py vllm-wheels sglang-wheels > ../../data/sources/argument-values.json

Each folder holds the unpacked wheels by version (`0.8.5/vllm/...`, `0.5.20/sglang/...`). Nothing is imported or run: the files are parsed only.
Words: `choices` of argparse, given at the argument or taken from a field that is one `Literal`. Bounds and keys: vLLM's configuration
classes that pydantic validates. What cannot be read exactly (a list made at run time) is left out. A span `[first, value]` holds until the next;
a value of `null` means any, or not known.
"""

import ast
import glob
import json
import os
import re
import sys

from wheels import parse, version_key

DATE = '2026-11-26'
BOUNDS = ('gt', 'ge', 'lt', 'le')
# Classes that vLLM builds whatever else is asked for; two of them only where they have something to say.
ALWAYS = {'ModelConfig', 'CacheConfig', 'ParallelConfig', 'SchedulerConfig', 'LoadConfig', 'UVAOffloadConfig', 'PrefetchOffloadConfig', 'LoRAConfig', 'MultiModalConfig'}
WITH = {'LoRAConfig': 'lora', 'MultiModalConfig': 'media'}
JSON_CLASSES = {
    'compilation-config': 'CompilationConfig',
    'kv-transfer-config': 'KVTransferConfig',
    'kv-events-config': 'KVEventsConfig',
    'structured-outputs-config': 'StructuredOutputsConfig',
    'pooler-config': 'PoolerConfig',
    'attention-config': 'AttentionConfig',
    'speculative-config': 'SpeculativeConfig',
    'eplb-config': 'EPLBConfig',
    'profiler-config': 'ProfilerConfig',
}


def assigned(tree):
    """Names that a module gives to a value, and to annotations of types."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id, node.value


class Source:
    """The modules of a release that declare arguments and configuration."""

    def __init__(self, paths):
        self.names, self.classes, self.trees = {}, {}, {}
        for path in paths:
            tree = parse(path)
            self.trees[path] = tree
            for name, value in assigned(tree):
                self.names.setdefault(name, value)
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    self.classes.setdefault(node.name, node)

    def words(self, node, depth=0):
        """The words of a `Literal`, a list or what a name stands for; None where they cannot be read."""
        if node is None or depth > 6:
            return None
        if isinstance(node, ast.Name):
            return self.words(self.names.get(node.id), depth + 1)
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).split('.')[-1] == 'Literal':
            elements = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            out = []
            for element in elements:
                inner = [element.value] if isinstance(element, ast.Constant) else self.words(element, depth + 1)
                if inner is None:
                    return None
                out += inner
            return out
        if isinstance(node, (ast.List, ast.Tuple)):
            out = []
            for element in node.elts:
                if isinstance(element, ast.Constant):
                    out.append(element.value)
                elif isinstance(element, ast.Starred):
                    inner = self.words(element.value, depth + 1)
                    if inner is None:
                        return None
                    out += inner
                else:
                    return None
            return out
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.words(node.left, depth + 1), self.words(node.right, depth + 1)
            return None if left is None or right is None else left + right
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in ('get_args', 'list', 'sorted', 'typing.get_args') and len(node.args) == 1:
                return self.words(node.args[0], depth + 1)
            if called.endswith('.keys') and isinstance(node.func, ast.Attribute):
                return self.table(node.func.value)
        return None

    def table(self, node):
        """Keys of a dictionary that a class or a module holds."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            for item in getattr(self.classes.get(node.value.id), 'body', []):
                target = item.target if isinstance(item, ast.AnnAssign) else item.targets[0] if isinstance(item, ast.Assign) else None
                if getattr(target, 'id', None) == node.attr and isinstance(item.value, ast.Dict):
                    keys = [key.value if isinstance(key, ast.Constant) else None for key in item.value.keys]
                    return None if None in keys else keys
        return None

    def alternatives(self, node, depth=0):
        """The parts of a union, aliases opened, `None` as None."""
        if depth > 6:
            return [node]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self.alternatives(node.left, depth + 1) + self.alternatives(node.right, depth + 1)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self.alternatives(ast.parse(node.value, mode='eval').body, depth + 1)
        if isinstance(node, ast.Subscript):
            base = ast.unparse(node.value).split('.')[-1]
            if base == 'Optional':
                return self.alternatives(node.slice, depth + 1) + [None]
            if base == 'Union':
                return [part for element in node.slice.elts for part in self.alternatives(element, depth + 1)]
            if base in ('SkipValidation', 'InitVar'):
                return [node]
        if isinstance(node, ast.Constant) and node.value is None:
            return [None]
        if isinstance(node, ast.Name) and node.id in self.names and isinstance(self.names[node.id], (ast.BinOp, ast.Subscript)):
            return self.alternatives(self.names[node.id], depth + 1)
        return [node]

    def literal(self, annotation):
        """Words of a field that is one Literal, perhaps optional; argparse then takes `None` as a word too."""
        parts = self.alternatives(annotation)
        real = [part for part in parts if part is not None]
        words = [self.words(part) for part in real]
        if not real or any(part is None for part in words) or not all(isinstance(word, str) for part in words for word in part):
            return None
        return [word for part in words for word in part] + (['None'] if len(real) < len(parts) else [])

    def fields(self, name):
        """Fields of a class and of those that it is made from."""
        node = self.classes.get(name)
        if node is None:
            return {}
        out = {}
        for base in node.bases:
            out.update(self.fields(ast.unparse(base).split('.')[-1]))
        for item in node.body:
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and 'ClassVar' not in ast.unparse(item.annotation):
                out[item.target.id] = item
        return out

    def is_validated(self, name):
        """Does pydantic look at the values that a class is made of?"""
        decorators = [ast.unparse(item) for item in getattr(self.classes.get(name), 'decorator_list', [])]
        return any(re.match(r'config\b', item) for item in decorators) and 'merged_config' in ast.unparse(self.configuration())

    def configuration(self):
        """The module that declares what `@config` does."""
        return next((tree for path, tree in self.trees.items() if path.endswith('/config/utils.py')), ast.Module(body=[], type_ignores=[]))

    def is_strict(self, name):
        """Are fields that a class does not have refused?"""
        node = self.classes.get(name)
        decorators = [item for item in getattr(node, 'decorator_list', []) if re.match(r'config\b', ast.unparse(item))]
        return bool(decorators) and 'extra' not in ast.unparse(decorators[0]) and "extra='forbid'" in ast.unparse(self.configuration())


def keywords_of(call):
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


def number(node):
    value = node.operand if isinstance(node, ast.UnaryOp) else node
    if not isinstance(value, ast.Constant) or not isinstance(value.value, (int, float)):
        return None
    return -value.value if isinstance(node, ast.UnaryOp) else value.value


def arguments(source, paths):
    """`add_argument('--x', **kwargs['field'], choices=...)` → (names, class, field, keywords)."""
    for path in paths:
        tree = source.trees.get(path) or parse(path)
        tables = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == 'get_kwargs' and node.value.args:
                tables[ast.unparse(node.targets[0])] = ast.unparse(node.value.args[0])
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == 'add_argument'):
                continue
            names = [arg.value[2:] for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str) and arg.value.startswith('--')]
            spread = next((keyword.value for keyword in node.keywords if keyword.arg is None), None)
            cls = field = None
            if isinstance(spread, ast.Subscript) and ast.unparse(spread.value) in tables and isinstance(spread.slice, ast.Constant):
                cls, field = tables[ast.unparse(spread.value)], spread.slice.value
            yield names, cls, field, keywords_of(node)


def changed(paths):
    """Fields whose keywords a module rewrites after they were made."""
    out = set()
    for path in paths:
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                target = ast.unparse(node.targets[0])
                match = re.match(r"\w+\['(\w+)'\]\['(choices|type|nargs|action)'\]", target)
                if match:
                    out.add(match.group(1))
    return out


def read_vllm(root):
    engine = os.path.join(root, 'vllm/engine/arg_utils.py')
    servers = [p for p in (os.path.join(root, f'vllm/entrypoints/{name}') for name in ('common/cli_args.py', 'launchers/cli_args.py', 'openai/cli_args.py')) if os.path.exists(p)]
    configs = sorted(glob.glob(os.path.join(root, 'vllm/config/*.py'))) + [os.path.join(root, 'vllm/config.py')]
    # Aliases first where they are declared; several modules may hold one name for their own purpose.
    others = [os.path.join(root, 'vllm', name) for name in ('model_executor/layers/quantization/__init__.py', 'model_executor/model_loader/__init__.py', 'entrypoints/chat_utils.py')]
    source = Source([*configs, engine, *servers, *others])
    rewritten = changed([engine, *servers])
    words, bounds = {}, {}
    for names, cls, field, keywords in arguments(source, [engine, *servers]):
        found = None
        if 'choices' in keywords:
            found = source.words(keywords['choices'])
            if found is not None and not all(isinstance(word, str) for word in found):
                found = None
        elif cls is not None and field not in rewritten and not {'type', 'nargs', 'action'} & set(keywords):
            item = source.fields(cls).get(field)
            found = source.literal(item.annotation) if item is not None else None
        for name in names:
            words[name] = None if found is None else sorted(set(map(str, found)))
        item = source.fields(cls).get(field) if cls in ALWAYS and source.is_validated(cls) else None
        if item is None or not isinstance(item.value, ast.Call) or 'SkipValidation' in ast.unparse(item.annotation):
            continue
        limits = {key: number(value) for key, value in keywords_of(item.value).items() if key in BOUNDS}
        if limits and None not in limits.values():
            for name in names:
                bounds[name] = {**limits, **({'with': WITH[cls]} if cls in WITH else {})}
    for name in ('BaseFrontendArgs', 'FrontendArgs'):
        for field, item in source.fields(name).items():
            if field not in rewritten:
                found = source.literal(item.annotation)
                if found is not None:
                    words[field.replace('_', '-')] = sorted(set(found))
    keys = {}
    for argument, cls in JSON_CLASSES.items():
        if not source.is_strict(cls):
            continue
        fields = {}
        for field, item in source.fields(cls).items():
            if isinstance(item.value, ast.Call) and ast.unparse(keywords_of(item.value).get('init') or ast.Constant(True)) == 'False':
                continue
            fields[field] = literal_in_json(source, item.annotation)
        keys[argument] = fields
    return {'words': words, 'bounds': bounds, 'keys': keys}


def literal_in_json(source, annotation):
    parts = source.alternatives(annotation)
    words = [source.words(part) for part in parts if part is not None]
    if not words or any(part is None for part in words) or not all(isinstance(word, str) for part in words for word in part):
        return None
    return sorted({word for part in words for word in part})


def read_sglang(root):
    base = os.path.join(root, 'sglang/srt')
    declared = [os.path.join(base, 'server_args.py'), *sorted(glob.glob(os.path.join(base, 'arg_groups/fields/*.py')))]
    others = [os.path.join(base, name) for name in ('arg_groups/choices.py', 'function_call/function_call_parser.py', 'parser/reasoning_parser.py', 'reasoning_parser.py', 'configs/load_config.py')]
    source = Source([*others, *declared])
    for tree in source.trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.endswith('_parser_choices'):
                source.names.setdefault(node.targets[0].id, node.value)
    words = {}
    for names, _, _, keywords in arguments(source, declared):
        found = source.words(keywords['choices']) if 'choices' in keywords else None
        for name in names:
            words[name] = sorted(found) if found is not None and all(isinstance(word, str) for word in found) else None
    for path in declared:
        for node in ast.walk(source.trees[path]):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(node.annotation, ast.Subscript) and ast.unparse(node.annotation.value) == 'A':
                declare(source, node, words)
    return {'words': words}


def declare(source, node, words):
    parts = node.annotation.slice.elts if isinstance(node.annotation.slice, ast.Tuple) else [node.annotation.slice]
    call = next((part for part in parts[1:] if isinstance(part, ast.Call)), None)
    keywords = keywords_of(call) if call is not None else {}
    if {'nargs', 'action', 'type'} & set(keywords) or 'ist[' in ast.unparse(parts[0]):
        found = None
    elif 'choices' in keywords:
        found = source.words(keywords['choices'])
    else:
        found = source.literal(parts[0])
        found = None if found is None else [word for word in found if word != 'None']
    names = [node.target.id.replace('_', '-')]
    for key in ('aliases', 'flags', 'cli_names'):
        names += [name.lstrip('-') for name in (source.words(keywords.get(key)) or []) if isinstance(name, str)]
    if 'cli_name' in keywords and isinstance(keywords['cli_name'], ast.Constant):
        names.append(keywords['cli_name'].value.lstrip('-'))
    for name in names:
        words[name] = sorted(found) if found is not None and all(isinstance(word, str) for word in found) else None


def spans(versions, read, part):
    out = {}
    for name in sorted({name for version in versions for name in read[version].get(part, {})}):
        rows = []
        for version in versions:
            value = read[version].get(part, {}).get(name)
            if not rows or rows[-1][1] != value:
                rows.append([version, value])
        if any(value is not None for _, value in rows):
            out[name] = rows[1:] if rows[0][1] is None else rows
    return out


def collect(folder, package, reader):
    versions = sorted((v for v in os.listdir(folder) if re.match(r'\d', v) and os.path.isdir(os.path.join(folder, v, package))), key=version_key)
    return versions, {version: reader(os.path.join(folder, version)) for version in versions}


def main(vllm, sglang):
    versions, read = collect(vllm, 'vllm', read_vllm)
    sglang_versions, sglang_read = collect(sglang, 'sglang', read_sglang)
    body = {
        'date': DATE,
        'source': 'PyPI wheels (Apache-2.0): vllm/engine/arg_utils.py, vllm/config, vllm/entrypoints/**/cli_args.py; sglang/srt/server_args.py, sglang/srt/arg_groups',
        'vllm': {'versions': versions, **{part: spans(versions, read, part) for part in ('words', 'bounds', 'keys')}},
        'sglang': {'versions': sglang_versions, 'words': spans(sglang_versions, sglang_read, 'words')},
    }
    print('{')
    print(f' "date": {json.dumps(body["date"])},\n "source": {json.dumps(body["source"])},')
    for engine in ('vllm', 'sglang'):
        print(f' "{engine}": {{\n  "versions": {json.dumps(body[engine]["versions"])}' + ''.join(
            f',\n  "{part}": {{\n' + ',\n'.join(f'   {json.dumps(name)}: {json.dumps(rows)}' for name, rows in body[engine][part].items()) + '\n  }'
            for part in ('words', 'bounds', 'keys') if part in body[engine]) + '\n }' + (',' if engine == 'vllm' else ''))
    print('}')


main(sys.argv[1], sys.argv[2])
