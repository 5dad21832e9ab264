"""Faults on order: operations that answer with an error for a number of times, as a busy or broken service does."""

import threading

from .errors import AwsError
from .settings import settings

_lock = threading.Lock()
_left = dict(settings.faults)

_STATUS = {"ThrottlingException": 400, "InternalFailure": 500, "ServiceUnavailable": 503}


def raise_due(operation: str) -> None:
    """Raises the fault that is due for this operation; each is raised as often as was ordered."""
    with _lock:
        error, times = _left.get(operation, (None, 0))
        if error is None or times == 0:
            return
        _left[operation] = (error, times - 1)
    raise AwsError(error, f"{error} (ordered for {operation})", _STATUS.get(error, 400))
