"""Reads what released vLLM wheels can serve, out of their own source: architectures, quantization methods, LoRA, pipeline parallelism.

    pip download --no-deps --only-binary :all: -d wheels vllm==0.8.5 ...     # one wheel for each version wanted
    python3 extract-vllm-support.py wheels-unpacked > data/sources/vllm-support.json

`wheels-unpacked` holds a folder for each version (`0.8.5/vllm/...`). Nothing is imported or run: the files are parsed only.
A range is `[first, last]`, both inclusive, over the versions read; `last` is null where the newest version still has it.
"""

import ast
import json
import os
import re
import sys
from datetime import date

from wheels import parse, version_key

MODELS = 'vllm/model_executor/models'
OLD_REGISTRIES = [f'{MODELS}/registry.py', f'{MODELS}/__init__.py', 'vllm/model_executor/model_loader.py']
QUANTIZATION = ['vllm/model_executor/layers/quantization', 'vllm/model_executor/quantization_utils']


# What a class assigns that supports a feature, where it is no base class; a mere flag in 0.3.0.
LORA_LIST = ('supported_lora_modules', 'supports_lora')
# bitsandbytes: a mapping of its own up to 0.6, the packed modules from 0.7 on; from 0.8 on interfaces such as SupportsLoRA give empty ones.
BITSANDBYTES = [((0, 5, 0, 0), ('bitsandbytes_stacked_params_mapping',)), ((0, 7, 0, 0), ('packed_modules_mapping',))]


def registry(root):
    """{architecture: (module, class)} as the version's registry has it; module None where it names only the class."""
    for name in OLD_REGISTRIES:
        found = {}
        for node in ast.walk(parse(os.path.join(root, name))):
            if not isinstance(node, ast.Dict):
                continue
            for key, value in zip(node.keys, node.values):
                if not (isinstance(key, ast.Constant) and isinstance(key.value, str) and re.match(r'^[A-Z][A-Za-z0-9_]{3,}$', key.value)):
                    continue
                strings = [n.value for n in ast.walk(value) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
                names = [n.id for n in ast.walk(value) if isinstance(n, ast.Name)] + [n.attr for n in ast.walk(value) if isinstance(n, ast.Attribute)]
                if len(strings) >= 2 and all(re.match(r'^[A-Za-z0-9_.]+$', text) for text in strings[:2]):
                    found[key.value] = (strings[0], strings[1])
                elif names and not strings and key.value not in found:
                    found[key.value] = (None, names[-1])
        if found:
            return found
    return {}


def removed_architectures(root):
    """`_PREVIOUSLY_SUPPORTED_MODELS`: architecture -> last version that had it, in vLLM's own words."""
    for node in ast.walk(parse(os.path.join(root, OLD_REGISTRIES[0]))):
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, 'targets', [])
        if any(isinstance(t, ast.Name) and t.id == '_PREVIOUSLY_SUPPORTED_MODELS' for t in targets) and isinstance(node.value, ast.Dict):
            return {k.value: v.value for k, v in zip(node.value.keys, node.value.values) if isinstance(v, ast.Constant)}
    return {}


def model_classes(root):
    """{(module, class): (bases, names assigned in the class)} over all model files; also by class name alone, for bases from another module."""
    classes = {}
    folder = os.path.join(root, MODELS)
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        files = [name] if name.endswith('.py') else []
        if os.path.isdir(os.path.join(folder, name)):
            files = [os.path.join(name, f) for f in os.listdir(os.path.join(folder, name)) if f.endswith('.py')]
        for file in files:
            for node in parse(os.path.join(folder, file)).body:
                if isinstance(node, ast.ClassDef):
                    bases = [b.id if isinstance(b, ast.Name) else getattr(b, 'attr', '') for b in node.bases]
                    own = {t.id for s in node.body if isinstance(s, ast.Assign) for t in s.targets if isinstance(t, ast.Name)}
                    own |= {s.target.id for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)}
                    own |= {f'{s.target.id}:lm_head' for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name) and has_key(s.value, 'lm_head')}
                    own |= {f'{t.id}:lm_head' for s in node.body if isinstance(s, ast.Assign) for t in s.targets if isinstance(t, ast.Name) and has_key(s.value, 'lm_head')}
                    module = file[:-3].replace(os.sep, '.')
                    classes[(module, node.name)] = (bases, own)
                    classes.setdefault(node.name, (module, node.name))
    return classes


