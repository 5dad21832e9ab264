"""Reads which model types released transformers packages know out of their own source.

    pip download --no-deps -d packages transformers==5.23.0 ...     # one package for each version wanted
    python3 extract-transformers-models.py package-unpacked ... > ../../data/sources/transformers-models.json

Each argument is a folder that holds `transformers/`. Nothing is imported or run: the files are parsed only.
"""

import ast
import glob
import json
import os
import re
import sys

DATE = '2026-11-26'
TABLES = {'CONFIG_MAPPING_NAMES', 'MODEL_NAMES_MAPPING', 'SPECIAL_MODEL_TYPE_TO_MODULE_NAME'}


def keys(node):
    """The literal keys of `{'a': 'B'}`, or of `OrderedDict([('a', 'B')])`."""
    for child in ast.walk(node):
        if isinstance(child, ast.Dict):
            yield from (key.value for key in child.keys if isinstance(key, ast.Constant))
        if isinstance(child, ast.Tuple) and len(child.elts) == 2 and isinstance(child.elts[0], ast.Constant):
            yield child.elts[0].value


def model_types(folder):
    found = set()
    for path in glob.glob(os.path.join(folder, 'transformers/models/auto/*.py')):
        with open(path, encoding='utf-8') as file:
            tree = ast.parse(file.read())
        for node in tree.body:
            targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, 'targets', [])
            if any(getattr(target, 'id', '') in TABLES for target in targets) and node.value is not None:
                found.update(key for key in keys(node.value) if isinstance(key, str))
    return found


def version_of(folder):
    with open(os.path.join(folder, 'transformers/__init__.py'), encoding='utf-8') as file:
        return re.search(r'__version__ = "([^"]+)"', file.read()).group(1)


folders = sys.argv[1:]
json.dump(
    {
        'source': 'transformers packages on PyPI (Apache-2.0), parsed: transformers/models/auto',
        'date': DATE,
        'versions': sorted(version_of(folder) for folder in folders),
        'modelTypes': sorted(set().union(*(model_types(folder) for folder in folders))),
    },
    sys.stdout,
    indent=1,
)
print()
