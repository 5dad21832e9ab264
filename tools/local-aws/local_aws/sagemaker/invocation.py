"""InvokeEndpoint and InvokeEndpointWithResponseStream: from the endpoint's name to a container and back."""

import asyncio
import contextvars
import http.client
import json
import time
from dataclasses import dataclass

from ministack.core.responses import StreamingResponse, get_account_id, get_region

from .. import event_stream, faults
from ..errors import AwsError
from . import async_inference, data_capture, endpoints, inference_components, metrics
from .container import Container
from .endpoint import SERVING

MAX_BODY_BYTES = 6 * 1024 * 1024
"""Source: InvokeEndpoint in the SageMaker API reference, as is the time limit."""

TIMEOUT_SECONDS = 60
STREAM_TIMEOUT_SECONDS = 480

CONTENT_TYPE = "content-type"
"""In this writing the header passes as it is: ministack gives "Content-Type" the value of the control plane's protocol."""

_PART_BYTES = 64 * 1024


@dataclass
class Target:
    container: Container
    variant_name: str
    config_name: str
    dimensions: dict[str, str]
    instances: int


async def invoke(endpoint_name: str, headers: dict, body: bytes) -> tuple:
    faults.raise_due("InvokeEndpoint")
    target = _target(endpoint_name, headers, body)
    return await asyncio.to_thread(_invoke, endpoint_name, target, headers, body)


async def invoke_with_response_stream(endpoint_name: str, headers: dict, body: bytes) -> tuple:
    faults.raise_due("InvokeEndpointWithResponseStream")
    target = _target(endpoint_name, headers, body)
    began = time.monotonic()
    response = await asyncio.to_thread(_call, endpoint_name, target, headers, body, STREAM_TIMEOUT_SECONDS)
    answer_headers = {
        CONTENT_TYPE: event_stream.CONTENT_TYPE,
        "X-Amzn-SageMaker-Content-Type": response.getheader("Content-Type", "application/octet-stream"),
        "x-Amzn-Invoked-Production-Variant": target.variant_name,
    }
    return 200, answer_headers, StreamingResponse(_stream(target, response, began))


def _target(endpoint_name: str, headers: dict, body: bytes) -> Target:
    """Where the request goes, already counted among the open requests of that container."""
    while True:
        target = _chosen(endpoint_name, headers, body)
        # Between the choice and here an update may have ended that container: its successor is found at the next look.
        if target.container.admit():
            return target


def _chosen(endpoint_name: str, headers: dict, body: bytes) -> Target:
    record = endpoints.registry.find(endpoint_name)
    endpoint = record["endpoint"] if record else None
    if endpoint is None or endpoint.status not in SERVING:
        raise _refusal(f"Endpoint {endpoint_name} of account {get_account_id()} not found.")
    if async_inference.is_async(endpoint):
        raise _refusal(f"Endpoint {endpoint_name} answers asynchronously: use InvokeEndpointAsync.")
    if len(body) > MAX_BODY_BYTES:
        raise _refusal(f"Request size {len(body)} bytes exceeds the limit of {MAX_BODY_BYTES} bytes.")
    component_name = headers.get("x-amzn-sagemaker-inference-component")
    if component_name is not None:
        return _component_target(endpoint_name, component_name)
    wanted = headers.get("x-amzn-sagemaker-target-variant")
    fleet = endpoint.serving_fleet()
    variant = fleet.choose() if wanted is None else fleet.variant(wanted)
    if variant is None:
        raise _refusal(f"Variant {wanted} of endpoint {endpoint_name} not found.")
    if variant.container is None:
        raise _refusal("Inference Component Name header is required for endpoints to which you plan to deploy inference components.")
    dimensions = {"EndpointName": endpoint_name, "VariantName": variant.name}
    return Target(variant.container, variant.name, fleet.config_name, dimensions, variant.desired_instances)


def _component_target(endpoint_name: str, name: str) -> Target:
    record = inference_components.registry.find(name)
    component = record["component"] if record else None
    if component is None or component.request["EndpointName"] != endpoint_name:
        raise _refusal(f"Inference component {name} of endpoint {endpoint_name} not found.")
    if component.base_name is not None:
        # The adapter is there, but the container here knows no adapters: its base answers.
        component = inference_components.component_named(component.base_name)
    container = component.serving_container()
    if container is None:
        raise _refusal(f"Inference component {name} of endpoint {endpoint_name} not found.")
    dimensions = {"InferenceComponentName": name}
    if component.copies == 0:
        metrics.record(dimensions, {"NoCapacityInvocationFailures": (1, "Count")})
        raise _refusal(
            "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress (if configured) "
            "or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."
        )
    config_name = endpoints.endpoint_named(endpoint_name).config_name
    return Target(container, component.request.get("VariantName", ""), config_name, dimensions, component.copies)


def _refusal(message: str) -> AwsError:
    return AwsError("ValidationError", message)


