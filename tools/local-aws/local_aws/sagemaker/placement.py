"""Where the copies of inference components lie: how many instances an endpoint with managed instance scaling has, and whether a copy
finds a place."""

import json
from functools import cache
from pathlib import Path

_INSTANCES = Path(__file__).resolve().parents[4] / "lib" / "hardware" / "data" / "instances.json"
_MIB_OF_GIB = 1024

Needs = tuple[float, float, float]
"""Accelerators, CPU cores, MiB of memory."""


def needs_of(specification: dict) -> Needs:
    required = specification.get("ComputeResourceRequirements", {})
    return (
        required.get("NumberOfAcceleratorDevicesRequired", 0),
        required.get("NumberOfCpuCoresRequired", 0),
        required.get("MinMemoryRequiredInMb", 0),
    )


def instances_for(instance_type: str, copies: list[Needs]) -> int | None:
    """Fewest instances that first-fit-decreasing finds; None when a copy fits on none."""
    capacity = _capacity(instance_type)
    instances: list[list[float]] = []
    for needs in sorted(copies, reverse=True):
        if any(n > c for n, c in zip(needs, capacity)):
            return None
        used = next((u for u in instances if all(n + a <= c for n, a, c in zip(needs, u, capacity))), None)
        if used is None:
            instances.append(used := [0.0, 0.0, 0.0])
        for index, amount in enumerate(needs):
            used[index] += amount
    return len(instances)


@cache
def _capacity(instance_type: str) -> Needs:
    data = json.loads(_INSTANCES.read_text())
    columns = data["columns"]
    row = dict(zip(columns, next(row for row in data["instances"] if row[0] == instance_type)))
    return row["acceleratorCount"] or 0, row["vcpus"], row["memoryGiB"] * _MIB_OF_GIB
