"""One endpoint: its state, and the fleets that serve it."""

import random
import threading
from datetime import datetime, timezone

from . import endpoint_configs
from .fleet import Fleet, Variant

FINAL = ("InService", "Failed", "OutOfService", "UpdateRollbackFailed")
SERVING = ("InService", "Updating", "RollingBack", "SystemUpdating")


class Endpoint:
    def __init__(self, name: str, config_name: str, deployment_config: dict | None):
        self.name = name
        self.config_name = config_name
        self.status = "Creating"
        self.failure_reason: str | None = None
        self.deployment_config = deployment_config
        self.pending_config_name: str | None = None
        self.pending_since: datetime | None = None
        self.fleet: Fleet | None = None
        # During an update: the new fleet, and the share of the traffic that it has.
        self.green: Fleet | None = None
        self.green_share = 0.0
        self.created = self.modified = datetime.now(timezone.utc)
        self.component_names: set[str] = set()
        self.deleted = False
        self._changed = threading.Condition()

    def set(self, **fields) -> None:
        """Changes fields together and wakes whoever waits for a state."""
        with self._changed:
            for field, value in fields.items():
                setattr(self, field, value)
            self.modified = datetime.now(timezone.utc)
            self._changed.notify_all()

    def wait_final(self, timeout: float) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self.deleted or self.status in FINAL, timeout):
                raise TimeoutError(f"endpoint {self.name} is still {self.status} after {timeout:.0f} s")

    def wait_deleted(self, timeout: float) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self.deleted, timeout):
                raise TimeoutError(f"endpoint {self.name} is still {self.status} after {timeout:.0f} s")

    def choose_variant(self) -> Variant:
        return self.serving_fleet().choose()

    def serving_fleet(self) -> Fleet:
        green = self.green
        return green if green is not None and random.random() < self.green_share else self.fleet

    def execution_role(self) -> str | None:
        """The role of the configuration, with which inference components read their models."""
        return (endpoint_configs.registry.find(self.config_name) or {}).get("ExecutionRoleArn")

    def fleets(self) -> list[Fleet]:
        return [fleet for fleet in (self.fleet, self.green) if fleet is not None]
