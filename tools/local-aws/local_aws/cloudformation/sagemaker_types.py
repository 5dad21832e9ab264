"""AWS::SageMaker::Model, EndpointConfig, Endpoint and InferenceComponent."""

from .. import tags
from ..errors import AwsError
from ..registry import Registry
from ..sagemaker import endpoint_configs, endpoints, inference_components, models
from ..sagemaker.api import control_plane
from .properties import as_request
from .resource_type import ResourceType, physical_name

_STABLE_SECONDS = 600


def _call(operation: str, properties: dict) -> dict | None:
    request = as_request("sagemaker", operation, properties)
    return control_plane.call(operation, control_plane.operations[operation], request)


def _retag(arn: str, old: dict, new: dict) -> None:
    if old.get("Tags") != new.get("Tags"):
        tags.replace(arn, new.get("Tags"))


def _name(registry: Registry, arn: str) -> str:
    record = registry.by_arn(arn)
    if record is None:
        raise registry.missing(f'Could not find {registry.kind} "{arn}".')
    return record[registry.name_key]


def _plain_type(type_name: str, registry: Registry, noun: str, replacing: tuple[str, ...]) -> ResourceType:
    """A resource that is there at once and that only its tags can change in place."""
    key, arn_key = f"{noun}Name", f"{noun}Arn"

    def create(logical_id: str, properties: dict, stack_name: str) -> tuple[str, dict]:
        name = physical_name(properties, key, stack_name, logical_id)
        arn = _call(f"Create{noun}", {**properties, key: name})[arn_key]
        return arn, {key: name, arn_key: arn, "Id": arn}

    def update(arn: str, old: dict, new: dict, stack_name: str) -> tuple[str, dict]:
        _retag(arn, old, new)
        return arn, {key: _name(registry, arn), arn_key: arn, "Id": arn}

    def delete(arn: str, properties: dict) -> None:
        if registry.by_arn(arn) is not None:
            _call(f"Delete{noun}", {key: _name(registry, arn)})

    return ResourceType(type_name, create, update, delete, replacing, custom_name=key)


def _create_endpoint(logical_id: str, properties: dict, stack_name: str) -> tuple[str, dict]:
    name = physical_name(properties, "EndpointName", stack_name, logical_id)
    # Properties of updates are not members of CreateEndpoint.
    members = {key: properties[key] for key in ("EndpointConfigName", "DeploymentConfig", "Tags") if key in properties}
    arn = _call("CreateEndpoint", {**members, "EndpointName": name})["EndpointArn"]
    endpoint = endpoints.endpoint_named(name)
    endpoint.wait_final(_STABLE_SECONDS)
    if endpoint.status != "InService":
        reason = endpoint.failure_reason
        _delete_endpoint(arn, properties)
        raise AwsError(
            "NotStabilized",
            f"Resource of type 'AWS::SageMaker::Endpoint' with identifier '{arn}' did not stabilize: {reason}",
        )
    return arn, {"EndpointName": name, "EndpointArn": arn, "Id": arn}


def _update_endpoint(arn: str, old: dict, new: dict, stack_name: str) -> tuple[str, dict]:
    name = _name(endpoints.registry, arn)
    _retag(arn, old, new)
    if _but_for_tags(old) != _but_for_tags(new):
        _call("UpdateEndpoint", {**_but_for_tags(new), "EndpointName": name})
        endpoint = endpoints.endpoint_named(name)
        endpoint.wait_final(_STABLE_SECONDS)
        if endpoint.config_name != new["EndpointConfigName"]:
            raise AwsError("NotStabilized", f"The update of endpoint {name} was rolled back: {endpoint.failure_reason}")
    return arn, {"EndpointName": name, "EndpointArn": arn, "Id": arn}


def _but_for_tags(properties: dict) -> dict:
    return {key: value for key, value in properties.items() if key != "Tags"}


