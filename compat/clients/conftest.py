"""The server that the tests talk to, and the tools that they run."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator

import pytest
import redis

from ..differential import servers
from . import tools
from .served import DEADLINE, Served


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--against", required=True, help="a real server's name, or a command")


@pytest.fixture(scope="session")
def command(pytestconfig: pytest.Config) -> list[str]:
    """What starts the server: a real one by its name, or any command."""
    wanted: str = pytestconfig.getoption("--against")
    kind = servers.KINDS.get(wanted)
    return servers.find(kind) if kind else shlex.split(wanted)


@pytest.fixture(scope="session")
def _shared(command: list[str]) -> Iterator[Served]:
    served = Served(command)
    yield served
    assert served.stop() == 0


@pytest.fixture
def server(_shared: Served) -> Iterator[Served]:
    """An empty server, which the test leaves with the settings and the users that it found."""
    yield _shared
    assert _shared.is_running(), f"the server ended:\n{_shared.log()}"
    with redis.Redis(host=_shared.host, port=_shared.port) as admin:
        admin.flushall()


@pytest.fixture
def own_server(command: list[str]) -> Iterator[Served]:
    """A server of the test's own, to set, lock and restart as it likes."""
    served = Served(command)
    yield served
    running = served.is_running()
    status = served.stop()
    assert running, f"the server ended before the test did, with status {status}"
    assert status == 0


@pytest.fixture
def r(server: Served) -> Iterator[redis.Redis]:
    """A client over TCP that gives strings."""
    with redis.Redis(host=server.host, port=server.port, decode_responses=True) as client:
        yield client


class Tool:
    """A program that is run with the server's address in front of its arguments."""

    def __init__(self, command: list[str]) -> None:
        self._command = command

    def __call__(
        self, *arguments: str, stdin: str = "", fails: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Runs it to its end, which has to be as told."""
        done = subprocess.run(
            [*self._command, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert bool(done.returncode) == fails, (arguments, done)
        return done

    def lines(self, *arguments: str, stdin: str = "") -> list[str]:
        """The lines that it prints, all of them without a complaint."""
        done = self(*arguments, stdin=stdin)
        assert not done.stderr, done.stderr
        return done.stdout.splitlines()

    def started(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts it, with its output on a pipe."""
        return subprocess.Popen(
            [*self._command, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )


@pytest.fixture(scope="session")
def redis_cli() -> list[str]:
    """The command that starts redis-cli."""
    return tools.redis("redis-cli")


@pytest.fixture
def cli(server: Served, redis_cli: list[str]) -> Tool:
    """redis-cli on the server."""
    return Tool([*redis_cli, "-p", str(server.port)])


@pytest.fixture(scope="session")
def redis_benchmark() -> list[str]:
    """The command that starts redis-benchmark."""
    return tools.redis("redis-benchmark")


@pytest.fixture
def benchmark(server: Served, redis_benchmark: list[str]) -> Tool:
    """redis-benchmark on the server."""
    return Tool([*redis_benchmark, "-p", str(server.port)])
