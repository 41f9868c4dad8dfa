"""channels_redis: messages and groups between processes of Django Channels, in both its layers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from channels.exceptions import ChannelFull
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

from .served import DEADLINE, Served

Layer = RedisChannelLayer | RedisPubSubChannelLayer


@pytest.fixture(params=[RedisChannelLayer, RedisPubSubChannelLayer])
async def layers(server: Served, request: pytest.FixtureRequest) -> AsyncIterator[list[Layer]]:
    """Two of a kind, as two processes have them."""
    made: list[Layer] = [request.param(hosts=[f"{server.url}/4"]) for _ in range(2)]
    yield made
    for layer in made:
        await layer.flush()
        if isinstance(layer, RedisChannelLayer):
            await layer.close_pools()


async def received(layer: Layer, channel: str) -> dict[str, object]:
    return await asyncio.wait_for(layer.receive(channel), DEADLINE)


async def test_sends_to_a_channel(layers: list[Layer]) -> None:
    here, there = layers
    channel = await there.new_channel()
    waiting = asyncio.create_task(received(there, channel))
    await asyncio.sleep(0)
    message = {"type": "greet", "text": "hello", "bytes": b"\x00\xff", "number": 2**40}
    await here.send(channel, message)
    assert await waiting == message
    for i in range(10):
        await here.send(channel, {"type": "count", "i": i})
    assert [(await received(there, channel))["i"] for _ in range(10)] == list(range(10))


async def test_sends_to_groups(layers: list[Layer]) -> None:
    here, there = layers
    channels = {await layer.new_channel(): layer for layer in (here, there, there)}
    for channel, layer in channels.items():
        await layer.group_add("room", channel)
    await here.group_send("room", {"type": "news"})
    for channel, layer in channels.items():
        assert await received(layer, channel) == {"type": "news"}

    gone, *staying = channels
    await channels[gone].group_discard("room", gone)
    await there.group_send("room", {"type": "more news"})
    for channel in staying:
        assert await received(channels[channel], channel) == {"type": "more news"}
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(channels[gone].receive(gone), 0.1)


async def test_gives_up_receiving(server: Served) -> None:
    layer = RedisChannelLayer(hosts=[server.url])
    channel = await layer.new_channel()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(layer.receive(channel), 0.1)
    await layer.send(channel, {"type": "kept"})
    assert await received(layer, channel) == {"type": "kept"}
    await layer.close_pools()


async def test_is_full(server: Served) -> None:
    layer = RedisChannelLayer(hosts=[server.url], capacity=3)
    for _ in range(3):
        await layer.send("channel", {"type": "x"})
    with pytest.raises(ChannelFull):
        await layer.send("channel", {"type": "x"})
    await layer.group_add("room", "channel")
    await layer.group_send("room", {"type": "dropped"})
    assert await received(layer, "channel") == {"type": "x"}
    await layer.flush()
    await layer.close_pools()


async def test_comes_over_a_unix_socket(server: Served) -> None:
    hosts = [{"address": f"unix://{server.path}"}]
    layer = RedisChannelLayer(hosts=hosts)
    await layer.send("channel", {"type": "x"})
    assert await received(layer, "channel") == {"type": "x"}
    await layer.close_pools()
