"""A store that listens, and two of its clients: one here, one on a socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

import pytest
import redis
import uvloop
from burner_redis import BurnerRedis, Listener, Store

from .sockets import client_of


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Both kinds of loops: a server's thread wakes them, and what they watch for that is their own."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def listener(store: Store) -> Iterator[Listener]:
    with store.listen("127.0.0.1:0") as listener:
        yield listener


@pytest.fixture
async def r(store: Store) -> AsyncIterator[BurnerRedis]:
    """The client in this process."""
    client = BurnerRedis(store=store)
    yield client
    await client.aclose()


@pytest.fixture
def s(listener: Listener) -> Iterator["redis.Redis[bytes]"]:
    """The client on a socket."""
    with client_of(listener) as client:
        yield client
