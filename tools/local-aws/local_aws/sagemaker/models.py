"""Models: containers and the data that they serve."""

from .. import tags
from ..errors import validation
from ..listing import listing
from ..registry import Registry
from . import images, roles
from .model_data import DataNotFound, require_object

registry = Registry("sagemaker", "model", "model", "ModelName")

_MAX_ENVIRONMENT_BYTES = 32 * 1024


def create(request: dict) -> dict:
    containers = _containers(request)
    role = request.get("ExecutionRoleArn")
    if role is not None:
        roles.require_assumable(role)
    for container in containers:
        _check_container(container, role)
    name = request["ModelName"]
    record = {key: value for key, value in request.items() if key not in ("Tags", "ModelName")}
    registry.add(name, record)
    arn = registry.arn(name)
    tags.put(arn, request.get("Tags"))
    return {"ModelArn": arn}


def describe(request: dict) -> dict:
    record = registry.get(request["ModelName"])
    shown = {key: value for key, value in record.items() if key != "LastModifiedTime"}
    return {"EnableNetworkIsolation": False, **shown, "ModelArn": registry.arn(record["ModelName"])}


def list_models(request: dict) -> dict:
    page, more = listing(registry.all(), request, "ModelName")
    summaries = [{"ModelName": r["ModelName"], "ModelArn": registry.arn(r["ModelName"]), "CreationTime": r["CreationTime"]} for r in page]
    return {"Models": summaries, **more}


def delete(request: dict) -> None:
    name = request["ModelName"]
    registry.remove(name)
    tags.forget(registry.arn(name))


def primary_container(model: dict) -> dict:
    """The one container that this local AWS runs."""
    return model.get("PrimaryContainer") or model["Containers"][0]


def _containers(request: dict) -> list[dict]:
    primary, several = request.get("PrimaryContainer"), request.get("Containers")
    if (primary is None) == (several is None):
        raise validation("One and only one of PrimaryContainer or Containers must be specified.")
    if several is not None and len(several) > 1:
        raise validation("The local AWS runs models of one container only; on AWS, an inference pipeline may have up to 15.")
    return [primary] if primary is not None else several


def _check_container(container: dict, role: str | None) -> None:
    if container.get("Image") is None and container.get("ModelPackageName") is None:
        raise validation("Must specify either Image or ModelPackageName in a container definition.")
    if container.get("ModelPackageName") is not None:
        raise validation("The local AWS has no model packages; give Image.")
    images.require_reachable(container)
    if container.get("ModelDataUrl") is not None and container.get("ModelDataSource") is not None:
        raise validation("Both ModelDataUrl and ModelDataSource cannot be specified in a container definition.")
    environment = container.get("Environment", {})
    if sum(len(key) + len(value) for key, value in environment.items()) > _MAX_ENVIRONMENT_BYTES:
        raise validation("The total size of the environment variables exceeds 32 KB.")
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is not None and source["S3DataType"] == "S3Prefix" and not source["S3Uri"].endswith("/"):
        raise validation(f'S3Uri "{source["S3Uri"]}" must end with "/" when S3DataType is S3Prefix.')
    if container.get("ModelDataUrl") is not None:
        try:
            require_object(container["ModelDataUrl"], role)
        except DataNotFound as error:
            raise validation(str(error)) from error
