"""What several files of tests share."""

import socket
import subprocess
import sys
import textwrap

#: What asyncio's debug mode says of a machine that has other things to do is nothing to a test.
_LET_BE_SLOW = "import logging\nlogging.getLogger('asyncio').setLevel(logging.ERROR)\n"

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
