"""The names of ``redis.asyncio``, for code that imports its client from a module of this shape."""

from burner_redis.client import BurnerRedis
from burner_redis.connection import MemoryConnection, MemoryConnectionPool
from burner_redis.pipeline import BurnerPipeline as Pipeline
from burner_redis.pubsub import BurnerPubSub as PubSub
from burner_redis.urls import from_url

#: The client, under the name it has in ``redis.asyncio``.
Redis = BurnerRedis

__all__ = [
    "BurnerRedis",
    "MemoryConnection",
    "MemoryConnectionPool",
    "Pipeline",
    "PubSub",
    "Redis",
    "from_url",
]
