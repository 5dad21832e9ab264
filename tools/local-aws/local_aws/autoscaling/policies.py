"""Scaling policies, and the CloudWatch alarms that a target-tracking policy keeps."""

from datetime import datetime, timezone
from uuid import uuid4

from ministack.core.responses import AccountRegionScopedDict

from ..arns import arn
from ..errors import AwsError, validation
from ..own_door import client
from . import metric_of_policy, targets

_policies = AccountRegionScopedDict()

_CONFIGURATION_OF = {
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
    "StepScaling": "StepScalingPolicyConfiguration",
    "PredictiveScaling": "PredictiveScalingPolicyConfiguration",
}


def all_policies() -> list[dict]:
    return list(_policies.values())


def put(request: dict) -> dict:
    target = targets.get(request)
    key = (*targets.key_of(request), request["PolicyName"])
    existing = _policies.get(key)
    kind = request.get("PolicyType") or (existing or {}).get("PolicyType", "StepScaling")
    configuration = request.get(_CONFIGURATION_OF[kind])
    if configuration is None:
        raise validation(f"{_CONFIGURATION_OF[kind]} must be specified for policy type {kind}")
    policy_arn = existing["PolicyARN"] if existing else _new_arn(request)
    if existing is not None:
        _delete_alarms(existing)
    policy = {
        "PolicyARN": policy_arn,
        "PolicyName": request["PolicyName"],
        "ServiceNamespace": request["ServiceNamespace"],
        "ResourceId": request["ResourceId"],
        "ScalableDimension": request["ScalableDimension"],
        "PolicyType": kind,
        _CONFIGURATION_OF[kind]: configuration,
        "CreationTime": existing["CreationTime"] if existing else datetime.now(timezone.utc),
        "Alarms": _create_alarms(policy_arn, target, configuration) if kind == "TargetTrackingScaling" else [],
    }
    _policies[key] = policy
    return {"PolicyARN": policy_arn, "Alarms": policy["Alarms"]}


def delete(request: dict) -> None:
    key = (*targets.key_of(request), request["PolicyName"])
    policy = _policies.pop(key, None)
    if policy is None:
        raise AwsError(
            "ObjectNotFoundException",
            f"No scaling policy found for service namespace: {key[0]}, resource ID: {key[1]}, scalable dimension: {key[2]}, "
            f"policy name: {key[3]}",
        )
    _delete_alarms(policy)


def delete_of_target(target_key: targets.Key) -> None:
    for key in [key for key in _policies if key[:3] == target_key]:
        _delete_alarms(_policies.pop(key))


def describe(request: dict) -> dict:
    found = [
        policy
        for policy in all_policies()
        if policy["ServiceNamespace"] == request["ServiceNamespace"]
        and request.get("ResourceId") in (None, policy["ResourceId"])
        and request.get("ScalableDimension") in (None, policy["ScalableDimension"])
        and (not request.get("PolicyNames") or policy["PolicyName"] in request["PolicyNames"])
    ]
    return {"ScalingPolicies": found}


def _new_arn(request: dict) -> str:
    namespace, resource = request["ServiceNamespace"], request["ResourceId"]
    return arn("autoscaling", f"scalingPolicy:{uuid4()}:resource/{namespace}/{resource}:policyName/{request['PolicyName']}")


def _create_alarms(policy_arn: str, target: dict, configuration: dict) -> list[dict]:
    """High: above the target, scale out. Low: below nine tenths of it, scale in. As the service sets them."""
    goal = configuration["TargetValue"]
    sides = [("AlarmHigh", "GreaterThanThreshold", goal, 3)]
    if not configuration.get("DisableScaleIn"):
        sides.append(("AlarmLow", "LessThanThreshold", goal * 0.9, 15))
    cloudwatch = client("cloudwatch")
    alarms = []
    for side, comparison, threshold, periods in sides:
        name = f"TargetTracking-{target['ResourceId']}-{side}-{uuid4()}"
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            AlarmDescription=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy_arn}.",
            AlarmActions=[policy_arn],
            ComparisonOperator=comparison,
            Threshold=threshold,
            EvaluationPeriods=periods,
            **metric_of_policy.alarm_metric(target, configuration),
        )
        alarms.append({"AlarmName": name, "AlarmARN": arn("cloudwatch", f"alarm:{name}")})
    return alarms


def _delete_alarms(policy: dict) -> None:
    names = [alarm["AlarmName"] for alarm in policy["Alarms"]]
    if names:
        client("cloudwatch").delete_alarms(AlarmNames=names)
