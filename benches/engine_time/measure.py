"""Takes the times: the engine as it is released and a real redis-server, on the same commands.

They are what each says itself in `INFO commandstats`: the command and the encoding of its reply,
without sockets and, on ours, without Python.
"""

from __future__ import annotations

import abc
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing

from compat.differential.engine import EngineSide, built
from compat.differential.servers import Server
from compat.differential.wire import encode, replies

from .workloads import REASONS, Sizes, Words, Workload, workloads, world

LIMIT = 1.5
"""How many times the server's time a command of ours may take."""

_BYTES = 1 << 20
_CALLS = 500


class Peer(abc.ABC):
    """One of the two that are compared."""

    @abc.abstractmethod
    def exchange(self, batch: bytes) -> bytes:
        """Sends commands over one connection, and reads all their replies."""

    @abc.abstractmethod
    def close(self) -> None:
        """Ends it."""

    def spent(self, command: str) -> float:
        """Microseconds for one call of the command since the statistics were reset."""
        told = replies(self.exchange(encode([b"INFO", b"commandstats"])))[0].text.decode()
        fields = next(line for line in told.split() if line.startswith(f"cmdstat_{command}:"))
        stats = dict(pair.split("=") for pair in fields.split(":", 1)[1].split(","))
        return int(stats["usec"]) / int(stats["calls"])


class Ours(Peer):
    """The engine."""

    def __init__(self) -> None:
        self._side = EngineSide(built("burner-engine", "--example", "sessions", "release"))
        self._side.begin(2)
        self._side.ask([[b"CONFIG", b"SET", b"notify-keyspace-events", b""]])

    def exchange(self, batch: bytes) -> bytes:
        self._side.send("bench", batch)
        return self._side.settle().get("bench", b"")

    def close(self) -> None:
        self._side.close()


class Theirs(Peer):
    """A redis-server."""

    def __init__(self) -> None:
        self._server = Server()
        self._link = self._server.connect()
        self.exchange(encode([b"CONFIG", b"SET", b"hz", b"10"]))  # as redis-server is by default

    def exchange(self, batch: bytes) -> bytes:
        self._link.sendall(batch + encode([b"ECHO", b"that was all"]))
        data = bytearray()
        while not data.endswith(b"$12\r\nthat was all\r\n"):
            data += self._link.recv(1 << 20)
        return bytes(data)

    def close(self) -> None:
        self._link.close()
        self._server.stop()


Figures = dict[str, dict[str, float]]
"""Microseconds a call by workload, then for ``ours`` and ``server``."""


def take(sizes: Sizes, rounds: int, only: str = "") -> Figures:
    """The best of the rounds, for the workloads with ``only`` in their titles."""
    with closing(Ours()) as ours, closing(Theirs()) as server:
        return _take({"ours": ours, "server": server}, sizes, rounds, only)


def _take(sides: Mapping[str, Peer], sizes: Sizes, rounds: int, only: str) -> Figures:
    for name, side in sides.items():
        _tell(f"filling {name}")
        _give(side, world(sizes))
    figures: Figures = {}
    for done in range(rounds):
        _tell(f"engine time: round {done + 1} of {rounds}")
        for name, side in sides.items():
            for workload in workloads(sizes):
                if only.lower() in workload.title.lower():
                    took = _timed(side, workload)
                    row = figures.setdefault(workload.title, {})
                    row[name] = min(row.get(name, took), took)
    return figures


def _timed(side: Peer, workload: Workload) -> float:
    calls = [workload.line(i) for i in range(workload.count)]
    side.exchange(encode([b"CONFIG", b"RESETSTAT"]))
    _give(side, calls)
    return side.spent(calls[0][0].decode().lower())


def _give(side: Peer, commands: Iterable[Words]) -> None:
    """Sends the commands and reads their replies away; ends the program at an error reply."""
    for batch in _batches(commands):
        received = side.exchange(batch)
        if received.startswith(b"-") or b"\r\n-ERR" in received or b"\r\n-WRONGTYPE" in received:
            raise SystemExit(f"{batch[:200]!r}: {received[:200]!r}")


def _batches(commands: Iterable[Words]) -> Iterator[bytes]:
    batch, calls = bytearray(), 0
    for command in commands:
        batch += encode(command)
        calls += 1
        if len(batch) > _BYTES or calls == _CALLS:
            yield bytes(batch)
            batch, calls = bytearray(), 0
    if batch:
        yield bytes(batch)


def markdown(figures: Figures) -> str:
    """A table, which says why of what takes more than `LIMIT` times as long as on the server."""
    lines = [
        "| command | burner-redis | redis-server | ratio | |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    for title, row in figures.items():
        ours, theirs = row["ours"], row["server"]
        ratio = ours / theirs if theirs else 0.0
        why = REASONS.get(title, "not looked into") if ratio > LIMIT else ""
        lines.append(f"| {title} | {ours:.2f} | {theirs:.2f} | {ratio:.2f} | {why} |")
    return "\n".join(lines) + "\n"


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
