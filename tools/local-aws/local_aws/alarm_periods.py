"""An alarm goes off when its own metric has crossed the threshold for as many periods as it asks for.

Source: CloudWatch user guide, "Evaluating an alarm": of the last EvaluationPeriods, DatapointsToAlarm must be breaching.
"""

import time

from ministack.services import cloudwatch


def install() -> None:
    """ministack's own evaluation takes one point of any resource for all periods: an endpoint would scale in after its first request."""
    evaluate = cloudwatch._evaluate_alarm

    def evaluate_when_there_is_enough(alarm: dict) -> None:
        if alarm["StateValue"] == "ALARM" or _periods_with_data(alarm) >= _needed(alarm):
            evaluate(alarm)

    cloudwatch._evaluate_alarm = evaluate_when_there_is_enough


def _needed(alarm: dict) -> int:
    return int(alarm.get("DatapointsToAlarm") or alarm.get("EvaluationPeriods") or 1)


def _periods_with_data(alarm: dict) -> int:
    period = int(alarm.get("Period") or 60)
    since = time.time() - period * int(alarm.get("EvaluationPeriods") or 1)
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions") or []}
    return len(
        {
            point["Timestamp"] // period
            for (namespace, name, _), points in cloudwatch._metrics.items()
            if (namespace, name) == (alarm.get("Namespace"), alarm.get("MetricName"))
            for point in points
            if point["Timestamp"] >= since and (not dimensions or point["Dimensions"] == dimensions)
        }
    )
