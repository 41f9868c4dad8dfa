"""Brings the real servers: the redis-server that decides how a command behaves, and two others.

Each in this order: the binary that its environment variable names; Debian's package, unpacked
(never installed) into a cache of the user's; an installed one of the right version. Each run has a
private server on a unix socket in a temporary directory, so that nobody else's CONFIG SET, DEBUG or
FLUSHALL is seen.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Kind:
    """A server to compare with: a program of one series."""

    name: str
    program: str
    """The name of the binary and of Debian's package with it."""
    version: str
    """The series: what the version begins with."""
    suite: str
    """The release of Debian that has this series."""
    variable: str
    """The environment variable that names a binary of it."""


REDIS_8 = Kind("redis-8.0", "redis-server", "8.0", "trixie", "BURNER_REDIS_SERVER")
"""What decides."""

REDIS_7 = Kind("redis-7.0", "redis-server", "7.0", "bookworm", "BURNER_REDIS_7_SERVER")
VALKEY_8 = Kind("valkey-8.1", "valkey-server", "8.1", "trixie", "BURNER_VALKEY_SERVER")

KINDS = {kind.name: kind for kind in (REDIS_8, REDIS_7, VALKEY_8)}
"""The servers by name, the one that decides first."""

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_START_SECONDS = 20.0
_REPLY_SECONDS = 30.0


class NoServer(Exception):
    """A server cannot be had here; the message says what would help."""


def find(kind: Kind = REDIS_8) -> list[str]:
    """The command that starts a server of this kind.

    Raises NoServer when there is none and none can be brought.
    """
    if path := os.environ.get(kind.variable):
        return _checked([path], kind, f"{kind.variable}={path}")
    if command := _unpacked(kind):
        return command
    if path := shutil.which(kind.program):
        try:
            return _checked([path], kind, path)
        except NoServer:
            pass
    raise NoServer(
        f"no {kind.program} {kind.version} to compare with: name one in {kind.variable}, "
        f"or run where apt can fetch the one of Debian {kind.suite}"
    )


def _checked(command: list[str], kind: Kind, name: str) -> list[str]:
    try:
        done = subprocess.run(
            [*command, "--version"], capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoServer(f"{name} does not run: {error}") from error
    found = re.search(r"(\w+) server v=(\S+)", done.stdout)
    told = f"{found[1].lower()}-server {found[2]}" if found else "unknown"
    if not told.startswith(f"{kind.program} {kind.version}."):
        raise NoServer(f"{name} is {told}, not {kind.program} {kind.version}")
    return command


def _cache(kind: Kind) -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = f"{kind.program}-{kind.suite}-{os.uname().machine}"
    return base / "burner-redis" / "servers" / folder


def _unpacked(kind: Kind) -> list[str] | None:
    """Debian's server out of the cache, fetched first when it is not there; None elsewhere."""
    if not (shutil.which("apt-get") and shutil.which("dpkg") and _KEYRING.exists()):
        return None
    cache = _cache(kind)
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / "root").exists() and not _fetch(kind, cache):
            return None
    return _through_own_loader(kind, cache / "root")


def _fetch(kind: Kind, cache: Path) -> bool:
    """Downloads the server with all it needs and unpacks it into ``cache/root``."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    archives = dict.fromkeys(uri for uri in listed.stdout.split() if "security" not in uri)
    return any(_fetch_from(archive, kind, cache) for archive in archives)


def _fetch_from(archive: str, kind: Kind, cache: Path) -> bool:
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        work = Path(scratch)
        for folder in ("lists/partial", "archives/partial", "root"):
            (work / folder).mkdir(parents=True)
        sources = work / "sources.list"
        sources.write_text(f"deb [signed-by={_KEYRING}] {archive} {kind.suite} main\n")
        settings = {
            "Dir::Etc::SourceList": sources,
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::State::Lists": work / "lists",
            "Dir::State::status": "/dev/null",
            "Dir::Cache": work,
            "Dir::Cache::archives": work / "archives",
            "APT::Sandbox::User": "",
        }
        apt = ["apt-get", *(f"-o{name}={value}" for name, value in settings.items())]
        fetch = [*apt, "-y", "--download-only", "--no-install-recommends", "install", kind.program]
        try:
            subprocess.run([*apt, "update"], capture_output=True, check=True)
            subprocess.run(fetch, capture_output=True, check=True)
            for package in sorted((work / "archives").glob("*.deb")):
                subprocess.run(
                    ["dpkg", "-x", str(package), str(work / "root")],
                    capture_output=True,
                    check=True,
                )
        except subprocess.CalledProcessError:
            return False
        (work / "root").rename(cache / "root")
    return True


def _through_own_loader(kind: Kind, root: Path) -> list[str] | None:
    """Starts what lies under ``root`` with that root's C library, newer than the system's."""
    # Debian 12's C library lies in /lib, a link to /usr/lib on an installed system.
    libraries = [*(root / "usr/lib").glob("*-linux-gnu"), *(root / "lib").glob("*-linux-gnu")]
    loaders = (loader for folder in libraries for loader in folder.glob("ld-linux-*.so.*"))
    loader = next(loaders, None)
    binary = root / "usr/bin" / kind.program
    if not loader or not binary.exists():
        return None
    path = ":".join(map(str, libraries))
    command = [str(loader), "--library-path", path, str(binary)]
    try:
        return _checked(command, kind, str(binary))
    except NoServer:
        return None


def started(
    command: Sequence[str],
    folder: Path,
    settings: Mapping[str, str],
    knock: Callable[[], None],
) -> subprocess.Popen[bytes]:
    """Starts a server in a process of its own that keeps nothing, and waits until it lets in.

    The command takes redis-server's parameters, which `settings` are. `knock` connects, and raises
    OSError as long as nobody opens. The server writes to ``log`` in the folder; raises NoServer
    with the end of that when it ends or does not open.
    """
    settings = {"dir": str(folder), "save": "", "appendonly": "no", **settings}
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    log = folder / "log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, *words], stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    give_up = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < give_up:
        try:
            knock()
            return process
        except OSError:
            time.sleep(0.01)
    process.kill()
    process.wait()
    raise NoServer(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")


def free_port() -> int:
    """A port that nobody listens at, out of those that no client is given as its own."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Server:
    """A private server on a unix socket, until `stop`: of a kind, or started by a command."""

    def __init__(self, what: Kind | Sequence[str] = REDIS_8) -> None:
        self._command = find(what) if isinstance(what, Kind) else list(what)
        self._folder = tempfile.TemporaryDirectory(prefix="burner-differential-")
        self.path = str(Path(self._folder.name) / "redis.sock")
        self.start()

    def start(self) -> None:
        """Starts the server and waits until it answers; raises NoServer when it does not."""
        settings = {
            "port": "0",
            "unixsocket": self.path,
            "enable-debug-command": "yes",
            # Due keys go and blocked commands end within milliseconds, not a tenth of a second.
            "hz": "500",
        }
        folder = Path(self._folder.name)
        self._process = started(self._command, folder, settings, lambda: self.connect().close())

    def connect(self) -> socket.socket:
        """A new connection to the server."""
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(_REPLY_SECONDS)
        try:
            link.connect(self.path)
        except OSError:
            link.close()
            raise
        return link

    def revive(self) -> bool:
        """Starts the server again if it has ended; whether it had."""
        if self._process.poll() is None:
            try:
                self._process.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                return False
        Path(self.path).unlink(missing_ok=True)
        self.start()
        return True

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def kill(self) -> None:
        """Ends the server as it stands."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Ends the server and removes what it left."""
        self.kill()
        self._folder.cleanup()
