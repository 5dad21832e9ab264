"""AWS::ApplicationAutoScaling::ScalableTarget and ScalingPolicy."""

from ..autoscaling import scheduled_actions, targets
from ..autoscaling.api import service
from ..errors import AwsError
from .properties import as_request
from .resource_type import ResourceType

_SEPARATOR = "|"


def _call(operation: str, properties: dict) -> dict | None:
    request = as_request("application-autoscaling", operation, properties)
    return service.call(operation, service.operations[operation], request)


def _key(properties: dict) -> dict:
    return {name: properties[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")}


def _target_id(properties: dict) -> str:
    """Ref of a scalable target: resource, dimension and namespace in one string."""
    return _SEPARATOR.join((properties["ResourceId"], properties["ScalableDimension"], properties["ServiceNamespace"]))


def _put_target(properties: dict) -> tuple[str, dict]:
    members = {name: value for name, value in properties.items() if name not in ("RoleARN", "ScheduledActions", "Tags")}
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    _call("RegisterScalableTarget", {**members, **({"Tags": tags} if tags else {})})
    scheduled_actions.delete_of_target(targets.key_of(properties))
    for action in properties.get("ScheduledActions", []):
        _call("PutScheduledAction", {**_key(properties), **action})
    identity = _target_id(properties)
    return identity, {"Id": identity}


def _delete_target(physical_id: str, properties: dict) -> None:
    if targets.find(targets.key_of(properties)) is not None:
        _call("DeregisterScalableTarget", _key(properties))


def _put_policy(properties: dict) -> tuple[str, dict]:
    members = {**_policy_key(properties), **{k: v for k, v in properties.items() if k != "ScalingTargetId"}}
    arn = _call("PutScalingPolicy", members)["PolicyARN"]
    return arn, {"Arn": arn}


def _policy_key(properties: dict) -> dict:
    target_id = properties.get("ScalingTargetId")
    if target_id is None:
        return _key(properties)
    resource, dimension, namespace = target_id.split(_SEPARATOR)
    return {"ResourceId": resource, "ScalableDimension": dimension, "ServiceNamespace": namespace}


def _delete_policy(physical_id: str, properties: dict) -> None:
    try:
        _call("DeleteScalingPolicy", {**_policy_key(properties), "PolicyName": properties["PolicyName"]})
    except AwsError as error:
        # Gone with its target.
        if error.code != "ObjectNotFoundException":
            raise


TYPES = (
    ResourceType(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        lambda logical_id, properties, stack_name: _put_target(properties),
        lambda physical_id, old, new, stack_name: _put_target(new),
        _delete_target,
        ("ResourceId", "ScalableDimension", "ServiceNamespace"),
    ),
    ResourceType(
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        lambda logical_id, properties, stack_name: _put_policy(properties),
        lambda physical_id, old, new, stack_name: _put_policy(new),
        _delete_policy,
        ("PolicyName", "ResourceId", "ScalableDimension", "ScalingTargetId", "ServiceNamespace"),
    ),
)