def _delete_endpoint(arn: str, properties: dict) -> None:
    record = endpoints.registry.by_arn(arn)
    if record is not None:
        _call("DeleteEndpoint", {"EndpointName": record["EndpointName"]})
        record["endpoint"].wait_deleted(_STABLE_SECONDS)


def _create_component(logical_id: str, properties: dict, stack_name: str) -> tuple[str, dict]:
    name = physical_name(properties, "InferenceComponentName", stack_name, logical_id)
    # A deployment's configuration is one of updates; creating knows none.
    members = {key: value for key, value in properties.items() if key != "DeploymentConfig"}
    arn = _call("CreateInferenceComponent", {**members, "InferenceComponentName": name})["InferenceComponentArn"]
    component = inference_components.component_named(name)
    component.wait(lambda c: c.status in inference_components.FINAL, _STABLE_SECONDS)
    if component.status != "InService":
        reason = component.failure_reason
        _delete_component(arn, properties)
        raise AwsError(
            "NotStabilized",
            f"Resource of type 'AWS::SageMaker::InferenceComponent' with identifier '{arn}' did not stabilize: {reason}",
        )
    return arn, _component_attributes(name, arn)


def _update_component(arn: str, old: dict, new: dict, stack_name: str) -> tuple[str, dict]:
    name = _name(inference_components.registry, arn)
    _retag(arn, old, new)
    members = {key: new[key] for key in ("Specification", "RuntimeConfig", "DeploymentConfig") if key in new}
    if any(old.get(key) != value for key, value in members.items()):
        _call("UpdateInferenceComponent", {**members, "InferenceComponentName": name})
        component = inference_components.component_named(name)
        component.wait(lambda c: c.status in inference_components.FINAL, _STABLE_SECONDS)
        if component.failure_reason is not None:
            raise AwsError("NotStabilized", f"The update of inference component {name} was rolled back: {component.failure_reason}")
    return arn, _component_attributes(name, arn)


def _component_attributes(name: str, arn: str) -> dict:
    shown = inference_components.describe({"InferenceComponentName": name})
    return {
        "InferenceComponentName": name,
        "InferenceComponentArn": arn,
        "InferenceComponentStatus": shown["InferenceComponentStatus"],
        "CreationTime": shown["CreationTime"].isoformat(),
        "LastModifiedTime": shown["LastModifiedTime"].isoformat(),
    }


def _delete_component(arn: str, properties: dict) -> None:
    record = inference_components.registry.by_arn(arn)
    if record is not None:
        _call("DeleteInferenceComponent", {"InferenceComponentName": record["InferenceComponentName"]})
        record["component"].wait(lambda c: c.deleted, _STABLE_SECONDS)


TYPES = (
    _plain_type(
        "AWS::SageMaker::Model",
        models.registry,
        "Model",
        (
            "Containers",
            "EnableNetworkIsolation",
            "ExecutionRoleArn",
            "InferenceExecutionConfig",
            "ModelName",
            "PrimaryContainer",
            "VpcConfig",
        ),
    ),
    _plain_type(
        "AWS::SageMaker::EndpointConfig",
        endpoint_configs.registry,
        "EndpointConfig",
        (
            "AsyncInferenceConfig",
            "DataCaptureConfig",
            "EnableNetworkIsolation",
            "EndpointConfigName",
            "ExecutionRoleArn",
            "ExplainerConfig",
            "KmsKeyId",
            "MetricsConfig",
            "ProductionVariants",
            "ShadowProductionVariants",
            "VpcConfig",
        ),
    ),
    ResourceType(
        "AWS::SageMaker::Endpoint",
        _create_endpoint,
        _update_endpoint,
        _delete_endpoint,
        ("EndpointName",),
        custom_name="EndpointName",
    ),
    ResourceType(
        "AWS::SageMaker::InferenceComponent",
        _create_component,
        _update_component,
        _delete_component,
        # The API can change neither; CloudFormation's schema names no create-only property.
        ("EndpointName", "InferenceComponentName", "VariantName"),
        custom_name="InferenceComponentName",
    ),
)
