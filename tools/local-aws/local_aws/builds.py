"""CodeBuild builds: nothing is run, for there is no Docker. A build takes a moment, and fails where an image to pull is missing."""

import time

from ministack.services import codebuild

_SECONDS = 1.0
_MISSING_TAG = ":missing"
"""An image of this tag in a build's variables is one that no registry has."""

_PHASES = ("PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING")


def execute(build_id: str, project: dict) -> None:
    """In place of ministack's own, which hands the build to Docker."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and not codebuild._stop_requested(build_id):
        time.sleep(0.1)
    build = codebuild._builds.get(build_id)
    if build is None or codebuild._stop_requested(build_id):
        codebuild._clear_stopped(build_id)
        return
    missing = next((value for value in _variables(project) if value.endswith(_MISSING_TAG)), None)
    now = int(time.time())
    # Phases are added; the queue that ministack has begun is over.
    build["phases"] = [phase for phase in build["phases"] if phase["phaseType"] != "QUEUED"]
    for phase in _PHASES:
        failed = missing is not None and phase == "BUILD"
        contexts = [{"statusCode": "COMMAND_EXECUTION_ERROR", "message": f"{missing}: not found"}] if failed else []
        status = "FAILED" if failed else "SUCCEEDED"
        build["phases"].append({"phaseType": phase, "phaseStatus": status, "contexts": contexts, "startTime": now, "endTime": now})
        if failed:
            break
    codebuild._finish_build(build, "FAILED" if missing is not None else "SUCCEEDED")


def _variables(project: dict) -> list[str]:
    return [str(variable.get("value", "")) for variable in project.get("environment", {}).get("environmentVariables", [])]
