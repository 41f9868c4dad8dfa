"""The two sides of a comparison behind one face: a server at a socket, and our engine.

A side is driven step by step: `send` bytes over a named connection, then `settle`, which returns
what every connection has received since. Nothing waits for a reply that may never come: on a
server, `settle` makes two round trips on a connection of its own, by when everything that the step
caused has been written (a server writes all pending replies once each turn of its event loop).
"""

from __future__ import annotations

import abc
import contextlib
import re
import select
import socket

from .servers import Server
from .wire import Reply, encode, is_whole, replies

EVENTS = "(events)"
"""The name under which `settle` reports the keyspace events."""

CLOSED = b"-(connection closed)\r\n"
"""What `settle` reports at the end of a connection that the other end has closed."""

LISTEN = encode([b"PSUBSCRIBE", b"__key*__:*"])
"""Makes a connection one that hears all keyspace events."""

EVENTS_ON = [b"CONFIG", b"SET", b"notify-keyspace-events", b"KEAmn"]
"""Makes a side speak of all its keyspace events, misses and new keys included."""

_FRESH = [
    [b"SELECT", b"0"],
    [b"CLIENT", b"UNPAUSE"],
    [b"FLUSHALL", b"ASYNC"],
    [b"SCRIPT", b"FLUSH"],
    [b"FUNCTION", b"FLUSH"],
    [b"DEBUG", b"QUICKLIST-PACKED-THRESHOLD", b"0"],
    [b"DEBUG", b"SET-ACTIVE-EXPIRE", b"1"],
    [b"CONFIG", b"RESETSTAT"],
]
_DEFAULT_USER = [b"ACL", b"SETUSER", b"default", b"reset", b"on", b"nopass", b"~*", b"&*", b"+@all"]
_PING = encode([b"PING", b"settled"])
_PONG = b"*2\r\n$4\r\npong\r\n$7\r\nsettled\r\n"


_SHOWN_PING = re.compile(rb'\+[\d.]+ \[0 [^\]]*\] "PING" "settled"\r\n')
"""What a monitor is shown of `settle`."""

_FLUSH_SECONDS = 2.0
"""How long a flush may take; it has no answer at all on a connection that is blocked."""


def _is_answered(received: bytes) -> bool:
    """Whether there is a reply among what a connection received."""
    return any(reply.kind != ">" for reply in replies(received))


class Crashed(Exception):
    """The side ended in the middle of a case."""


class Side(abc.ABC):
    """One of the two that are compared."""

    ids: dict[str, bytes]
    """The client ID of each connection since `begin`."""

    @abc.abstractmethod
    def begin(self, protocol: int) -> None:
        """Makes everything as on a fresh server; connections will speak this RESP version."""

    @abc.abstractmethod
    def send(self, connection: str, data: bytes) -> None:
        """Sends bytes over the connection of that name, which is made when it is new."""

    @abc.abstractmethod
    def settle(self) -> dict[str, bytes]:
        """What each connection has received since the last time; only those that have."""

    @abc.abstractmethod
    def ask(self, commands: list[list[bytes]]) -> list[Reply]:
        """The replies to commands over a connection of the side's own, under RESP2."""

    def catch_up(self) -> None:  # noqa: B027 - most sides have nothing to do
        """Lets a side whose clock is moved by hand know what time it is."""

    @abc.abstractmethod
    def close(self) -> None:
        """Ends the side."""

    def commands(self) -> set[str]:
        """The full names of the commands that it has."""
        self.begin(2)
        rows = self.ask([[b"COMMAND"]])[0].parts
        subcommands = (row for container in rows for row in container.parts[9].parts)
        return {row.parts[0].text.decode() for row in (*rows, *subcommands)}


