"""Scheduled actions: kept and shown; the local AWS does not run them."""

from datetime import datetime, timezone
from uuid import uuid4

from ministack.core.responses import AccountRegionScopedDict

from ..arns import arn
from ..errors import AwsError
from . import targets

_actions = AccountRegionScopedDict()


def put(request: dict) -> None:
    targets.get(request)
    key = (*targets.key_of(request), request["ScheduledActionName"])
    existing = _actions.get(key)
    if existing is not None:
        existing.update(request)
        return
    resource = f"{request['ServiceNamespace']}/{request['ResourceId']}:scheduledActionName/{request['ScheduledActionName']}"
    identity = {
        "ScheduledActionARN": arn("autoscaling", f"scheduledAction:{uuid4()}:resource/{resource}"),
        "CreationTime": datetime.now(timezone.utc),
    }
    _actions[key] = {**request, **identity}


def delete(request: dict) -> None:
    key = (*targets.key_of(request), request["ScheduledActionName"])
    if _actions.pop(key, None) is None:
        raise AwsError("ObjectNotFoundException", f"No scheduled action found: {request['ScheduledActionName']}")


def delete_of_target(target_key: targets.Key) -> None:
    for key in [key for key in _actions if key[:3] == target_key]:
        del _actions[key]


def describe(request: dict) -> dict:
    found = [
        action
        for action in _actions.values()
        if action["ServiceNamespace"] == request["ServiceNamespace"]
        and request.get("ResourceId") in (None, action["ResourceId"])
        and (not request.get("ScheduledActionNames") or action["ScheduledActionName"] in request["ScheduledActionNames"])
    ]
    return {"ScheduledActions": found}