def _invoke(endpoint_name: str, target: Target, headers: dict, body: bytes) -> tuple:
    began = time.monotonic()
    response = _call(endpoint_name, target, headers, body, TIMEOUT_SECONDS)
    try:
        data = response.read()
    except (OSError, http.client.HTTPException) as error:
        _record(target, began, 500)
        raise _model_error(endpoint_name, 500, f"the container broke off its answer: {error}") from error
    finally:
        target.container.leave()
    _record(target, began, 200)
    content_type = response.getheader("Content-Type", "application/octet-stream")
    data_capture.capture(
        endpoint_name,
        target.config_name,
        target.variant_name,
        target.container.role,
        {"contentType": headers.get("content-type", ""), "body": body},
        {"contentType": content_type, "body": data},
    )
    answer_headers = {
        CONTENT_TYPE: content_type,
        "x-Amzn-Invoked-Production-Variant": target.variant_name,
    }
    return 200, answer_headers, data


def _call(endpoint_name: str, target: Target, headers: dict, body: bytes, timeout: float) -> http.client.HTTPResponse:
    """The container's answer, begun; an answer that is an error is raised as ModelError."""
    began = time.monotonic()
    try:
        response = target.container.invoke(body, _passed_on(headers), timeout)
        if response.status < 400:
            return response
        message = response.read().decode(errors="replace")
        status = response.status
    except TimeoutError:
        status, message = 0, ""
    except OSError as error:
        status, message = 500, f"the container does not answer: {error}"
    target.container.leave()
    _record(target, began, status or 500)
    raise _model_error(endpoint_name, status, message)


def _passed_on(headers: dict) -> dict[str, str]:
    passed = {"Content-Type": headers.get("content-type", "application/json")}
    accept = headers.get("x-amzn-sagemaker-accept") or headers.get("accept")
    attributes = headers.get("x-amzn-sagemaker-custom-attributes")
    if accept is not None:
        passed["Accept"] = accept
    if attributes is not None:
        passed["X-Amzn-SageMaker-Custom-Attributes"] = attributes
    return passed


def _model_error(endpoint_name: str, status: int, original: str) -> AwsError:
    region, account = get_region(), get_account_id()
    if status == 0:
        message = (
            "Your invocation timed out while waiting for a response from container primary. Review the latency metrics for each "
            "container in Amazon CloudWatch, resolve the issue, and try again."
        )
    else:
        side = "client" if status < 500 else "server"
        message = (
            f'Received {side} error ({status}) from primary with message "{original}". See https://{region}.console.aws.amazon.com/'
            f"cloudwatch/home?region={region}#logEventViewer:group=/aws/sagemaker/Endpoints/{endpoint_name} in account {account} for "
            "more information."
        )
    log = f"arn:aws:logs:{region}:{account}:log-group:/aws/sagemaker/Endpoints/{endpoint_name}"
    return AwsError("ModelError", message, 424, OriginalMessage=original, OriginalStatusCode=status, LogStreamArn=log)


def _record(target: Target, began: float, status: int) -> None:
    microseconds = (time.monotonic() - began) * 1e6
    is_component = "InferenceComponentName" in target.dimensions
    unit = "Copy" if is_component else "Instance"
    metrics.record(
        target.dimensions,
        {
            "Invocations": (1, "Count"),
            f"InvocationsPer{unit}": (1 / max(1, target.instances), "Count"),
            "ModelLatency": (microseconds, "Microseconds"),
            "Invocation4XXErrors": (1 if 400 <= status < 500 else 0, "Count"),
            "Invocation5XXErrors": (1 if status >= 500 else 0, "Count"),
            f"ConcurrentRequestsPer{'Copy' if is_component else 'Model'}": (target.container.open_requests, "Count"),
            # A request that was answered ends what the alarm on those that were not began.
            **({"NoCapacityInvocationFailures": (0, "Count")} if is_component else {}),
        },
    )


def _stream(target: Target, response: http.client.HTTPResponse, began: float):
    """Sends the container's answer on as it comes; what is read at once becomes one PayloadPart."""
    parts: asyncio.Queue = asyncio.Queue()
    loop = asyncio.get_running_loop()
    context = contextvars.copy_context()

    def read() -> None:
        try:
            while data := response.read1(_PART_BYTES):
                loop.call_soon_threadsafe(parts.put_nowait, data)
            end = None
        except (OSError, http.client.HTTPException, ValueError) as error:
            end = error
        loop.call_soon_threadsafe(parts.put_nowait, end)

    first_part: float | None = None

    async def run(send, receive) -> None:
        nonlocal first_part
        reading = asyncio.get_running_loop().run_in_executor(None, read)
        leaving = asyncio.ensure_future(_client_leaves(receive))
        status = 200
        try:
            while True:
                coming = asyncio.ensure_future(parts.get())
                await asyncio.wait({coming, leaving}, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    coming.cancel()
                    return
                part = coming.result()
                if isinstance(part, bytes):
                    first_part = first_part or time.monotonic()
                    await _send(send, event_stream.event("PayloadPart", part, "application/octet-stream"))
                    continue
                if part is not None:
                    status = 500
                    error = {"Message": f"the container broke off its answer: {part}", "ErrorCode": "StreamBroken"}
                    await _send(send, event_stream.exception("ModelStreamError", json.dumps(error).encode()))
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
        finally:
            leaving.cancel()
            # The engine stops writing when nobody listens.
            response.close()
            target.container.leave()
            context.run(_record, target, began, status)
            if first_part is not None:
                context.run(metrics.record, target.dimensions, {"FirstChunkLatency": ((first_part - began) * 1e6, "Microseconds")})
            await reading

    return run


async def _send(send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _client_leaves(receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
