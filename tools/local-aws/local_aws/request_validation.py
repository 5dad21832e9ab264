"""A request against its shape, with every violation in one message, worded as AWS words it."""

import json
import re
from functools import cache

from .errors import AwsError, validation

_PYTHON_TYPES = {
    "string": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
    "list": list,
    "map": dict,
    "structure": dict,
}

_UNICODE_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{M}": r"\w",
    r"\p{Z}": r"\s",
    r"\p{S}": r"\W",
    r"\p{P}": r"\W",
    r"\p{Alnum}": "A-Za-z0-9",
    r"\p{Print}": r"[\x20-\x7e]",
}
"""Java's classes do not exist in Python's `re`; these are the nearest, and wide enough for the patterns of AWS's models."""


def validate(shape, value: dict) -> None:
    """Raises a ValidationException that names every violation, or a SerializationException for a value of another type."""
    violations: list[str] = []
    _check(shape, value, "", violations)
    if violations:
        count = len(violations)
        plural = "error" if count == 1 else "errors"
        raise validation(f"{count} validation {plural} detected: {'; '.join(violations)}")


def _check(shape, value, path: str, violations: list[str]) -> None:
    _check_type(shape, value)
    if shape.type_name == "structure":
        _check_structure(shape, value, path, violations)
    elif shape.type_name == "list":
        _check_length(shape, value, path, violations)
        for index, item in enumerate(value, 1):
            _check(shape.member, item, f"{path}.{index}.member", violations)
    elif shape.type_name == "map":
        _check_map(shape, value, path, violations)
    else:
        for constraint in _scalar_constraints(shape, value):
            violations.append(_violation(value, path, constraint))


def _check_type(shape, value) -> None:
    expected = _PYTHON_TYPES.get(shape.type_name)
    is_wrong_bool = isinstance(value, bool) and shape.type_name != "boolean"
    if expected is not None and (not isinstance(value, expected) or is_wrong_bool):
        got = json.dumps(value, default=str)
        raise AwsError("SerializationException", f"{got} can not be converted to a value of type {shape.type_name}")


def _check_structure(shape, value: dict, path: str, violations: list[str]) -> None:
    for name in shape.required_members:
        if value.get(name) is None:
            violations.append(_violation(None, _join(path, name), "Member must not be null"))
    for name, member in shape.members.items():
        if value.get(name) is not None:
            _check(member, value[name], _join(path, name), violations)


def _check_map(shape, value: dict, path: str, violations: list[str]) -> None:
    _check_length(shape, value, path, violations)
    for role, member, items in (("key", shape.key, value.keys()), ("value", shape.value, value.values())):
        for item in items:
            _check_type(member, item)
        broken = [c for item in items for c in _scalar_constraints(member, item)]
        if broken:
            inner = ", ".join(dict.fromkeys(broken))
            violations.append(_violation(value, path, f"Map {role} must satisfy constraint: [{inner}]"))


def _check_length(shape, value, path: str, violations: list[str]) -> None:
    for constraint in _length_constraints(shape, len(value)):
        violations.append(_violation(value, path, constraint))


def _scalar_constraints(shape, value) -> list[str]:
    """What `value` breaks."""
    broken = []
    if shape.type_name == "string":
        if getattr(shape, "enum", None) and value not in shape.enum:
            broken.append(f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
        broken += _length_constraints(shape, len(value))
        pattern = shape.metadata.get("pattern")
        if pattern and not _compiled(pattern).fullmatch(value):
            broken.append(f"Member must satisfy regular expression pattern: {pattern}")
    elif shape.type_name in ("integer", "long", "float", "double"):
        if value < shape.metadata.get("min", value):
            broken.append(f"Member must have value greater than or equal to {shape.metadata['min']}")
        if value > shape.metadata.get("max", value):
            broken.append(f"Member must have value less than or equal to {shape.metadata['max']}")
    return broken


def _length_constraints(shape, length: int) -> list[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    broken = []
    if low is not None and length < low:
        broken.append(f"Member must have length greater than or equal to {low}")
    if high is not None and length > high:
        broken.append(f"Member must have length less than or equal to {high}")
    return broken


def _violation(value, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value if isinstance(value, str) else json.dumps(value, default=str)}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _join(path: str, name: str) -> str:
    camel = name[0].lower() + name[1:]
    return f"{path}.{camel}" if path else camel


_SURROGATE_PAIR = re.compile(r"\\u(D[89AB][0-9A-F]{2})\\u(D[C-F][0-9A-F]{2})", re.IGNORECASE)
"""Java writes a character beyond U+FFFF as two escapes, Python as one."""


@cache
def _compiled(pattern: str) -> re.Pattern:
    pattern = _SURROGATE_PAIR.sub(_one_escape, pattern)
    for java, python in _UNICODE_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


def _one_escape(pair: re.Match) -> str:
    high, low = int(pair[1], 16), int(pair[2], 16)
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"
