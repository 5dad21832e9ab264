"""Tags by ARN."""

from .errors import validation

MAX_TAGS = 50

_tags: dict[str, dict[str, str]] = {}


def put(arn: str, tags: list[dict] | None) -> None:
    merged = {**_tags.get(arn, {}), **{tag["Key"]: tag["Value"] for tag in tags or []}}
    # Tags of AWS's own are not counted.
    if len([key for key in merged if not key.startswith("aws:")]) > MAX_TAGS:
        raise validation(f"The number of tags on {arn} exceeds the limit of {MAX_TAGS}")
    _tags[arn] = merged


def replace(arn: str, tags: list[dict] | None) -> None:
    _tags.pop(arn, None)
    put(arn, tags)


def remove(arn: str, keys: list[str]) -> None:
    for key in keys:
        _tags.get(arn, {}).pop(key, None)


def forget(arn: str) -> None:
    _tags.pop(arn, None)


def of(arn: str) -> list[dict]:
    return [{"Key": key, "Value": value} for key, value in sorted(_tags.get(arn, {}).items())]
