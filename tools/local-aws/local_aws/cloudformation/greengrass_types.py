"""AWS::GreengrassV2::ComponentVersion and Deployment. A change of any property but tags makes a new resource."""

import base64

from ..greengrass import components, deployments
from ..greengrass.api import service
from .properties import PropertiesError, as_request
from .resource_type import ResourceType


def _members(properties: dict) -> dict:
    """Template properties are the API's members with a capital."""
    return {_camel(name): value for name, value in properties.items()}


def _camel(name: str) -> str:
    return "iotJobConfiguration" if name == "IotJobConfiguration" else name[0].lower() + name[1:]


def _lowered(value):
    """The members below the first level, which the API spells with a small letter; names of components stay."""
    if isinstance(value, list):
        return [_lowered(item) for item in value]
    if isinstance(value, dict):
        return {_camel(key): _lowered(item) for key, item in value.items()}
    return value


def _create_component(logical_id: str, properties: dict, stack_name: str) -> tuple[str, dict]:
    recipe = properties.get("InlineRecipe")
    if recipe is None:
        raise PropertiesError(
            "Properties validation failed with message: #: required key [InlineRecipe] not found; the local AWS has no Lambda components"
        )
    encoded = base64.b64encode(recipe.encode()).decode()
    answer = service.call("CreateComponentVersion", {"inlineRecipe": encoded, "tags": properties.get("Tags", {})})
    attributes = {"Arn": answer["arn"], "ComponentName": answer["componentName"], "ComponentVersion": answer["componentVersion"]}
    return answer["arn"], attributes


def _update_component(physical_id: str, old: dict, new: dict, stack_name: str) -> tuple[str, dict]:
    described = components.describe({"arn": physical_id})
    return physical_id, {
        "Arn": physical_id,
        "ComponentName": described["componentName"],
        "ComponentVersion": described["componentVersion"],
    }


def _delete_component(physical_id: str, properties: dict) -> None:
    if any(entry["latestVersion"]["arn"] == physical_id for entry in components.list_components({})["components"]):
        service.call("DeleteComponent", {"arn": physical_id})


def _create_deployment(logical_id: str, properties: dict, stack_name: str) -> tuple[str, dict]:
    given = _members(properties)
    if "components" in given:
        given["components"] = {name: _lowered(component) for name, component in given["components"].items()}
    for key in ("deploymentPolicies", "iotJobConfiguration"):
        if key in given:
            given[key] = _lowered(given[key])
    answer = service.call("CreateDeployment", as_request("greengrassv2", "CreateDeployment", given))
    return answer["deploymentId"], {"DeploymentId": answer["deploymentId"]}


def _update_deployment(physical_id: str, old: dict, new: dict, stack_name: str) -> tuple[str, dict]:
    return physical_id, {"DeploymentId": physical_id}


def _delete_deployment(physical_id: str, properties: dict) -> None:
    record = deployments.find(physical_id)
    if record is None:
        return
    if record["deploymentStatus"] == "ACTIVE":
        service.call("CancelDeployment", {"deploymentId": physical_id})
    service.call("DeleteDeployment", {"deploymentId": physical_id})


TYPES = (
    ResourceType(
        "AWS::GreengrassV2::ComponentVersion",
        _create_component,
        _update_component,
        _delete_component,
        ("InlineRecipe", "LambdaFunction"),
    ),
    ResourceType(
        "AWS::GreengrassV2::Deployment",
        _create_deployment,
        _update_deployment,
        _delete_deployment,
        ("Components", "DeploymentName", "DeploymentPolicies", "IotJobConfiguration", "ParentTargetArn", "TargetArn"),
    ),
)
