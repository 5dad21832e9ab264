"""A container: one process of the engine, with the model's files in a folder of its own."""

import http.client
import json
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from ..settings import settings
from . import images
from .container_logs import ContainerLog
from .model_data import DataNotFound, fetch

_DRAIN_SECONDS = 60

_STARTUP_SECONDS = 480
"""SageMaker's default for ContainerStartupHealthCheckTimeoutInSeconds is longer; nothing here takes even this."""


class StartFailure(Exception):
    """The container did not come up; the message is SageMaker's, with the container's last words."""


class Container:
    def __init__(self, definition: dict, role: str | None, log: ContainerLog, owner: str):
        """`owner`: how SageMaker's messages call what the container belongs to, such as `production variant AllTraffic`."""
        self.definition = definition
        self.role = role
        self.log = log
        self.owner = owner
        self.port = 0
        self.open_requests = 0
        self._closing = False
        self._requests_changed = threading.Condition()
        self._process: subprocess.Popen | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="model-", dir=settings.work_directory))

    def start(self, startup_seconds: int | None = None) -> None:
        try:
            fetch(self.definition, self.role, self._folder)
            self._spawn()
            self._wait_healthy(min(startup_seconds or _STARTUP_SECONDS, _STARTUP_SECONDS))
        except DataNotFound as error:
            self.stop()
            raise StartFailure(str(error)) from error
        except StartFailure:
            self.stop()
            raise

    def admit(self) -> bool:
        """Counts a request in, which `leave` counts out; false when the container takes no more."""
        with self._requests_changed:
            if self._closing:
                return False
            self.open_requests += 1
            return True

    def leave(self) -> None:
        with self._requests_changed:
            self.open_requests -= 1
            self._requests_changed.notify_all()

    def drain(self) -> None:
        """Takes no more requests, lets those at hand end, for a while, and stops."""
        with self._requests_changed:
            self._closing = True
            self._requests_changed.wait_for(lambda: self.open_requests == 0, _DRAIN_SECONDS)
        self.stop()

    def stop(self) -> None:
        self._closing = True
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self.log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def invoke(self, body: bytes, headers: dict[str, str], timeout: float) -> http.client.HTTPResponse:
        """The container's answer, its body not yet read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        connection.request("POST", "/invocations", body, headers)
        return connection.getresponse()

    def _spawn(self) -> None:
        self._process = subprocess.Popen(
            [settings.node, settings.engine],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        task = {
            "environment": self.definition.get("Environment", {}),
            "modelDirectory": str(self._folder),
            "takesInputs": images.takes_inputs(self.definition["Image"]),
        }
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        # The log must be drained from the first line on, or the process blocks.
        self._drained = threading.Thread(target=self._drain, daemon=True)
        self._drained.start()
        first = self._process.stdout.readline()
        if first:
            self.port = json.loads(first)["port"]

    def _drain(self) -> None:
        for line in self._process.stderr:
            self.log.write(line.rstrip("\n"))

    def _wait_healthy(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._ping() == 200:
                return
            time.sleep(0.05)
        # What the process wrote last may still be on its way.
        if self._process.poll() is not None:
            self._drained.join(timeout=2)
        last_words = self.log.lines[-1] if self.log.lines else "it wrote nothing"
        raise StartFailure(
            f"The primary container for {self.owner} did not pass the ping health check. Please check CloudWatch logs for this "
            f"endpoint. (local AWS, last line of the log: {last_words})"
        )

    def _ping(self) -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()
