"""The metrics of an invocation, in CloudWatch as SageMaker publishes them."""

from ..background import run_in_background
from ..own_door import client


def record(dimensions: dict[str, str], values: dict[str, tuple[float, str]]) -> None:
    """Metrics of AWS/SageMaker: name to value and unit. Delivered behind the answer."""
    data = [
        {
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
            "Value": value,
            "Unit": unit,
        }
        for name, (value, unit) in values.items()
    ]
    run_in_background("metrics", _put, data)


def _put(data: list[dict]) -> None:
    client("cloudwatch").put_metric_data(Namespace="AWS/SageMaker", MetricData=data)
