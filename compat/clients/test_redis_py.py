"""redis-py's client over TCP and a unix socket: one job each of what programs use it for."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator

import pytest
import redis
from redis.backoff import ConstantBackoff
from redis.cache import CacheConfig
from redis.retry import Retry

from .served import WAYS, Served, at_once, until


@pytest.fixture
def client(server: Served, how: str, protocol: int) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(server.address(how, protocol), decode_responses=True) as client:
        yield client


@WAYS
def test_commands(client: redis.Redis) -> None:
    assert client.set("k", "v", ex=100)
    assert client.get("k") == "v"
    assert 0 < client.ttl("k") <= 100
    assert client.hset("h", mapping={"f": "v", "g": "w"}) == 2
    assert client.hgetall("h") == {"f": "v", "g": "w"}
    assert client.zadd("z", {"a": 1, "b": 2.5}) == 2
    assert client.zscore("z", "b") == 2.5
    assert client.xadd("s", {"f": "v"}, id="1-1") == "1-1"
    assert client.xlen("s") == 1
    assert client.info("server")["redis_mode"] == "standalone"
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        client.lpush("k", "x")
    double = client.register_script("return ARGV[1] * 2")
    assert double(args=[21]) == 42
    big = "x" * 5_000_000
    assert client.set("big", big)
    assert client.get("big") == big


@WAYS
def test_pipelines_and_transactions(client: redis.Redis) -> None:
    with client.pipeline(transaction=False) as pipe:
        for i in range(10_000):
            pipe.rpush("list", i)
        assert pipe.execute() == list(range(1, 10_001))
    with client.pipeline() as pipe:
        pipe.set("k", 1).lpush("k", "x").incr("k")
        done = pipe.execute(raise_on_error=False)
    assert done[0]
    assert isinstance(done[1], redis.ResponseError)
    assert done[2] == 2
    with client.pipeline() as pipe:
        pipe.watch("k")
        pipe.multi()
        pipe.incr("k")
        client.set("k", "changed by another")
        with pytest.raises(redis.WatchError):
            pipe.execute()

    def doubled(pipe: redis.client.Pipeline) -> None:
        value = int(pipe.get("n") or 1)
        pipe.multi()
        pipe.set("n", value * 2)

    client.transaction(doubled, "n")
    client.transaction(doubled, "n")
    assert client.get("n") == "4"


@WAYS
def test_pubsub_in_a_thread(client: redis.Redis) -> None:
    heard: list[dict[str, object]] = []
    with client.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe(news=heard.append)
        pubsub.psubscribe(**{"n*": heard.append})
        thread = pubsub.run_in_thread(sleep_time=0.01, daemon=True)
        until(lambda: client.publish("news", "first") == 2)
        assert client.publish("other", "nobody") == 0
        until(lambda: len(heard) == 2)
        thread.stop()
        thread.join()
    assert [(told["type"], told["data"]) for told in heard] == [
        ("message", "first"),
        ("pmessage", "first"),
    ]


@WAYS
def test_blocking_pops(client: redis.Redis) -> None:
    assert client.blpop("none", timeout=0.05) is None
    popped: list[object] = []
    waiter = threading.Thread(target=lambda: popped.append(client.blpop(["a", "b"], timeout=30)))
    waiter.start()
    until(lambda: client.info("clients")["blocked_clients"] == 1)
    client.rpush("b", "x")
    waiter.join()
    assert popped[0] is not None
    assert list(popped[0]) == ["b", "x"]


@WAYS
def test_locks(client: redis.Redis) -> None:
    total = 0

    def add(_: int) -> None:
        nonlocal total
        for _ in range(10):
            with client.lock("lock", timeout=30, sleep=0.001):
                before = total
                client.ping()  # lets the others run
                total = before + 1

    at_once(add, 4)
    assert total == 40
    assert not client.exists("lock")


@WAYS
def test_iterators(client: redis.Redis) -> None:
    client.mset({f"k{i}": i for i in range(1000)})
    client.sadd("set", *range(1000))
    client.hset("hash", mapping={f"f{i}": i for i in range(1000)})
    assert len(set(client.scan_iter("k*", count=50))) == 1000
    assert {int(member) for member in client.sscan_iter("set")} == set(range(1000))
    assert len(dict(client.hscan_iter("hash"))) == 1000


def test_caches_on_the_client_s_side(server: Served, r: redis.Redis) -> None:
    url = server.address("tcp", 3)  # redis-py's cache knows no unix sockets
    with redis.Redis.from_url(url, decode_responses=True, cache_config=CacheConfig()) as client:
        r.set("k", "old")
        assert client.get("k") == "old"
        cache = client.get_cache()
        assert cache is not None
        assert cache.size == 1
        calls = r.info("commandstats")["cmdstat_get"]["calls"]
        assert client.get("k") == "old"
        assert r.info("commandstats")["cmdstat_get"]["calls"] == calls
        r.set("k", "new")
        until(lambda: client.get("k") == "new")


@WAYS
def test_monitors(client: redis.Redis, r: redis.Redis) -> None:
    r.ping()
    with client.monitor() as monitor:
        r.set("k", "v")
        assert monitor.next_command()["command"] == "SET k v"


def test_threads_share_a_client(server: Served) -> None:
    pool = redis.BlockingConnectionPool(host=server.host, port=server.port, max_connections=8)
    client = redis.Redis(connection_pool=pool)

    def work(number: int) -> None:
        for i in range(200):
            client.incr("total")
            assert client.set(f"{number}:{i}", i)
            assert client.get(f"{number}:{i}") == str(i).encode()

    at_once(work, 16)
    assert client.get("total") == b"3200"
    pool.disconnect()


def _move_jobs(url: str) -> None:
    """A process of its own: moves jobs until it is told that there are no more."""
    with redis.Redis.from_url(url, decode_responses=True) as client:
        while client.blmove("jobs", "done", timeout=30) != "end":
            client.incr("moved")


def test_processes_share_a_queue(server: Served, r: redis.Redis) -> None:
    context = multiprocessing.get_context("spawn")
    urls = [server.address(how) for how in ("tcp", "unix", "tcp")]
    workers = [context.Process(target=_move_jobs, args=[url]) for url in urls]
    for worker in workers:
        worker.start()
    r.rpush("jobs", *range(300))
    until(lambda: r.llen("done") == 300)
    r.rpush("jobs", *["end"] * len(workers))
    for worker in workers:
        worker.join(30)
        assert worker.exitcode == 0
    assert r.get("moved") == "300"
    assert sorted(int(job) for job in r.lrange("done", 0, -1) if job != "end") == list(range(300))


def test_connects_again_after_a_restart(own_server: Served) -> None:
    client = redis.Redis(port=own_server.port, retry=Retry(ConstantBackoff(0.05), 100))
    with client, client.pubsub() as pubsub:
        pubsub.subscribe("news")
        assert client.set("k", "v")
        own_server.kill()
        own_server.start()
        assert client.get("k") is None  # a new server, and the client has found it
        until(lambda: pubsub.get_message(timeout=0.1) is None)  # and its listener has, too
        until(lambda: client.publish("news", "again") == 1)
        until(lambda: (pubsub.get_message(timeout=0.1) or {}).get("data") == b"again")


def test_is_refused_when_the_server_has_gone(own_server: Served) -> None:
    with redis.Redis(port=own_server.port, retry=Retry(ConstantBackoff(0), 0)) as client:
        assert client.ping()
        own_server.kill()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        own_server.start()
        assert client.ping()
