"""InvokeEndpointAsync: a queue for each endpoint, answers and failures in S3, notifications by SNS, and the backlog's metrics."""

import json
import logging
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timezone

from botocore.exceptions import ClientError
from ministack.core.responses import get_account_id, get_region

from ..background import run_in_background
from ..errors import AwsError
from ..own_door import client
from . import endpoint_configs, endpoints, metrics, roles
from .endpoint import SERVING, Endpoint

logger = logging.getLogger("local-aws")

_POLL_SECONDS = 0.5
_INVOCATION_SECONDS = 900
"""Source: InvokeEndpointAsync, `InvocationTimeoutSeconds`."""

_MAX_BODY_BYTES = 128_000


@dataclass
class Job:
    id: str
    endpoint_name: str
    content_type: str
    accept: str | None
    input_location: str | None
    body: bytes
    output: str
    failure: str
    received: datetime = field(default_factory=lambda: datetime.now(timezone.utc))


class Queue:
    def __init__(self):
        self.jobs: deque[Job] = deque()
        self.running = 0
        self.is_watched = False
        self.lock = threading.Lock()

    def backlog(self) -> int:
        return len(self.jobs) + self.running


_queues: dict[tuple[str, str, str], Queue] = {}
_lock = threading.Lock()


def invoke(endpoint_name: str, headers: dict, body: bytes) -> tuple:
    record = endpoints.registry.find(endpoint_name)
    endpoint = record["endpoint"] if record else None
    if endpoint is None or endpoint.status not in SERVING:
        raise _refusal(f"Endpoint {endpoint_name} of account {get_account_id()} not found.")
    config = _config(endpoint)
    if config is None:
        raise _refusal(f"Endpoint {endpoint_name} has no AsyncInferenceConfig: it cannot be invoked asynchronously.")
    location = headers.get("x-amzn-sagemaker-inputlocation")
    if (location is None) == (len(body) == 0):
        raise _refusal("One and only one of InputLocation and Body must be specified.")
    if len(body) > _MAX_BODY_BYTES:
        raise _refusal(f"Body of {len(body)} bytes exceeds the limit of {_MAX_BODY_BYTES} bytes; use InputLocation.")
    identifier = headers.get("x-amzn-sagemaker-inference-id") or str(uuid.uuid4())
    output = config["OutputConfig"]
    name = str(uuid.uuid4())
    job = Job(
        identifier,
        endpoint_name,
        headers.get("x-amzn-sagemaker-content-type", "application/json"),
        headers.get("x-amzn-sagemaker-accept"),
        location,
        body,
        f"{output['S3OutputPath'].rstrip('/')}/{name}.out",
        f"{output.get('S3FailurePath', output['S3OutputPath']).rstrip('/')}/{name}-error.out",
    )
    queue = _queue(endpoint_name)
    with queue.lock:
        queue.jobs.append(job)
        if not queue.is_watched:
            queue.is_watched = True
            run_in_background(f"queue of {endpoint_name}", _watch, endpoint_name, queue)
    answer = {"X-Amzn-SageMaker-OutputLocation": job.output, "X-Amzn-SageMaker-FailureLocation": job.failure}
    return 202, answer, json.dumps({"InferenceId": identifier}).encode()


def is_async(endpoint: Endpoint) -> bool:
    return _config(endpoint) is not None


def _config(endpoint: Endpoint) -> dict | None:
    return (endpoint_configs.registry.find(endpoint.config_name) or {}).get("AsyncInferenceConfig")


def _refusal(message: str) -> AwsError:
    return AwsError("ValidationError", message)


def _queue(endpoint_name: str) -> Queue:
    key = (get_account_id(), get_region(), endpoint_name)
    with _lock:
        return _queues.setdefault(key, Queue())