class ServerSide(Side):
    """A redis-server, or anything that speaks RESP on a unix socket."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._protocol = 2
        self._links: dict[str, socket.socket] = {}
        self._ended: set[str] = set()
        self.ids = {}
        self._settings: list[bytes] = []
        self._configured = False
        self._has_users = False
        self._flushing = ""
        self._open()

    def _open(self) -> None:
        self._control = self._server.connect()
        self._listener = self._server.connect()
        self._heard = b""
        self._listener.sendall(LISTEN)
        self._receive_whole(self._listener)
        if not self._settings:
            self._settings = [part.text for part in self._config()]

    def _config(self) -> tuple[Reply, ...]:
        return self.ask([[b"CONFIG", b"GET", b"*"]])[0].parts

    def begin(self, protocol: int) -> None:
        self._hang_up()
        try:
            self._reset()
        except (Crashed, OSError):
            self._revive()
            self._reset()
        self._protocol = protocol

    def _reset(self) -> None:
        if self._configured:
            now = [part.text for part in self._config()]
            pairs = zip(self._settings[::2], self._settings[1::2], now[1::2], strict=True)
            self.ask([[b"CONFIG", b"SET", name, was] for name, was, value in pairs if was != value])
            self._configured = False
        if self._has_users:
            users = [
                [b"ACL", b"DELUSER", user.text] for user in self.ask([[b"ACL", b"USERS"]])[0].parts
            ]
            self.ask([_DEFAULT_USER, [b"ACL", b"LOG", b"RESET"], *users])
            self._has_users = False
        self.ask([*_FRESH, EVENTS_ON])
        self.settle()

    def _revive(self) -> None:
        for link in (self._control, self._listener):
            link.close()
        self._server.revive()
        self._open()

    def send(self, connection: str, data: bytes) -> None:
        if connection in self._ended:
            return
        self._configured |= b"CONFIG" in data.upper()
        self._has_users |= b"\r\nACL\r\n" in data.upper() or b"requirepass" in data
        if connection not in self._links:
            link = self._links[connection] = self._server.connect()
            # The answer also says that the server has taken the connection into its event loop.
            link.sendall(encode([b"CLIENT", b"ID"]))
            self.ids[connection] = replies(self._receive_whole(link))[0].text
            if self._protocol == 3:
                link.sendall(encode([b"HELLO", b"3"]))
                self._receive_whole(link)
        # A flush is answered by another thread, at a moment of its own.
        self._flushing = connection if b"\r\nFLUSH" in data.upper() else ""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._links[connection].sendall(data)

    def settle(self) -> dict[str, bytes]:
        events = self._events_so_far() + self._events_so_far()
        received = {name: self._drain(name) for name in list(self._links)}
        if self._flushing and not _is_answered(received.get(self._flushing, b"")):
            link = self._links.get(self._flushing)
            if link and select.select([link], [], [], _FLUSH_SECONDS)[0]:
                # Its invalidation may have come before.
                before = received.get(self._flushing, b"")
                received[self._flushing] = before + self._receive_whole(link)
        self._flushing = ""
        received = {name: _SHOWN_PING.sub(b"", data) for name, data in received.items()}
        received[EVENTS] = events
        return {name: data for name, data in received.items() if data}

    def _drain(self, name: str) -> bytes:
        """All that a connection has received; a reply larger than its buffers is waited for."""
        link = self._links[name]
        data = b""
        while select.select([link], [], [], 0)[0] or not is_whole(data):
            try:
                more = link.recv(1 << 16)
            except ConnectionResetError:
                more = b""
            data += more
            if not more:
                self._ended.add(name)
                self._links.pop(name).close()
                return data + CLOSED
        return data

    def ask(self, commands: list[list[bytes]]) -> list[Reply]:
        if not commands:
            return []
        self._control.sendall(b"".join(map(encode, commands)))
        data = self._receive_whole(self._control)
        while len(got := replies(data)) < len(commands):
            data += self._receive_whole(self._control)
        return got

    def close(self) -> None:
        self._hang_up()
        for link in (self._control, self._listener):
            link.close()
        self._server.stop()

    def _hang_up(self) -> None:
        for link in self._links.values():
            link.close()
        self._links.clear()
        self.ids.clear()
        self._flushing = ""
        self._ended.clear()

    def _events_so_far(self) -> bytes:
        """The events that came before the answer to a PING; later ones are left for later."""
        self._listener.sendall(_PING)
        while _PONG not in self._heard:
            self._heard += self._receive(self._listener)
        events, self._heard = self._heard.split(_PONG, 1)
        return events

    def _receive_whole(self, link: socket.socket) -> bytes:
        data = self._receive(link)
        while not is_whole(data):
            data += self._receive(link)
        return data

    @staticmethod
    def _receive(link: socket.socket) -> bytes:
        try:
            data = link.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Crashed("the server closed a connection that nobody asked it to close")
        return data
