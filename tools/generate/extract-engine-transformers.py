"""Reads which Transformers vLLM and SGLang ask for, and which configs they bring along themselves, out of their own packages.

    pip install --dry-run --no-deps --report reports/vllm-0.13.0.json vllm==0.13.0 ...       # one report for each version wanted
    python3 extract-engine-transformers.py reports vllm-unpacked sglang-unpacked ../../data/sources/transformers-models.json > ../../data/sources/engine-transformers.json

A `-unpacked` folder holds one folder for each version. Nothing is imported or run: the files are parsed only. A range is `[first, last]`,
both inclusive, over the versions read; `last` is null where the newest of them still has it.
"""

import ast
import glob
import json
import os
import re
import sys

from wheels import parse, ranges, version_key

DATE = '2026-11-27'
REGISTRY = 'vllm/transformers_utils/config.py'
REGISTRIES = {'_CONFIG_REGISTRY', '_CONFIG_REGISTRY_OVERRIDE_HF'}


def requirements(folder, engine):
    """{version: '>=4.56.0,<5'} of `Requires-Dist: transformers`."""
    found = {}
    for path in glob.glob(os.path.join(folder, f'{engine}-*.json')):
        try:
            with open(path, encoding='utf-8') as file:
                metadata = json.load(file)['install'][0]['metadata']
        except (ValueError, IndexError):
            continue
        for line in metadata.get('requires_dist', []):
            match = re.match(r'transformers(?:\[\w+\])?\s*\(?([<>=!~\d.,*\s]*)\)?', line)
            if match and match.group(1):
                found.setdefault(metadata['version'], match.group(1).replace(' ', ''))
    return found


def vllm_types(root):
    """Keys of _CONFIG_REGISTRY, a dict or `LazyConfigDict(afmoe="AfmoeConfig")`."""
    found = set()
    for node in ast.walk(parse(os.path.join(root, REGISTRY))):
        targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets if isinstance(node, ast.Assign) else []
        if getattr(node, 'value', None) is None or not any(getattr(target, 'id', '') in REGISTRIES for target in targets):
            continue
        for child in ast.walk(node.value):
            if isinstance(child, ast.Dict):
                found.update(key.value for key in child.keys if isinstance(key, ast.Constant))
            if isinstance(child, ast.Call):
                found.update(word.arg for word in child.keywords if word.arg)
    return found


def sglang_types(root, known):
    """`model_type = "..."` of its configs, and every known type that the code which loads a config names: it does something of its own with it."""
    found = set()
    for path in glob.glob(os.path.join(root, 'sglang/srt/configs/*.py')):
        with open(path, encoding='utf-8') as file:
            found.update(re.findall(r'model_type(?:: str)? = "([^"]+)"', file.read()))
    loaders = ['sglang/srt/hf_transformers_utils.py', 'sglang/srt/utils/hf_transformers_utils.py', 'sglang/srt/utils/hf_transformers/*.py']
    for path in (path for pattern in loaders for path in glob.glob(os.path.join(root, pattern))):
        found.update(known & {node.value for node in ast.walk(parse(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)})
    return found


def engine(reports, name, folder, types):
    versions = sorted((version for version in os.listdir(folder) if re.match(r'\d+\.\d+\.\d+', version)), key=version_key)
    having = {version: types(os.path.join(folder, version)) for version in versions}
    names = sorted(set().union(*having.values()))
    requires = requirements(reports, name)
    return {
        'requires': {version: requires[version] for version in sorted(requires, key=version_key)},
        'configVersions': versions,
        'configTypes': {name: ranges(versions, lambda version: name in having[version]) for name in names},
    }


reports, vllm, sglang, models = sys.argv[1:]
with open(models, encoding='utf-8') as file:
    known = set(json.load(file)['modelTypes'])
json.dump(
    {
        'source': 'metadata of vLLM and SGLang on PyPI (Apache-2.0), Requires-Dist; vllm/transformers_utils/config.py, _CONFIG_REGISTRY; sglang/srt/configs and the code that loads a config',
        'date': DATE,
        'vllm': engine(reports, 'vllm', vllm, vllm_types),
        'sglang': engine(reports, 'sglang', sglang, lambda root: sglang_types(root, known)),
    },
    sys.stdout,
    indent=1,
)
print()
