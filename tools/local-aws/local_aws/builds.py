"""CodeBuild builds. They are run as processes of this machine; those that need Docker, which is not here, only take a moment.

Such a one fails where an image to pull is missing.
"""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from ministack.core.responses import get_account_id, get_region
from ministack.services import codebuild

from .own_door import client
from .settings import settings

_SECONDS = 1.0
_MISSING_TAG = ":missing"
"""An image of this tag in a build's variables is one that no registry has."""

_PHASES = ("PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING")

_MESSAGE_CHARACTERS = 1000


def execute(build_id: str, project: dict) -> None:
    """In place of ministack's own, which hands the build to Docker."""
    needs_docker = project.get("environment", {}).get("privilegedMode", False)
    problem = _wait(build_id, project) if needs_docker else _run(build_id, project)
    build = codebuild._builds.get(build_id)
    if build is None or codebuild._stop_requested(build_id):
        codebuild._clear_stopped(build_id)
        return
    now = int(time.time())
    # Phases are added; the queue that ministack has begun is over.
    build["phases"] = [phase for phase in build["phases"] if phase["phaseType"] != "QUEUED"]
    for phase in _PHASES:
        failed = problem is not None and phase == "BUILD"
        contexts = [{"statusCode": "COMMAND_EXECUTION_ERROR", "message": problem}] if failed else []
        status = "FAILED" if failed else "SUCCEEDED"
        build["phases"].append({"phaseType": phase, "phaseStatus": status, "contexts": contexts, "startTime": now, "endTime": now})
        if failed:
            break
    codebuild._finish_build(build, "FAILED" if problem is not None else "SUCCEEDED")


def _wait(build_id: str, project: dict) -> str | None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and not codebuild._stop_requested(build_id):
        time.sleep(0.1)
    missing = next((value for value in _variables(project) if value.endswith(_MISSING_TAG)), None)
    return None if missing is None else f"{missing}: not found"


def _variables(project: dict) -> list[str]:
    return [str(variable.get("value", "")) for variable in project.get("environment", {}).get("environmentVariables", [])]


def _run(build_id: str, project: dict) -> str | None:
    """What went wrong, or None. The buildspec is JSON, and its commands stop at the first that fails."""
    buildspec = json.loads(project["source"]["buildspec"])
    with tempfile.TemporaryDirectory(prefix="build-") as name:
        folder = Path(name)
        _download(project["source"]["location"], folder)
        for phase in ("install", "pre_build", "build", "post_build"):
            for command in buildspec["phases"].get(phase, {}).get("commands", []):
                problem = _command(build_id, command, folder)
                if problem is not None:
                    return problem
        _upload(project["artifacts"], folder / buildspec["artifacts"]["base-directory"])
    return None


def _command(build_id: str, command: str, folder: Path) -> str | None:
    process = subprocess.Popen(
        ["sh", "-c", command], cwd=folder, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    while True:
        try:
            output, _ = process.communicate(timeout=0.1)
            break
        except subprocess.TimeoutExpired:
            if codebuild._stop_requested(build_id):
                os.killpg(process.pid, 9)
                process.communicate()
                return "stopped"
    if process.returncode == 0:
        return None
    return f"{output.decode(errors='replace')[-_MESSAGE_CHARACTERS:]} exit status {process.returncode}"


def _environment() -> dict[str, str]:
    region = get_region()
    return {
        "PATH": os.pathsep.join([str(Path(settings.node).parent), os.environ.get("PATH", "")]),
        "HOME": os.environ.get("HOME", "/"),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{settings.port}",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": get_account_id(),
        "AWS_SECRET_ACCESS_KEY": "local",
    }


def _download(location: str, folder: Path) -> None:
    bucket, prefix = location.split("/", 1)
    for page in client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            target = folder / entry["Key"][len(prefix) :]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(client("s3").get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())


def _upload(artifacts: dict, folder: Path) -> None:
    """Without packaging, files lie below the path and the name."""
    prefix = "/".join(filter(None, [artifacts.get("path"), artifacts["name"]]))
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        key = f"{prefix}/{file.relative_to(folder).as_posix()}"
        client("s3").put_object(Bucket=artifacts["location"], Key=key, Body=file.read_bytes())
