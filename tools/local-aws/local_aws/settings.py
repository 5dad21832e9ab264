"""What the starter hands over, as environment variables."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    port: int
    """Where the local AWS listens."""
    node: str
    """The Node.js binary that runs containers."""
    engine: str
    """Script of the container: engine/main.mjs."""
    work_directory: str
    """Models are unpacked here; whoever starts the process removes it."""
    time_scale: float
    """Seconds waited here for each second that a deployment asks AWS to wait."""
    no_capacity: frozenset[str]
    """Instance types for which there is no capacity, so that their endpoints fail as they would on a bad day."""
    faults: dict[str, tuple[str, int]]
    """By operation: an error, and how often it is answered before the operation works."""


DEFAULT_TIME_SCALE = 0.01

MAX_WAIT_SECONDS = 5.0
"""However long a deployment bakes on AWS, it does not take longer than this here, unless a time scale was asked for."""


def from_environment() -> Settings:
    return Settings(
        port=int(os.environ["GATEWAY_PORT"]),
        node=os.environ["LOCAL_AWS_NODE"],
        engine=os.environ["LOCAL_AWS_ENGINE"],
        work_directory=os.environ["LOCAL_AWS_WORK_DIRECTORY"],
        time_scale=float(os.environ.get("LOCAL_AWS_TIME_SCALE", DEFAULT_TIME_SCALE)),
        no_capacity=frozenset(filter(None, os.environ.get("LOCAL_AWS_NO_CAPACITY", "").split(","))),
        faults=_faults(os.environ.get("LOCAL_AWS_FAULTS", "")),
    )


def _faults(text: str) -> dict[str, tuple[str, int]]:
    """`CreateOptimizationJob=ThrottlingException:3,…`"""
    faults = {}
    for item in filter(None, text.split(",")):
        operation, _, fault = item.partition("=")
        error, _, times = fault.partition(":")
        faults[operation] = (error, int(times or 1))
    return faults


settings = from_environment()


def scaled(seconds: float) -> float:
    """How long to wait here for a wait of `seconds` on AWS."""
    longest = MAX_WAIT_SECONDS if settings.time_scale == DEFAULT_TIME_SCALE else float("inf")
    return min(seconds * settings.time_scale, longest)
