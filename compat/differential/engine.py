"""Our side: the engine's `sessions` example over a pipe, the installed package's wires, or our server."""

from __future__ import annotations

import abc
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .servers import Server
from .sides import CLOSED, EVENTS, EVENTS_ON, LISTEN, Crashed, ServerSide, Side
from .wire import Reply, encode, replies

BINARY_VARIABLE = "BURNER_SESSIONS"
"""Names a built `sessions` example; without it, cargo builds one."""

SERVER_VARIABLE = "BURNER_SERVER"
"""Likewise a built `burner-redis-server`."""

_ROOT = Path(__file__).resolve().parents[2]
_CONTROL = "(control)"
_PAUSED_SECONDS = 5.0


def engine_binary() -> str:
    """The `sessions` example: the one that the environment names, or the tree's own, built."""
    return os.environ.get(BINARY_VARIABLE) or built("burner-engine", "--example", "sessions")


def server_binary() -> str:
    """Likewise `burner-redis-server`."""
    return os.environ.get(SERVER_VARIABLE) or built_server()


def built_server(profile: str = "dev") -> str:
    """The tree's own `burner-redis-server`."""
    return built("burner-server", "--bin", "burner-redis-server", profile)


def built(package: str, kind: str, name: str, profile: str = "dev") -> str:
    """Has cargo build a `--bin` or an `--example` of the tree; its path."""
    build = ["cargo", "build", "--locked", "--profile", profile, "--package", package, kind, name]
    done = subprocess.run(build, cwd=_ROOT, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    target = Path(os.environ.get("CARGO_TARGET_DIR") or _ROOT / "target")
    folder = target / ("debug" if profile == "dev" else profile)
    return str((folder / "examples" if kind == "--example" else folder) / name)


class OurSide(Side):
    """A store of ours; each case gets a new one.

    ``by_hand``: on a clock that stands still but for `catch_up`, so that nothing comes due while a
    busy machine is slow to send the next command.
    """

    def __init__(self, *, by_hand: bool = False) -> None:
        self.ids = {}
        self._by_hand = by_hand
        self._known: set[str] = set()
        self._ended: set[str] = set()
        self._pauses = False
        self._protocol = 2

    @abc.abstractmethod
    def _fresh(self) -> None:
        """Begins a new store, without connections."""

    @abc.abstractmethod
    def _feed(self, connection: str, data: bytes) -> None:
        """Gives bytes to the connection of that name, new or known."""

    @abc.abstractmethod
    def _received(self) -> dict[str, tuple[bytes, bool]]:
        """What each connection has received, and whether it was closed then; only those with either."""

    def begin(self, protocol: int) -> None:
        self._fresh()
        self._known.clear()
        self._ended.clear()
        self._pauses = False
        self.ids.clear()
        self._protocol = protocol
        self._feed(EVENTS, LISTEN)
        self.ask([EVENTS_ON])

    def send(self, connection: str, data: bytes) -> None:
        if connection in self._ended:
            return
        if connection not in self._known:
            self._known.add(connection)
            self._feed(connection, encode([b"CLIENT", b"ID"]))
            told = replies(self.settle().get(connection, b""))
            self.ids[connection] = told[0].text if told else b""  # all may have been paused
            if self._protocol == 3:
                self._feed(connection, encode([b"HELLO", b"3"]))
                self.settle()
        self._pauses |= b"PAUSE" in data.upper()
        self._feed(connection, data)

    def settle(self) -> dict[str, bytes]:
        received: dict[str, bytes] = {}
        self._gather(received)
        if self._pauses:
            self._sit_out(received)
        return received

    def _gather(self, received: dict[str, bytes]) -> None:
        for name, (data, closed) in self._received().items():
            received[name] = received.get(name, b"") + data + (CLOSED if closed else b"")
            if closed:
                self._ended.add(name)

    def _sit_out(self, received: dict[str, bytes]) -> None:
        """Waits for the end of a pause of all commands, as a server's `settle` does perforce."""
        give_up = time.monotonic() + _PAUSED_SECONDS
        self._feed(_CONTROL, encode([b"PING"]))
        self._gather(received)
        while _CONTROL not in received:
            if time.monotonic() > give_up:
                raise Crashed("our engine still pauses all commands")
            time.sleep(0.001)
            self._gather(received)
        del received[_CONTROL]

    def ask(self, commands: list[list[bytes]]) -> list[Reply]:
        if not commands:
            return []
        self._feed(_CONTROL, b"".join(map(encode, commands)))
        received: dict[str, bytes] = {}
        self._gather(received)
        return replies(received.get(_CONTROL, b""))


class WireSide(OurSide):
    """A store of the installed package, met over the wires that its connections use."""

    def __init__(self, native: Any, *, by_hand: bool = False) -> None:
        super().__init__(by_hand=by_hand)
        self._native = native
        self._fresh()

    def _fresh(self) -> None:
        self._wires: dict[str, Any] = {}
        self._store = self._native.Store(
            clock=self._native.ManualClock() if self._by_hand else None
        )

    def catch_up(self) -> None:
        if self._by_hand:
            self._store.advance(time.time() - self._store.clock.time())

    def _feed(self, connection: str, data: bytes) -> None:
        if connection not in self._wires:
            self._wires[connection] = self._native.Wire(self._store)
        self._wires[connection].feed(data)

    def _received(self) -> dict[str, tuple[bytes, bool]]:
        self._store.tick()
        read = {name: (wire.read(-1), wire.closed) for name, wire in self._wires.items()}
        for name, (_, closed) in read.items():
            if closed:
                del self._wires[name]
        return {name: told for name, told in read.items() if any(told)}

    def close(self) -> None:
        self._wires.clear()


class EngineSide(OurSide):
    """A store of the engine in a process of its own."""

    def __init__(self, binary: str, *, by_hand: bool = False) -> None:
        super().__init__(by_hand=by_hand)
        self._binary = binary
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [self._binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def _fresh(self) -> None:
        if self._process.poll() is not None:
            self._start()
        self._write(b"fresh %d\n" % _microseconds() if self._by_hand else b"fresh\n")

    def catch_up(self) -> None:
        if self._by_hand:
            self._write(b"clock %d\n" % _microseconds())

    def _feed(self, connection: str, data: bytes) -> None:
        self._write(b"send %b %d\n" % (connection.encode(), len(data)) + data)

    def _received(self) -> dict[str, tuple[bytes, bool]]:
        self._write(b"settle\n")
        received: dict[str, tuple[bytes, bool]] = {}
        while words := self._line().split():
            name, length, *closed = words
            received[name] = self._read(int(length)), bool(closed)
        return received

    @property
    def pid(self) -> int:
        """The process' number."""
        return self._process.pid

    def kill(self) -> None:
        """Ends the process as it stands; who waits for its answer gets Crashed."""
        self._process.kill()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _write(self, data: bytes) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Crashed(f"our engine ended: {self._process.wait()}") from None

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise Crashed(f"our engine ended: {self._process.wait()}")
        return line.decode()

    def _read(self, length: int) -> bytes:
        assert self._process.stdout
        data = self._process.stdout.read(length)
        if len(data) < length:
            raise Crashed(f"our engine ended: {self._process.wait()}")
        return data


class SocketSide(ServerSide):
    """Our server in a process of its own, met on a unix socket as a real one is."""

    def __init__(self, binary: str) -> None:
        self._process = Server([binary])
        super().__init__(self._process)

    @property
    def pid(self) -> int:
        """The process' number."""
        return self._process.pid

    def kill(self) -> None:
        """Ends the process as it stands; who waits for its answer gets Crashed."""
        self._process.kill()


Watched = EngineSide | SocketSide
"""Our side in a process that can be limited and killed."""


def open_engine(*, by_hand: bool = False) -> EngineSide:
    """The engine as it stands in the tree, built when it is not yet."""
    return EngineSide(engine_binary(), by_hand=by_hand)


def open_installed(*, by_hand: bool = False) -> OurSide:
    """The installed package, or the engine where none is installed."""
    try:
        from burner_redis import _native
    except ImportError:
        return open_engine(by_hand=by_hand)
    return WireSide(_native, by_hand=by_hand)


def open_socket() -> SocketSide:
    """Our server as it stands in the tree, built when it is not yet."""
    return SocketSide(server_binary())


WATCHED: dict[str, Callable[[], Watched]] = {"engine": open_engine, "socket": open_socket}
"""The ways to have our side in a process of its own, by the names that the command lines know."""

OVER: dict[str, Callable[[], Side]] = {**WATCHED, "installed": open_installed}
"""All the ways to have our side."""


def _microseconds() -> int:
    """The time of day, as the engine counts it."""
    return time.time_ns() // 1000
