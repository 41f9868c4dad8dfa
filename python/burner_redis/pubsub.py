"""redis-py's PubSub, with a short way for messages."""

import math
from typing import TYPE_CHECKING, Any

import redis
from redis.asyncio.client import PubSub

from burner_redis._native import Subscriber
from burner_redis.connection import MemoryConnection

if TYPE_CHECKING:
    from burner_redis.client import BurnerRedis


class SubscriberConnection(MemoryConnection):
    """A connection for one PubSub: commands and messages pass without becoming bytes on the way.

    What it hands out is what redis-py's parser would have.
    """

    def __init__(self, client: "BurnerRedis") -> None:
        super().__init__(store=client.store, **client.connection_pool.connection_kwargs)
        self._client = client
        self.subscriber: Subscriber | None = None

    @property
    def is_connected(self) -> bool:
        """Whether the session is open."""
        return self.subscriber is not None and not self.subscriber.closed

    async def connect(self) -> None:
        """Opens the session if it is not open, and lets the PubSub subscribe again to what it had."""
        if self.is_connected:
            return
        self.subscriber = Subscriber(self._client)
        for reference in list(self._connect_callbacks):
            callback = reference()
            if callback is not None:
                # redis-py allows for callbacks that are not awaited; a PubSub's own, and there is no other, is.
                await callback(self)  # pyright: ignore[reportGeneralTypeIssues]

    async def disconnect(self, *args: Any, **kwargs: Any) -> None:
        """Closes the session; who waits for a message gets ``ConnectionError``."""
        self._close()

    def _close(self) -> None:
        if self.subscriber is not None:
            self.subscriber.close()
            self.subscriber = None

    async def send_command(self, *args: Any, **kwargs: Any) -> None:
        """Runs SUBSCRIBE or one of its kin; what it answers is read like a message."""
        await self.connect()
        assert self.subscriber is not None
        self.subscriber.execute(*args)

    async def can_read(self, *args: Any, **kwargs: Any) -> bool:
        """Whether a message waits."""
        return self.subscriber is not None and self.subscriber.waiting > 0

    can_read_destructive = can_read

    async def read_response(
        self, disable_decoding: bool = False, timeout: float | None = None, **kwargs: Any
    ) -> Any:
        """The next message; ``None`` when ``timeout`` seconds pass first."""
        await self.connect()
        assert self.subscriber is not None
        return await self.subscriber.next(None if timeout == math.inf else timeout)


class BurnerPubSub(PubSub):
    """redis-py's ``PubSub`` over a session of the store."""

    def __init__(self, client: "BurnerRedis", **kwargs: Any) -> None:
        super().__init__(client.connection_pool, **kwargs)
        self._client = client

    def _is_plain(self) -> bool:
        """Whether nothing asks for the bytes on the way: no push handler, no health checks."""
        kwargs = self.connection_pool.connection_kwargs
        return self.push_handler_func is None and not kwargs.get("health_check_interval")

    async def connect(self) -> None:
        """Opens the session, or opens it again."""
        if self.connection is None and self._is_plain() and self._client._direct:
            self.connection = SubscriberConnection(self._client)
            self.connection.register_connect_callback(self.on_connect)
        if isinstance(self.connection, SubscriberConnection):
            await self.connection.connect()
        else:
            await super().connect()

    async def parse_response(self, block: bool = True, timeout: float = 0) -> Any:
        """The next message; ``None`` when ``timeout`` seconds pass first and ``block`` is false."""
        connection = self.connection
        if isinstance(connection, SubscriberConnection):
            subscriber = connection.subscriber
            if subscriber is not None and not subscriber.closed:
                try:
                    return await subscriber.next(None if block else timeout)
                except redis.ConnectionError:
                    # Its session was closed. What is next goes on over a new one, as with a server.
                    if not subscriber.closed:
                        raise
        return await super().parse_response(block, timeout)

    async def aclose(self) -> None:
        """Ends all subscriptions and closes the session."""
        connection = self.connection
        if isinstance(connection, SubscriberConnection):
            # It is the PubSub's own: no pool takes it back.
            self.connection = None
            await connection.disconnect()
            connection.deregister_connect_callback(self.on_connect)
        await super().aclose()
