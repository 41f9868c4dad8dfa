"""django-redis: Django's cache and its sessions on the server, over TCP and a unix socket."""

from __future__ import annotations

from collections.abc import Iterator

import django
import pytest
import redis
from django.conf import settings
from django.core.cache import caches
from django_redis import get_redis_connection
from django_redis.cache import RedisCache

from .served import Served, at_once


@pytest.fixture(scope="module")
def _django(_shared: Served) -> None:
    """Django's settings, which there can be only one of in a process."""

    def at(url: str, **options: object) -> dict[str, object]:
        options["CLIENT_CLASS"] = "django_redis.client.DefaultClient"
        return {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url, "OPTIONS": options}

    unix = f"unix://{_shared.path}?db=2"
    settings.configure(
        CACHES={
            "default": at(f"{_shared.url}/1"),
            "unix": at(unix, COMPRESSOR="django_redis.compressors.zlib.ZlibCompressor"),
        },
        SESSION_ENGINE="django.contrib.sessions.backends.cache",
        INSTALLED_APPS=["django.contrib.sessions"],
        USE_TZ=True,
    )
    django.setup()


@pytest.fixture(params=["default", "unix"])
def cache(_django: None, server: Served, request: pytest.FixtureRequest) -> Iterator[RedisCache]:
    yield caches[request.param]
    caches.close_all()


def test_keeps_values(cache: RedisCache) -> None:
    assert cache.set("k", {"a": [1, "two", None]}, timeout=100)
    assert cache.get("k") == {"a": [1, "two", None]}
    assert 0 < cache.ttl("k") <= 100
    assert cache.pttl("k") <= 100_000
    assert cache.get("none", "instead") == "instead"
    assert cache.add("k", 1) is False
    assert cache.set("once", 1, nx=True)
    assert not cache.set("once", 2, nx=True)
    assert cache.get_or_set("made", lambda: 42) == 42
    assert cache.persist("k")
    assert cache.ttl("k") is None
    assert cache.expire("k", timeout=50)
    assert cache.touch("k", 60)
    assert 50 < cache.ttl("k") <= 60
    assert cache.delete("k")
    assert not cache.has_key("k")
    text = "x" * 1_000_000
    cache.set("large", text, timeout=None)
    assert cache.get("large") == text


def test_counts(cache: RedisCache) -> None:
    cache.set("n", 1)
    assert cache.incr("n") == 2
    assert cache.incr("n", 10) == 12
    assert cache.decr("n", 2) == 10
    with pytest.raises(ValueError, match="not found"):
        cache.incr("none")
    assert cache.incr("made", ignore_key_check=True) == 1


def test_takes_many(cache: RedisCache) -> None:
    cache.set_many({f"user:{i}": i for i in range(200)}, timeout=100)
    cache.set("other", 1)
    assert cache.get_many(["user:1", "user:2", "none"]) == {"user:1": 1, "user:2": 2}
    assert len(cache.keys("user:*")) == 200
    assert sorted(cache.iter_keys("user:19?")) == [f"user:19{i}" for i in range(10)]
    assert cache.delete_many(["user:0", "user:1", "none"]) == 2
    assert cache.delete_pattern("user:*") == 198
    assert cache.get("other") == 1
    cache.clear()
    assert cache.keys("*") == []


def test_locks(cache: RedisCache) -> None:
    total = 0

    def add(_: int) -> None:
        nonlocal total
        for _ in range(10):
            with cache.lock("lock", timeout=30, sleep=0.001):
                before = total
                cache.get("anything")  # lets the others run
                total = before + 1

    at_once(add, 3)
    assert total == 30


def test_keeps_sets_and_hashes(cache: RedisCache) -> None:
    assert cache.sadd("s", 1, "two") == 2
    assert cache.smembers("s") == {1, "two"}
    assert cache.sismember("s", "two")
    assert cache.hset("h", "field", [1]) == 1
    assert cache.hexists("h", "field")
    assert get_redis_connection("default").ping()


@pytest.mark.usefixtures("_django")
def test_keeps_a_session(server: Served) -> None:
    from django.contrib.sessions.backends.cache import SessionStore

    session = SessionStore()
    session["user"] = {"name": "Ann"}
    session.set_expiry(1000)
    session.save()
    again = SessionStore(session_key=session.session_key)
    assert again["user"] == {"name": "Ann"}
    r = redis.Redis(port=server.port, db=1)
    [key] = r.keys("*")
    assert 0 < r.ttl(key) <= 1000
    again.cycle_key()
    assert again["user"] == {"name": "Ann"}
    assert not session.exists(session.session_key)
    again.flush()
    assert r.keys("*") == []
    r.close()