def _watch(endpoint_name: str, queue: Queue) -> None:
    """Hands requests to the instances there are, and publishes what waits, as long as the endpoint exists."""
    while (record := endpoints.registry.find(endpoint_name)) is not None:
        endpoint: Endpoint = record["endpoint"]
        variant = endpoint.fleet.variants[0] if endpoint.fleet else None
        instances = variant.desired_instances if variant else 0
        _publish(endpoint_name, queue.backlog(), instances)
        config = _config(endpoint) or {}
        room = instances * config.get("ClientConfig", {}).get("MaxConcurrentInvocationsPerInstance", 1)
        while endpoint.status in SERVING and queue.running < room:
            with queue.lock:
                if not queue.jobs:
                    break
                job = queue.jobs.popleft()
                queue.running += 1
            run_in_background(f"request {job.id}", _run, endpoint, queue, job)
        time.sleep(_POLL_SECONDS)


def _publish(endpoint_name: str, backlog: int, instances: int) -> None:
    values = {
        "ApproximateBacklogSize": (backlog, "Count"),
        "HasBacklogWithoutCapacity": (1 if backlog > 0 and instances == 0 else 0, "Count"),
    }
    if instances > 0:
        values["ApproximateBacklogSizePerInstance"] = (backlog / instances, "Count")
    metrics.record({"EndpointName": endpoint_name}, values)


def _run(endpoint: Endpoint, queue: Queue, job: Job) -> None:
    try:
        _serve(endpoint, job)
    finally:
        with queue.lock:
            queue.running -= 1


def _serve(endpoint: Endpoint, job: Job) -> None:
    container = endpoint.choose_variant().container
    role = container.role
    try:
        body = _read(job, role) if job.input_location else job.body
        if not container.admit():
            raise OSError("the container is being replaced")
        try:
            headers = {"Content-Type": job.content_type, **({"Accept": job.accept} if job.accept else {})}
            response = container.invoke(body, headers, _INVOCATION_SECONDS)
            answer, status = response.read(), response.status
        finally:
            container.leave()
    except (OSError, ClientError, AwsError) as error:
        answer, status = str(error).encode(), 500
    succeeded = status < 400
    where = job.output if succeeded else job.failure
    if not _write(where, answer, role):
        return
    _notify(endpoint, job, role, succeeded, where, answer)


def _read(job: Job, role: str | None) -> bytes:
    bucket, key = job.input_location.removeprefix("s3://").split("/", 1)
    if role is not None and not roles.may(role, "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}"):
        raise _refusal(f"The execution role may not read {job.input_location}.")
    return client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def _write(uri: str, data: bytes, role: str | None) -> bool:
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    if role is not None and not roles.may(role, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}"):
        # SageMaker drops the answer as silently; whoever looks for the reason finds it in the log.
        logger.warning("an answer is lost: role %s may not put %s", role, uri)
        return False
    client("s3").put_object(Bucket=bucket, Key=key, Body=data)
    return True


def _notify(endpoint: Endpoint, job: Job, role: str | None, succeeded: bool, where: str, answer: bytes) -> None:
    topics = (_config(endpoint) or {})["OutputConfig"].get("NotificationConfig", {})
    topic = topics.get("SuccessTopic" if succeeded else "ErrorTopic")
    if topic is None:
        return
    if role is not None and not roles.may(role, "sns:Publish", topic):
        logger.warning("nobody is told: role %s may not publish to %s", role, topic)
        return
    message = {
        "awsRegion": get_region(),
        "eventTime": datetime.now(timezone.utc).isoformat(),
        "receivedTime": job.received.isoformat(),
        "invocationStatus": "Completed" if succeeded else "Failed",
        "requestParameters": {"endpointName": job.endpoint_name, "inputLocation": job.input_location},
        "responseParameters": {"contentType": "application/json", "outputLocation": where},
        **({} if succeeded else {"failureReason": answer.decode(errors="replace")}),
        "inferenceId": job.id,
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }
    client("sns").publish(TopicArn=topic, Message=json.dumps(message))
