"""``memory://`` URLs, and the stores they name."""

from threading import Lock
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse
from weakref import WeakValueDictionary

import redis.asyncio
from redis.asyncio.connection import parse_url, to_bool

from burner_redis._native import Store

#: The schemes of redis-py's own client.
SERVER_SCHEMES = ("redis://", "rediss://", "unix://")

_named: "WeakValueDictionary[str, Store]" = WeakValueDictionary()
_named_lock = Lock()


def named_store(name: str) -> Store:
    """The store of this name in the process; made if there is none.

    It lives as long as anything uses it: a client, a pool, a variable.
    """
    with _named_lock:
        store = _named.get(name)
        if store is None:
            store = _named[name] = Store()
        return store


def parse_memory_url(url: str) -> tuple[str, dict[str, Any]]:
    """The store's name and the client's options of ``memory://[[user]:password@]name[/db][?option=value]``.

    Options are cast as redis-py casts those of its own URLs. Raises ``ValueError`` for another scheme or a
    database that is no number.
    """
    parsed = urlparse(url)
    if parsed.scheme != "memory":
        raise ValueError(
            "a URL of a store starts with memory://, one of a server with "
            + ", ".join(SERVER_SCHEMES)
        )
    # What the options mean is redis-py's business: let it read them off a URL of its own.
    options: dict[str, Any] = dict(parse_url(f"redis://?{parsed.query}")) if parsed.query else {}
    options.pop("connection_class", None)
    if isinstance(options.get("decode_responses"), str):
        options["decode_responses"] = to_bool(options["decode_responses"])
    path = unquote(parsed.path).strip("/")
    if path and "db" not in parse_qs(parsed.query):
        if not path.isdigit():
            raise ValueError(f"the database of a memory:// URL is a number, not {path!r}")
        options["db"] = int(path)
    login, at, name = parsed.netloc.rpartition("@")
    if at:
        username, _, password = login.partition(":")
        if username:
            options["username"] = unquote(username)
        if password:
            options["password"] = unquote(password)
    return unquote(name), options


def from_url(url: str, **options: Any) -> "redis.asyncio.Redis":
    """A client for a URL.

    ``memory://name``: a :class:`BurnerRedis` over the store of that name in this process. ``redis://``,
    ``rediss://``, ``unix://``: redis-py's own client, so that moving to a real server is a change of URL.
    ``options`` are those of the client's constructor; the URL's win. Raises ``ValueError`` for another scheme.
    """
    if url.startswith(SERVER_SCHEMES):
        return redis.asyncio.Redis.from_url(url, **options)
    from burner_redis.client import BurnerRedis

    return BurnerRedis.from_url(url, **options)
