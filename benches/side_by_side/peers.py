"""The things compared: an environment and a process for each, since two of them share an import name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from compat.differential.servers import NoServer, Server
from compat.environments import environment, pip

HERE = Path(__file__).parent
_VENVS = HERE.parents[1] / ".venv-bench"

TITLES = {
    "ours": "burner-redis",
    "published": "published 0.1.7",
    "fakeredis": "fakeredis 2.40",
    "server": "redis-server 8.0",
}


class Worker:
    """A peer at work in a process of its own, doing one thing at a time."""

    def __init__(self, name: str, python: Path, socket: str | None) -> None:
        self.name = name
        environment = os.environ | {"PYTHONHASHSEED": "0"}
        if socket:
            environment["BENCH_SERVER_SOCKET"] = socket
        self._process = subprocess.Popen(
            [python, HERE / "worker.py", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def do(self, what: str, **arguments: Any) -> Any:
        """What the worker answers; None, and a line on stderr, when the peer cannot do it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": what, **arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "it ended"}
        if "error" in answer:
            last = answer["error"].strip().splitlines()[-1]
            print(f"{self.name} cannot do {what} {arguments}: {last}", file=sys.stderr)
        return answer.get("value")

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


class Peers:
    """Environments, made once, and the server; gives workers."""

    def __init__(self, wheel: Path, server: Server | None) -> None:
        self._server = server
        published = _environment("published", HERE / "requirements-published.txt")
        self._pythons = {
            "ours": _environment("ours", wheel),
            "published": published,
            "fakeredis": published,
        }
        if server:
            self._pythons["server"] = published

    @property
    def names(self) -> list[str]:
        """The peers there are; a real server is not everywhere."""
        return list(self._pythons)

    @contextmanager
    def worker(self, name: str) -> Iterator[Worker]:
        """A fresh process of the peer."""
        worker = Worker(name, self._pythons[name], self._server and self._server.path)
        try:
            yield worker
        finally:
            worker.close()

    @contextmanager
    def workers(self) -> Iterator[list[Worker]]:
        """A fresh process of each peer."""
        with ExitStack() as stack:
            yield [stack.enter_context(self.worker(name)) for name in self.names]


@contextmanager
def prepared(wheel: Path) -> Iterator[Peers]:
    """The peers, with a private redis-server among them where one can be had."""
    try:
        server = Server()
    except NoServer as error:
        print(error, file=sys.stderr)
        yield Peers(wheel, None)
        return
    try:
        with server.connect() as link:
            link.sendall(b"CONFIG SET hz 10\r\n")  # as redis-server is by default
            link.recv(100)
        yield Peers(wheel, server)
    finally:
        server.stop()


def _environment(name: str, what: Path) -> Path:
    """The Python of an environment that has a wheel, or a requirements file's packages."""
    python = environment(_VENVS / name)
    if what.suffix == ".whl":
        pip(python, "install", "--force-reinstall", "--no-deps", what)
    else:
        pip(python, "install", "--requirement", what)
    pip(python, "install", "--requirement", HERE / "requirements.txt")
    return python
