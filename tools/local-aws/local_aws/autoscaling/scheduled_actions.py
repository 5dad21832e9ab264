"""Scheduled actions: bounds of a target that hold from a certain time on."""

from datetime import datetime, timezone
from uuid import uuid4

from ministack.core.responses import AccountRegionScopedDict

from ..arns import arn
from ..errors import AwsError
from . import schedule_expressions, targets

_actions = AccountRegionScopedDict()


def put(request: dict) -> None:
    targets.get(request)
    if request.get("Schedule") is not None:
        schedule_expressions.require_readable(request["Schedule"], request.get("Timezone"))
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


def run_due(after: datetime, until: datetime) -> None:
    """Gives each target whose action was due in between the action's bounds; capacity outside of them is changed at once."""
    for key, action in list(_actions.items()):
        bounds = action.get("ScalableTargetAction", {})
        target = targets.find(key[:3])
        if target is None or target["SuspendedState"].get("ScheduledScalingSuspended") or not bounds or "Schedule" not in action:
            continue
        if schedule_expressions.is_due(action["Schedule"], action.get("Timezone"), action["CreationTime"], after, until):
            targets.apply_bounds(key[:3], bounds, f"scheduled action name {action['ScheduledActionName']} was triggered")


def describe(request: dict) -> dict:
    found = [
        action
        for action in _actions.values()
        if action["ServiceNamespace"] == request["ServiceNamespace"]
        and request.get("ResourceId") in (None, action["ResourceId"])
        and (not request.get("ScheduledActionNames") or action["ScheduledActionName"] in request["ScheduledActionNames"])
    ]
    return {"ScheduledActions": found}
