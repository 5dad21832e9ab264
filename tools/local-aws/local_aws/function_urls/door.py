"""Requests to function URLs with InvokeMode RESPONSE_STREAM: handed to an environment, its response handed on as it comes.

ministack collects a response before it answers, and its Node.js workers have no `awslambda`: what it knows of the URL and of the function
is asked of it, what runs is our own. Other URLs are left to it.
"""

import asyncio
import contextvars
import http.client
import json
import secrets
import threading
import time

from ministack.core.responses import StreamingResponse
from ministack.services import lambda_svc

from .environment import Environment, LoadFailure

_PART_BYTES = 64 * 1024
_HOP_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length", "date"}

_idle: dict[str, list[Environment]] = {}
_lock = threading.Lock()

_elsewhere = lambda_svc.handle_function_url_request


async def handle(url_id, method, path, headers, body, query_params, resolved=None, source_ip=None) -> tuple:
    resolved = resolved or lambda_svc.resolve_function_url(url_id)
    config = _streaming_function(resolved)
    if config is None:
        return await _elsewhere(url_id, method, path, headers, body, query_params, resolved=resolved, source_ip=source_ip)
    account, region, _name, _qualifier, url = resolved
    signed = lambda_svc._function_url_is_signed(headers, query_params)
    if url.get("AuthType") == "AWS_IAM" and not signed:
        return 403, {"Content-Type": "application/json", "x-amzn-ErrorType": "AccessDeniedException"}, b'{"Message":"Forbidden"}'
    trace = f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    event = lambda_svc._build_function_url_event(
        url_id, account, region, method, path, headers, body, query_params, source_ip or "127.0.0.1", not signed, trace
    )
    if signed:
        caller = {"accountId": account, "userArn": f"arn:aws:iam::{account}:root", "userId": account, "callerId": account}
        event["requestContext"]["authorizer"] = {"iam": caller}
    try:
        key, environment, response = await asyncio.to_thread(_invoke, resolved, config, event, trace)
    except LoadFailure:
        return 502, {"Content-Type": "application/json"}, b'{"message":"Internal Server Error"}'
    passed = {name: value for name, value in response.getheaders() if name.lower() not in _HOP_HEADERS}
    return response.status, passed, StreamingResponse(_pass_on(key, environment, response))


def _streaming_function(resolved: tuple | None) -> dict | None:
    """The function's configuration, where the URL streams and Node.js runs it."""
    if resolved is None or resolved[4].get("InvokeMode") != "RESPONSE_STREAM":
        return None
    config = _record(resolved)[1]
    return config if config is not None and config.get("Runtime", "").startswith("nodejs") else None


def _record(resolved: tuple) -> tuple:
    account, region, name, qualifier, _url = resolved
    reference = f"{name}:{qualifier}" if qualifier else name
    function, config, _ = lambda_svc._get_func_record_for_ref_in_scope(reference, account_id=account, region=region)
    return function, config


def _key(config: dict) -> str:
    """Another key for another version of code or configuration: what was started with the old one takes no more requests."""
    variables = json.dumps(config.get("Environment", {}), sort_keys=True)
    return f"{config['FunctionArn']} {config.get('CodeSha256')} {config.get('Timeout')} {config.get('MemorySize')} {variables}"


def _invoke(resolved: tuple, config: dict, event: dict, trace: str) -> tuple[str, Environment, http.client.HTTPResponse]:
    # Now: an update changes the configuration in place, but not what was started with it.
    key = _key(config)
    with _lock:
        outdated = [other for other in _idle if other.startswith(f"{config['FunctionArn']} ") and other != key]
        stopped = [environment for other in outdated for environment in _idle.pop(other)]
        idle = _idle.get(key, [])
        environment = idle.pop() if idle else None
    for old in stopped:
        old.stop()
    if environment is None or not environment.alive:
        environment = Environment(config, _record(resolved)[0]["code_zip"])
    context = {
        "awsRequestId": event["requestContext"]["requestId"],
        "functionName": config["FunctionName"],
        "invokedFunctionArn": config["FunctionArn"],
    }
    sampled = f"{trace};Parent={secrets.token_hex(8)};Sampled={1 if _traced(config) else 0}"
    return key, environment, environment.invoke(event, context, sampled)


def _traced(config: dict) -> bool:
    return config.get("TracingConfig", {}).get("Mode") == "Active"


def _pass_on(key: str, environment: Environment, response: http.client.HTTPResponse):
    parts: asyncio.Queue = asyncio.Queue()
    loop = asyncio.get_running_loop()
    context = contextvars.copy_context()

    def read() -> None:
        end: Exception | None = None
        try:
            while data := response.read1(_PART_BYTES):
                loop.call_soon_threadsafe(parts.put_nowait, data)
        except (OSError, http.client.HTTPException, ValueError) as error:
            end = error
        loop.call_soon_threadsafe(parts.put_nowait, end)

    async def run(send, _receive) -> None:
        reading = loop.run_in_executor(None, lambda: context.run(read))
        part = await parts.get()
        while isinstance(part, bytes):
            await send({"type": "http.response.body", "body": part, "more_body": True})
            part = await parts.get()
        await reading
        if part is None:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            with _lock:
                _idle.setdefault(key, []).append(environment)
        else:
            # The last frame stays unsent: a broken response must not look whole.
            await asyncio.to_thread(environment.stop)

    return run
