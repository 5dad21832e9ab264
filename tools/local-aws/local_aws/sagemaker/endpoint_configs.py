"""Endpoint configurations: which models on which instances."""

import re

from .. import tags
from ..errors import validation
from ..listing import listing
from ..registry import Registry
from . import models, roles

registry = Registry("sagemaker", "endpoint configuration", "endpoint-config", "EndpointConfigName")

_LOCAL_DISK = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*(-b\d+)?|g4dn|g5|g6e?|g7e|p4de?|p5(en?)?|p6-b\d+|trn[12])\.")
"""Families with disks of their own take no volume; the rule is `volume_size_supported()` of the SageMaker Python SDK."""


def create(request: dict) -> dict:
    names = [variant["VariantName"] for variant in request["ProductionVariants"]]
    if len(set(names)) != len(names):
        raise validation(f"Variant names must be unique within an endpoint configuration, got {', '.join(names)}.")
    for variant in request["ProductionVariants"]:
        _check_variant(variant, request)
    if request.get("ExecutionRoleArn") is not None:
        roles.require_assumable(request["ExecutionRoleArn"])
    name = request["EndpointConfigName"]
    registry.add(name, {key: value for key, value in request.items() if key not in ("Tags", "EndpointConfigName")})
    arn = registry.arn(name)
    tags.put(arn, request.get("Tags"))
    return {"EndpointConfigArn": arn}


def describe(request: dict) -> dict:
    record = registry.get(request["EndpointConfigName"])
    shown = {key: value for key, value in record.items() if key != "LastModifiedTime"}
    return {**shown, "EndpointConfigArn": registry.arn(record["EndpointConfigName"])}


def list_endpoint_configs(request: dict) -> dict:
    page, more = listing(registry.all(), request, "EndpointConfigName")
    summaries = [
        {
            "EndpointConfigName": r["EndpointConfigName"],
            "EndpointConfigArn": registry.arn(r["EndpointConfigName"]),
            "CreationTime": r["CreationTime"],
        }
        for r in page
    ]
    return {"EndpointConfigs": summaries, **more}


def delete(request: dict) -> None:
    name = request["EndpointConfigName"]
    registry.remove(name)
    tags.forget(registry.arn(name))


def instance_types(variant: dict) -> list[str]:
    """What a variant may run on, the preferred first."""
    pools = sorted(variant.get("InstancePools", []), key=lambda pool: pool.get("Priority", 1))
    return [pool["InstanceType"] for pool in pools] or [variant["InstanceType"]]


def model_name(variant: dict, instance_type: str) -> str | None:
    """What a variant serves on this type: a pool may name a model of its own."""
    own = next((pool for pool in variant.get("InstancePools", []) if pool["InstanceType"] == instance_type), {})
    return own.get("ModelNameOverride") or variant.get("ModelName")


def _check_variant(variant: dict, config: dict) -> None:
    name = variant["VariantName"]
    if variant.get("ServerlessConfig") is not None:
        raise validation(f"The local AWS has no serverless variants; variant {name} needs InstanceType and InitialInstanceCount.")
    if variant.get("InstanceType") is None and not variant.get("InstancePools"):
        raise validation(f"InstanceType must be specified for production variant {name}.")
    if variant.get("InstanceType") is not None and variant.get("InstancePools"):
        raise validation(f"InstanceType and InstancePools cannot both be specified for production variant {name}.")
    if variant.get("ModelName") is not None:
        models.registry.get(variant["ModelName"])
        for pool in variant.get("InstancePools", []):
            if pool.get("ModelNameOverride") is not None:
                models.registry.get(pool["ModelNameOverride"])
    elif config.get("ExecutionRoleArn") is None:
        raise validation(f"ExecutionRoleArn is required when production variant {name} does not specify a ModelName.")
    if variant.get("InitialInstanceCount") is None and variant.get("ManagedInstanceScaling", {}).get("MinInstanceCount") is None:
        raise validation(f"InitialInstanceCount must be specified for production variant {name}.")
    for instance_type in instance_types(variant):
        if variant.get("VolumeSizeInGB") is not None and _LOCAL_DISK.match(instance_type):
            family = instance_type.rsplit(".", 1)[0]
            raise validation(f"VolumeSize parameter is not allowed for the selected Instance type {family}.*")
