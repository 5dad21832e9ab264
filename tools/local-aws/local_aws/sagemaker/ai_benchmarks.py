"""AI workload configurations, and AI benchmark jobs that really load an endpoint and write what AIPerf writes."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from statistics import mean, quantiles
from urllib.parse import urlparse

from botocore.exceptions import ClientError

from .. import tags
from ..background import run_in_background
from ..errors import validation
from ..own_door import client
from ..registry import Registry, not_found
from . import endpoints, roles

configs = Registry("sagemaker", "AI workload config", "ai-workload-config", "AIWorkloadConfigName", missing=not_found)
jobs = Registry("sagemaker", "AI benchmark job", "ai-benchmark-job", "AIBenchmarkJobName", missing=not_found)

_RESULT = "profile_export_aiperf.json"


def create_config(request: dict) -> dict:
    name = request["AIWorkloadConfigName"]
    spec = request.get("AIWorkloadConfigs", {}).get("WorkloadSpec", {}).get("Inline")
    if spec is not None:
        _parsed(spec)
    configs.add(name, {key: value for key, value in request.items() if key not in ("Tags", "AIWorkloadConfigName")})
    tags.put(configs.arn(name), request.get("Tags"))
    return {"AIWorkloadConfigArn": configs.arn(name)}


def describe_config(request: dict) -> dict:
    record = configs.get(request["AIWorkloadConfigName"])
    shown = {key: value for key, value in record.items() if key != "LastModifiedTime"}
    return {**shown, "AIWorkloadConfigArn": configs.arn(record["AIWorkloadConfigName"])}


def delete_config(request: dict) -> dict:
    name = request["AIWorkloadConfigName"]
    if any(job["AIWorkloadConfigIdentifier"] == name and job["AIBenchmarkJobStatus"] == "InProgress" for job in jobs.all()):
        raise validation(f"The AI workload config {name} is referenced by an active benchmark job.")
    configs.remove(name)
    tags.forget(configs.arn(name))
    return {"AIWorkloadConfigArn": configs.arn(name)}


def create_job(request: dict) -> dict:
    name = request["AIBenchmarkJobName"]
    roles.require_assumable(request["RoleArn"])
    configs.get(_name_of(request["AIWorkloadConfigIdentifier"]))
    endpoint = _name_of(request["BenchmarkTarget"]["Endpoint"]["Identifier"])
    endpoints.endpoint_named(endpoint)
    record = {key: value for key, value in request.items() if key not in ("Tags", "AIBenchmarkJobName")}
    jobs.add(name, {**record, "AIBenchmarkJobStatus": "InProgress"})
    tags.put(jobs.arn(name), request.get("Tags"))
    run_in_background(f"AI benchmark job {name}", _work, name, endpoint)
    return {"AIBenchmarkJobArn": jobs.arn(name)}


def describe_job(request: dict) -> dict:
    record = jobs.get(request["AIBenchmarkJobName"])
    shown = {key: value for key, value in record.items() if key != "LastModifiedTime"}
    return {**shown, "AIBenchmarkJobArn": jobs.arn(record["AIBenchmarkJobName"])}


def delete_job(request: dict) -> dict:
    name = request["AIBenchmarkJobName"]
    jobs.remove(name)
    tags.forget(jobs.arn(name))
    return {"AIBenchmarkJobArn": jobs.arn(name)}


def _name_of(identifier: str) -> str:
    return identifier.rsplit("/", 1)[-1]


def _parsed(spec: str) -> dict:
    try:
        value = json.loads(spec)
    except ValueError as error:
        # The service takes YAML too.
        raise validation(f"The local AWS reads workload specifications in JSON only: {error}") from error
    kind = value.get("benchmark", {}).get("type") if isinstance(value, dict) else None
    if kind != "aiperf":
        raise validation(f"benchmark.type must satisfy ^(aiperf)$, got {kind!r}.")
    return value.get("parameters", {})


def _work(name: str, endpoint: str) -> None:
    record = jobs.get(name)
    record["StartTime"] = datetime.now(timezone.utc)
    try:
        reason = _benchmark(name, endpoint, record)
    except ClientError as error:
        reason = f"ClientError: {error}"
    end = {"EndTime": datetime.now(timezone.utc)}
    if reason is None:
        record.update(AIBenchmarkJobStatus="Completed", **end)
    else:
        record.update(AIBenchmarkJobStatus="Failed", FailureReason=reason, **end)


def _benchmark(name: str, endpoint: str, record: dict) -> str | None:
    """Why the job failed; None where it did not."""
    spec = configs.get(_name_of(record["AIWorkloadConfigIdentifier"]))["AIWorkloadConfigs"]["WorkloadSpec"]["Inline"]
    parameters = _parsed(spec)
    target = urlparse(record["OutputConfig"]["S3OutputLocation"])
    key = "/".join(part for part in (target.path.strip("/"), name, _RESULT) if part)
    if not roles.may(record["RoleArn"], "s3:PutObject", f"arn:aws:s3:::{target.netloc}/{key}"):
        return f'ClientError: the role "{record["RoleArn"]}" may not write s3://{target.netloc}/{key}'
    began = time.monotonic()
    # Clients of this thread's account: made before the pool, whose threads have none.
    runtime = client("sagemaker-runtime")
    with ThreadPoolExecutor(max(1, int(parameters.get("concurrency", 1)))) as pool:
        requests = range(int(parameters.get("request_count", 10)))
        answers = list(pool.map(lambda index: _ask(runtime, endpoint, parameters, index), requests))
    seconds = time.monotonic() - began
    client("s3").put_object(Bucket=target.netloc, Key=key, Body=json.dumps(_export(answers, seconds)).encode())
    return None


def _ask(runtime, endpoint: str, parameters: dict, index: int) -> dict:
    words = " ".join(f"{index} word" for _ in range(int(parameters.get("prompt_input_tokens_mean", 64)) // 2))
    body = {
        "messages": [{"role": "user", "content": words}],
        "max_tokens": int(parameters.get("output_tokens_mean", 32)),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    began = time.monotonic()
    answer = runtime.invoke_endpoint_with_response_stream(
        EndpointName=endpoint, ContentType="application/json", Body=json.dumps(body)
    )
    first = last = None
    text = b""
    for event in answer["Body"]:
        data = event["PayloadPart"]["Bytes"]
        text += data
        if b'"content":"' in data:
            last = time.monotonic()
            first = first or last
    usage = [json.loads(line[6:])["usage"] for line in text.splitlines() if line.startswith(b"data: {") and b'"usage"' in line]
    tokens = usage[-1]["completion_tokens"] if usage else 0
    return {"first": (first or began) - began, "last": (last or began) - began, "total": time.monotonic() - began, "tokens": tokens}


def _export(answers: list[dict], seconds: float) -> dict:
    """Source of the shape: AIPerf, "profile_export_aiperf.json Schema"."""
    gaps = [(a["last"] - a["first"]) / (a["tokens"] - 1) for a in answers if a["tokens"] > 1]
    return {
        "request_count": {"unit": "requests", "avg": len(answers)},
        "request_throughput": {"unit": "requests/sec", "avg": len(answers) / seconds},
        "output_token_throughput": {"unit": "tokens/sec", "avg": sum(a["tokens"] for a in answers) / seconds},
        "time_to_first_token": _statistics([a["first"] for a in answers]),
        "inter_token_latency": _statistics(gaps),
        "request_latency": _statistics([a["total"] for a in answers]),
    }


def _statistics(values: list[float]) -> dict:
    milliseconds = sorted(value * 1000 for value in values)
    if not milliseconds:
        return {"unit": "ms"}
    # Quantiles of one value are that value.
    cuts = quantiles(milliseconds, n=100, method="inclusive") if len(milliseconds) > 1 else milliseconds * 99
    return {
        "unit": "ms",
        "avg": mean(milliseconds),
        "min": milliseconds[0],
        "max": milliseconds[-1],
        "p50": cuts[49],
        "p90": cuts[89],
        "p99": cuts[98],
        "count": len(milliseconds),
    }
