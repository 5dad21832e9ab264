"""The SageMaker endpoint of the local AWS: control plane and runtime, which share a signing name."""

import re
from urllib.parse import unquote

from ..errors import AwsError
from ..json_service import JsonService
from ..wire import error_answer
from . import (
    ai_benchmarks,
    async_inference,
    endpoint_configs,
    endpoints,
    hubs,
    inference_components,
    invocation,
    models,
    optimization_jobs,
    tagging,
)

control_plane = JsonService(
    "sagemaker",
    "SageMaker",
    {
        "CreateModel": models.create,
        "DescribeModel": models.describe,
        "ListModels": models.list_models,
        "DeleteModel": models.delete,
        "CreateEndpointConfig": endpoint_configs.create,
        "DescribeEndpointConfig": endpoint_configs.describe,
        "ListEndpointConfigs": endpoint_configs.list_endpoint_configs,
        "DeleteEndpointConfig": endpoint_configs.delete,
        "CreateEndpoint": endpoints.create,
        "DescribeEndpoint": endpoints.describe,
        "ListEndpoints": endpoints.list_endpoints,
        "UpdateEndpoint": endpoints.update,
        "UpdateEndpointWeightsAndCapacities": endpoints.update_weights_and_capacities,
        "DeleteEndpoint": endpoints.delete,
        "CreateInferenceComponent": inference_components.create,
        "DescribeInferenceComponent": inference_components.describe,
        "ListInferenceComponents": inference_components.list_components,
        "UpdateInferenceComponent": inference_components.update,
        "UpdateInferenceComponentRuntimeConfig": inference_components.update_runtime_config,
        "DeleteInferenceComponent": inference_components.delete,
        "CreateOptimizationJob": optimization_jobs.create,
        "DescribeOptimizationJob": optimization_jobs.describe,
        "ListOptimizationJobs": optimization_jobs.list_jobs,
        "StopOptimizationJob": optimization_jobs.stop,
        "DeleteOptimizationJob": optimization_jobs.delete,
        "CreateAIWorkloadConfig": ai_benchmarks.create_config,
        "DescribeAIWorkloadConfig": ai_benchmarks.describe_config,
        "DeleteAIWorkloadConfig": ai_benchmarks.delete_config,
        "CreateAIBenchmarkJob": ai_benchmarks.create_job,
        "DescribeAIBenchmarkJob": ai_benchmarks.describe_job,
        "DeleteAIBenchmarkJob": ai_benchmarks.delete_job,
        "CreateHub": hubs.create_hub,
        "DescribeHub": hubs.describe_hub,
        "DeleteHub": hubs.delete_hub,
        "ImportHubContent": hubs.import_content,
        "CreateHubContentReference": hubs.create_reference,
        "DescribeHubContent": hubs.describe_content,
        "DeleteHubContent": hubs.delete_content,
        "DeleteHubContentReference": hubs.delete_reference,
        "AddTags": tagging.add,
        "DeleteTags": tagging.delete,
        "ListTags": tagging.list_tags,
    },
)

_RUNTIME_PATH = re.compile(r"/endpoints/([^/]+)/(invocations|invocations-response-stream|async-invocations)")


async def handle_request(method: str, path: str, headers: dict, body: bytes, query: dict) -> tuple:
    runtime = _RUNTIME_PATH.fullmatch(path)
    if runtime is None:
        return await control_plane.handle(headers, body)
    name, kind = unquote(runtime[1]), runtime[2]
    try:
        if kind == "invocations":
            return await invocation.invoke(name, headers, body)
        if kind == "invocations-response-stream":
            return await invocation.invoke_with_response_stream(name, headers, body)
        status, answer_headers, answer = async_inference.invoke(name, headers, body)
        return status, {**answer_headers, invocation.CONTENT_TYPE: "application/json"}, answer
    except AwsError as error:
        status, headers, answer = error_answer(error, "Message")
        kept = {name: value for name, value in headers.items() if name != "Content-Type"}
        return status, {**kept, invocation.CONTENT_TYPE: "application/json"}, answer
