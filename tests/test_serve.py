"""``burner-redis serve``: a server from the shell."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from burner_redis import __version__
from burner_redis.cli import main

from .helpers import PATIENCE, connected, is_refused, shut_down_in_script

SERVE = [sys.executable, "-m", "burner_redis", "serve"]


class Server:
    """A server that runs, and what it said."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.urls: list[str] = []
        self.said: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            self.said.append(line)
            if listens := re.search(r"listening on (\S+)", line):
                self.urls.append(listens[1])
            if line.endswith("ready\n"):
                return
        raise AssertionError(
            f"it did not start: {self.said} {process.communicate(timeout=PATIENCE)}"
        )

    def client(self, url: str | None = None, **options: Any) -> "redis.Redis[bytes]":
        return redis.Redis.from_url(url or self.urls[0], socket_timeout=PATIENCE, **options)

    def ends(self) -> tuple[int, str]:
        """Its exit code, and what it says at the end."""
        out, err = self.process.communicate(timeout=PATIENCE)
        assert err == ""
        return self.process.returncode, out


@contextmanager
def serving(*args: str, given: str | None = None) -> Iterator[Server]:
    process = subprocess.Popen(
        [*SERVE, *args],
        stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        if given is not None:
            assert process.stdin is not None
            process.stdin.write(given)
            process.stdin.close()
            process.stdin = None
        yield Server(process)
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)


