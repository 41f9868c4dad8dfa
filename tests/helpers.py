"""What several files of tests share."""

import socket
import subprocess
import sys
import textwrap
import time
from typing import Any

import pytest
import redis

#: What asyncio's debug mode says of a step that took long is of the machine, and nothing to a test.
_LET_BE_SLOW = """\
import logging
logging.getLogger("asyncio").addFilter(lambda said: not str(said.msg).startswith("Executing "))
"""

#: How long anything may take on a machine that does other things, in seconds: less than pytest gives a whole test, so
#: that what did not come is told.
PATIENCE = 50


def run_python(code: str, *args: str, dev: bool = False) -> "subprocess.CompletedProcess[str]":
    """Runs a program, indented or not, in an interpreter of its own in which warnings are errors."""
    options = ["-X", "dev"] if dev else []
    program = _LET_BE_SLOW * dev + textwrap.dedent(code)
    return subprocess.run(
        [sys.executable, *options, "-W", "error", "-c", program, *args],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def connected(url: str) -> socket.socket:
    """A connection to who listens at a URL of 127.0.0.1."""
    return socket.create_connection(("127.0.0.1", port_of(url)), PATIENCE)


def is_refused(url: str) -> bool:
    try:
        connected(url).close()
    except ConnectionRefusedError:
        return True
    return False


def shut_down_in_script(client: Any) -> str:
    """Shuts a server down while a script runs; what it says to SCRIPT KILL before that."""
    deadline = time.monotonic() + PATIENCE
    told = ""
    while not told.startswith("UNKILLABLE"):
        assert time.monotonic() < deadline
        with pytest.raises(redis.ResponseError) as caught:
            client.script_kill()
        told = str(caught.value)
    client.shutdown(nosave=True)
    return told
