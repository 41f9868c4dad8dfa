"""A private server of its own process, ours or a real one, and how to wait for what it does."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from ..differential import servers

T = TypeVar("T")

WAYS = pytest.mark.parametrize(
    ("how", "protocol"), [("tcp", 2), ("tcp", 3), ("unix", 2), ("unix", 3)]
)
"""Runs a test over each kind of socket and in each version of the protocol."""

DEADLINE = 30.0
"""Seconds that anything may take on a machine that has much else to do."""


def until(condition: Callable[[], T], seconds: float = DEADLINE) -> T:
    """Asks until the answer is true, and returns it; fails when it never is."""
    give_up = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < give_up, f"still {answer!r} after {seconds} seconds"
        time.sleep(0.01)
    return answer


async def eventually(condition: Callable[[], Awaitable[T]], seconds: float = DEADLINE) -> T:
    """Is `until` for conditions that are awaited."""
    give_up = time.monotonic() + seconds
    while not (answer := await condition()):
        assert time.monotonic() < give_up, f"still {answer!r} after {seconds} seconds"
        await asyncio.sleep(0.01)
    return answer


def at_once(work: Callable[[int], object], count: int) -> None:
    """Does the work in so many threads, each of which is told its number."""
    threads = [threading.Thread(target=work, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Served:
    """A server on a TCP port and on a unix socket, until `stop`."""

    host = "127.0.0.1"

    def __init__(self, command: Sequence[str]) -> None:
        """Starts it: the command takes redis-server's parameters."""
        self._command = list(command)
        self._folder = tempfile.TemporaryDirectory(prefix="burner-clients-")
        self.folder = Path(self._folder.name)
        self.path = str(self.folder / "redis.sock")
        self.port = servers.free_port()
        self.start()

    @property
    def url(self) -> str:
        """Its address over TCP, as every client reads it."""
        return f"redis://{self.host}:{self.port}"

    def address(self, how: str, protocol: int = 2) -> str:
        """Its URL over `tcp` or over its `unix` socket, as redis-py takes it."""
        base = f"unix://{self.path}?" if how == "unix" else f"{self.url}/0?"
        return f"{base}protocol={protocol}"

    def start(self) -> None:
        """Starts it on its port, the same each time, and waits until it accepts on both sockets."""
        settings = {
            "port": str(self.port),
            "bind": self.host,
            "unixsocket": self.path,
            "enable-debug-command": "yes",
        }
        self._process = servers.started(self._command, self.folder, settings, self._knock)

    def _knock(self) -> None:
        with socket.socket(socket.AF_UNIX) as unix:
            unix.connect(self.path)
        socket.create_connection((self.host, self.port)).close()

    def is_running(self) -> bool:
        """Whether its process has not ended."""
        return self._process.poll() is None

    def log(self) -> str:
        """The end of what it wrote."""
        return (self.folder / "log").read_text(errors="replace")[-2000:]

    def kill(self) -> None:
        """Ends it as a failing machine does: without a word to anybody, its socket's file left."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Asks it to end, waits until it has, removes what it left; its exit status."""
        self._process.terminate()
        try:
            return self._process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        finally:
            self._folder.cleanup()
