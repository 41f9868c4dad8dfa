"""What redis-py's own client sees of users, of sessions that are closed or not answered, and of MONITOR."""

import asyncio

import pytest
import redis
from burner_redis import BurnerRedis, Store
from redis.exceptions import NoPermissionError


async def settle() -> None:
    """Lets every task that can run do so."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_monitor_sees_what_others_do(r: BurnerRedis) -> None:
    await r.ping()
    async with r.monitor() as monitor:
        await r.set("k", "a b")
        await r.eval("return redis.call('get', KEYS[1])", 1, "k")
        seen = [await monitor.next_command() for _ in range(3)]
    assert [command["client_type"] for command in seen] == ["tcp", "tcp", "lua"]
    assert [command["db"] for command in seen] == [0, 0, 0]
    assert seen[0]["command"] == "SET k a b"
    assert seen[1]["command"].startswith("EVAL ")
    assert seen[2]["command"] == "get k"


async def test_a_closed_session_is_followed_by_another(r: BurnerRedis) -> None:
    first = await r.client_id()
    async with BurnerRedis(store=r.store) as other:
        assert await other.client_kill_filter(_id=str(first)) == 1
    assert await r.client_id() != first


async def test_a_blocked_call_hears_that_its_session_was_closed(r: BurnerRedis) -> None:
    waiting = asyncio.ensure_future(r.blpop(["l"]))
    await settle()
    [blocked] = [client["id"] for client in await r.client_list() if "b" in client["flags"]]
    assert await r.client_kill_filter(_id=str(blocked)) == 1
    with pytest.raises(redis.ConnectionError):
        await waiting
    await r.rpush("l", "x")
    assert await r.lrange("l", 0, -1) == [b"x"]


async def test_a_subscriber_whose_session_was_closed_subscribes_again(r: BurnerRedis) -> None:
    async with r.pubsub(ignore_subscribe_messages=True) as p:
        await p.subscribe("a")
        assert await p.get_message(timeout=1) is None
        assert await r.client_kill_filter(_type="pubsub") == 1
        for _ in range(3):
            await p.get_message(timeout=0)
        assert await r.publish("a", "x") == 1
        message = await p.get_message(timeout=1)
        assert message is not None and message["data"] == b"x"


async def test_a_call_that_is_not_answered_times_out(r: BurnerRedis) -> None:
    with pytest.raises(redis.TimeoutError):
        await r.execute_command("CLIENT REPLY", "OFF")
    assert await r.set("k", "v") is True


async def test_calls_wait_in_a_pause(r: BurnerRedis) -> None:
    async with BurnerRedis(store=r.store) as other:
        await r.client_pause(100_000, all=False)
        assert await r.get("k") is None
        plain = asyncio.ensure_future(other.set("k", "1"))
        script = asyncio.ensure_future(other.eval("return redis.call('incr', 'k')", 0))
        pipe = other.pipeline()
        pipe.incr("k")
        pipe.get("k")
        batch = asyncio.ensure_future(pipe.execute())
        await settle()
        assert not (plain.done() or script.done() or batch.done())
        await r.client_unpause()
        assert await asyncio.gather(plain, script, batch) == [True, 2, [3, b"3"]]


async def test_who_has_no_right_is_told(r: BurnerRedis) -> None:
    await r.acl_setuser("u", enabled=True, passwords=["+pw"], commands=["+get"], keys=["a*"])
    async with BurnerRedis(store=r.store, username="u", password="pw") as u:
        assert await u.get("a") is None
        with pytest.raises(NoPermissionError):
            await u.get("b")
        with pytest.raises(NoPermissionError):
            await u.set("a", 1)
    async with BurnerRedis(store=r.store, username="u", password="wrong") as wrong:
        with pytest.raises(redis.AuthenticationError):
            await wrong.get("a")
    reasons = {str(entry["reason"]) for entry in await r.acl_log()}
    assert reasons == {"auth", "command", "key"}


@pytest.mark.parametrize("protocol", [2, 3])
async def test_a_store_behind_a_password(protocol: int) -> None:
    store = Store()
    async with BurnerRedis(store=store, protocol=protocol) as first:
        await first.config_set("requirepass", "secret")
        async with BurnerRedis(store=store, protocol=protocol) as stranger:
            with pytest.raises(redis.AuthenticationError):
                await stranger.get("k")
        async with BurnerRedis(store=store, protocol=protocol, password="secret") as known:
            assert await known.set("k", 1) is True
            async with known.pubsub() as p:
                await p.subscribe("a")
        assert await first.get("k") == b"1"


async def test_a_url_names_the_user() -> None:
    a = BurnerRedis.from_url("memory://test-access-url")
    await a.acl_setuser("user", enabled=True, passwords=["+p:w"], commands=["+@all"], keys=["*"])
    b = BurnerRedis.from_url("memory://user:p%3Aw@test-access-url/2")
    assert b.store is a.store
    assert await b.acl_whoami() == "user"
    assert b.connection_pool.connection_kwargs["db"] == 2
    await a.aclose()
    await b.aclose()


async def test_passwords_are_drawn_anew_unless_a_seed_was_given() -> None:
    def stores(seed: int | None) -> list[BurnerRedis]:
        return [BurnerRedis(store=Store(seed=seed)) for _ in range(2)]

    first, second = [await r.acl_genpass() for r in stores(seed=7)]
    assert first == second
    first, second = [await r.acl_genpass() for r in stores(seed=None)]
    assert first != second
