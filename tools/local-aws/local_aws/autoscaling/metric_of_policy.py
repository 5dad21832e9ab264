"""The CloudWatch metric that a target-tracking policy follows."""

import re

from ..errors import validation

_HIGH_RESOLUTION_SECONDS = 10
_USUAL_SECONDS = 60

_PREDEFINED = {
    "SageMakerVariantInvocationsPerInstance": ("InvocationsPerInstance", "Sum", _USUAL_SECONDS),
    "SageMakerVariantConcurrentRequestsPerModelHighResolution": (
        "ConcurrentRequestsPerModel",
        "Average",
        _HIGH_RESOLUTION_SECONDS,
    ),
    "SageMakerInferenceComponentInvocationsPerCopy": ("InvocationsPerCopy", "Sum", _USUAL_SECONDS),
    "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution": (
        "ConcurrentRequestsPerCopy",
        "Average",
        _HIGH_RESOLUTION_SECONDS,
    ),
    "SageMakerVariantProvisionedConcurrencyUtilization": (
        "ServerlessProvisionedConcurrencyUtilization",
        "Maximum",
        _USUAL_SECONDS,
    ),
}


def alarm_metric(target: dict, configuration: dict) -> dict:
    """The part of a PutMetricAlarm request that names the metric."""
    predefined = configuration.get("PredefinedMetricSpecification")
    customized = configuration.get("CustomizedMetricSpecification")
    if (predefined is None) == (customized is None):
        raise validation("One of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified")
    if customized is not None:
        return _customized(customized)
    kind = predefined["PredefinedMetricType"]
    if kind not in _PREDEFINED:
        raise validation(f"Predefined metric type {kind} is not supported for the scalable dimension {target['ScalableDimension']}")
    is_of_component = kind.startswith("SageMakerInferenceComponent")
    if is_of_component != target["ResourceId"].startswith("inference-component/"):
        raise validation(f"Predefined metric type {kind} is not supported for the scalable dimension {target['ScalableDimension']}")
    name, statistic, period = _PREDEFINED[kind]
    return {
        "Namespace": "AWS/SageMaker",
        "MetricName": name,
        "Dimensions": _dimensions(target["ResourceId"]),
        "Statistic": statistic,
        "Period": period,
    }


def _customized(metric: dict) -> dict:
    if metric.get("Metrics"):
        return {"Metrics": metric["Metrics"]}
    named = {key: metric[key] for key in ("Namespace", "MetricName", "Dimensions", "Statistic", "Unit") if key in metric}
    return {**named, "Period": metric.get("Period", _USUAL_SECONDS)}


def _dimensions(resource: str) -> list[dict]:
    variant = re.fullmatch(r"endpoint/([^/]+)/variant/([^/]+)", resource)
    if variant:
        return [{"Name": "EndpointName", "Value": variant[1]}, {"Name": "VariantName", "Value": variant[2]}]
    return [{"Name": "InferenceComponentName", "Value": resource.removeprefix("inference-component/")}]