def has_key(value, key):
    return isinstance(value, ast.Dict) and any(isinstance(k, ast.Constant) and k.value == key for k in value.keys)


def adapts_head(module, name, classes, depth=0):
    """Is the output head among the modules that adapters change? By the nearest class that says so."""
    key = (module, name) if (module, name) in classes else classes.get(name)
    if depth > 8 or key is None:
        return False
    bases, own = classes[key]
    if 'embedding_modules' in own:
        return 'embedding_modules:lm_head' in own
    if 'supports_lora' in own and 'SupportsLoRA' not in name:
        return True
    return any(adapts_head(key[0], base, classes, depth + 1) for base in bases)


def inherits(module, name, marker, assigned, classes, depth=0):
    if name == marker:
        return True
    key = (module, name) if (module, name) in classes else classes.get(name)
    if depth > 8 or key is None:
        return False
    bases, own = classes[key]
    if any(mark in own for mark in assigned):
        return True
    return any(inherits(key[0], base, marker, assigned, classes, depth + 1) for base in bases)


def listed_pipeline_models(root):
    """0.5.1 to 0.6.2: a list in config.py."""
    for node in ast.walk(parse(os.path.join(root, 'vllm/config.py'))):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == '_PP_SUPPORTED_MODELS' for t in node.targets):
            return {n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant)}
    return set()


def returned(function):
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            return node.value
    return None


def method_configs(root):
    """{method: (least capability, activation dtypes)} of every QuantizationConfig class."""
    found = {}
    for folder in QUANTIZATION:
        for directory, _, files in os.walk(os.path.join(root, folder)):
            for file in sorted(files):
                if not file.endswith('.py'):
                    continue
                for node in ast.walk(parse(os.path.join(directory, file))):
                    if not isinstance(node, ast.ClassDef):
                        continue
                    functions = {f.name: f for f in node.body if isinstance(f, ast.FunctionDef)}
                    if 'get_min_capability' not in functions or 'get_name' not in functions:
                        continue
                    name, least = returned(functions['get_name']), returned(functions['get_min_capability'])
                    if not (isinstance(name, ast.Constant) and isinstance(least, ast.Constant)):
                        continue
                    dtypes = returned(functions['get_supported_act_dtypes']) if 'get_supported_act_dtypes' in functions else None
                    acts = sorted({'float16' if n.attr == 'half' else n.attr for n in ast.walk(dtypes) if isinstance(n, ast.Attribute) and n.attr not in ('torch',)}) if dtypes is not None else []
                    found[str(name.value).replace('compressed_tensors', 'compressed-tensors')] = (least.value, acts)
    return found


def method_names(root):
    """Every name that `--quantization` takes."""
    names = set()
    for folder in QUANTIZATION:
        tree = parse(os.path.join(root, folder, '__init__.py'))
        for node in ast.walk(tree):
            targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, 'targets', [])
            for target in targets:
                if not isinstance(target, ast.Name):
                    continue
                if target.id in ('QuantizationMethods', 'QUANTIZATION_METHODS', '_QUANTIZATION_CONFIG_REGISTRY', '_QUANTIZATION_REGISTRY'):
                    value = node.value
                    if isinstance(value, ast.Dict):
                        names |= {k.value for k in value.keys if isinstance(k, ast.Constant)}
                    else:
                        names |= {n.value for n in ast.walk(value) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    for name in ('vllm/model_executor/model_loader.py', 'vllm/model_executor/weight_utils.py', 'vllm/config.py'):
        for node in ast.walk(parse(os.path.join(root, name))):
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id in ('_QUANTIZATION_CONFIG_REGISTRY', '_QUANTIZATION_REGISTRY') for t in node.targets) and isinstance(node.value, ast.Dict):
                names |= {k.value for k in node.value.keys if isinstance(k, ast.Constant)}
    return names


