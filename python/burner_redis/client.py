"""The client: a ``redis.asyncio.Redis`` whose server is a store in the same process."""

import inspect
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

import redis.asyncio
from redis.asyncio.connection import ConnectionPool

from burner_redis import _native
from burner_redis._native import Store
from burner_redis.connection import NETWORK_OPTIONS, MemoryConnection, MemoryConnectionPool
from burner_redis.pipeline import BurnerPipeline
from burner_redis.pubsub import BurnerPubSub
from burner_redis.urls import named_store, parse_memory_url

#: Options of the client itself; all others are the connections'.
_CLIENT_OPTIONS = frozenset(
    {"single_connection_client", "auto_close_connection_pool", "event_dispatcher"}
)


@cache
def _options() -> dict[str, Any]:
    """The options of the installed redis-py's own client, with their defaults."""
    parameters = inspect.signature(redis.asyncio.Redis.__init__).parameters
    return {name: parameter.default for name, parameter in parameters.items()}


@cache
def _wire_protocol(protocol: Any) -> int:
    """The RESP version, 2 or 3, that a connection of the installed redis-py speaks given this option."""
    return int(MemoryConnection(protocol=protocol).protocol)


@cache
def _default_driver_info() -> Any:
    """What CLIENT SETINFO says of redis-py; reading it from the package's metadata takes long, so only once."""
    try:
        from redis.driver_info import resolve_driver_info
    except (
        ImportError
    ):  # before redis-py 7.4 there are lib_name and lib_version, with defaults of their own
        return None
    return resolve_driver_info()


@cache
def _observability() -> Any:
    """What knows whether redis-py takes metrics of its own; ``None`` before redis-py 8, which takes none."""
    try:
        from redis.observability.providers import get_observability_instance
    except ImportError:
        return None
    return get_observability_instance


def _takes_metrics() -> bool:
    observability = _observability()
    return observability is not None and observability().is_enabled()


# The native `execute_command` returns a coroutine of its own kind, where redis-py's is an `async def`.
class BurnerRedis(_native.Client, redis.asyncio.Redis):  # pyright: ignore[reportIncompatibleMethodOverride]
    """A whole Redis in the process, with redis-py's interface.

    ``BurnerRedis()`` makes a private store; ``BurnerRedis(store=store)`` shares one; ``BurnerRedis.from_url(
    "memory://name")`` shares by name. Every other option is redis-py's and means what it means there: ``db``,
    ``decode_responses``, ``encoding``, ``protocol``, ``single_connection_client``, ``client_name``, …; those that
    speak of sockets (``host``, ``ssl_…``) are accepted and ignored.

    ``yield_every``: after so many commands a command takes a trip through the event loop, as over a socket each
    does; ``None``, the default: after about a millisecond of commands without one.

    Raises ``TypeError`` for an option redis-py does not know, and for a ``connection_pool`` of real connections.
    May be used from any thread and any number of event loops at once.
    """

    def __init__(
        self,
        *,
        store: Store | None = None,
        connection_pool: ConnectionPool | None = None,
        yield_every: int | None = None,
        **options: Any,
    ) -> None:
        if unknown := options.keys() - _options().keys() - NETWORK_OPTIONS:
            raise TypeError(f"BurnerRedis() got an unexpected keyword argument {min(unknown)!r}")
        own_pool = connection_pool is None
        if connection_pool is None:
            connection_pool = _make_pool(store, options)
        elif not isinstance(connection_pool, MemoryConnectionPool):
            raise TypeError(
                f"BurnerRedis() cannot use a {type(connection_pool).__name__} of real connections; "
                "use redis.asyncio.Redis, or burner_redis.from_url with the server's URL"
            )
        elif store is not None and store is not connection_pool.store:
            raise TypeError("BurnerRedis() got a store and a pool of another store")
        client_options = {name: options[name] for name in _CLIENT_OPTIONS & options.keys()}
        super().__init__(connection_pool=connection_pool, **client_options)
        if own_pool:
            self.auto_close_connection_pool = options.get("auto_close_connection_pool", True)
        self._yield_every = yield_every
        self._bind_to_engine(connection_pool)

    def _bind_to_engine(self, pool: MemoryConnectionPool) -> None:
        kwargs: dict[str, Any] = pool.connection_kwargs
        protocol = _wire_protocol(kwargs.get("protocol", _options()["protocol"]))
        self._bind(
            pool.store,
            handshake=list(_handshake(kwargs, protocol)),
            protocol=protocol,
            encoding=kwargs.get("encoding", "utf-8"),
            encoding_errors=kwargs.get("encoding_errors", "strict"),
            decode_responses=kwargs.get("decode_responses", False),
            yield_every=self._yield_every,
        )
        # What only a connection can do: a session that stays, credentials that are asked for, a hook of the caller's,
        # redis-py's metrics.
        self._short_cuts = not (
            self.single_connection_client
            or kwargs.get("credential_provider")
            or kwargs.get("redis_connect_func")
            or _takes_metrics()
            or "encoder_class" in kwargs
            or "parser_class" in kwargs
        )

    # The two options that redis-py's names after the URL are among the others here, and taken by name only.
    @classmethod
    def from_url(cls, url: str, **options: Any) -> "BurnerRedis":  # pyright: ignore[reportIncompatibleMethodOverride]
        """A client over the store that a ``memory://name[/db][?option=value]`` URL names.

        Raises ``ValueError`` for another scheme; ``burner_redis.from_url`` takes those of servers too.
        """
        name, url_options = parse_memory_url(url)
        merged = {**options, **url_options}
        # An empty name is nobody's in particular.
        merged.setdefault("store", named_store(name) if name else None)
        return cls(**merged)

    @property
    def store(self) -> Store:
        """The store this client talks to."""
        return cast(MemoryConnectionPool, self.connection_pool).store

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> BurnerPipeline:
        """A pipeline: commands are stacked, and run at ``execute()`` as one call to the engine."""
        return BurnerPipeline(self, transaction, shard_hint)

    def pubsub(self, **kwargs: Any) -> BurnerPubSub:
        """A subscriber; ``kwargs`` are those of redis-py's ``PubSub``."""
        if hasattr(self, "_event_dispatcher"):  # since redis-py 6
            kwargs.setdefault("event_dispatcher", self._event_dispatcher)
        return BurnerPubSub(self, **kwargs)

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Closes the client's sessions. The store and its data stay for whoever else uses it."""
        await super().aclose(close_connection_pool)
        self._release()


