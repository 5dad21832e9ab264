"""The common part of the List operations: filter, order, page."""

from datetime import datetime, timezone

from .errors import validation

_DEFAULT_PAGE = 10


def listing(records: list[dict], request: dict, name_key: str, status_key: str | None = None) -> tuple[list[dict], dict]:
    """The page that `request` asks for, and `{"NextToken": …}` when there is more."""
    found = [r for r in records if _matches(r, request, name_key, status_key)]
    order = {
        "Name": name_key,
        "CreationTime": "CreationTime",
        "Status": status_key,
        "LastModifiedTime": "LastModifiedTime",
    }
    key = order.get(request.get("SortBy"), "CreationTime") or "CreationTime"
    descending = request.get("SortOrder", "Descending") == "Descending"
    found.sort(key=lambda record: record[key], reverse=descending)
    start = _start(request.get("NextToken"))
    end = start + request.get("MaxResults", _DEFAULT_PAGE)
    return found[start:end], ({"NextToken": str(end)} if end < len(found) else {})


def _start(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdigit():
        raise validation("Invalid nextToken")
    return int(token)


def _matches(record: dict, request: dict, name_key: str, status_key: str | None) -> bool:
    status = request.get("StatusEquals")
    return (
        request.get("NameContains", "").lower() in record[name_key].lower()
        and (status is None or status_key is None or record[status_key] == status)
        and _after(record["CreationTime"], request.get("CreationTimeAfter"))
        and _before(record["CreationTime"], request.get("CreationTimeBefore"))
        and _after(record["LastModifiedTime"], request.get("LastModifiedTimeAfter"))
        and _before(record["LastModifiedTime"], request.get("LastModifiedTimeBefore"))
    )


def _after(time: datetime, bound: float | None) -> bool:
    return bound is None or time >= datetime.fromtimestamp(bound, timezone.utc)


def _before(time: datetime, bound: float | None) -> bool:
    return bound is None or time <= datetime.fromtimestamp(bound, timezone.utc)
