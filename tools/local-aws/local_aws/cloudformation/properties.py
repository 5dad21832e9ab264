"""Template properties as the API's request: types as the model has them, and no key that it does not know."""

import json

from ..service_models import input_shape


class PropertiesError(ValueError):
    """What CloudFormation says of a resource that does not fit its schema."""


def as_request(service: str, operation: str, properties: dict) -> dict:
    """CloudFormation takes "1" for 1 and "true" for true; the API does not."""
    return _convert(input_shape(service, operation), properties, "#")


def _convert(shape, value, path: str):
    if value is None:
        return None
    if shape.type_name == "structure":
        return _convert_structure(shape, value, path)
    if shape.type_name == "list":
        _expect(isinstance(value, list), path, "JSONArray", value)
        return [_convert(shape.member, item, f"{path}/{index}") for index, item in enumerate(value)]
    if shape.type_name == "map":
        _expect(isinstance(value, dict), path, "JSONObject", value)
        return {key: _convert(shape.value, item, f"{path}/{key}") for key, item in value.items()}
    return _convert_scalar(shape.type_name, value, path)


def _convert_structure(shape, value, path: str) -> dict:
    _expect(isinstance(value, dict), path, "JSONObject", value)
    unknown = [key for key in value if key not in shape.members]
    if unknown:
        raise PropertiesError(f"Properties validation failed with message: {path}: extraneous key [{unknown[0]}] is not permitted")
    return {key: _convert(shape.members[key], item, f"{path}/{key}") for key, item in value.items() if item is not None}


def _convert_scalar(kind: str, value, path: str):
    try:
        if kind in ("integer", "long"):
            return int(value)
        if kind in ("float", "double"):
            return float(value)
    except (TypeError, ValueError):
        _expect(False, path, "Number", value)
    if kind == "boolean":
        _expect(str(value).lower() in ("true", "false"), path, "Boolean", value)
        return str(value).lower() == "true"
    if kind == "string" and not isinstance(value, str):
        _expect(isinstance(value, (int, float, bool)), path, "String", value)
        return json.dumps(value)
    return value


def _expect(holds: bool, path: str, expected: str, value) -> None:
    if not holds:
        raise PropertiesError(f"Properties validation failed with message: {path}: expected type: {expected}, found: {json.dumps(value)}")
