"""When a scheduled action is due: `at(…)`, `rate(…)` and `cron(…)` as Application Auto Scaling writes them."""

import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..errors import validation

_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_FIELDS = ((0, 59, []), (0, 23, []), (1, 31, []), (1, 12, _MONTHS), (1, 7, _DAYS), (1970, 2199, []))
_MOST_MINUTES = 60
"""Who slept longer than this has missed what was due meanwhile."""


def require_readable(expression: str, zone: str | None) -> None:
    now = datetime.now(timezone.utc)
    is_due(expression, zone, now, now, now)


def is_due(expression: str, zone: str | None, created: datetime, after: datetime, until: datetime) -> bool:
    """Was it due after the one moment and not after the other?"""
    if at := re.fullmatch(r"at\(([\dT:-]+)\)", expression):
        return after < _moment(expression, at[1], zone) <= until
    if rate := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression):
        seconds = int(rate[1]) * _SECONDS[rate[2]]
        return int((until - created).total_seconds() // seconds) > int((after - created).total_seconds() // seconds)
    if cron := re.fullmatch(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)", expression):
        allowed = [_values(expression, text, *field) for text, field in zip(cron.groups(), _FIELDS)]
        return any(_matches(allowed, minute.astimezone(_zone(zone))) for minute in _minutes(after, until))
    raise validation(f"Invalid schedule expression: {expression}. Only at(), rate() and cron() expressions are supported")


def _moment(expression: str, text: str, zone: str | None) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=_zone(zone))
    except ValueError as error:
        raise validation(f"Invalid schedule expression: {expression}: {error}") from error


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "Etc/UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise validation(f"Invalid timezone: {name}") from error


def _minutes(after: datetime, until: datetime):
    """Each full minute in between."""
    minute = max(after, until - timedelta(minutes=_MOST_MINUTES)).replace(second=0, microsecond=0) + timedelta(minutes=1)
    while minute <= until:
        yield minute
        minute += timedelta(minutes=1)


def _matches(allowed: list, moment: datetime) -> bool:
    weekday = moment.isoweekday() % 7 + 1
    actual = (moment.minute, moment.hour, moment.day, moment.month, weekday, moment.year)
    return all(values is None or value in values for values, value in zip(allowed, actual))


def _values(expression: str, text: str, least: int, most: int, names: list[str]) -> set[int] | None:
    """None: any."""
    if text in ("*", "?"):
        return None
    values: set[int] = set()
    for part in text.upper().split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        low = least if first == "*" else _number(expression, first, names)
        high = _number(expression, last, names) if last else (most if step or first == "*" else low)
        if not least <= low <= high <= most:
            raise validation(f"Invalid schedule expression: {expression}")
        values.update(range(low, high + 1, _number(expression, step, []) if step else 1))
    return values


def _number(expression: str, text: str, names: list[str]) -> int:
    if text in names:
        return names.index(text) + 1
    if not text.isdigit():
        raise validation(f"Invalid schedule expression: {expression} (the local AWS knows no L, W and #)")
    return int(text)
