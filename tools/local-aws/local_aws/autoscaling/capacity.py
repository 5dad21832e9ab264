"""The capacity behind a scalable target: instances of a variant, or copies of an inference component."""

import re
from datetime import datetime, timezone
from uuid import uuid4

from ministack.core.responses import AccountRegionScopedDict

from ..errors import AwsError, validation
from ..sagemaker import endpoints, inference_components

_VARIANT = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")
_COMPONENT = re.compile(r"inference-component/([^/]+)")

_activities = AccountRegionScopedDict()


def require_exists(key: tuple) -> None:
    """Only SageMaker's targets have anything behind them here."""
    if key[0] == "sagemaker":
        current(key)


def current(key: tuple) -> int:
    namespace, resource, dimension = key
    try:
        if variant := _VARIANT.fullmatch(resource):
            endpoint = endpoints.endpoint_named(variant[1])
            found = endpoint.fleet.variant(variant[2]) if endpoint.fleet else None
            if found is None:
                raise validation(f"Variant not found: {resource}")
            return found.desired_instances
        if component := _COMPONENT.fullmatch(resource):
            return inference_components.component_named(component[1]).copies
    except AwsError as error:
        raise validation(f"{resource} cannot be scaled: {error.message}") from error
    raise validation(f"Unsupported service namespace, resource type or scalable dimension: {namespace}, {resource}, {dimension}")


def keep_within(key: tuple, low: int, high: int, cause: str) -> None:
    if key[0] != "sagemaker":
        return
    now = current(key)
    wanted = min(max(now, low), high)
    if wanted != now:
        change(key, wanted, cause)


def change(key: tuple, wanted: int, cause: str) -> None:
    before = current(key)
    resource = key[1]
    if variant := _VARIANT.fullmatch(resource):
        desired = [{"VariantName": variant[2], "DesiredInstanceCount": wanted}]
        endpoints.update_weights_and_capacities({"EndpointName": variant[1], "DesiredWeightsAndCapacities": desired})
    elif component := _COMPONENT.fullmatch(resource):
        inference_components.update_runtime_config({"InferenceComponentName": component[1], "DesiredRuntimeConfig": {"CopyCount": wanted}})
    now = datetime.now(timezone.utc)
    activity = {
        "ActivityId": str(uuid4()),
        "ServiceNamespace": key[0],
        "ResourceId": resource,
        "ScalableDimension": key[2],
        "Description": f"Setting desired capacity from {before} to {wanted}.",
        "Cause": cause,
        "StartTime": now,
        "EndTime": now,
        "StatusCode": "Successful",
        "StatusMessage": f"Successfully set desired capacity to {wanted}.",
    }
    _activities.setdefault(key, []).insert(0, activity)


def describe_activities(request: dict) -> dict:
    found = [
        activity
        for key, activities in _activities.items()
        if key[0] == request["ServiceNamespace"] and request.get("ResourceId") in (None, key[1])
        for activity in activities
    ]
    return {"ScalingActivities": found}
