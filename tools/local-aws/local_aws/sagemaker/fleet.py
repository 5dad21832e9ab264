"""The running side of one endpoint configuration: a container for each variant that has a model."""

import copy
import random
import uuid
from dataclasses import dataclass

from ..settings import settings
from . import endpoint_configs, models
from .container import Container, StartFailure
from .container_logs import ContainerLog


@dataclass
class Variant:
    config: dict
    instance_type: str
    desired_instances: int
    weight: float
    container: Container | None
    """None: the variant is a place for inference components."""

    @property
    def name(self) -> str:
        return self.config["VariantName"]


@dataclass(frozen=True)
class Kept:
    """What a variant takes over from its predecessor; None: it begins as its configuration says."""

    desired_instances: int | None = None
    weight: float | None = None


class Fleet:
    def __init__(self, config_name: str, variants: list[Variant]):
        self.config_name = config_name
        self.variants = variants

    def variant(self, name: str) -> Variant | None:
        return next((v for v in self.variants if v.name == name), None)

    def choose(self) -> Variant:
        """A variant by the weights; the first when all weights are zero."""
        weights = [v.weight for v in self.variants]
        return random.choices(self.variants, weights)[0] if sum(weights) > 0 else self.variants[0]

    def retaining(self, counts: bool, weights: bool) -> dict[str, "Kept"]:
        """What an update keeps of each variant."""
        return {v.name: Kept(v.desired_instances if counts else None, v.weight if weights else None) for v in self.variants}

    def drain(self) -> None:
        """Lets the requests at hand end, for a while, and stops."""
        for variant in self.variants:
            if variant.container is not None:
                variant.container.drain()

    def stop(self) -> None:
        for variant in self.variants:
            if variant.container is not None:
                variant.container.stop()


def launch(endpoint_name: str, config_name: str, kept: dict[str, Kept] | None = None) -> Fleet:
    """Starts everything, or nothing and raises StartFailure. `kept`: by variant."""
    config = endpoint_configs.registry.find(config_name)
    if config is None:
        arn = endpoint_configs.registry.arn(config_name)
        raise StartFailure(f'Could not find endpoint configuration "{arn}".')
    fleet = Fleet(config_name, [])
    try:
        for variant in config["ProductionVariants"]:
            fleet.variants.append(_launch_variant(endpoint_name, variant, (kept or {}).get(variant["VariantName"], Kept())))
    except StartFailure:
        fleet.stop()
        raise
    return fleet


def _launch_variant(endpoint_name: str, config: dict, kept: Kept) -> Variant:
    instance_type = _instance_with_capacity(config)
    initial = config.get("InitialInstanceCount") or config.get("ManagedInstanceScaling", {}).get("MinInstanceCount", 1)
    return Variant(
        config=copy.deepcopy(config),
        instance_type=instance_type,
        desired_instances=initial if kept.desired_instances is None else kept.desired_instances,
        weight=config.get("InitialVariantWeight", 1.0) if kept.weight is None else kept.weight,
        container=_launch_container(endpoint_name, config, endpoint_configs.model_name(config, instance_type)),
    )


def _instance_with_capacity(config: dict) -> str:
    for instance_type in endpoint_configs.instance_types(config):
        if instance_type not in settings.no_capacity:
            return instance_type
    raise StartFailure(
        "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. Please retry using a different "
        "ML instance type or after some time."
    )


def _launch_container(endpoint_name: str, config: dict, model_name: str | None) -> Container | None:
    if model_name is None:
        return None
    model = models.registry.find(model_name)
    if model is None:
        raise StartFailure(f'Could not find model "{models.registry.arn(model_name)}".')
    return start_container(
        models.primary_container(model),
        model.get("ExecutionRoleArn"),
        endpoint_log(endpoint_name, config["VariantName"]),
        f"production variant {config['VariantName']}",
        config.get("ContainerStartupHealthCheckTimeoutInSeconds"),
    )


def endpoint_log(endpoint_name: str, variant_name: str) -> ContainerLog:
    return ContainerLog(f"/aws/sagemaker/Endpoints/{endpoint_name}", f"{variant_name}/i-local{uuid.uuid4().hex[:12]}")


def start_container(definition: dict, role: str | None, log: ContainerLog, owner: str, startup_seconds: int | None) -> Container:
    container = Container(definition, role, log, owner)
    container.start(startup_seconds)
    return container
