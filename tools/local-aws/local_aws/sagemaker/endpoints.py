"""Endpoints, as the API sees them."""

from datetime import datetime, timezone

from .. import tags
from ..background import run_in_background
from ..errors import validation
from ..listing import listing
from ..registry import Registry
from . import deployment, endpoint_configs
from .endpoint import Endpoint
from .endpoint_view import described, summary
from .fleet import Fleet, Kept

registry = Registry("sagemaker", "endpoint", "endpoint", "EndpointName")


def endpoint_named(name: str) -> Endpoint:
    return registry.get(name)["endpoint"]


def create(request: dict) -> dict:
    name, config_name = request["EndpointName"], request["EndpointConfigName"]
    endpoint_configs.registry.get(config_name)
    endpoint = Endpoint(name, config_name, request.get("DeploymentConfig"))
    registry.add(name, {"endpoint": endpoint})
    arn = registry.arn(name)
    tags.put(arn, request.get("Tags"))
    run_in_background(f"create endpoint {name}", deployment.create, endpoint)
    return {"EndpointArn": arn}


def describe(request: dict) -> dict:
    return described(endpoint_named(request["EndpointName"]), registry.arn(request["EndpointName"]))


def list_endpoints(request: dict) -> dict:
    records = [summary(r["endpoint"], registry.arn(r["EndpointName"])) for r in registry.all()]
    page, more = listing(records, request, "EndpointName", "EndpointStatus")
    return {"Endpoints": page, **more}


def update(request: dict) -> dict:
    name, config_name = request["EndpointName"], request["EndpointConfigName"]
    endpoint = endpoint_named(name)
    endpoint_configs.registry.get(config_name)
    with registry.lock:
        _require_settled(endpoint)
        if endpoint.status == "Failed":
            raise validation(f'Cannot update endpoint "{registry.arn(name)}" that failed to create.')
        given = request.get("DeploymentConfig")
        kept = endpoint.deployment_config if request.get("RetainDeploymentConfig") else None
        endpoint.set(
            status="Updating",
            failure_reason=None,
            deployment_config=given or kept,
            pending_config_name=config_name,
            pending_since=datetime.now(timezone.utc),
        )
    run_in_background(f"update endpoint {name}", deployment.update, endpoint, config_name, _kept(endpoint.fleet, request))
    return {"EndpointArn": registry.arn(name)}


def update_weights_and_capacities(request: dict) -> dict:
    name = request["EndpointName"]
    endpoint = endpoint_named(name)
    with registry.lock:
        _require_settled(endpoint)
        for change in request["DesiredWeightsAndCapacities"]:
            variant = endpoint.fleet.variant(change["VariantName"]) if endpoint.fleet else None
            if variant is None:
                raise validation(f'The variant name(s) "{change["VariantName"]}" is/are not present within endpoint configuration.')
        for change in request["DesiredWeightsAndCapacities"]:
            variant = endpoint.fleet.variant(change["VariantName"])
            variant.weight = change.get("DesiredWeight", variant.weight)
            variant.desired_instances = change.get("DesiredInstanceCount", variant.desired_instances)
        endpoint.set(status="InService")
    return {"EndpointArn": registry.arn(name)}


def delete(request: dict) -> None:
    name = request["EndpointName"]
    endpoint = endpoint_named(name)
    with registry.lock:
        _require_settled(endpoint)
        if endpoint.component_names:
            raise validation(f'Cannot delete endpoint "{registry.arn(name)}" while it has inference components.')
        endpoint.set(status="Deleting")
    run_in_background(f"delete endpoint {name}", _delete, endpoint)


def _delete(endpoint: Endpoint) -> None:
    for fleet in endpoint.fleets():
        fleet.stop()
    registry.remove(endpoint.name)
    tags.forget(registry.arn(endpoint.name))
    endpoint.set(deleted=True)


def _require_settled(endpoint: Endpoint) -> None:
    if endpoint.status not in ("InService", "Failed", "OutOfService"):
        raise validation(f'Cannot update in-progress endpoint "{registry.arn(endpoint.name)}".')


def _kept(fleet: Fleet, request: dict) -> dict[str, Kept]:
    """Instance counts and weights that the update keeps, without what it is told to exclude."""
    if not request.get("RetainAllVariantProperties"):
        return {}
    excluded = {entry["VariantPropertyType"] for entry in request.get("ExcludeRetainedVariantProperties", [])}
    return fleet.retaining(counts="DesiredInstanceCount" not in excluded, weights="DesiredWeight" not in excluded)
