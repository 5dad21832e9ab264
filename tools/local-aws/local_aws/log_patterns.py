"""Filter patterns of CloudWatch Logs, as far as programs here use them.

Source: CloudWatch Logs user guide, "Filter pattern syntax", unstructured log events: every term must stand in the line, in any
order; terms with a question mark before them are alternatives, which count only where no other term is given.
"""

import re

from ministack.services import cloudwatch_logs

_TERM = re.compile(r'(\??)(?:"((?:[^"\\]|\\.)*)"|(\S+))')


def matches(pattern: str, message: str) -> bool:
    required, alternatives = [], []
    for optional, quoted, plain in _TERM.findall(pattern or ""):
        (alternatives if optional else required).append(quoted or plain)
    if required:
        return all(term in message for term in required)
    return not alternatives or any(term in message for term in alternatives)


def install() -> None:
    """ministack's own match takes every word for one that must be there."""
    cloudwatch_logs._subscription_pattern_matches = lambda pattern, message: matches(pattern, message or "")
