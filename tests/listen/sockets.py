"""How the tests meet a listener, and wait for what happens at it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import redis
from burner_redis import BurnerRedis, Listener

from ..helpers import PATIENCE


def client_of(listener: Listener) -> "redis.Redis[bytes]":
    return redis.Redis.from_url(listener.url, socket_timeout=PATIENCE)


async def until(condition: Callable[[], Awaitable[Any]]) -> None:
    """Lets others run until the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not await condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0)


async def blocked(r: BurnerRedis, count: int) -> bool:
    """Whether so many clients are blocked."""
    return (await r.info("clients"))["blocked_clients"] == count


async def in_thread(call: Any, *args: Any) -> Any:
    return await asyncio.wait_for(asyncio.to_thread(call, *args), PATIENCE)