def refused(*args: str) -> tuple[int, str]:
    done = subprocess.run([*SERVE, *args], capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stderr


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(tmp_path: Path, sent: signal.Signals) -> None:
    path = tmp_path / "s"
    with serving("--port", "0", "--bind", "127.0.0.1", "--unixsocket", str(path)) as server:
        # As for redis-server, no port beside a unix socket is none.
        assert server.urls == [f"unix://{path}"]
        with server.client() as client:
            assert client.set("k", "v")
            os.kill(server.process.pid, sent)
            code, said = server.ends()
        assert code == 0
        assert sent.name in said
        assert said.endswith("bye\n")
        assert not path.exists()


def test_any_free_port_is_told() -> None:
    with serving("--port", "0") as server:
        (url,) = server.urls
        assert re.fullmatch(r"redis://127\.0\.0\.1:\d+", url)
        with server.client() as client:
            assert client.ping() is True
        server.process.send_signal(signal.SIGTERM)
        assert server.ends()[0] == 0
        assert is_refused(url)


def test_it_ends_while_a_script_runs() -> None:
    with serving("--port", "0") as server, connected(server.urls[0]) as client:
        client.sendall(b"PING\r\n")
        assert client.recv(100) == b"+PONG\r\n"
        client.sendall(b"EVAL 'while true do end' 0\r\n")
        server.process.send_signal(signal.SIGTERM)
        assert server.ends()[0] == 0


def test_shutdown_ends_it() -> None:
    with serving("--port", "0") as server, server.client() as client, server.client() as other:
        assert other.ping() is True
        client.shutdown(nosave=True)
        code, said = server.ends()
        assert code == 0
        assert "SHUTDOWN" in said
        with pytest.raises(redis.ConnectionError):
            other.ping()


def test_shutdown_ends_it_though_a_script_runs_that_has_written() -> None:
    script = "redis.call('SET', 'k', 'v') while true do end"
    threshold = ("--busy-reply-threshold", "1")
    with (
        ThreadPoolExecutor(1) as pool,
        serving("--port", "0", *threshold) as server,
        server.client() as client,
        server.client() as other,
    ):
        running = pool.submit(other.eval, script, 0)
        shut_down_in_script(client)
        assert server.ends()[0] == 0
        with pytest.raises(redis.ConnectionError):
            running.result(PATIENCE)


def test_settings_are_redis_servers(tmp_path: Path) -> None:
    args = "--maxmemory 100mb --maxmemory-policy allkeys-lru --databases 3 --timeout=77 --maxclients 50"
    with serving("--port", "0", *args.split(), "--requirepass", "a secret") as server:
        with server.client() as client, pytest.raises(redis.AuthenticationError):
            client.ping()
        with server.client(password="a secret", db=2) as client:
            told = client.config_get(
                "maxmemory", "maxmemory-policy", "databases", "timeout", "maxclients"
            )
            assert told == {
                "maxmemory": "104857600",
                "maxmemory-policy": "allkeys-lru",
                "databases": "3",
                "timeout": "77",
                "maxclients": "50",
            }
            with pytest.raises(redis.ResponseError, match="DB index is out of range"):
                client.select(3)


CONF = """
# A comment
port 0
bind 127.0.0.1
maxmemory 1mb
save ""
appendonly no
daemonize no
user default on nopass ~* &* +@all -flushall
client-output-buffer-limit pubsub 1mb 0 0
"""


def test_a_file_of_settings(tmp_path: Path) -> None:
    path = tmp_path / "redis.conf"
    path.write_text(f"include {tmp_path}/more.conf\n{CONF}")
    (tmp_path / "more.conf").write_text("timeout 7\nmaxmemory 9mb\n")
    with serving(str(path), "--maxmemory", "2mb") as server, server.client() as client:
        assert client.config_get("maxmemory", "timeout") == {"maxmemory": "2097152", "timeout": "7"}
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.flushall()


def test_settings_on_standard_input() -> None:
    with serving("-", given=CONF) as server, server.client() as client:
        assert client.config_get("maxmemory") == {"maxmemory": "1048576"}


def test_a_log_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "log"
    process = subprocess.Popen(
        [*SERVE, "--port", "0", "--unixsocket", f"{tmp_path}/s", "--logfile", str(path)],
        stdout=subprocess.PIPE,
    )
    try:
        while not (path.exists() and "ready" in path.read_text()):
            assert process.poll() is None
        process.terminate()
        assert process.communicate(timeout=PATIENCE) == (b"", None)
        assert process.returncode == 0
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z notice ", path.read_text())
    finally:
        process.kill()


def test_a_user_who_wants_nothing_told_is_told_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [*SERVE, "--loglevel", "nothing", "--unixsocket", f"{tmp_path}/no/s"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot listen" in done.stderr


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["--port", "x"], "--port: a port is a number from 0 to 65535"),
        (["--port"], "--port needs a value"),
        (["--nosuch", "1"], "--nosuch: there is no such setting"),
        (["--maxmemory", "lots"], "--maxmemory: argument must be a memory value"),
        (["--databases", "0"], "--databases: argument must be between 1 and"),
        (["--daemonize", "yes"], '--daemonize: this server can only have it be "no"'),
        (["--appendonly", "yes"], "--appendonly: this server keeps nothing in files"),
        (["--user", "u", "nosuch"], "--user: ERR Error in ACL SETUSER modifier 'nosuch'"),
        (["-x"], "there is no option -x"),
    ],
)
def test_nonsense_is_refused(args: Sequence[str], reason: str) -> None:
    code, said = refused(*args)
    assert code == 2
    assert said.startswith(f"burner-redis serve: {reason}")
    assert said.endswith("Try 'burner-redis serve --help'.\n")


def test_nonsense_in_a_file_is_found_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "redis.conf"
    path.write_text("port 0\nmaxmemory lots\n")
    assert refused(str(path))[1].startswith(
        f"burner-redis serve: {path}, line 2: maxmemory: argument must"
    )


def test_what_is_not_to_be_had(tmp_path: Path) -> None:
    assert refused(f"{tmp_path}/none.conf")[0] == 1
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, said = refused("--bind", "127.0.0.1", "--port", str(taken.getsockname()[1]))
    assert code == 1
    assert "cannot listen on 127.0.0.1:" in said


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == main(["--help"]) == main(["-h"]) == 0
    assert "burner-redis serve" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"burner-redis {__version__}\n"
    assert main(["nosuch"]) == 2
    assert "no command nosuch" in capsys.readouterr().err
    done = subprocess.run([*SERVE, "--help"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0
    assert "--requirepass PASSWORD" in done.stdout
    assert "{program}" not in done.stdout
