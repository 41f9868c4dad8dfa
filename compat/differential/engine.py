"""Our side: the engine's `sessions` example, driven over a pipe."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .sides import CLOSED, EVENTS, EVENTS_ON, LISTEN, Crashed, Side
from .wire import Reply, encode, replies

BINARY_VARIABLE = "BURNER_SESSIONS"
"""Names a built `sessions` example; without it, cargo builds one."""

_ROOT = Path(__file__).resolve().parents[2]
_CONTROL = "(control)"


def open_engine() -> EngineSide:
    """Our side, built when it is not there."""
    binary = os.environ.get(BINARY_VARIABLE) or _build()
    return EngineSide(binary)


def _build() -> str:
    build = ["cargo", "build", "--package", "burner-engine", "--example", "sessions"]
    done = subprocess.run(build, cwd=_ROOT, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    target = Path(os.environ.get("CARGO_TARGET_DIR") or _ROOT / "target")
    return str(target / "debug" / "examples" / "sessions")


class EngineSide(Side):
    """A store of our engine in a process of its own."""

    def __init__(self, binary: str) -> None:
        self._binary = binary
        self.ids = {}
        self._known: set[str] = set()
        self._ended: set[str] = set()
        self._protocol = 2
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [self._binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def begin(self, protocol: int) -> None:
        if self._process.poll() is not None:
            self._start()
        self._write(b"fresh\n")
        self._known.clear()
        self._ended.clear()
        self.ids.clear()
        self._protocol = protocol
        self._feed(EVENTS, LISTEN)
        self.ask([EVENTS_ON])

    def commands(self) -> set[str]:
        """The full names of the commands that the engine has."""
        self.begin(2)
        rows = self.ask([[b"COMMAND"]])[0].parts
        subcommands = (row for container in rows for row in container.parts[9].parts)
        return {row.parts[0].text.decode() for row in (*rows, *subcommands)}

    def send(self, connection: str, data: bytes) -> None:
        if connection in self._ended:
            return
        if connection not in self._known:
            self._known.add(connection)
            self._feed(connection, encode([b"CLIENT", b"ID"]))
            self.ids[connection] = replies(self._settle().get(connection, b""))[0].text
            if self._protocol == 3:
                self._feed(connection, encode([b"HELLO", b"3"]))
                self._settle()
        self._feed(connection, data)

    def settle(self) -> dict[str, bytes]:
        return self._settle()

    def ask(self, commands: list[list[bytes]]) -> list[Reply]:
        if not commands:
            return []
        self._feed(_CONTROL, b"".join(map(encode, commands)))
        return replies(self._settle().get(_CONTROL, b""))

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _feed(self, connection: str, data: bytes) -> None:
        self._write(b"send %b %d\n" % (connection.encode(), len(data)) + data)

    def _settle(self) -> dict[str, bytes]:
        self._write(b"settle\n")
        received: dict[str, bytes] = {}
        while words := self._line().split():
            name, length, *closed = words
            data = self._read(int(length))
            if closed:
                self._ended.add(name)
                data += CLOSED
            received[name] = data
        return received

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
