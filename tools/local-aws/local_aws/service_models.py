"""botocore's own service models: the names, enums, patterns and limits that AWS publishes."""

from functools import cache

from botocore.loaders import Loader
from botocore.model import ServiceModel


@cache
def service_model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@cache
def operation_names(service: str) -> frozenset[str]:
    return frozenset(service_model(service).operation_names)


def input_shape(service: str, operation: str):
    return service_model(service).operation_model(operation).input_shape
