"""A container's log, where AWS keeps it: CloudWatch Logs, /aws/sagemaker/Endpoints/<name>."""

import queue
import time

from botocore.exceptions import ClientError

from ..background import run_in_background
from ..own_door import client

_END = None


class ContainerLog:
    def __init__(self, group: str, stream: str):
        self.group = group
        self.stream = stream
        self.lines: list[str] = []
        self._queue: queue.Queue = queue.Queue()
        run_in_background(f"log of {stream}", self._deliver)

    def write(self, line: str) -> None:
        self.lines.append(line)
        self._queue.put({"timestamp": int(time.time() * 1000), "message": line})

    def close(self) -> None:
        self._queue.put(_END)

    def _deliver(self) -> None:
        logs = client("logs")
        for create, names in ((logs.create_log_group, {}), (logs.create_log_stream, {"logStreamName": self.stream})):
            try:
                create(logGroupName=self.group, **names)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                    raise
        ended = False
        while not ended:
            events = [self._queue.get()]
            while not self._queue.empty():
                events.append(self._queue.get())
            ended = _END in events
            events = [event for event in events if event is not _END]
            if events:
                logs.put_log_events(logGroupName=self.group, logStreamName=self.stream, logEvents=events)
