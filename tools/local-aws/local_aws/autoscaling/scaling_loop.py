"""Acts on alarms: the part of Application Auto Scaling that changes capacity."""

import logging
import math
import time
from datetime import datetime, timezone

from ministack.core.responses import get_account_id, get_region, request_scope

from ..errors import AwsError
from ..own_door import client
from ..settings import scaled
from . import capacity, policies, scheduled_actions, targets

logger = logging.getLogger("local-aws")

_POLL_SECONDS = 1.0
_DEFAULT_COOLDOWN_SECONDS = 300

_scopes: set[tuple[str, str]] = set()
_last_change: dict[str, float] = {}


def watch_this_account() -> None:
    """From now on the policies of the request's account and region are acted upon."""
    _scopes.add((get_account_id(), get_region()))


def run() -> None:
    after = datetime.now(timezone.utc)
    while True:
        time.sleep(_POLL_SECONDS)
        until = datetime.now(timezone.utc)
        for account, region in list(_scopes):
            with request_scope(account, region):
                _run_due_safely(after, until)
                for policy in policies.all_policies():
                    _act_safely(policy)
        after = until


def _run_due_safely(after: datetime, until: datetime) -> None:
    try:
        scheduled_actions.run_due(after, until)
    except AwsError as error:
        logger.warning("a scheduled action cannot be carried out: %s", error.message)


def _act_safely(policy: dict) -> None:
    try:
        _act(policy)
    except AwsError as error:
        # An endpoint in the middle of an update cannot scale; the next round tries again.
        logger.info("policy %s waits: %s", policy["PolicyName"], error.message)


def _act(policy: dict) -> None:
    target = targets.find(targets.key_of(policy))
    alarms = _ringing(policy)
    if target is None or not alarms or time.monotonic() < _last_change.get(policy["PolicyARN"], -math.inf):
        return
    key = targets.key_of(policy)
    before = capacity.current(key)
    wanted, cooldown, alarm = _wanted(policy, alarms, before)
    wanted = min(max(wanted, target["MinCapacity"]), target["MaxCapacity"])
    suspended = "DynamicScalingOutSuspended" if wanted > before else "DynamicScalingInSuspended"
    if wanted == before or target["SuspendedState"].get(suspended):
        return
    capacity.change(key, wanted, f"monitor alarm {alarm} in state ALARM triggered policy {policy['PolicyName']}")
    _last_change[policy["PolicyARN"]] = time.monotonic() + scaled(cooldown)


def _ringing(policy: dict) -> list[dict]:
    pages = client("cloudwatch").get_paginator("describe_alarms").paginate(StateValue="ALARM")
    ringing = [alarm for page in pages for alarm in page["MetricAlarms"]]
    if policy["PolicyType"] == "TargetTrackingScaling":
        names = [alarm["AlarmName"] for alarm in policy["Alarms"]]
        return [alarm for alarm in ringing if alarm["AlarmName"] in names]
    return [alarm for alarm in ringing if policy["PolicyARN"] in alarm["AlarmActions"]]


def _wanted(policy: dict, alarms: list[dict], before: int) -> tuple[int, float, str]:
    """Capacity, cooldown in AWS's seconds, and the alarm that decides."""
    configuration = policy.get("TargetTrackingScalingPolicyConfiguration")
    if configuration is None:
        steps = policy["StepScalingPolicyConfiguration"]
        return _after_step(steps, before), steps.get("Cooldown", _DEFAULT_COOLDOWN_SECONDS), alarms[0]["AlarmName"]
    # Scaling out comes before scaling in.
    alarm = next((a for a in alarms if "-AlarmHigh-" in a["AlarmName"]), alarms[0])
    if "-AlarmHigh-" in alarm["AlarmName"]:
        return before + 1, configuration.get("ScaleOutCooldown", _DEFAULT_COOLDOWN_SECONDS), alarm["AlarmName"]
    return before - 1, configuration.get("ScaleInCooldown", _DEFAULT_COOLDOWN_SECONDS), alarm["AlarmName"]


def _after_step(configuration: dict, before: int) -> int:
    step = configuration["StepAdjustments"][0]["ScalingAdjustment"]
    kind = configuration.get("AdjustmentType", "ChangeInCapacity")
    if kind == "ExactCapacity":
        return step
    if kind == "PercentChangeInCapacity":
        change = before * step / 100
        magnitude = max(abs(math.trunc(change)), configuration.get("MinAdjustmentMagnitude", 1))
        return before + int(math.copysign(magnitude, step))
    return before + step
