"""Reads which model types released transformers packages know, and which classes that generate text they have, out of their own source.

    pip download --no-deps -d packages transformers==5.24.0 ...     # one package for each version wanted
    python3 extract-transformers-models.py packages/*.whl > ../../data/sources/transformers-models.json

Nothing is imported or run: the files are read only. A range is `[first, last]`, both inclusive, over the versions read; `last` is null where
the newest of them still has it. Of a class it says when the package exports it, when its attention can be left to another backend
(`_supports_attention_backend`, which `is_backend_compatible` asks for), and when it can be set (`_can_set_attn_implementation`).
"""

import ast
import json
import re
import sys
import zipfile

from wheels import ranges, version_key

DATE = '2026-11-27'
AUTO = re.compile(r'transformers/models/auto/\w+\.py$')
MODELING = re.compile(r'transformers/models/\w+/modeling_(?!tf_|flax_)\w+\.py$')
GENERATES = re.compile(r'(?:ForCausalLM|LMHeadModel|ForConditionalGeneration)$')
CLASS = re.compile(r'^class (\w+)(?:\(([^)]*)\))?:', re.M)
FLAG = re.compile(r'^    _supports_attention_backend(?:: bool)? = (True|False)', re.M)
# Source: transformers/modeling_utils.py of 5.x, `_can_set_attn_implementation`; before, vLLM does not ask for it.
OWN_ATTENTION = re.compile(r'^class \w*Attention\w*\(nn\.Module\):', re.M)
ASKS_INTERFACE = 'ALL_ATTENTION_FUNCTIONS.get_interface('


def keys(node):
    """The literal keys of `{'a': 'B'}`, or of `OrderedDict([('a', 'B')])`."""
    for child in ast.walk(node):
        if isinstance(child, ast.Dict):
            yield from (key.value for key in child.keys if isinstance(key, ast.Constant))
        if isinstance(child, ast.Tuple) and len(child.elts) == 2 and isinstance(child.elts[0], ast.Constant):
            yield child.elts[0].value


def config_types(texts):
    """What AutoConfig takes: CONFIG_MAPPING_NAMES, and what is added to it."""
    found = set()
    for text in texts:
        for node in ast.parse(text).body:
            targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, 'targets', [])
            adds = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == 'CONFIG_MAPPING_NAMES.update'
            if adds or any(getattr(target, 'id', '') == 'CONFIG_MAPPING_NAMES' for target in targets):
                found.update(key for key in keys(node.value) if isinstance(key, str))
    return found


read = {}


def classes_of(text):
    """({class: (bases, flag or None)}, exported names, can its attention be set?) of one modeling file."""
    if text not in read:
        starts = list(CLASS.finditer(text))
        found = {}
        for index, start in enumerate(starts):
            end = starts[index + 1].start() if index + 1 < len(starts) else len(text)
            flag = FLAG.search(text, start.end(), end)
            bases = [base.strip().split('.')[-1] for base in (start.group(2) or '').split(',')]
            found[start.group(1)] = (bases, None if flag is None else flag.group(1) == 'True')
        exported = re.search(r'^__all__ = \[(.*?)\]', text, re.M | re.S)
        names = set(re.findall(r'"(\w+)"', exported.group(1))) if exported else set()
        settable = not OWN_ATTENTION.search(text) or ASKS_INTERFACE in text
        read[text] = (found, names, settable)
    return read[text]


def generating(texts, listed):
    """{class: (backend compatible, settable)} of the exported classes that generate."""
    classes, exported, settable = {}, set(listed), {}
    for text in texts:
        found, names, can_set = classes_of(text)
        exported |= names
        for name, value in found.items():
            classes.setdefault(name, value)
            settable.setdefault(name, can_set)

    def compatible(name, depth=0):
        if name not in classes or depth > 12:
            return None
        bases, flag = classes[name]
        if flag is not None:
            return flag
        return next((value for value in (compatible(base, depth + 1) for base in bases) if value is not None), None)

    return {name: (bool(compatible(name)), settable[name]) for name in classes if GENERATES.search(name) and name in exported}


versions, released, types, classes = [], {}, {}, {}
for path in sorted(sys.argv[1:], key=lambda path: version_key(re.search(r'transformers-([^-]+)-', path).group(1))):
    version = re.search(r'transformers-([^-]+)-', path).group(1)
    with zipfile.ZipFile(path) as package:
        text = lambda name: package.read(name).decode('utf-8')
        names = package.namelist()
        versions.append(version)
        released[version] = '%04d-%02d-%02d' % max(item.date_time for item in package.infolist())[:3]
        types[version] = config_types([text(name) for name in names if AUTO.search(name)])
        listed = re.findall(r'"([A-Z]\w+)"', text('transformers/__init__.py'))
        classes[version] = generating([text(name) for name in names if MODELING.search(name)], listed)

all_classes = sorted(set().union(*classes.values()))
json.dump(
    {
        'source': 'transformers packages on PyPI (Apache-2.0), read: transformers/models/auto and models/*/modeling_*.py',
        'date': DATE,
        'versions': versions,
        'released': released,
        'modelTypes': {name: ranges(versions, lambda version: name in types[version]) for name in sorted(set().union(*types.values()))},
        'classes': {
            name: {
                'exported': ranges(versions, lambda version: name in classes[version]),
                'compatible': ranges(versions, lambda version: classes[version].get(name, (False, False))[0]),
                'settable': ranges(versions, lambda version: classes[version].get(name, (False, False))[1]),
            }
            for name in all_classes
        },
    },
    sys.stdout,
    indent=1,
)
print()
