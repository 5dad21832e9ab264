"""A service of the JSON 1.1 protocol: looks the operation up, checks the request against its model, runs it off the loop."""

import asyncio
import json

from . import faults
from .errors import AwsError
from .request_validation import validate
from .service_models import input_shape, operation_names
from .wire import answer, error_answer


class JsonService:
    def __init__(self, service: str, target_prefix: str, operations: dict):
        """`operations`: name to function of the request's members."""
        self.service = service
        self.target_prefix = target_prefix
        self.operations = operations

    async def handle(self, headers: dict, body: bytes) -> tuple:
        operation = headers.get("x-amz-target", "").removeprefix(f"{self.target_prefix}.")
        try:
            faults.raise_due(operation)
            function = self._function(operation)
            request = _parse(body)
            return answer(await asyncio.to_thread(self.call, operation, function, request))
        except AwsError as error:
            return error_answer(error, "Message" if error.code.startswith("Resource") else "message")

    def call(self, operation: str, function, request: dict) -> dict | None:
        validate(input_shape(self.service, operation), request)
        return function(request)

    def _function(self, operation: str):
        function = self.operations.get(operation)
        if function is not None:
            return function
        if operation in operation_names(self.service):
            raise AwsError("UnknownOperationException", f"the local AWS does not offer {self.target_prefix}.{operation}")
        raise AwsError("UnknownOperationException", f"{self.target_prefix} has no operation {operation}")


def _parse(body: bytes) -> dict:
    try:
        request = json.loads(body or b"{}")
    except ValueError as error:
        raise AwsError("SerializationException", f"the request is not JSON: {error}") from error
    if not isinstance(request, dict):
        raise AwsError("SerializationException", "the request is not a JSON object")
    return request
