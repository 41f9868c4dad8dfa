"""Clients in this process and clients on sockets are clients of one server."""

import asyncio
from typing import Any

import pytest
import redis
from burner_redis import BurnerRedis, Listener, MemoryConnectionPool, Store

from ..helpers import PATIENCE, connected
from .sockets import blocked, client_of, until


async def test_client_list_and_kill(r: BurnerRedis, s: Any) -> None:
    await r.client_setname("here")
    s.client_setname("there")
    ids = {client["name"]: client["id"] for client in await r.client_list()}
    assert {"here", "there"} <= ids.keys()
    assert {client["name"] for client in s.client_list()} >= {"here", "there"}
    waiting = asyncio.ensure_future(r.blpop(["l"], timeout=0))
    await until(lambda: blocked(r, 1))
    victim = next(client for client in s.client_list() if client["cmd"] == "blpop")
    assert s.client_kill_filter(_id=victim["id"]) == 1
    with pytest.raises(redis.ConnectionError):
        await asyncio.wait_for(waiting, PATIENCE)
    assert await r.client_kill_filter(_id=ids["there"]) == 1
    assert "there" not in {client["name"] for client in await r.client_list()}


async def test_client_unblock(r: BurnerRedis, s: Any) -> None:
    waiting = asyncio.ensure_future(r.blpop(["l"], timeout=0))
    await until(lambda: blocked(r, 1))
    victim = next(client for client in s.client_list() if client["cmd"] == "blpop")
    assert s.client_unblock(victim["id"])
    assert await asyncio.wait_for(waiting, PATIENCE) is None


async def test_monitor_sees_both(r: BurnerRedis, s: Any) -> None:
    async with r.monitor() as monitor:
        s.set("there", 1)
        await r.set("here", 1)
        seen: list[str] = []
        while "SET here 1" not in seen:
            command = await asyncio.wait_for(monitor.next_command(), PATIENCE)
            seen.append(command["command"])
    assert seen.index("SET there 1") < seen.index("SET here 1")


async def test_a_monitor_on_a_socket_sees_calls_here(r: BurnerRedis, listener: Listener) -> None:
    with connected(listener.url) as monitor, monitor.makefile("rb") as lines:
        monitor.sendall(b"MONITOR\r\n")
        assert lines.readline() == b"+OK\r\n"
        await r.set("here", 1)
        while not (line := lines.readline()).endswith(b'"SET" "here" "1"\r\n'):
            assert line.startswith(b"+")


async def test_a_socket_hears_that_a_key_it_read_was_changed_here(
    r: BurnerRedis, listener: Listener
) -> None:
    with connected(listener.url) as there, there.makefile("rb") as lines:
        there.sendall(b"HELLO 3\r\nCLIENT TRACKING ON\r\nGET k\r\n")
        while lines.readline() != b"_\r\n":
            pass
        await r.set("k", 1)
        heard = b"".join(lines.readline() for _ in range(6))
    assert heard == b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n"


async def test_a_client_here_hears_that_a_key_it_read_was_changed_over_a_socket(
    store: Store, s: Any
) -> None:
    wire = MemoryConnectionPool(store=store, protocol=3).make_connection()
    await wire.connect()
    for command in (["CLIENT", "TRACKING", "ON"], ["GET", "k"]):
        await wire.send_command(*command)
        await wire.read_response()
    reader: Any = wire._reader
    expected = b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n"
    waiting = asyncio.ensure_future(reader.readexactly(len(expected)))
    await asyncio.sleep(0)
    s.set("k", 1)
    assert await asyncio.wait_for(waiting, PATIENCE) == expected
    await wire.disconnect()


async def test_shutdown_over_a_socket_ends_the_clients_and_not_the_store(
    r: BurnerRedis, s: Any, listener: Listener
) -> None:
    await r.set("k", "v")
    waiting = asyncio.ensure_future(r.blpop(["l"], timeout=0))
    await until(lambda: blocked(r, 1))
    s.shutdown(nosave=True)
    with pytest.raises(redis.ConnectionError):
        await asyncio.wait_for(waiting, PATIENCE)
    assert await r.get("k") is None
    with client_of(listener) as again:
        assert again.dbsize() == 0
