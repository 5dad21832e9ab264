"""CloudWatch makes metrics of log lines in its embedded metric format; so does this."""

import json

from botocore.exceptions import ClientError

from ..background import run_in_background
from ..own_door import client


def publish(line: str) -> None:
    """The metrics of a line, if it is one that has any. Source: CloudWatch user guide, "Specification: Embedded metric format"."""
    if not line.startswith("{") or '"_aws"' not in line:
        return
    try:
        document = json.loads(line)
    except ValueError:
        return
    for directive in document.get("_aws", {}).get("CloudWatchMetrics", []):
        data = [
            {
                "MetricName": metric["Name"],
                "Dimensions": [{"Name": name, "Value": str(document[name])} for name in dimensions],
                "Value": document[metric["Name"]],
                "Unit": metric.get("Unit", "None"),
            }
            for dimensions in directive["Dimensions"]
            for metric in directive["Metrics"]
        ]
        run_in_background("metrics", _put, directive["Namespace"], data)


def _put(namespace: str, data: list[dict]) -> None:
    try:
        client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)
    except ClientError:
        # As on AWS, a metric that cannot be is lost, and its log line is kept.
        return
