"""Optimization jobs: the whole life of a job. What it writes is a copy of the model: nothing is quantized here."""

import threading
import time
from datetime import datetime, timezone
from urllib.parse import urlparse

from botocore.exceptions import ClientError

from .. import tags
from ..background import run_in_background
from ..errors import AwsError, validation
from ..listing import listing
from ..own_door import client
from ..registry import Registry, not_found
from . import roles

registry = Registry("sagemaker", "optimization job", "optimization-job", "OptimizationJobName", missing=not_found)

_STARTING_SECONDS = 0.3
_WORKING_SECONDS = 0.7
_STOPPING_SECONDS = 0.3
_SECONDS_VARIABLE = "LOCAL_AWS_JOB_SECONDS"
"""A variable of the job's first step: how long it works, for tests of what takes long. AWS knows nothing of it."""

_NEURON_FAMILIES = ("inf2", "trn1", "trn1n")
_DEFAULT_IMAGE = "763104351884.dkr.ecr.{region}.amazonaws.com/djl-inference:0.32.0-lmi14.0.0-cu126"
_STEPS = {"ModelQuantizationConfig": "Quantization", "ModelCompilationConfig": "Compilation", "ModelShardingConfig": "Sharding"}


def create(request: dict) -> dict:
    name = request["OptimizationJobName"]
    if registry.find(name) is not None:
        raise AwsError("ResourceInUse", f'Cannot create already existing optimization job "{registry.arn(name)}".')
    roles.require_assumable(request["RoleArn"])
    _check(request)
    record = {key: value for key, value in request.items() if key not in ("Tags", "OptimizationJobName")}
    stop = threading.Event()
    registry.add(name, {**record, "OptimizationJobStatus": "STARTING", "stop": stop})
    arn = registry.arn(name)
    tags.put(arn, request.get("Tags"))
    run_in_background(f"optimization job {name}", _work, name)
    return {"OptimizationJobArn": arn}


def describe(request: dict) -> dict:
    record = registry.get(request["OptimizationJobName"])
    shown = {key: value for key, value in record.items() if key != "stop"}
    return {**shown, "OptimizationJobArn": registry.arn(record["OptimizationJobName"])}


def list_jobs(request: dict) -> dict:
    page, more = listing(registry.all(), request, "OptimizationJobName", "OptimizationJobStatus")
    kind = request.get("OptimizationContains", "")
    summaries = [_summary(record) for record in page]
    return {"OptimizationJobSummaries": [s for s in summaries if kind == "" or kind in s["OptimizationTypes"]], **more}


def stop(request: dict) -> None:
    record = registry.get(request["OptimizationJobName"])
    if record["OptimizationJobStatus"] not in ("STARTING", "INPROGRESS"):
        raise validation(f"The request was rejected because the optimization job is in status {record['OptimizationJobStatus']}.")
    _set(record, OptimizationJobStatus="STOPPING")
    record["stop"].set()


def delete(request: dict) -> None:
    name = request["OptimizationJobName"]
    record = registry.get(name)
    if record["OptimizationJobStatus"] not in ("COMPLETED", "FAILED", "STOPPED"):
        raise validation(f"The optimization job is in status {record['OptimizationJobStatus']}; stop it first.")
    registry.remove(name)
    tags.forget(registry.arn(name))


def _check(request: dict) -> None:
    source = request["ModelSource"]
    if len(source) != 1:
        raise validation("ModelSource must be one of S3 and SageMakerModel.")
    if "SageMakerModel" in source:
        raise validation("The local AWS optimizes models in S3 only.")
    steps = [next(iter(step), None) for step in request["OptimizationConfigs"]]
    if not steps or None in steps or any(len(step) != 1 for step in request["OptimizationConfigs"]):
        raise validation("Each of OptimizationConfigs must hold one configuration.")
    if "ModelSpeculativeDecodingConfig" in steps:
        raise validation("The local AWS trains no draft models.")
    # Source: sagemaker/serve/validations/optimization.py.
    family = request["DeploymentInstanceType"].split(".")[1]
    if family in _NEURON_FAMILIES and steps != ["ModelCompilationConfig"]:
        raise validation("Optimizations that use Quantization or Sharding are not supported on Neuron instances.")
    if "ModelShardingConfig" in steps and len(steps) > 1:
        raise validation("Model sharding cannot be combined with other optimizations.")


