"""The ground floor: redis-py's connection, whose other end is a session of a store.

Everything that holds a connection works over it unmodified: ``single_connection_client``, WATCH, ``Monitor``,
``PubSub``, pools that libraries build themselves. Parsers, handshake, retry, health checks and push handlers are
redis-py's, of whatever version is installed.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from redis.asyncio.connection import AbstractConnection, ConnectionPool

from burner_redis._native import Store, Wire

#: Options of redis-py's connections that speak of sockets and have no meaning here. They are accepted, because
#: code that moves between a real server and a store passes them to both.
NETWORK_OPTIONS = frozenset(
    {
        "host",
        "port",
        "path",
        "unix_socket_path",
        "socket_keepalive",
        "socket_keepalive_options",
        "socket_type",
        "ssl",
        "ssl_keyfile",
        "ssl_certfile",
        "ssl_cert_reqs",
        "ssl_include_verify_flags",
        "ssl_exclude_verify_flags",
        "ssl_ca_certs",
        "ssl_ca_data",
        "ssl_ca_path",
        "ssl_check_hostname",
        "ssl_min_version",
        "ssl_ciphers",
        "ssl_password",
        "maint_notifications_config",
        "maint_notifications_pool_handler",
    }
)


class WireReader:
    """What redis-py's parsers read from: the part of ``asyncio.StreamReader`` that they use."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @property
    def _buffer(self) -> bytes:
        """As truthy as a stream's buffer: redis-py looks here for unread bytes."""
        return b"\0" if self._wire.waiting else b""

    def at_eof(self) -> bool:
        """Whether the session is closed and all that it said is read."""
        return self._wire.closed and not self._wire.waiting

    async def read(self, n: int = -1) -> bytes:
        """At most ``n`` bytes, as soon as there are any; ``b""`` once the session is closed."""
        while not (data := self._wire.read(n)) and not self._wire.closed:
            await self._wire.wait()
        return data

    async def readline(self) -> bytes:
        """A line with its end; what is left of one if the session closes first."""
        while not (line := self._wire.readline()):
            if self._wire.closed:
                return self._wire.read()
            await self._wire.wait()
        return line

    async def readexactly(self, n: int) -> bytes:
        """Exactly ``n`` bytes; raises ``asyncio.IncompleteReadError`` if the session closes first."""
        while (data := self._wire.readexactly(n)) is None:
            if self._wire.closed:
                raise asyncio.IncompleteReadError(self._wire.read(), n)
            await self._wire.wait()
        return data


class WireWriter:
    """What redis-py's connections write to: the part of ``asyncio.StreamWriter`` that they use."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def write(self, data: bytes) -> None:
        """Runs the commands that are whole by now."""
        self._wire.feed(data)

    def writelines(self, data: Iterable[bytes]) -> None:
        """Runs the commands that are whole by now."""
        self._wire.feed(b"".join(data))

    async def drain(self) -> None:
        """Nothing is ever held back."""

    def close(self) -> None:
        """Closes the session."""
        self._wire.close()

    def is_closing(self) -> bool:
        """Whether the session is closed."""
        return self._wire.closed

    async def wait_closed(self) -> None:
        """Returns at once: closing takes no time."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """``default``: there is no socket to tell of."""
        return default


class MemoryConnection(AbstractConnection):
    """A redis-py connection to a store in the same process.

    Takes redis-py's options; those that speak of sockets are accepted and ignored. ``store`` may be given later,
    by the pool, but before the first command.
    """

    def __init__(self, *, store: Store | None = None, **options: Any) -> None:
        options = {name: value for name, value in options.items() if name not in NETWORK_OPTIONS}
        if options.get("protocol", 2) is None:
            del options["protocol"]  # None means the default, which not every redis-py knows
        super().__init__(**options)
        self.store = store

    # redis-py's is abstract and has no types: its `pass` is taken for a None that it returns.
    def repr_pieces(self) -> list[tuple[str, Any]]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """What ``repr`` shows."""
        pieces: list[tuple[str, Any]] = [("store", self.store), ("db", self.db)]
        if self.client_name:
            pieces.append(("client_name", self.client_name))
        return pieces

    def _connection_arguments(self) -> dict[str, Any]:
        return {}

    def _host_error(self) -> str:
        return "memory"

    def __del__(self, *_: Any) -> None:
        # redis-py warns of a socket left open; a session needs no loop to be closed, and no goodbye.
        writer = getattr(self, "_writer", None)
        if writer is not None:
            writer.close()

    async def _connect(self) -> None:
        if self.store is None:
            self.store = Store()
        wire = Wire(self.store)
        # Of asyncio's streams, which redis-py says they are, these have what redis-py calls.
        self._reader = WireReader(wire)  # pyright: ignore[reportAttributeAccessIssue]
        self._writer = WireWriter(wire)  # pyright: ignore[reportAttributeAccessIssue]


class MemoryConnectionPool(ConnectionPool):
    """A redis-py connection pool over one store.

    ``connection_kwargs`` stay what a plain ``redis.asyncio.Connection`` accepts: the store is the pool's.
    """

    def __init__(
        self, *, store: Store | None = None, max_connections: int | None = None, **options: Any
    ) -> None:
        options.pop("connection_class", None)
        super().__init__(
            connection_class=MemoryConnection, max_connections=max_connections, **options
        )
        self.store = Store() if store is None else store

    def make_connection(self) -> MemoryConnection:
        """A connection to the pool's store."""
        return MemoryConnection(store=self.store, **self.connection_kwargs)
