"""A script of this process that takes long: clients on sockets are served from inside of it."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from burner_redis import BurnerRedis, Listener

from ..helpers import PATIENCE, shut_down_in_script
from .sockets import client_of


def end_script(client: Any) -> str:
    """Ends the script that is about to run; what a client on a socket is told before that."""
    deadline = time.monotonic() + PATIENCE
    while True:
        assert time.monotonic() < deadline
        try:
            client.get("k")
        except redis.ResponseError as busy:
            assert client.script_kill() is True
            return str(busy)


async def test_clients_on_sockets_can_end_a_script_of_this_process(
    r: BurnerRedis, s: Any, listener: Listener
) -> None:
    await r.config_set("busy-reply-threshold", 1)
    assert s.ping() is True
    with ThreadPoolExecutor(1) as other, client_of(listener) as new:
        for client in (s, new):
            told = other.submit(end_script, client)
            # The loop stands still meanwhile.
            with pytest.raises(redis.ResponseError, match="killed"):
                await r.eval("while true do end", 0)
            assert "You can only call SCRIPT KILL or SHUTDOWN NOSAVE" in told.result(PATIENCE)
            assert client.ping() is True
    assert await r.ping() is True


async def test_who_comes_while_a_script_runs_is_a_client_like_any_other(
    r: BurnerRedis, s: Any, listener: Listener
) -> None:
    await r.config_set("busy-reply-threshold", 1)
    assert s.ping() is True
    with ThreadPoolExecutor(1) as other, client_of(listener) as new:
        told = other.submit(end_script, new)
        with pytest.raises(redis.ResponseError, match="killed"):
            await r.eval("while true do end", 0)
        told.result(PATIENCE)
        with new.pubsub() as heard:
            heard.subscribe("c")
            assert (heard.get_message(timeout=PATIENCE) or {})["type"] == "subscribe"
            assert await r.publish("c", "m") == 1
            assert (heard.get_message(timeout=PATIENCE) or {})["data"] == b"m"


async def test_a_shutdown_ends_a_script_of_this_process_that_has_written(
    r: BurnerRedis, listener: Listener
) -> None:
    await r.config_set("busy-reply-threshold", 1)
    with ThreadPoolExecutor(1) as other, client_of(listener) as client:
        assert client.ping() is True
        told = other.submit(shut_down_in_script, client)
        with pytest.raises(redis.ConnectionError):
            await r.eval("redis.call('SET', 'k', 'v') while true do end", 0)
        assert told.result(PATIENCE).startswith("UNKILLABLE")
    # As a server that was started again.
    assert await r.dbsize() == 0
