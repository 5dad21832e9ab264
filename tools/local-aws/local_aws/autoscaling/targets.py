"""Scalable targets."""

from datetime import datetime, timezone
from uuid import uuid4

from ministack.core.responses import AccountRegionScopedDict

from .. import tags
from ..arns import arn
from ..errors import AwsError, validation
from . import capacity

Key = tuple[str, str, str]

_targets = AccountRegionScopedDict()


def key_of(request: dict) -> Key:
    return request["ServiceNamespace"], request["ResourceId"], request["ScalableDimension"]


def find(key: Key) -> dict | None:
    return _targets.get(key)


def all_targets() -> list[dict]:
    return list(_targets.values())


def get(request: dict) -> dict:
    target = _targets.get(key_of(request))
    if target is None:
        raise missing(request)
    return target


def missing(request: dict) -> AwsError:
    namespace, resource, dimension = key_of(request)
    return AwsError(
        "ObjectNotFoundException",
        f"No scalable target found for service namespace: {namespace}, resource ID: {resource}, scalable dimension: {dimension}",
    )


def register(request: dict) -> dict:
    key = key_of(request)
    existing = _targets.get(key)
    if existing is None and (request.get("MinCapacity") is None or request.get("MaxCapacity") is None):
        raise validation("When registering a new scalable target, you must specify both MinCapacity and MaxCapacity")
    merged = {
        **(existing or {}),
        **{name: value for name, value in request.items() if name != "Tags" and value is not None},
    }
    if merged["MinCapacity"] > merged["MaxCapacity"]:
        raise validation("Maximum capacity cannot be less than minimum capacity")
    capacity.require_exists(key)
    if existing is None:
        merged["CreationTime"] = datetime.now(timezone.utc)
        merged["ScalableTargetARN"] = arn("application-autoscaling", f"scalable-target/{uuid4().hex}")
    namespace_role = "arn:aws:iam::{}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleFor"
    account = merged["ScalableTargetARN"].split(":")[4]
    merged.setdefault("RoleARN", f"{namespace_role.format(account)}ApplicationAutoScaling_SageMakerEndpoint")
    merged.setdefault(
        "SuspendedState",
        {"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False},
    )
    _targets[key] = merged
    tags.put(merged["ScalableTargetARN"], [{"Key": k, "Value": v} for k, v in request.get("Tags", {}).items()])
    capacity.keep_within(key, merged["MinCapacity"], merged["MaxCapacity"], "registration of the scalable target")
    return {"ScalableTargetARN": merged["ScalableTargetARN"]}


def apply_bounds(key: Key, bounds: dict, cause: str) -> None:
    """A scheduled action's: a minimum above the maximum that stays moves it, and the other way round, as on AWS."""
    target = _targets[key]
    low = bounds.get("MinCapacity", target["MinCapacity"])
    high = bounds.get("MaxCapacity", target["MaxCapacity"])
    if low > high:
        low, high = (low, low) if "MinCapacity" in bounds else (high, high)
    target["MinCapacity"], target["MaxCapacity"] = low, high
    capacity.keep_within(key, low, high, cause)


def deregister(request: dict) -> None:
    target = get(request)
    tags.forget(target["ScalableTargetARN"])
    del _targets[key_of(request)]


def describe(request: dict) -> dict:
    found = [
        target
        for target in all_targets()
        if target["ServiceNamespace"] == request["ServiceNamespace"]
        and request.get("ScalableDimension") in (None, target["ScalableDimension"])
        and (not request.get("ResourceIds") or target["ResourceId"] in request["ResourceIds"])
    ]
    return {"ScalableTargets": found}
