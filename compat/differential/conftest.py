"""The two sides that tests compare."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from . import servers
from .engine import OurSide, open_installed
from .sides import ServerSide, Side


@pytest.fixture(scope="session")
def theirs() -> Iterator[Side]:
    """The server that decides; a run of CI cannot do without it, a user's can."""
    try:
        side = ServerSide(servers.Server())
    except servers.NoServer as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    yield side
    side.close()


@pytest.fixture(scope="session")
def ours() -> Iterator[OurSide]:
    """Our engine."""
    side = open_installed()
    yield side
    side.close()
