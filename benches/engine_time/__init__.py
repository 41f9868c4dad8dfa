"""What a command takes inside the engine, beside what a real server says it takes inside itself."""

from . import measure, workloads

__all__ = ["measure", "workloads"]
