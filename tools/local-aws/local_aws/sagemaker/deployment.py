"""Creating and updating an endpoint: blue/green with its traffic steps, rolling batches, and rollback by alarm or failure."""

import logging
import time

from botocore.exceptions import ClientError

from ..own_door import client
from ..settings import scaled
from . import fleet as fleets
from .container import StartFailure
from .endpoint import Endpoint
from .fleet import Fleet, Kept

logger = logging.getLogger("local-aws")

_DEFAULT_TERMINATION_WAIT = 0
_ALARM_POLL_SECONDS = 0.2


class AlarmTripped(Exception):
    """An alarm of the deployment's AutoRollbackConfiguration went off."""


def create(endpoint: Endpoint) -> None:
    try:
        fleet = fleets.launch(endpoint.name, endpoint.config_name)
    except StartFailure as failure:
        endpoint.set(status="Failed", failure_reason=str(failure))
        logger.warning("endpoint %s failed: %s", endpoint.name, failure)
        return
    endpoint.set(fleet=fleet, status="InService")


def update(endpoint: Endpoint, config_name: str, kept: dict[str, Kept]) -> None:
    """The endpoint goes on serving from its old fleet until the new one has all the traffic."""
    try:
        green = fleets.launch(endpoint.name, config_name, kept)
    except StartFailure as failure:
        _roll_back(endpoint, None, str(failure))
        return
    endpoint.set(green=green)
    try:
        shift(endpoint, endpoint.deployment_config or {})
    except AlarmTripped as alarm:
        _roll_back(endpoint, green, str(alarm))
        return
    blue = endpoint.fleet
    endpoint.set(
        fleet=green,
        green=None,
        green_share=0.0,
        config_name=config_name,
        pending_config_name=None,
        failure_reason=None,
        status="InService",
    )
    blue.drain()


def shift(shifted, deployment: dict) -> None:
    """Gives an endpoint's new fleet, or a component's new copies, the traffic in steps; AlarmTripped when it has to be undone."""
    alarms = [alarm["AlarmName"] for alarm in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])]
    for share, seconds in _steps(deployment):
        shifted.set(green_share=share)
        _bake(alarms, scaled(seconds))


def _steps(deployment: dict) -> list[tuple[float, float]]:
    """Share of the traffic on the new fleet, and how long it stays so."""
    rolling = deployment.get("RollingUpdatePolicy")
    if rolling is not None:
        return _linear(_share(rolling["MaximumBatchSize"]), rolling["WaitIntervalInSeconds"], 0)
    blue_green = deployment.get("BlueGreenUpdatePolicy", {})
    routing = blue_green.get("TrafficRoutingConfiguration", {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0})
    termination = blue_green.get("TerminationWaitInSeconds", _DEFAULT_TERMINATION_WAIT)
    wait = routing["WaitIntervalInSeconds"]
    if routing["Type"] == "CANARY":
        return [(_share(routing["CanarySize"]), wait), (1.0, termination)]
    if routing["Type"] == "LINEAR":
        return _linear(_share(routing["LinearStepSize"]), wait, termination)
    return [(1.0, wait + termination)]


def _linear(step: float, wait: float, last_wait: float) -> list[tuple[float, float]]:
    shares = [step * i for i in range(1, int(1 / step) + 1) if step * i < 1]
    return [(share, wait) for share in shares] + [(1.0, last_wait)]


def _share(size: dict) -> float:
    # A count of instances stands for at least one of them here, where one process serves for all.
    return size["Value"] / 100 if size["Type"] == "CAPACITY_PERCENT" else 0.5


def _bake(alarms: list[str], seconds: float) -> None:
    end = time.monotonic() + seconds
    while True:
        _check(alarms)
        left = end - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, _ALARM_POLL_SECONDS))


def _check(alarms: list[str]) -> None:
    if not alarms:
        return
    try:
        answer = client("cloudwatch").describe_alarms(AlarmNames=alarms, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    except ClientError as error:
        raise AlarmTripped(f"The alarms of the deployment cannot be read: {error}") from error
    found = answer["MetricAlarms"] + answer["CompositeAlarms"]
    ringing = [alarm["AlarmName"] for alarm in found if alarm["StateValue"] == "ALARM"]
    if ringing:
        raise AlarmTripped(f"Deployment rolled back because the following alarm(s) are in the ALARM state: {', '.join(ringing)}.")
    missing = set(alarms) - {alarm["AlarmName"] for alarm in found}
    if missing:
        raise AlarmTripped(f"Deployment rolled back because the following alarm(s) do not exist: {', '.join(sorted(missing))}.")


def _roll_back(endpoint: Endpoint, green: Fleet | None, reason: str) -> None:
    logger.warning("endpoint %s rolls back: %s", endpoint.name, reason)
    endpoint.set(status="RollingBack", green_share=0.0)
    if green is not None:
        green.drain()
    # The old configuration serves on; what went wrong stays readable until the next update.
    endpoint.set(status="InService", green=None, pending_config_name=None, failure_reason=reason)
