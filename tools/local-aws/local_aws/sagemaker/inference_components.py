"""Inference components: models that share an endpoint's instances, and adapters of such models."""

import copy
import random
import threading
from datetime import datetime, timezone

from .. import tags
from ..background import run_in_background
from ..errors import validation
from ..listing import listing
from ..registry import Registry
from . import deployment, endpoints, models, placement
from .container import Container, StartFailure
from .fleet import endpoint_log, start_container
from .model_data import DataNotFound, require_object

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
        # During an update: the new copies' container, and the share of the requests that it has.
        self.green: Container | None = None
        self.green_share = 0.0
        self.deleted = False
        self.modified = datetime.now(timezone.utc)
        self._changed = threading.Condition()

    @property
    def name(self) -> str:
        return self.request["InferenceComponentName"]

    @property
    def base_name(self) -> str | None:
        """Set: this is an adapter, which the container of its base serves."""
        return self.request["Specification"].get("BaseInferenceComponentName")

    def serving_container(self) -> Container | None:
        green = self.green
        return green if green is not None and random.random() < self.green_share else self.container

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

    def launch(self) -> Container:
        specification = self.request["Specification"]
        startup = specification.get("StartupParameters", {}).get("ContainerStartupHealthCheckTimeoutInSeconds")
        definition, role = _definition(specification, endpoints.endpoint_named(self.request["EndpointName"]))
        log = endpoint_log(self.request["EndpointName"], self.name)
        return start_container(definition, role, log, f"inference component {self.name}", startup)

    def stop(self) -> None:
        containers, self.container, self.green = (self.container, self.green), None, None
        for container in containers:
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
    run_in_background(f"create inference component {name}", _create, component)
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
        "RuntimeConfig": None
        if component.base_name
        else {"DesiredCopyCount": component.copies, "CurrentCopyCount": min(component.copies, _room_for(component))},
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
    if component.base_name is not None:
        raise validation("An adapter inference component has no copies of its own: it scales with its base inference component.")
    component.set(copies=request["DesiredRuntimeConfig"]["CopyCount"])
    return {"InferenceComponentArn": registry.arn(component.name)}


def delete(request: dict) -> None:
    component = component_named(request["InferenceComponentName"])
    _require_settled(component)
    adapters = [other.name for other in _of_endpoint(component.request["EndpointName"]) if other.base_name == component.name]
    if adapters:
        held = ", ".join(adapters)
        raise validation(f'Cannot delete inference component "{registry.arn(component.name)}" while it has adapters: {held}.')
    component.set(status="Deleting")
    run_in_background(f"delete inference component {component.name}", _delete, component)


def instance_count(endpoint_name: str, variant_name: str, config: dict, instance_type: str, desired: int) -> int:
    """Instances of a variant for components: as many as its copies need, within the bounds of managed instance scaling."""
    managed = config.get("ManagedInstanceScaling", {})
    if managed.get("Status") != "ENABLED":
        return desired
    needed = placement.instances_for(instance_type, _copies_on(endpoint_name, variant_name)) or 0
    return min(max(needed, managed.get("MinInstanceCount", 1)), managed.get("MaxInstanceCount", max(needed, desired)))


def _create(component: Component) -> None:
    try:
        if component.base_name is None:
            if component.copies > _room_for(component):
                raise StartFailure(_no_room(component))
            component.set(container=component.launch(), status="InService")
            return
        endpoint = endpoints.endpoint_named(component.request["EndpointName"])
        require_object(component.request["Specification"]["Container"]["ArtifactUrl"], endpoint.execution_role())
        component.set(status="InService")
    except (StartFailure, DataNotFound) as failure:
        component.set(status="Failed", failure_reason=str(failure))


def _update(component: Component, previous: dict) -> None:
    """Rolling: the new copies take over batch by batch, as long as no alarm of the deployment goes off."""
    if component.base_name is not None:
        _create(component)
        return
    try:
        green = component.launch()
    except StartFailure as failure:
        component.set(status="InService", failure_reason=str(failure), request=previous)
        return
    component.set(green=green)
    try:
        deployment.shift(component, component.request.get("DeploymentConfig") or {})
    except deployment.AlarmTripped as alarm:
        component.set(green=None, green_share=0.0, request=previous)
        green.drain()
        component.set(status="InService", failure_reason=str(alarm))
        return
    blue = component.container
    component.set(container=green, green=None, green_share=0.0)
    if blue is not None:
        blue.drain()
    component.set(status="InService", failure_reason=None)


def _of_endpoint(endpoint_name: str) -> list[Component]:
    components = [record["component"] for record in registry.all()]
    return [component for component in components if component.request["EndpointName"] == endpoint_name]


def _copies_on(endpoint_name: str, variant_name: str, without: str | None = None) -> list[placement.Needs]:
    return [
        placement.needs_of(component.request["Specification"])
        for component in _of_endpoint(endpoint_name)
        if component.request.get("VariantName") == variant_name
        and component.base_name is None
        and component.name != without
        and component.status not in ("Failed", "Deleting")
        for _ in range(component.copies)
    ]


def _room_for(component: Component) -> int:
    """Copies of the component for which there is a place beside those of the others."""
    endpoint_name, variant_name = component.request["EndpointName"], component.request.get("VariantName")
    variant = endpoints.endpoint_named(endpoint_name).fleet.variant(variant_name)
    if variant is None:
        return 0
    managed = variant.config.get("ManagedInstanceScaling", {})
    most = managed.get("MaxInstanceCount", variant.desired_instances) if managed.get("Status") == "ENABLED" else variant.desired_instances
    others = _copies_on(endpoint_name, variant_name, without=component.name)
    needs = placement.needs_of(component.request["Specification"])
    for copies in range(component.copies, 0, -1):
        instances = placement.instances_for(variant.instance_type, others + [needs] * copies)
        if instances is not None and instances <= most:
            return copies
    return 0


def _no_room(component: Component) -> str:
    return (
        f"The instances of the endpoint have no room for {component.copies} copies of {component.name} (InsufficientCapacity). Increase "
        "MaxInstanceCount of ManagedInstanceScaling, or lower what the inference component requires."
    )


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
        _check_adapter(request, specification)
        return
    if request.get("RuntimeConfig", {}).get("CopyCount", 1) < 1:
        raise validation("CopyCount must be at least 1 when an inference component is created.")
    if (specification.get("ModelName") is None) == (specification.get("Container") is None):
        raise validation("One and only one of ModelName or Container must be specified in Specification.")
    if specification.get("ModelName") is not None:
        models.registry.get(specification["ModelName"])


def _check_adapter(request: dict, specification: dict) -> None:
    base = component_named(specification["BaseInferenceComponentName"])
    if base.request["EndpointName"] != request["EndpointName"] or base.base_name is not None:
        raise validation(f"Inference component {base.name} cannot be the base of an adapter on endpoint {request['EndpointName']}.")
    if base.status != "InService":
        raise validation(f"Base inference component {base.name} is not InService.")
    for name in ("ComputeResourceRequirements", "ModelName"):
        if specification.get(name) is not None:
            raise validation(f"{name} must not be specified for an adapter inference component.")
    if request.get("RuntimeConfig") is not None:
        raise validation("RuntimeConfig must not be specified for an adapter inference component.")
    url = specification.get("Container", {}).get("ArtifactUrl", "")
    if not url.endswith(".tar.gz"):
        raise validation(f"ArtifactUrl of an adapter must be a .tar.gz archive, got '{url}'.")


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
        if "Image" in container:
            shown["Container"]["DeployedImage"] = {"SpecifiedImage": container["Image"]}
    return shown
