"""How each peer makes a client. Runs inside the peer's own environment."""

from __future__ import annotations

import importlib
import os
from typing import Any

import redis.asyncio

SOCKET_VARIABLE = "BENCH_SERVER_SOCKET"
"""Names the unix socket of the real redis-server."""


class Peer:
    """One of the things compared."""

    def __init__(self, name: str) -> None:
        self.name = name
        if name in ("ours", "published"):
            self._make: Any = importlib.import_module("burner_redis").BurnerRedis
        elif name == "fakeredis":
            self._make = importlib.import_module("fakeredis").FakeAsyncRedis
        else:
            self._make = _over_the_socket

    @property
    def in_process(self) -> bool:
        """Whether the data is in this process' memory."""
        return self.name != "server"

    def client(self) -> Any:
        """A client of a store of its own; the server's has to be emptied first."""
        return self._make()

    async def fresh(self) -> Any:
        """A client of an empty store."""
        client = self._make()
        if not self.in_process:
            await client.flushall()
        return client

    def pipeline(self, client: Any) -> Any:
        """A pipeline without MULTI; 0.1.7 has no argument to say so, and never sends it."""
        return client.pipeline() if self.name == "published" else client.pipeline(transaction=False)

    def transaction(self, client: Any) -> Any:
        """A pipeline between MULTI and EXEC, which is redis-py's default."""
        return client.pipeline() if self.name == "published" else client.pipeline(transaction=True)

    def docket_url(self) -> str:
        """What to give docket to have its data there."""
        return "memory://bench" if self.in_process else f"unix://{os.environ[SOCKET_VARIABLE]}"


def _over_the_socket() -> redis.asyncio.Redis:
    return redis.asyncio.Redis(unix_socket_path=os.environ[SOCKET_VARIABLE])
