"""Finds what the tests run that no Python package brings: Redis' own tools, and node with its client."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from ..differential import servers

_NODE_MODULES = Path("/usr/share/nodejs")
"""Where Debian keeps what node programs require."""


class Missing(Exception):
    """Something is not installed; the message says what to install."""


def redis(program: str) -> list[str]:
    """The command that starts redis-cli or redis-benchmark.

    Those of the redis-server that the differential tests compare with come first: they are of the
    series that decides. Raises Missing when there are none.
    """
    try:
        server = servers.find()
    except servers.NoServer:
        server = []
    if server and (beside := Path(server[-1]).with_name(program)).exists():
        return [*server[:-1], str(beside)]
    if path := shutil.which(program):
        return [path]
    raise Missing(f"{program} is not installed: apt-get install redis-tools")


def node() -> list[str]:
    """The command that starts node with node-redis at hand, installed first where CI may do so.

    Raises Missing when it is not there.
    """
    if not _node_is_there() and os.environ.get("CI") and os.geteuid() == 0:
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "node-redis"]
        if not shutil.which("node"):
            install.append("nodejs")
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        silent = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(install, check=True, env=silent, stdout=subprocess.DEVNULL)
    if not _node_is_there():
        raise Missing("node and its Redis client are not installed: apt-get install node-redis")
    return ["env", f"NODE_PATH={_NODE_MODULES}", "node"]


def _node_is_there() -> bool:
    return bool(shutil.which("node")) and (_NODE_MODULES / "@redis/client").exists()
