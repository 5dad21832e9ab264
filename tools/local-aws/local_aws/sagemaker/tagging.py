"""AddTags, DeleteTags and ListTags."""

from .. import tags
from ..errors import validation
from . import endpoint_configs, endpoints, inference_components, models, optimization_jobs

_REGISTRIES = (models.registry, endpoint_configs.registry, endpoints.registry, inference_components.registry, optimization_jobs.registry)


def add(request: dict) -> dict:
    arn = _existing(request["ResourceArn"])
    tags.put(arn, request["Tags"])
    return {"Tags": tags.of(arn)}


def delete(request: dict) -> None:
    tags.remove(_existing(request["ResourceArn"]), request["TagKeys"])


def list_tags(request: dict) -> dict:
    return {"Tags": tags.of(_existing(request["ResourceArn"]))}


def _existing(arn: str) -> str:
    if not any(registry.by_arn(arn) for registry in _REGISTRIES):
        raise validation(f"Could not find resource {arn}.")
    return arn
