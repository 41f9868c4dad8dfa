"""Where a client's store comes from: private, shared by object, shared by name, or a real server's."""

import burner_redis
import pytest
import redis.asyncio
from burner_redis import BurnerRedis


async def test_each_client_without_a_store_has_its_own() -> None:
    a, b = BurnerRedis(), BurnerRedis()
    await a.set("k", "1")
    assert await b.get("k") is None


async def test_clients_over_one_store_see_the_same_keys() -> None:
    a = BurnerRedis()
    b = BurnerRedis(store=a.store)
    await a.set("k", "1")
    assert await b.get("k") == b"1"


async def test_a_memory_url_names_a_store_in_the_process() -> None:
    a = BurnerRedis.from_url("memory://test-urls-a")
    b = burner_redis.from_url("memory://test-urls-a")
    c = burner_redis.from_url("memory://test-urls-c")
    await a.set("k", "1")
    assert isinstance(b, BurnerRedis)
    assert await b.get("k") == b"1"
    assert await c.get("k") is None


async def test_a_memory_url_carries_database_and_options() -> None:
    a = BurnerRedis.from_url("memory://test-urls-db/3?decode_responses=true")
    b = BurnerRedis.from_url("memory://test-urls-db", db=3)
    await a.set("k", "1")
    assert await a.get("k") == "1"
    assert await b.get("k") == b"1"
    assert await BurnerRedis.from_url("memory://test-urls-db").get("k") is None


@pytest.mark.parametrize(
    "url", ["redis://localhost:1/0", "rediss://localhost:1/0", "unix:///tmp/none.sock"]
)
async def test_a_servers_url_gives_redis_pys_own_client(url: str) -> None:
    client = burner_redis.from_url(url)
    assert type(client) is redis.asyncio.Redis
    await client.aclose()


async def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="memory://"):
        burner_redis.from_url("http://localhost")


def test_a_foreign_pool_is_refused() -> None:
    pool = redis.asyncio.ConnectionPool(host="localhost")
    with pytest.raises(TypeError, match="ConnectionPool"):
        BurnerRedis(connection_pool=pool)
    with pytest.raises(TypeError, match="ConnectionPool"):
        BurnerRedis.from_pool(pool)
