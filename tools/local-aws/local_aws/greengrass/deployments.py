"""Deployments: a target has one that is in force; a new one takes its place."""

import uuid
from datetime import datetime, timezone

from ministack.core.responses import AccountRegionScopedDict

from ..arns import arn
from ..errors import AwsError, validation
from . import components

_deployments = AccountRegionScopedDict()


def create(request: dict) -> dict:
    for name, component in request.get("components", {}).items():
        version = component["componentVersion"]
        # AWS's own components are not here.
        if not name.startswith("aws.greengrass.") and components.find(name, version) is None:
            raise AwsError("ResourceNotFoundException", f"Component [{name} : {version}] is not found.", 404)
    target = request["targetArn"]
    if ":thing/" not in target and ":thinggroup/" not in target:
        raise validation(f"targetArn {target} is neither a thing nor a thing group.")
    for record in _of_target(target):
        record["isLatestForTarget"] = False
        record["deploymentStatus"] = "INACTIVE"
    identity, job = str(uuid.uuid4()), str(uuid.uuid4())
    _deployments[identity] = {
        "deploymentId": identity,
        "revisionId": str(len(_of_target(target)) + 1),
        "iotJobId": job,
        "iotJobArn": arn("iot", f"job/{job}"),
        "deploymentStatus": "ACTIVE",
        "isLatestForTarget": True,
        "creationTimestamp": datetime.now(timezone.utc),
        **{key: value for key, value in request.items() if key != "clientToken"},
    }
    return {"deploymentId": identity, "iotJobId": job, "iotJobArn": arn("iot", f"job/{job}")}


def get(request: dict) -> dict:
    return _get(request["deploymentId"])


def list_deployments(request: dict) -> dict:
    shown = ("targetArn", "revisionId", "deploymentId", "deploymentName", "creationTimestamp", "deploymentStatus", "isLatestForTarget")
    latest_only = request.get("historyFilter", "LATEST_ONLY") == "LATEST_ONLY"
    found = [
        {key: record[key] for key in shown if key in record}
        for record in _deployments.values()
        if request.get("targetArn") in (None, record["targetArn"]) and (record["isLatestForTarget"] or not latest_only)
    ]
    return {"deployments": found}


def cancel(request: dict) -> dict:
    _get(request["deploymentId"])["deploymentStatus"] = "CANCELED"
    return {"message": "SUCCESS"}


def delete(request: dict) -> None:
    record = _get(request["deploymentId"])
    if record["deploymentStatus"] == "ACTIVE":
        raise AwsError("ConflictException", f"Deployment {record['deploymentId']} is active; cancel it first.", 409)
    del _deployments[record["deploymentId"]]


def find(identity: str) -> dict | None:
    return _deployments.get(identity)


def _get(identity: str) -> dict:
    record = _deployments.get(identity)
    if record is None:
        raise AwsError("ResourceNotFoundException", f"Deployment {identity} is not found.", 404)
    return record


def _of_target(target: str) -> list[dict]:
    return [record for record in _deployments.values() if record["targetArn"] == target]