def _make_pool(store: Store | None, options: dict[str, Any]) -> MemoryConnectionPool:
    connection_options = {
        name: value
        for name, value in options.items()
        if name not in _CLIENT_OPTIONS | NETWORK_OPTIONS
    }
    # redis-py's client fills these in for its connections; what it reads back later must be there.
    for name in ("db", "decode_responses", "protocol", "retry"):
        connection_options.setdefault(name, _options()[name])
    if not {"driver_info", "lib_name", "lib_version"} & connection_options.keys():
        driver_info = _default_driver_info()
        if driver_info is not None:
            connection_options["driver_info"] = driver_info
    return MemoryConnectionPool(store=store, **connection_options)


def _handshake(kwargs: dict[str, Any], protocol: int) -> Iterator[list[bytes]]:
    """What redis-py's connection says when it connects: who it is, and what it speaks."""
    username, password = kwargs.get("username"), kwargs.get("password")
    login = [_native.encode(part) for part in (username, password or "") if part is not None]
    if not (username or password):
        login = []
    if protocol == 3:
        if len(login) == 1:
            login.insert(0, b"default")
        yield [b"HELLO", b"3", *([b"AUTH", *login] if login else [])]
    elif login:
        yield [b"AUTH", *login]
    if name := kwargs.get("client_name"):
        yield [b"CLIENT", b"SETNAME", _native.encode(name)]
    driver_info = kwargs.get("driver_info")
    lib_name = getattr(driver_info, "formatted_name", None) or kwargs.get("lib_name")
    lib_version = getattr(driver_info, "lib_version", None) or kwargs.get("lib_version")
    if lib_name:
        yield [b"CLIENT", b"SETINFO", b"LIB-NAME", _native.encode(lib_name)]
    if lib_version:
        yield [b"CLIENT", b"SETINFO", b"LIB-VER", _native.encode(lib_version)]
    if db := kwargs.get("db"):
        yield [b"SELECT", _native.encode(db)]
