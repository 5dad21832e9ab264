"""The Application Auto Scaling endpoint of the local AWS."""

from ..json_service import JsonService
from . import capacity, policies, scaling_loop, scheduled_actions, targets


def register(request: dict) -> dict:
    scaling_loop.watch_this_account()
    return targets.register(request)


def deregister(request: dict) -> None:
    targets.deregister(request)
    policies.delete_of_target(targets.key_of(request))
    scheduled_actions.delete_of_target(targets.key_of(request))


service = JsonService(
    "application-autoscaling",
    "AnyScaleFrontendService",
    {
        "RegisterScalableTarget": register,
        "DescribeScalableTargets": targets.describe,
        "DeregisterScalableTarget": deregister,
        "PutScalingPolicy": policies.put,
        "DescribeScalingPolicies": policies.describe,
        "DeleteScalingPolicy": policies.delete,
        "PutScheduledAction": scheduled_actions.put,
        "DescribeScheduledActions": scheduled_actions.describe,
        "DeleteScheduledAction": scheduled_actions.delete,
        "DescribeScalingActivities": capacity.describe_activities,
    },
)


async def handle_request(method: str, path: str, headers: dict, body: bytes, query: dict) -> tuple:
    return await service.handle(headers, body)
