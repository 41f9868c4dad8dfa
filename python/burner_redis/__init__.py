"""A whole Redis inside your Python process.

``BurnerRedis`` is a ``redis.asyncio.Redis`` whose server is a :class:`Store` in the same process: no socket, no
thread, no server to start. ``Store.listen`` lets others in by a socket. ``from_url`` takes ``memory://name`` URLs, and
gives redis-py's own client for those of a real server.
"""

from burner_redis._native import Listener, ManualClock, Store, __version__
from burner_redis.client import BurnerRedis
from burner_redis.connection import MemoryConnection, MemoryConnectionPool
from burner_redis.urls import from_url

__all__ = [
    "BurnerRedis",
    "Listener",
    "ManualClock",
    "MemoryConnection",
    "MemoryConnectionPool",
    "Store",
    "__version__",
    "from_url",
]
