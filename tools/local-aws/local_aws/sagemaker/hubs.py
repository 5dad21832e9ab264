"""JumpStart: the public hub, private hubs, and the documents of their models."""

import json
import os
from datetime import datetime, timezone
from pathlib import Path

from ..errors import AwsError, validation
from ..registry import Registry, not_found

PUBLIC_HUB = "SageMakerPublicHub"
_PUBLIC_ACCOUNT = "aws"

hubs = Registry("sagemaker", "hub", "hub", "HubName", missing=not_found)
_contents: dict[tuple[str, str, str], dict[str, dict]] = {}
"""By hub ARN, type and name; then by version."""


def create_hub(request: dict) -> dict:
    name = request["HubName"]
    if name == PUBLIC_HUB or hubs.find(name) is not None:
        raise AwsError("ResourceInUse", f'Cannot create already existing hub "{hub_arn(name)}".')
    hubs.add(name, {key: value for key, value in request.items() if key not in ("HubName", "Tags")})
    return {"HubArn": hub_arn(name)}


def describe_hub(request: dict) -> dict:
    name = _name(request["HubName"])
    if name == PUBLIC_HUB:
        now = datetime.fromtimestamp(0, timezone.utc)
        return {"HubName": name, "HubArn": hub_arn(name), "HubStatus": "InService", "CreationTime": now, "LastModifiedTime": now}
    return {**hubs.get(name), "HubArn": hub_arn(name), "HubStatus": "InService"}


def delete_hub(request: dict) -> None:
    name = _name(request["HubName"])
    hubs.get(name)
    if any(key[0] == hub_arn(name) for key in _contents):
        raise AwsError("ResourceInUse", f"Hub {name} is not empty.")
    hubs.remove(name)


def import_content(request: dict) -> dict:
    name = _name(request["HubName"])
    if name == PUBLIC_HUB:
        raise validation("Content of the public hub is AWS's.")
    hubs.get(name)
    return _put(hub_arn(name), request)


def create_reference(request: dict) -> dict:
    """A model of the public hub in a private one, under its own or another name."""
    _load_public()
    name = _name(request["HubName"])
    hubs.get(name)
    public = request["SageMakerPublicHubContentArn"]
    content = public.split("hub-content/", 1)[1].split("/")
    found = _find(hub_arn(PUBLIC_HUB), content[1], content[2], content[3] if len(content) > 3 else None)
    own = request.get("HubContentName", found["HubContentName"])
    key = (hub_arn(name), "ModelReference", own)
    record = {**found, "HubContentName": own, "HubContentType": "ModelReference", "SageMakerPublicHubContentArn": public}
    _contents.setdefault(key, {})[found["HubContentVersion"]] = record
    return {"HubArn": hub_arn(name), "HubContentArn": _content_arn(key, found["HubContentVersion"])}


def describe_content(request: dict) -> dict:
    _load_public()
    arn = hub_arn(_name(request["HubName"]))
    if _name(request["HubName"]) != PUBLIC_HUB:
        hubs.get(_name(request["HubName"]))
    record = _find(arn, request["HubContentType"], request["HubContentName"], request.get("HubContentVersion"))
    key = (arn, request["HubContentType"], request["HubContentName"])
    return {
        **record,
        "HubName": _name(request["HubName"]),
        "HubArn": arn,
        "HubContentArn": _content_arn(key, record["HubContentVersion"]),
        "HubContentStatus": "Available",
    }


def delete_content(request: dict) -> None:
    key = (hub_arn(_name(request["HubName"])), request["HubContentType"], request["HubContentName"])
    _find(*key, request["HubContentVersion"])
    _forget(key, request["HubContentVersion"])


def delete_reference(request: dict) -> None:
    key = (hub_arn(_name(request["HubName"])), request["HubContentType"], request["HubContentName"])
    _find(*key, None)
    del _contents[key]


def hub_arn(name: str) -> str:
    arn = hubs.arn(name)
    if name != PUBLIC_HUB:
        return arn
    # The public hub is AWS's own, under its own name.
    parts = arn.split(":")
    return ":".join([*parts[:4], _PUBLIC_ACCOUNT, f"hub/{PUBLIC_HUB}"])


def _name(hub: str) -> str:
    return hub.rsplit("/", 1)[-1]


def _content_arn(key: tuple[str, str, str], version: str) -> str:
    hub, kind, name = key
    return f"{hub.replace(':hub/', ':hub-content/')}/{kind}/{name}/{version}"


def _put(arn: str, request: dict) -> dict:
    key = (arn, request["HubContentType"], request["HubContentName"])
    versions = _contents.setdefault(key, {})
    version = request.get("HubContentVersion") or _next(versions)
    kept = {name: value for name, value in request.items() if name not in ("HubName", "Tags")}
    versions[version] = {**kept, "HubContentVersion": version, "CreationTime": datetime.now(timezone.utc)}
    return {"HubArn": arn, "HubContentArn": _content_arn(key, version)}


def _next(versions: dict[str, dict]) -> str:
    if not versions:
        return "1.0.0"
    major, minor, patch = _ordered(versions)[-1].split(".")
    return f"{major}.{minor}.{int(patch) + 1}"


def _ordered(versions: dict[str, dict]) -> list[str]:
    return sorted(versions, key=lambda version: [int(part) for part in version.split(".")])


def _find(arn: str, kind: str, name: str, version: str | None) -> dict:
    versions = _contents.get((arn, kind, name), {})
    chosen = version or (_ordered(versions)[-1] if versions else None)
    if chosen not in versions:
        wanted = f"{name}/{version}" if version else name
        raise not_found(f"Hub content {wanted} of type {kind} does not exist in {arn}.")
    return versions[chosen]


def _forget(key: tuple[str, str, str], version: str) -> None:
    del _contents[key][version]
    if not _contents[key]:
        del _contents[key]


def _load_public() -> None:
    """Models of the public hub that a test puts there: a JSON file, an array of ImportHubContent requests."""
    file = os.environ.get("LOCAL_AWS_PUBLIC_HUB")
    if file is None:
        return
    for request in json.loads(Path(file).read_text()):
        _put(hub_arn(PUBLIC_HUB), request)
