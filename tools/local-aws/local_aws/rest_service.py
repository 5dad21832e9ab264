"""A service of the REST-JSON protocol: finds the operation by method and path, checks the request, runs it off the loop."""

import asyncio
import json
import re
from functools import cached_property
from urllib.parse import unquote

from . import faults
from .errors import AwsError
from .request_validation import validate
from .service_models import service_model
from .wire import error_answer, to_json


class RestService:
    def __init__(self, service: str, operations: dict):
        """`operations`: name to function of the request's members."""
        self.service = service
        self.operations = operations

    async def handle(self, method: str, path: str, body: bytes, query: dict) -> tuple:
        try:
            name, parameters = self._find(method, path)
            request = {**self._members(name, parameters, query), **_parse(body)}
            faults.raise_due(name)
            answer = await asyncio.to_thread(self.call, name, request)
            status = service_model(self.service).operation_model(name).http.get("responseCode", 200)
            return status, {"Content-Type": "application/json"}, to_json(answer or {})
        except AwsError as error:
            return error_answer(error)

    def call(self, name: str, request: dict) -> dict | None:
        validate(service_model(self.service).operation_model(name).input_shape, request)
        return self.operations[name](request)

    @cached_property
    def _routes(self) -> list[tuple[str, re.Pattern, str]]:
        routes = []
        for name in self.operations:
            http = service_model(self.service).operation_model(name).http
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(http["requestUri"]))
            routes.append((http["method"], re.compile(pattern), name))
        # A path with a word behind its parameter is meant before one without.
        return sorted(routes, key=lambda route: -len(route[1].pattern))

    def _find(self, method: str, path: str) -> tuple[str, dict]:
        for wanted, pattern, name in self._routes:
            match = pattern.fullmatch(path)
            if wanted == method and match is not None:
                return name, {key: unquote(value) for key, value in match.groupdict().items()}
        raise AwsError("UnknownOperationException", f"the local AWS does not offer {method} {path} of {self.service}", 404)

    def _members(self, name: str, parameters: dict, query: dict) -> dict:
        shape = service_model(self.service).operation_model(name).input_shape
        members = {}
        for member, described in shape.members.items():
            location = described.serialization.get("location")
            wire = described.serialization.get("name", member)
            if location == "uri" and wire in parameters:
                members[member] = parameters[wire]
            elif location == "querystring" and wire in query:
                value = query[wire][0] if isinstance(query[wire], list) else query[wire]
                members[member] = int(value) if described.type_name == "integer" else value
        return members


def _parse(body: bytes) -> dict:
    try:
        request = json.loads(body or b"{}")
    except ValueError as error:
        raise AwsError("ValidationException", f"the request is not JSON: {error}") from error
    if not isinstance(request, dict):
        raise AwsError("ValidationException", "the request is not a JSON object")
    return request
