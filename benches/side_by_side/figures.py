"""Takes the figures: which peer does what, in which order, how often."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benches import engine_time
from benches.engine_time.workloads import Sizes

from .peers import Peers

By = dict[str, Any]
"""A figure by peer; None where a peer cannot do it."""


@dataclass(frozen=True)
class Scale:
    """How much of everything."""

    rounds: int = 7
    seconds: float = 0.1
    lateness_seconds: float = 2.0
    pipeline: int = 100_000
    entries: int = 1_000_000
    keys: int = 10_000_000
    growth_seconds: float = 90.0
    tasks: int = 3000
    starts: int = 100
    engine: Sizes = field(default_factory=Sizes)
    engine_rounds: int = 6


SHORT = Scale(
    rounds=1,
    seconds=0.01,
    lateness_seconds=0.1,
    pipeline=10_000,
    entries=10_000,
    keys=20_000,
    growth_seconds=10.0,
    tasks=100,
    starts=10,
    engine=engine_time.workloads.SHORT,
    engine_rounds=1,
)
"""That everything runs, in less than a minute; the figures mean nothing."""


@dataclass
class Figures:
    """Everything that was measured, by row and then by peer."""

    calls: dict[str, By] = field(default_factory=dict)
    lateness: dict[str, By] = field(default_factory=dict)
    memory: dict[str, By] = field(default_factory=dict)
    growth: By = field(default_factory=dict)
    docket: By = field(default_factory=dict)
    docket_profile: By = field(default_factory=dict)
    engine: engine_time.measure.Figures = field(default_factory=dict)
    machine: str = ""

    def write(self, path: Path) -> None:
        """As JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> Figures:
        """What `write` wrote."""
        return cls(**json.loads(path.read_text()))


PARTS = ("calls", "lateness", "memory", "growth", "docket", "engine")


def take(
    peers: Peers, scale: Scale, workloads: dict[str, str], parts: Iterable[str], figures: Figures
) -> None:
    """Takes the figures of these parts anew; ``workloads`` gives titles by name."""
    figures.machine = _machine()
    if "calls" in parts:
        figures.calls = {}
        _calls(peers, scale, workloads, figures)
    if "lateness" in parts:
        _lateness(peers, scale, figures)
    if "memory" in parts:
        for kind in ("string key", "hash field", "sorted-set member", "stream entry"):
            figures.memory[kind] = _each(peers, "memory", kind=kind, count=scale.entries)
    if "growth" in parts:
        figures.growth = _each(
            peers,
            "growth",
            without=("fakeredis", "server"),
            keys=scale.keys,
            limit=scale.growth_seconds,
        )
    if "docket" in parts:
        figures.docket = _each(
            peers, "docket", without=("fakeredis",), tasks=scale.tasks, starts=scale.starts
        )
        figures.docket_profile = _each(
            peers, "docket_profile", without=("fakeredis", "server"), tasks=scale.tasks // 4
        )
    if "engine" in parts:
        figures.engine = engine_time.measure.take(scale.engine, scale.engine_rounds)


def _calls(peers: Peers, scale: Scale, workloads: dict[str, str], figures: Figures) -> None:
    """The best of the rounds: what other programs do to a machine only ever adds."""
    with peers.workers() as workers:
        for done in range(scale.rounds):
            _tell(f"calls: round {done + 1} of {scale.rounds}")
            for name, title in workloads.items():
                row = figures.calls.setdefault(title, {})
                for worker in workers:
                    took = worker.do("call", name=name, seconds=scale.seconds)
                    before = row.get(worker.name)
                    row[worker.name] = took if before is None else min(before, took or before)


def _lateness(peers: Peers, scale: Scale, figures: Figures) -> None:
    beside = {
        "await r.get(key)": ("get", 0),
        "HGETALL of 1000": ("hgetall", 1000),
        f"a pipeline of {scale.pipeline:,}": ("pipeline", scale.pipeline),
        f"a transaction of {scale.pipeline:,}": ("transaction", scale.pipeline),
    }
    for title, (what, size) in beside.items():
        figures.lateness[title] = _each(
            peers, "lateness", beside=what, seconds=scale.lateness_seconds, size=size
        )


def _each(peers: Peers, what: str, *, without: Iterable[str] = (), **arguments: Any) -> By:
    """What each peer answers, each in a fresh process."""
    row: By = {}
    for name in peers.names:
        if name not in without:
            _tell(f"{what} {arguments}: {name}")
            with peers.worker(name) as worker:
                row[name] = worker.do(what, **arguments)
    return row


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _machine() -> str:
    name = platform.processor() or platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        lines = cpus.read_text().splitlines()
        models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        name = f"{len(models)} cores of {models[0]}" if models else name
    return f"{name}, {platform.system()}, CPython {platform.python_version()}, redis-py 8.1.0"
