"""Reads which models each text-generation-inference release serves out of its own source.

    git clone https://github.com/huggingface/text-generation-inference tgi
    pip download --no-deps -d packages transformers==4.29.2 ...     # the one that each release pins; unpack each
    python3 extract-tgi-support.py tgi package-unpacked ... > ../../data/sources/tgi-support.json

Nothing is imported or run: the files are parsed only. Releases from 3.1 on serve what they do not know by Transformers, over several GPUs too.
"""

import ast
import json
import os
import re
import subprocess
import sys

DATE = '2026-11-27'
# Those that SageMaker has images of, from the first with a Transformers release of PyPI to the last without a backend of Transformers.
VERSIONS = '0.9.3 1.0.3 1.1.0 1.2.0 1.3.1 1.3.3 1.4.0 1.4.2 1.4.5 2.0.0 2.0.1 2.0.2 2.2.0 2.3.1 2.4.0 3.0.1'.split()
# Those that leave what they have no code for to Transformers, of which `uv sync --frozen` installs what uv.lock says.
LATER = '3.1.0 3.1.1 3.2.0 3.2.1 3.2.3 3.3.0 3.3.1 3.3.2 3.3.3 3.3.4 3.3.5 3.3.6 3.3.7'.split()
TABLES = {'MODEL_FOR_CAUSAL_LM_MAPPING_NAMES', 'MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES'}
MODELS = 'server/text_generation_server/models'

clone, folders = sys.argv[1], sys.argv[2:]


def show(version, path):
    return subprocess.run(['git', '-C', clone, 'show', f'v{version}:{path}'], capture_output=True, text=True).stdout


def own_types(source):
    """Model types that `get_model` asks for by name: `model_type == "llama"`, `model_type in ["a", "b"]`, and `"type": "llama"` of `ModelType`."""
    found = set(re.findall(r'"type": "([^"]+)"', source))
    found.update(re.findall(r'model_type == "([^"]+)"', source))
    for names in re.findall(r'model_type in \[([^\]]*)\]', source):
        found.update(re.findall(r'"([^"]+)"', names))
    return found


def fallback_types(folder):
    with open(os.path.join(folder, 'transformers/models/auto/modeling_auto.py'), encoding='utf-8') as file:
        tree = ast.parse(file.read())
    found = set()
    for node in tree.body:
        if any(getattr(target, 'id', '') in TABLES for target in getattr(node, 'targets', [])):
            for child in ast.walk(node.value):
                if isinstance(child, ast.Tuple) and len(child.elts) == 2 and isinstance(child.elts[0], ast.Constant):
                    found.add(child.elts[0].value)
    return found


def package_version(folder):
    with open(os.path.join(folder, 'transformers/__init__.py'), encoding='utf-8') as file:
        return re.search(r'__version__ = "([^"]+)"', file.read()).group(1)


def pinned(version):
    for path in ('server/requirements_cuda.txt', 'server/requirements.txt'):
        line = re.search(r'^transformers==(\S+)', show(version, path), re.M)
        if line:
            return line.group(1)
    raise SystemExit(f'{version} pins no Transformers')


def divides_window_unseen(source):
    """Whether `math.ceil(config.sliding_window / BLOCK_SIZE)` stands under no `if` that asks for the window first."""
    lines = source.split('\n')
    for at, line in enumerate(lines):
        if 'config.sliding_window / BLOCK_SIZE' in line:
            return not any(re.search(r'\bif\b.*sliding_window', before) for before in lines[max(0, at - 6) : at])
    return False


def locked(version):
    return re.search(r'^name = "transformers"\nversion = "([^"]+)"', show(version, 'server/uv.lock'), re.M).group(1)


packages = {package_version(folder): fallback_types(folder) for folder in folders}
releases = {}
for version in VERSIONS:
    dispatch = show(version, f'{MODELS}/__init__.py')
    window = show(version, f'{MODELS}/flash_mistral.py')
    releases[version] = {
        'transformers': pinned(version),
        'own': sorted(own_types(dispatch)),
        'fallback': sorted(packages[pinned(version)]),
        'quantize': sorted(
            re.sub(r'(?<=[a-z])(?=[A-Z])', '-', name).lower()
            for name in re.findall(
                r'^    ([A-Z]\w+),', re.search(r'enum Quantization \{(.*?)\n\}', show(version, 'launcher/src/main.rs'), re.S).group(1), re.M
            )
        ),
        'needsSlidingWindow': divides_window_unseen(window),
    }
json.dump(
    {
        'source': 'huggingface/text-generation-inference (Apache-2.0), server/text_generation_server/models/__init__.py and launcher/src/main.rs of each tag; transformers packages on PyPI, modeling_auto.py',
        'date': DATE,
        'releases': releases,
        'later': {version: {'transformers': locked(version), 'own': sorted(own_types(show(version, f'{MODELS}/__init__.py')))} for version in LATER},
    },
    sys.stdout,
    indent=1,
)
print()