def ranges(versions, present):
    """Consecutive versions for which `present` holds, as [first, last]."""
    out, first = [], None
    for index, version in enumerate(versions):
        if present(version) and first is None:
            first = version
        if first is not None and not present(version):
            out.append([first, versions[index - 1]])
            first = None
    if first is not None:
        out.append([first, None])
    return out


def main(folder):
    versions = sorted((v for v in os.listdir(folder) if re.match(r'\d+\.\d+\.\d+', v)), key=version_key)
    registries = {v: registry(os.path.join(folder, v)) for v in versions}
    classes = {v: model_classes(os.path.join(folder, v)) for v in versions}
    pipeline_lists = {v: listed_pipeline_models(os.path.join(folder, v)) for v in versions}
    removed = removed_architectures(os.path.join(folder, versions[-1]))
    methods = {v: method_configs(os.path.join(folder, v)) for v in versions}
    names = {v: method_names(os.path.join(folder, v)) | set(methods[v]) for v in versions}

    def supports(version, architecture, marker, assigned=()):
        entry = registries[version].get(architecture)
        return entry is not None and inherits(entry[0], entry[1], marker, assigned, classes[version])

    def bitsandbytes(version, architecture):
        steps = [marks for since, marks in BITSANDBYTES if version_key(version) >= since]
        if not steps or architecture not in registries[version]:
            return False
        module, name = registries[version][architecture]
        if version_key(version) >= (0, 8, 0, 0) and (module, name) not in classes[version] and name not in classes[version]:
            return True  # made when it is imported, out of a class that nobody can read here
        return supports(version, architecture, None, steps[-1])

    def served(version, architecture):
        last = removed.get(architecture)
        # `until v0.25.0` names a minor version: 0.25.1 has it still.
        is_past = last is not None and version_key(version)[:2] > version_key(last + '.0' if last.count('.') < 2 else last)[:2]
        return architecture in registries[version] and not is_past

    architectures = {}
    for name in sorted({a for r in registries.values() for a in r}):
        architectures[name] = {
            'served': ranges(versions, lambda v: served(v, name)),
            'lora': ranges(versions, lambda v: served(v, name) and supports(v, name, 'SupportsLoRA', LORA_LIST)),
            'loraHead': ranges(versions, lambda v: served(v, name) and adapts_head(*registries[v][name], classes[v])),
            'pipeline': ranges(versions, lambda v: served(v, name) and (supports(v, name, 'SupportsPP') or name in pipeline_lists[v])),
            'bitsandbytes': ranges(versions, lambda v: served(v, name) and bitsandbytes(v, name)),
        }

    quantization = {}
    for name in sorted({m for n in names.values() for m in n}):
        steps = []
        for version in versions:
            known = name in names[version]
            least, acts = methods[version].get(name, (None, None)) if known else (None, None)
            state = {'known': known, 'minimumCapability': least, 'activations': acts}
            if not steps or steps[-1]['state'] != state:
                steps.append({'since': version, 'state': state})
        quantization[name] = [{'since': s['since'], **s['state']} for s in steps]

    json.dump(
        {
            'source': 'vLLM wheels on PyPI (Apache-2.0), parsed: vllm/model_executor/models/registry.py, layers/quantization/**',
            'date': date.today().isoformat(),
            'versions': versions,
            'architectures': architectures,
            'quantization': quantization,
        },
        sys.stdout,
        indent=1,
        sort_keys=True,
    )


if __name__ == '__main__':
    main(sys.argv[1])
