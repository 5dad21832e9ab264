"""The framing of application/vnd.amazon.eventstream: prelude, headers, payload, each with its CRC-32."""

from struct import pack
from zlib import crc32

CONTENT_TYPE = "application/vnd.amazon.eventstream"

_STRING = 7


def message(headers: dict[str, str], payload: bytes) -> bytes:
    """One message whose headers are all strings."""
    block = b"".join(_header(name, value) for name, value in headers.items())
    total = 12 + len(block) + len(payload) + 4
    prelude = pack(">II", total, len(block))
    body = prelude + pack(">I", crc32(prelude)) + block + payload
    return body + pack(">I", crc32(body))


def event(event_type: str, payload: bytes, content_type: str) -> bytes:
    return message({":message-type": "event", ":event-type": event_type, ":content-type": content_type}, payload)


def exception(exception_type: str, payload: bytes) -> bytes:
    headers = {":message-type": "exception", ":exception-type": exception_type, ":content-type": "application/json"}
    return message(headers, payload)


def _header(name: str, value: str) -> bytes:
    encoded_name, encoded_value = name.encode(), value.encode()
    return pack(">B", len(encoded_name)) + encoded_name + pack(">BH", _STRING, len(encoded_value)) + encoded_value
