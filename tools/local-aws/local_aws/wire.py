"""Answers of the JSON protocols."""

import json
from datetime import datetime

from .errors import AwsError

_CONTENT_TYPE = "application/x-amz-json-1.1"


def answer(body: dict | None) -> tuple:
    return 200, {"Content-Type": _CONTENT_TYPE}, to_json(body or {})


def to_json(body: dict) -> bytes:
    return json.dumps(body, default=_encode).encode()


def error_answer(error: AwsError, message_key: str = "message") -> tuple:
    body = {"__type": error.code, message_key: error.message, **error.members}
    headers = {"Content-Type": _CONTENT_TYPE, "x-amzn-ErrorType": error.code}
    return error.status, headers, json.dumps(body).encode()


def _encode(value):
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} has no JSON form")
