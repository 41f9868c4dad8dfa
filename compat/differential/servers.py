"""Brings the real redis-server that decides how a command behaves.

In this order: the binary named by ``BURNER_REDIS_SERVER``; Debian's package, unpacked (never
installed) into a cache of the user's; an installed ``redis-server`` of the right version. Each run
has a private server on a unix socket in a temporary directory, so that nobody else's CONFIG SET,
DEBUG or FLUSHALL is seen.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

VERSION = "8.0"
"""What decides: redis-server of this series."""

PATH_VARIABLE = "BURNER_REDIS_SERVER"
_SUITE = "trixie"
_PACKAGE = "redis-server"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_START_SECONDS = 20.0
_REPLY_SECONDS = 30.0


class NoServer(Exception):
    """No redis-server can be had here; the message says what would help."""


def find() -> list[str]:
    """The command that starts a redis-server of the series that decides.

    Raises NoServer when there is none and none can be brought.
    """
    if path := os.environ.get(PATH_VARIABLE):
        return _checked([path], f"{PATH_VARIABLE}={path}")
    if command := _unpacked():
        return command
    if path := shutil.which("redis-server"):
        try:
            return _checked([path], path)
        except NoServer:
            pass
    raise NoServer(
        f"no redis-server {VERSION} to compare with: name one in {PATH_VARIABLE}, "
        f"or run where apt can fetch Debian {_SUITE}'s"
    )


def _checked(command: list[str], name: str) -> list[str]:
    try:
        done = subprocess.run(
            [*command, "--version"], capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoServer(f"{name} does not run: {error}") from error
    found = re.search(r"v=(\S+)", done.stdout)
    if not found or not found[1].startswith(VERSION + "."):
        raise NoServer(f"{name} is {found[1] if found else 'unknown'}, not redis-server {VERSION}")
    return command


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "burner-redis" / "servers" / f"debian-{_SUITE}-{os.uname().machine}"


def _unpacked() -> list[str] | None:
    """Debian's server out of the cache, fetched first when it is not there; None elsewhere."""
    if not (shutil.which("apt-get") and shutil.which("dpkg") and _KEYRING.exists()):
        return None
    cache = _cache()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / "root").exists() and not _fetch(cache):
            return None
    return _through_own_loader(cache / "root")


def _fetch(cache: Path) -> bool:
    """Downloads the server with all it needs and unpacks it into ``cache/root``."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    archives = dict.fromkeys(uri for uri in listed.stdout.split() if "security" not in uri)
    return any(_fetch_from(archive, cache) for archive in archives)


def _fetch_from(archive: str, cache: Path) -> bool:
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        work = Path(scratch)
        for folder in ("lists/partial", "archives/partial", "root"):
            (work / folder).mkdir(parents=True)
        sources = work / "sources.list"
        sources.write_text(f"deb [signed-by={_KEYRING}] {archive} {_SUITE} main\n")
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
        fetch = [*apt, "-y", "--download-only", "--no-install-recommends", "install", _PACKAGE]
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


def _through_own_loader(root: Path) -> list[str] | None:
    """Starts what lies under ``root`` with that root's C library, newer than the system's."""
    libraries = next((root / "usr/lib").glob("*-linux-gnu"), None)
    loader = libraries and next(libraries.glob("ld-linux-*.so.*"), None)
    binary = root / "usr/bin/redis-server"
    if not libraries or not loader or not binary.exists():
        return None
    command = [str(loader), "--library-path", str(libraries), str(binary)]
    try:
        return _checked(command, str(binary))
    except NoServer:
        return None


class Server:
    """A private redis-server on a unix socket, until `stop`."""

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._command = list(command) if command else find()
        self._folder = tempfile.TemporaryDirectory(prefix="burner-differential-")
        self.path = str(Path(self._folder.name) / "redis.sock")
        self._log = Path(self._folder.name) / "redis.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Starts the server and waits until it answers; raises NoServer when it does not."""
        settings = {
            "port": "0",
            "unixsocket": self.path,
            "dir": self._folder.name,
            "save": "",
            "appendonly": "no",
            "enable-debug-command": "yes",
            # Due keys go and blocked commands end within milliseconds, not a tenth of a second.
            "hz": "500",
        }
        arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, *arguments], stdout=log, stderr=subprocess.STDOUT
            )
        give_up = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and time.monotonic() < give_up:
            try:
                self.connect().close()
                return
            except OSError:
                time.sleep(0.01)
        raise NoServer(f"redis-server did not start:\n{self._log.read_text()[-2000:]}")

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
        if self._process and self._process.poll() is None:
            try:
                self._process.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                return False
        Path(self.path).unlink(missing_ok=True)
        self.start()
        return True

    def stop(self) -> None:
        """Ends the server and removes what it left."""
        if self._process:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()
