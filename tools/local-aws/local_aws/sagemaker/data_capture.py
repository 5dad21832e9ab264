"""Data capture: requests and answers of InvokeEndpoint as JSON lines in S3, when the endpoint's configuration asks for it.

One file an invocation, at the path and in the form that SageMaker writes (`Capture data from real-time endpoint`, SageMaker
developer guide). Answers that stream are not captured.
"""

import json
import logging
import random
import uuid
from datetime import datetime, timezone

from ..background import run_in_background
from ..own_door import client
from . import endpoint_configs, roles

logger = logging.getLogger("local-aws")


def capture(endpoint_name: str, config_name: str, variant_name: str, role: str | None, request: dict, answer: dict) -> None:
    """`request`, `answer`: {"contentType": …, "body": bytes}."""
    config = (endpoint_configs.registry.find(config_name) or {}).get("DataCaptureConfig")
    if config is None or not config.get("EnableCapture"):
        return
    if random.uniform(0, 100) >= config["InitialSamplingPercentage"]:
        return
    modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
    now = datetime.now(timezone.utc)
    event_id = str(uuid.uuid4())
    record = {
        "captureData": {
            **({"endpointInput": _side("INPUT", request)} if modes & {"Input", "InputAndOutput"} else {}),
            **({"endpointOutput": _side("OUTPUT", answer)} if modes & {"Output", "InputAndOutput"} else {}),
        },
        "eventMetadata": {"eventId": event_id, "inferenceTime": now.strftime("%Y-%m-%dT%H:%M:%SZ")},
        "eventVersion": "0",
    }
    destination = config["DestinationS3Uri"].rstrip("/")
    path = f"{endpoint_name}/{variant_name}/{now:%Y/%m/%d/%H}/{now:%M-%S}-{now.microsecond // 1000:03d}-{event_id}.jsonl"
    run_in_background("data capture", _put, f"{destination}/{path}", role, json.dumps(record) + "\n")


def _side(mode: str, message: dict) -> dict:
    text = message["body"].decode(errors="replace")
    return {"observedContentType": message["contentType"], "mode": mode, "data": text, "encoding": "JSON"}


def _put(uri: str, role: str | None, line: str) -> None:
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    if role is not None and not roles.may(role, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}"):
        # SageMaker drops the record as silently; whoever looks for the reason finds it in the log.
        logger.warning("nothing is captured: role %s may not put %s", role, uri)
        return
    client("s3").put_object(Bucket=bucket, Key=key, Body=line.encode())
