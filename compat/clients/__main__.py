"""The command line: `python -m compat.clients`, from the root of the tree.

Makes an environment with the libraries at pinned versions, looks for the tools that no Python
package brings, starts a server and runs the tests against it.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from ..differential import engine, servers
from ..environments import environment, pip
from . import tools

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_ENVIRONMENT = _ROOT / ".venv-clients"


def main() -> int:
    """Does what the command line says; 0 when every test passed."""
    options, to_pytest = _parser().parse_known_args()
    try:
        tools.redis("redis-cli")
        tools.node()
    except tools.Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    python = _prepared(options.python)
    command: list[str | Path] = [python, "-m", "pytest", _HERE, "-q", "--no-header", "--tb=short"]
    against = options.against or shlex.quote(engine.server_binary())
    command += ["-p", "no:cacheprovider", "--against", against, *to_pytest]
    if not any(word.startswith(("-n", "--numprocesses")) for word in to_pytest):
        command += ["--numprocesses", "2"]
    return subprocess.run(command, cwd=_ROOT, check=False).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m compat.clients",
        description=__doc__,
        epilog="all other arguments go to pytest: -k celery, -x, …",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--against",
        help=f"the server: {', '.join(servers.KINDS)}, or a command that takes redis-server's "
        f"parameters (default: the tree's own, or the one that {engine.SERVER_VARIABLE} names)",
    )
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    return parser


def _prepared(python: Path) -> Path:
    """Makes the environment, or brings it up to date; its Python."""
    inside = environment(_ENVIRONMENT, python)
    pip(inside, "install", "--requirement", _HERE / "requirements.txt")
    pip(inside, "check")
    _put_arq_beside(inside)
    return inside


def _put_arq_beside(python: Path) -> None:
    """Installs arq into a folder of its own: it wants a redis-py that celery refuses."""
    wanted = _HERE / "arq.txt"
    folder = _ENVIRONMENT / "arq"
    installed = folder / wanted.name
    if installed.exists() and installed.read_bytes() == wanted.read_bytes():
        return
    shutil.rmtree(folder, ignore_errors=True)
    pip(python, "install", "--target", folder, "--requirement", wanted)
    shutil.copy(wanted, installed)


sys.exit(main())
