"""The Greengrass V2 endpoint of the local AWS."""

from ..rest_service import RestService
from . import components, deployments

service = RestService(
    "greengrassv2",
    {
        "CreateComponentVersion": components.create,
        "DescribeComponent": components.describe,
        "GetComponent": components.get,
        "ListComponents": components.list_components,
        "DeleteComponent": components.delete,
        "CreateDeployment": deployments.create,
        "GetDeployment": deployments.get,
        "ListDeployments": deployments.list_deployments,
        "CancelDeployment": deployments.cancel,
        "DeleteDeployment": deployments.delete,
    },
)


async def handle_request(method: str, path: str, headers: dict, body: bytes, query: dict) -> tuple:
    return await service.handle(method, path, body, query)
