"""Inference components: models that share an endpoint's instances."""

import copy
import threading
from datetime import datetime, timezone

from .. import tags
from ..background import run_in_background
from ..errors import validation
from ..listing import listing
from ..registry import Registry
from . import endpoints, models
from .container import Container, StartFailure
from .fleet import endpoint_log, start_container

registry = Registry("sagemaker", "inference component", "inference-component", "InferenceComponentName")

FINAL = ("InService", "Failed")


class Component:
    """The running side of one inference component."""

    def __init__(self, request: dict):
        self.request = request
        self.status = "Creating"
        self.failure_reason: str | None = None
        self.copies = request.get("RuntimeConfig", {}).get("CopyCount", 1)
        self.container: Container | None = None
        self.deleted = False
        self.modified = datetime.now(timezone.utc)
        self._changed = threading.Condition()

    @property
    def name(self) -> str:
        return self.request["InferenceComponentName"]

    def set(self, **fields) -> None:
        with self._changed:
            for field, value in fields.items():
                setattr(self, field, value)
            self.modified = datetime.now(timezone.utc)
            self._changed.notify_all()

    def wait(self, condition, timeout: float) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self), timeout):
                raise TimeoutError(f"inference component {self.name} is still {self.status} after {timeout:.0f} s")

    def start(self) -> None:
        specification = self.request["Specification"]
        startup = specification.get("StartupParameters", {}).get("ContainerStartupHealthCheckTimeoutInSeconds")
        definition, role = _definition(specification, endpoints.endpoint_named(self.request["EndpointName"]))
        log = endpoint_log(self.request["EndpointName"], self.name)
        try:
            container = start_container(definition, role, log, f"inference component {self.name}", startup)
        except StartFailure as failure:
            self.set(status="Failed" if self.container is None else "InService", failure_reason=str(failure))
            return
        previous, self.container = self.container, container
        if previous is not None:
            previous.drain()
        self.set(status="InService", failure_reason=None)

    def stop(self) -> None:
        container, self.container = self.container, None
        if container is not None:
            container.stop()


def component_named(name: str) -> Component:
    return registry.get(name)["component"]


def create(request: dict) -> dict:
    _check(request)
    name = request["InferenceComponentName"]
    component = Component(request)
    registry.add(name, {"component": component})
    endpoints.endpoint_named(request["EndpointName"]).component_names.add(name)
    arn = registry.arn(name)
    tags.put(arn, request.get("Tags"))
    run_in_background(f"create inference component {name}", component.start)
    return {"InferenceComponentArn": arn}


def describe(request: dict) -> dict:
    record = registry.get(request["InferenceComponentName"])
    component: Component = record["component"]
    asked = component.request
    shown = {
        "InferenceComponentName": component.name,
        "InferenceComponentArn": registry.arn(component.name),
        "EndpointName": asked["EndpointName"],
        "EndpointArn": endpoints.registry.arn(asked["EndpointName"]),
        "VariantName": asked.get("VariantName"),
        "FailureReason": component.failure_reason,
        "Specification": _specification(asked["Specification"]),
        "RuntimeConfig": {"DesiredCopyCount": component.copies, "CurrentCopyCount": component.copies},
        "CreationTime": record["CreationTime"],
        "LastModifiedTime": component.modified,
        "InferenceComponentStatus": component.status,
        "LastDeploymentConfig": asked.get("DeploymentConfig"),
    }
    return {key: value for key, value in shown.items() if value is not None}


def list_components(request: dict) -> dict:
    keys = ("InferenceComponentName", "InferenceComponentArn", "EndpointName", "EndpointArn", "VariantName")
    keys += ("CreationTime", "LastModifiedTime", "InferenceComponentStatus")
    records = [describe({"InferenceComponentName": r["InferenceComponentName"]}) for r in registry.all()]
    wanted_endpoint = request.get("EndpointNameEquals")
    records = [r for r in records if wanted_endpoint in (None, r["EndpointName"])]
    page, more = listing(records, request, "InferenceComponentName", "InferenceComponentStatus")
    return {"InferenceComponents": [{k: r[k] for k in keys if k in r} for r in page], **more}


def update(request: dict) -> dict:
    component = component_named(request["InferenceComponentName"])
    _require_settled(component)
    changed = {key: request[key] for key in ("Specification", "DeploymentConfig") if request.get(key) is not None}
    previous = component.request
    copies = request.get("RuntimeConfig", {}).get("CopyCount", component.copies)
    component.set(request={**previous, **changed}, status="Updating", copies=copies)
    run_in_background(f"update inference component {component.name}", _update, component, previous)
    return {"InferenceComponentArn": registry.arn(component.name)}


def update_runtime_config(request: dict) -> dict:
    component = component_named(request["InferenceComponentName"])
    _require_settled(component)
    component.set(copies=request["DesiredRuntimeConfig"]["CopyCount"])
    return {"InferenceComponentArn": registry.arn(component.name)}


def delete(request: dict) -> None:
    component = component_named(request["InferenceComponentName"])
    _require_settled(component)
    component.set(status="Deleting")
    run_in_background(f"delete inference component {component.name}", _delete, component)


def _update(component: Component, previous: dict) -> None:
    component.start()
    if component.failure_reason is not None:
        component.request = previous


def _delete(component: Component) -> None:
    component.stop()
    registry.remove(component.name)
    endpoints.endpoint_named(component.request["EndpointName"]).component_names.discard(component.name)
    tags.forget(registry.arn(component.name))
    component.set(deleted=True)


def _require_settled(component: Component) -> None:
    if component.status not in FINAL:
        raise validation(f'Cannot update in-progress inference component "{registry.arn(component.name)}".')


def _check(request: dict) -> None:
    endpoint = endpoints.endpoint_named(request["EndpointName"])
    if endpoint.status != "InService":
        raise validation(f'Endpoint "{endpoints.registry.arn(endpoint.name)}" is not InService.')
    variant = endpoint.fleet.variant(request.get("VariantName") or endpoint.fleet.variants[0].name)
    if variant is None:
        raise validation(f'The variant name "{request["VariantName"]}" is not present within the endpoint.')
    if variant.container is not None:
        raise validation(f"Variant {variant.name} serves a model of its own: it takes no inference components.")
    specification = request.get("Specification")
    if specification is None:
        raise validation("Specification must be specified.")
    if specification.get("BaseInferenceComponentName") is not None:
        raise validation("The local AWS has no adapter inference components; deploy the base component alone.")
    if (specification.get("ModelName") is None) == (specification.get("Container") is None):
        raise validation("One and only one of ModelName or Container must be specified in Specification.")
    if specification.get("ModelName") is not None:
        models.registry.get(specification["ModelName"])


def _definition(specification: dict, endpoint) -> tuple[dict, str | None]:
    """The container to run, and the role that reads its model."""
    if specification.get("ModelName") is not None:
        model = models.registry.get(specification["ModelName"])
        return models.primary_container(model), model.get("ExecutionRoleArn")
    container = specification["Container"]
    definition = {"Image": container["Image"], "Environment": container.get("Environment", {})}
    if container.get("ArtifactUrl") is not None:
        definition["ModelDataUrl"] = container["ArtifactUrl"]
    return definition, endpoint.execution_role()


def _specification(specification: dict) -> dict:
    shown = copy.deepcopy(specification)
    container = shown.get("Container")
    if container is not None:
        shown["Container"] = {key: value for key, value in container.items() if key != "Image"}
        shown["Container"]["DeployedImage"] = {"SpecifiedImage": container["Image"]}
    return shown
