"""An endpoint as DescribeEndpoint and ListEndpoints show it."""

import hashlib

from . import endpoint_configs, inference_components, models
from .endpoint import Endpoint
from .fleet import Variant


def described(endpoint: Endpoint, arn: str) -> dict:
    config = endpoint_configs.registry.find(endpoint.config_name) or {}
    shown = {
        "EndpointName": endpoint.name,
        "EndpointArn": arn,
        "EndpointConfigName": endpoint.config_name,
        "EndpointStatus": endpoint.status,
        "FailureReason": endpoint.failure_reason,
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
        "LastDeploymentConfig": endpoint.deployment_config,
        "ProductionVariants": [_variant(v, endpoint) for v in endpoint.fleet.variants] if endpoint.fleet else None,
        "DataCaptureConfig": _data_capture(config.get("DataCaptureConfig")),
        "AsyncInferenceConfig": config.get("AsyncInferenceConfig"),
        "MetricsConfig": config.get("MetricsConfig"),
        "PendingDeploymentSummary": _pending(endpoint),
    }
    return {key: value for key, value in shown.items() if value is not None}


def summary(endpoint: Endpoint, arn: str) -> dict:
    return {
        "EndpointName": endpoint.name,
        "EndpointArn": arn,
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
        "EndpointStatus": endpoint.status,
    }


def _variant(variant: Variant, endpoint: Endpoint) -> dict:
    count = variant.desired_instances
    if variant.container is None:
        count = inference_components.instance_count(endpoint.name, variant.name, variant.config, variant.instance_type, count)
    shown = {
        "VariantName": variant.name,
        "DeployedImages": _images(variant),
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.weight,
        "CurrentInstanceCount": count,
        "DesiredInstanceCount": count,
        "ManagedInstanceScaling": variant.config.get("ManagedInstanceScaling"),
        "RoutingConfig": variant.config.get("RoutingConfig"),
    }
    return {key: value for key, value in shown.items() if value is not None}


def _images(variant: Variant) -> list[dict] | None:
    if variant.container is None:
        return None
    image = variant.container.definition["Image"]
    # No image is pulled here: the digest stands for its name.
    digest = hashlib.sha256(image.encode()).hexdigest()
    repository = image.split("@")[0].rsplit(":", 1)[0]
    return [{"SpecifiedImage": image, "ResolvedImage": f"{repository}@sha256:{digest}"}]


def _data_capture(config: dict | None) -> dict | None:
    if config is None:
        return None
    return {
        "EnableCapture": config.get("EnableCapture", False),
        "CaptureStatus": "Started" if config.get("EnableCapture") else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }


def _pending(endpoint: Endpoint) -> dict | None:
    if endpoint.pending_config_name is None:
        return None
    config = endpoint_configs.registry.find(endpoint.pending_config_name) or {"ProductionVariants": []}
    return {
        "EndpointConfigName": endpoint.pending_config_name,
        "StartTime": endpoint.pending_since,
        "ProductionVariants": [_pending_variant(v, endpoint) for v in config["ProductionVariants"]],
    }


def _pending_variant(variant: dict, endpoint: Endpoint) -> dict:
    status = "Creating" if endpoint.green is None else "Baking" if endpoint.green_share == 1 else "ActivatingTraffic"
    model = models.registry.find(variant.get("ModelName", ""))
    images = [{"SpecifiedImage": models.primary_container(model)["Image"]}] if model else []
    return {"VariantName": variant["VariantName"], "DeployedImages": images, "VariantStatus": [{"Status": status}]}
