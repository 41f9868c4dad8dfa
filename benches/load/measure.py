"""Takes the figures: two servers on one processor, redis-benchmark on another.

Both are asked in turns, so that what else the machine does meets both; of the rounds the best counts.
"""

from __future__ import annotations

import csv
import io
import os
import platform
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from compat.clients import tools
from compat.differential import engine, servers
from compat.differential.wire import encode

SERVER_CPU, CLIENT_CPU = "0", "1"

WORKLOADS = {
    "SET": "-t set",
    "GET": "-t get",
    "INCR": "-t incr",
    "LPUSH": "-t lpush",
    "RPOP": "-t rpop",
    "SADD": "-t sadd",
    "HSET": "-t hset",
    "ZADD": "-t zadd",
    "LRANGE_100": "-t lrange_100",
    "MSET": "-t mset",
    "XADD": "XADD stream * sensor __rand_int__ value 9",
}
"""What redis-benchmark is told, by the names of the rows."""


@dataclass(frozen=True)
class Scale:
    """How much of everything."""

    rounds: int = 6
    requests: int = 50_000
    """Of each round; ten times as many in pipelines."""
    clients: tuple[int, ...] = (50, 1000)
    pipelines: tuple[int, ...] = (1, 16)
    idle: int = 10_000
    """Connections that only stand there."""
    profile: str = "release"
    """How cargo builds our server."""


SHORT = Scale(rounds=1, requests=1000, clients=(50,), idle=100, profile="dev")
"""That everything runs; the figures mean nothing."""


@dataclass
class Figures:
    """Requests a second by row and server; what idle connections take and do to others."""

    machine: str = ""
    load: dict[str, dict[str, float]] = field(default_factory=dict)
    """By ``WORKLOAD -P pipeline -c clients``, then ``ours`` and ``server``."""
    effort: dict[str, dict[str, float]] = field(default_factory=dict)
    """Microseconds of processor time that the server spends on a request, the system's part included."""
    idle_bytes: dict[str, float] = field(default_factory=dict)
    """Resident bytes of the process for each idle connection."""
    idle_slowdown: dict[str, float] = field(default_factory=dict)
    """GETs a second beside idle connections, as a share of those without."""


class Peer:
    """A server on a port of its own, pinned to its processor."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.port = servers.free_port()
        settings = {"port": str(self.port), "bind": "127.0.0.1", "maxclients": "11000"}
        self._process = servers.started(
            [*_pinned(SERVER_CPU), *command], folder, settings, lambda: self.connect().close()
        )

    def connect(self) -> socket.socket:
        """A new connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def flush(self) -> None:
        """Empties it."""
        with self.connect() as link:
            link.sendall(encode([b"FLUSHALL"]))
            link.recv(100)

    def resident(self) -> int:
        """Bytes of memory that the process has."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def processor_seconds(self) -> float:
        """Processor time that the process has had, its own and the system's on its behalf."""
        times = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """Ends it."""
        self._process.kill()
        self._process.wait()


@contextmanager
def _started(commands: dict[str, list[str]]) -> Generator[dict[str, Peer]]:
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="burner-load-")))
        yield {
            name: stack.enter_context(closing(Peer(command, scratch)))
            for name, command in commands.items()
        }


def take(scale: Scale, only: str = "") -> Figures:
    """The figures of the workloads with ``only`` in their names."""
    figures = Figures(
        machine=f"{platform.machine()}, {os.cpu_count()} cores, {platform.platform()}"
    )
    commands = {"ours": [engine.built_server(scale.profile)], "server": servers.find()}
    with _started(commands) as peers:
        for done in range(scale.rounds):
            for pipeline in scale.pipelines:
                for clients in scale.clients:
                    _tell(f"round {done + 1} of {scale.rounds}: -P {pipeline} -c {clients}")
                    for name in WORKLOADS:
                        if only in name:
                            _round(peers, scale, figures, name, pipeline, clients)
    _tell(f"{scale.idle} idle connections")
    with _started(commands) as peers:  # new ones, whose memory nobody has used before
        for name, peer in peers.items():
            _idle(name, peer, scale, figures)
    return figures


def _round(
    peers: dict[str, Peer],
    scale: Scale,
    figures: Figures,
    name: str,
    pipeline: int,
    clients: int,
) -> None:
    title = f"{name} -P {pipeline} -c {clients}"
    speed, effort = figures.load.setdefault(title, {}), figures.effort.setdefault(title, {})
    for side, peer in peers.items():
        peer.flush()
        requests = scale.requests * (10 if pipeline > 1 and name != "LRANGE_100" else 1)
        if name == "RPOP":
            _benchmark(peer, "LPUSH", requests, 16, 50)
        before = peer.processor_seconds()
        took = _benchmark(peer, name, requests, pipeline, clients)
        spent = (peer.processor_seconds() - before) * 1e6 / requests
        speed[side] = max(speed.get(side, 0.0), took)
        effort[side] = min(effort.get(side, float("inf")), spent)


def _benchmark(peer: Peer, name: str, requests: int, pipeline: int, clients: int) -> float:
    """Requests a second, as redis-benchmark counts them."""
    options = (
        f"-h 127.0.0.1 -p {peer.port} --csv -r 100000 -n {requests} -P {pipeline} -c {clients}"
    )
    command = [
        *_pinned(CLIENT_CPU),
        *tools.redis("redis-benchmark"),
        *options.split(),
        *WORKLOADS[name].split(),
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    rows = [row for row in csv.DictReader(io.StringIO(told)) if row["rps"]]
    return float(rows[-1]["rps"])


def _idle(name: str, peer: Peer, scale: Scale, figures: Figures) -> None:
    peer.flush()
    before = _benchmark(peer, "GET", scale.requests, 1, 50)
    empty = peer.resident()
    with ExitStack() as stack:
        for _ in range(scale.idle):
            stack.enter_context(peer.connect())
        with peer.connect() as link:  # all are taken in before this one is answered
            link.sendall(encode([b"PING"]))
            link.recv(100)
        figures.idle_bytes[name] = (peer.resident() - empty) / scale.idle
        figures.idle_slowdown[name] = _benchmark(peer, "GET", scale.requests, 1, 50) / before


def _pinned(cpu: str) -> list[str]:
    return ["taskset", "--cpu-list", cpu] if (os.cpu_count() or 1) > 1 else []


def markdown(figures: Figures) -> str:
    """The tables."""
    lines = [
        f"Measured on {figures.machine}: each server on one processor, redis-benchmark on the other.",
        "",
        "## Requests a second",
        "",
        "The last two columns are the processor time of the server for each request, in microseconds;"
        " LRANGE_100's has that of an LPUSH in it, which fills the list.",
        "",
        "| workload | burner-redis | redis-server | ratio | burner-redis | redis-server |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, row in figures.load.items():
        ours, theirs, effort = row["ours"], row["server"], figures.effort[name]
        lines.append(
            f"| {name} | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.2f}"
            f" | {effort['ours']:.2f} | {effort['server']:.2f} |"
        )
    lines += ["", "## Idle connections", ""]
    for name, title in (("ours", "burner-redis"), ("server", "redis-server")):
        lines.append(
            f"- {title}: {figures.idle_bytes[name]:,.0f} bytes each; GETs of others at"
            f" {figures.idle_slowdown[name]:.2f} of what they are without"
        )
    return "\n".join(lines) + "\n"


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
