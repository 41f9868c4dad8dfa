"""The command line: ``burner-redis serve``."""

import signal
import sys
from collections.abc import Sequence

from burner_redis._native import __version__, serve

_HELP = """\
A whole Redis inside a Python process, and for others on a socket.

Usage: burner-redis serve [FILE | -] [--NAME VALUE...]...

  burner-redis serve           runs a server that redis-cli and other clients can talk to
  burner-redis serve --help    says what it can be told
  burner-redis --version       says which version this is
"""


def main(args: Sequence[str] | None = None) -> int:
    """Runs a command line, ``sys.argv`` if not given; returns what the process is to exit with.

    0 when what was asked for is done, 1 when it could not be, 2 for arguments that make no sense.
    """
    command, *rest = (sys.argv[1:] if args is None else args) or ["--help"]
    if command == "serve":
        # Ctrl-C ends the server, and is no exception after that.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return serve("burner-redis serve", rest)
    if command in ("--help", "-h"):
        print(_HELP, end="")
        return 0
    if command in ("--version", "-v"):
        print(f"burner-redis {__version__}")
        return 0
    print(
        f"burner-redis: there is no command {command}\nTry 'burner-redis --help'.", file=sys.stderr
    )
    return 2
