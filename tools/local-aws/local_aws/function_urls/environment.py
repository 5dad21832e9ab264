"""Execution environments of functions that stream: processes with the function loaded, one invocation at a time each."""

import http.client
import io
import json
import os
import shutil
import subprocess
import tempfile
import threading
import zipfile
from pathlib import Path

from ministack.core.lambda_runtime import execution_credentials

from ..sagemaker.container_logs import ContainerLog
from ..settings import settings
from . import embedded_metrics

_HOST = Path(__file__).parents[2] / "lambda" / "streaming-host.mjs"
_NODE_MODULES = Path(__file__).parents[4] / "node_modules"
"""Lambda's Node.js runtime brings the AWS SDK along; here it is the project's own."""


class LoadFailure(Exception):
    """The function did not load; the message is Node's."""


class Environment:
    def __init__(self, config: dict, code_zip: bytes):
        self.name = config["FunctionName"]
        self._timeout = config.get("Timeout", 3)
        self._folder = Path(tempfile.mkdtemp(prefix="function-", dir=settings.work_directory))
        self._log = ContainerLog(f"/aws/lambda/{self.name}", self._folder.name)
        with zipfile.ZipFile(io.BytesIO(code_zip)) as archive:
            archive.extractall(self._folder)
        self._process = subprocess.Popen(
            [settings.node, str(_HOST)],
            env=_variables(config),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        task = {"directory": str(self._folder), "handler": config.get("Handler", "index.handler")}
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        first = json.loads(self._process.stdout.readline() or '{"error": "it ended at once"}')
        for stream in (self._process.stdout, self._process.stderr):
            threading.Thread(target=self._drain, args=(stream,), daemon=True).start()
        if "port" not in first:
            self.stop()
            raise LoadFailure(first["error"])
        self._port = first["port"]

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def invoke(self, event: dict, context: dict, trace: str) -> http.client.HTTPResponse:
        """The response, its body not yet read."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._timeout)
        body = {"event": event, "context": {**context, "timeoutMs": self._timeout * 1000}, "trace": trace}
        connection.request("POST", "/", json.dumps(body))
        return connection.getresponse()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _drain(self, stream) -> None:
        for line in stream:
            self._log.write(line.rstrip("\n"))
            embedded_metrics.publish(line)


def _variables(config: dict) -> dict[str, str]:
    region = config["FunctionArn"].split(":")[3]
    return {
        "PATH": os.environ.get("PATH", ""),
        "NODE_PATH": str(_NODE_MODULES),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{settings.port}",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_NAME": config["FunctionName"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        **config.get("Environment", {}).get("Variables", {}),
        **execution_credentials(config),
    }