def _summary(record: dict) -> dict:
    members = ("OptimizationJobName", "CreationTime", "LastModifiedTime", "OptimizationJobStatus", "DeploymentInstanceType")
    times = ("OptimizationStartTime", "OptimizationEndTime")
    return {
        **{key: record[key] for key in members},
        **{key: record[key] for key in times if key in record},
        "OptimizationJobArn": registry.arn(record["OptimizationJobName"]),
        "OptimizationTypes": [_STEPS[next(iter(step))] for step in record["OptimizationConfigs"]],
    }


def _set(record: dict, **members) -> None:
    with registry.lock:
        record.update(members, LastModifiedTime=datetime.now(timezone.utc))


def _work(name: str) -> None:
    record = registry.get(name)
    record["stop"].wait(_STARTING_SECONDS)
    if not record["stop"].is_set():
        _set(record, OptimizationJobStatus="INPROGRESS", OptimizationStartTime=datetime.now(timezone.utc))
    reason = _optimize(record)
    end = {"OptimizationEndTime": datetime.now(timezone.utc)}
    if record["stop"].is_set():
        time.sleep(_STOPPING_SECONDS)
        _set(record, OptimizationJobStatus="STOPPED", **end)
    elif reason is not None:
        _set(record, OptimizationJobStatus="FAILED", FailureReason=reason, **end)
    else:
        _set(record, OptimizationJobStatus="COMPLETED", OptimizationOutput={"RecommendedInferenceImage": _image(record)}, **end)


def _optimize(record: dict) -> str | None:
    """Why the job failed; None where it did not."""
    seconds = float(_variables(record).get(_SECONDS_VARIABLE, _WORKING_SECONDS))
    most = record["StoppingCondition"].get("MaxRuntimeInSeconds", 86_400)
    if record["stop"].wait(min(seconds, most)):
        return None
    if seconds > most:
        return f"ClientError: the job did not end within MaxRuntimeInSeconds of {most}"
    width = _variables(record).get("OPTION_AWQ_WEIGHT_BIT_WIDTH", "4")
    if width != "4":
        # Source: AutoAWQ 0.2.9, awq/modules/linear/gemm.py.
        return f"ClientError: NotImplementedError: Only 4-bit are supported for now, got {width}"
    return _copy(record)


def _copy(record: dict) -> str | None:
    role = record["RoleArn"]
    bucket, prefix = _location(record["ModelSource"]["S3"]["S3Uri"])
    out_bucket, out_prefix = _location(record["OutputConfig"]["S3OutputLocation"])
    if not roles.may(role, "s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": prefix}):
        return f'ClientError: the role "{role}" may not list s3://{bucket}/{prefix}'
    s3 = client("s3")
    try:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", []) if not entry["Key"].endswith("/")]
        if not keys:
            return f"ClientError: there is no model at s3://{bucket}/{prefix}"
        for key in keys:
            target = out_prefix + key[len(prefix) :]
            if not roles.may(role, "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}"):
                return f'ClientError: the role "{role}" may not read s3://{bucket}/{key}'
            if not roles.may(role, "s3:PutObject", f"arn:aws:s3:::{out_bucket}/{target}"):
                return f'ClientError: the role "{role}" may not write s3://{out_bucket}/{target}'
            s3.copy_object(Bucket=out_bucket, Key=target, CopySource={"Bucket": bucket, "Key": key})
    except ClientError as error:
        return f"ClientError: {error}"
    return None


def _variables(record: dict) -> dict:
    merged = dict(record.get("OptimizationEnvironment", {}))
    for step in record["OptimizationConfigs"]:
        merged.update(next(iter(step.values())).get("OverrideEnvironment", {}))
    return merged


def _image(record: dict) -> str:
    images = [next(iter(step.values())).get("Image") for step in record["OptimizationConfigs"]]
    named = next((image for image in images if image), None)
    return named or _DEFAULT_IMAGE.format(region=registry.arn("x").split(":")[3])


def _location(uri: str) -> tuple[str, str]:
    parsed = urlparse(uri)
    key = parsed.path.removeprefix("/")
    return parsed.netloc, key if key == "" or key.endswith("/") else f"{key}/"
