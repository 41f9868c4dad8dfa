"""The Rust half of burner_redis: the store, and the objects through which redis-py's classes reach it.

Everything here may be used from any thread and any event loop. A method that returns a ``Coroutine`` returns an
object with a coroutine's manners: nothing happens before the ``await``, which may complete without a trip through
the event loop.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeAlias, final

from typing_extensions import Self, disjoint_base

#: The arguments of one command as redis-py passes them, the name first.
_Command: TypeAlias = tuple[Any, ...]

__all__ = [
    "Client",
    "Listener",
    "ManualClock",
    "Stack",
    "Store",
    "Subscriber",
    "Wire",
    "__version__",
    "encode",
    "serve",
]

__version__: str

@final
class ManualClock:
    """A clock that stands still until it is moved, for tests.

    Several stores may share one. Moving it through a store (``Store.advance``) also lets that store's blocked
    commands and expiring keys see the new time at once; others see it at their next command.
    """

    def __new__(cls, seconds: float | None = None) -> Self:
        """Starts at ``seconds`` since the Unix epoch; the current time if not given."""
    def advance(self, seconds: float) -> None:
        """Moves the hands by ``seconds``, back if negative."""
    def time(self) -> float:
        """Where the hands stand, in seconds since the Unix epoch."""

@final
class Store:
    """A whole Redis server: databases, sessions, subscribers, scripts, settings. Can be weakly referenced."""

    def __new__(cls, *, clock: ManualClock | None = None, seed: int | None = None) -> Self:
        """An empty store on the system's clock, or on one that a test moves.

        ``seed`` makes what the store draws at random (RANDOMKEY, SPOP, …) repeatable: ACL GENPASS too,
        whose passwords are secret without it alone.
        """
    @property
    def clock(self) -> ManualClock | None:
        """The clock a test moves; ``None`` on the system's."""
    def advance(self, seconds: float) -> None:
        """Moves the manual clock by ``seconds`` and lets time have its way: keys expire, blocked commands time out.

        Raises ``RuntimeError`` when the store is on the system's clock.
        """
    def tick(self) -> None:
        """Lets time have its way at the present instant. Only needed after a shared clock was moved elsewhere."""
    def sessions(self) -> int:
        """How many sessions are open: what CLIENT LIST would list."""
    def listen(self, *addresses: str, unix_permissions: int | None = None) -> Listener:
        """Serves the store to clients on sockets: redis-cli, other processes, other languages.

        Each address is ``"127.0.0.1:6379"``, ``"[::1]:6379"`` (port 0: any free one), or ``"unix:PATH"``. A thread
        of its own, which never holds the GIL, reads, runs commands and writes; it has the store for about a tenth of
        a millisecond at a time, or for as long as one command takes. ``unix_permissions`` are those of a unix
        socket's file, such as ``0o700``; what the umask leaves, if not given.

        It listens until the listener is closed, or until nobody in this process uses the store any more: no client,
        no variable, no listener. At the interpreter's exit and in a forked child nothing listens.

        Raises ``ValueError`` for a text that is no address, and the ``OSError`` that says why one is not to be had:
        ``errno.EADDRINUSE`` for a port or a socket that is in use, or a path where a file is (a socket on which
        nobody answers is replaced, nothing else ever is), ``PermissionError``, ``FileNotFoundError`` for a directory
        that is not there, ``errno.ENAMETOOLONG`` for a path that is too long for a socket. Then it listens at none.

        An event loop that sleeps at a store that listens is woken by a descriptor of its own (``loop.add_reader``):
        in a loop that has no such method, what would have to sleep raises ``RuntimeError``.
        """

@final
class Listener:
    """A store on sockets, as :meth:`Store.listen` makes it. Can be weakly referenced; keeps the store in use.

    ``with store.listen("127.0.0.1:0") as listener:`` closes it at the end. May be used from any thread.
    """

    @property
    def url(self) -> str:
        """Where clients on this machine find the first address: ``redis://127.0.0.1:PORT``, ``unix:///PATH``.

        The port is the one that was free where 0 was asked for. There is no password in it.
        """
    @property
    def urls(self) -> list[str]:
        """The same for all addresses, in their order."""
    @property
    def store(self) -> Store:
        """Whose clients come in here."""
    @property
    def closed(self) -> bool:
        """Whether it was closed."""
    def close(self) -> None:
        """Stops listening, and closes the connections that came in here; a unix socket's file is removed.

        Returns when that is done, at the latest after the command that is running. Does nothing the second time.
        """
    def __enter__(self) -> Self: ...
    def __exit__(self, *_error: object) -> None: ...

@disjoint_base
class Client:
    """The base of ``BurnerRedis``: the native seam and the hot commands' short cuts.

    A subclass puts it first among its bases (``class BurnerRedis(_native.Client, redis.asyncio.Redis)``) and calls
    :meth:`_bind` once. Until then, and whenever a short cut has to stand aside, every method here passes the call
    on to the next class in the MRO that has it.

    A client keeps sessions as redis-py keeps a pool of connections. A call uses the one used last; a call that
    blocks keeps its own until it is over. A session is opened by the first command that needs one, with
    ``handshake``. All are closed by :meth:`_release` and when the client is collected.

    **When a short cut stands aside.** Short cuts are on after ``_bind`` while the class's ``execute_command`` is the
    one here and its ``parse_response`` redis-py's, and while ``redis.asyncio.Redis`` has the methods that it had at
    import: those two, and each that is shortened here. Instrumentation, and tests that put a method of their own in
    the place of any of them, so see every call. They go off while the instance has an attribute ``execute_command``
    or ``parse_response`` of its own, while its ``connection`` is not None, or while ``_short_cuts`` is False.
    ``response_callbacks`` is looked at on each call; nothing has to be said when it changes.
    """

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        """Takes whatever the subclass's ``__init__`` takes."""
    def _bind(
        self,
        store: Store,
        *,
        handshake: Sequence[Sequence[bytes]] = ...,
        protocol: int = 2,
        encoding: str = "utf-8",
        encoding_errors: str = "strict",
        decode_responses: bool = False,
        yield_every: int | None = None,
    ) -> None:
        """Connects the client to a store.

        ``handshake`` is sent on each new session, after HELLO of ``protocol`` (2 or 3, the wire's); its first error is
        raised as ``redis.exceptions.ConnectionError`` would be. ``yield_every``: trip through the event loop after so
        many commands; ``None``: when about a millisecond of commands ran without one.

        The client's ``response_callbacks`` must be there when it is called, or be set later.
        """
    @property
    def _store(self) -> Store | None: ...
    #: Whether short cuts may be taken, as far as Python code decides.
    _short_cuts: bool
    @property
    def _direct(self) -> bool:
        """Whether a call made now would go straight to the engine."""
    def _release(self) -> None:
        """Closes the sessions that no running call owns. The client can be used again: a new one is opened."""
    def _sessions(self) -> int:
        """How many sessions the client has open at the moment."""
    def _execute(
        self, args: _Command, options: Mapping[str, Any] | None = None, /
    ) -> Coroutine[Any, Any, Any]:
        """Runs a command on the engine, whatever the short cuts say.

        What ``Redis.execute_command(*args, **options)`` does with a connection: encodes, runs, hands what the
        parser would have handed over to ``response_callbacks[args[0]]`` with ``options``; ``NEVER_DECODE``,
        ``EMPTY_RESPONSE`` and ``keys`` among them as in ``parse_response``.
        """
    def execute_command(self, *args: Any, **options: Any) -> Coroutine[Any, Any, Any]:
        """:meth:`_execute` while short cuts may be taken, else the next class's ``execute_command``."""
    def _execute_pipeline(
        self,
        pipeline: Any,
        commands: Sequence[tuple[_Command, Mapping[str, Any]]],
        transaction: bool,
        raise_on_error: bool,
    ) -> Coroutine[Any, Any, list[Any]]:
        """Runs a pipeline's commands; what redis-py's ``_execute_pipeline`` or ``_execute_transaction`` answer.

        ``commands`` is the pipeline's list, each with a dict of options; a long one is emptied on the way.
        ``pipeline`` gives ``response_callbacks``, ``annotate_exception`` and ``raise_first_error``. Raises what
        redis-py raises: ``ExecAbortError``'s cause, ``DataError``, the first error if ``raise_on_error``.
        """

    # Hot commands: redis-py's methods of the same names and signatures, straight to the engine. They accept what
    # redis-py's accept, because any call that is not of the plain form is passed on to redis-py's method.
    # Their types are redis-py's, by the subclass; that is why they are not repeated here.

@disjoint_base
class Stack:
    """The base of the pipeline class: native stacking of commands.

    A subclass puts it before redis-py's ``Pipeline``. It appends to ``self.command_stack`` as redis-py does, so
    whoever looks there finds the same. The hot methods of :class:`Client` are here too, and pass the call on to
    redis-py's method while the pipeline runs commands at once (after ``watch``), and before :meth:`_bind`.
    """

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        """Takes whatever the subclass's ``__init__`` takes."""
    def _bind(self, *, seam: type) -> None:
        """Turns the short cuts on, unless the class stacks in its own way (other than ``seam``'s)."""
    def _push(self, args: _Command, options: dict[str, Any], /) -> Any:
        """Appends a command to ``command_stack`` and returns ``self``."""

@final
class Wire:
    """The far end of a connection: a session of a store that speaks RESP."""

    def __new__(cls, store: Store) -> Self:
        """Opens a session, RESP2 until it says HELLO 3."""
    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Runs the commands that are whole by now, in order; their replies wait to be read.

        After a blocking command the rest waits for it. Raises ``ConnectionError`` (the builtin) when closed.
        """
    def read(self, limit: int = ..., /) -> bytes:
        """Takes at most ``limit`` bytes of what waits; all if negative. ``b""`` when nothing waits."""
    def readline(self) -> bytes:
        """Takes one line with its end; ``b""`` when none is whole yet."""
    def readexactly(self, count: int, /) -> bytes | None:
        """Takes ``count`` bytes; ``None`` when fewer wait."""
    @property
    def waiting(self) -> int:
        """How many bytes wait to be read."""
    def wait(self) -> Coroutine[Any, Any, None]:
        """Returns when bytes wait that were not there at the call, or the wire is closed.

        Completes at once when bytes wait or it is closed. Several may wait.
        """
    def on_readable(self, callback: Callable[[], object] | None, /) -> None:
        """Calls back, in whichever thread made it so, when bytes come or the wire closes."""
    @property
    def closed(self) -> bool:
        """Whether either end closed it (QUIT, CLIENT KILL, a protocol error). What waits can still be read."""
    def close(self) -> None:
        """Closes the session. What waits for it is woken."""

@final
class Subscriber:
    """A session that listens: PubSub's short cut past the connection.

    Replies to its commands and messages come through :meth:`next` in the order in which they were said, each as
    redis-py's parser hands it to ``PubSub.handle_message``: ``[b"message", b"channel", b"data"]``; in the case of
    PING ``[b"pong", b"..."]`` in RESP2, ``b"..."`` in RESP3.
    """

    def __new__(cls, client: Client) -> Self:
        """Opens a session with the client's protocol, handshake and decoding."""
    def execute(self, *args: Any) -> None:
        """Runs SUBSCRIBE and its kin; what it answers comes through ``next``. Errors too are handed over there."""
    def next(self, timeout: float | None = None, /) -> Coroutine[Any, Any, Any | None]:
        """The next reply or message; ``None`` when ``timeout`` seconds pass first, forever without one.

        ``0`` only looks. An error reply is raised.
        """
    @property
    def waiting(self) -> int:
        """How many replies and messages wait."""
    @property
    def closed(self) -> bool: ...
    def close(self) -> None:
        """Closes the session; who waits in ``next`` gets ``ConnectionError`` of redis-py."""

def encode(value: Any, encoding: str = "utf-8", errors: str = "strict", /) -> bytes:
    """The bytes that redis-py's ``Encoder.encode`` makes of an argument; ``DataError`` with its text otherwise."""

def serve(program: str, args: Sequence[str], /) -> int:
    """Runs a server with a store of its own, as ``burner-redis serve`` with these arguments; returns its exit code.

    Returns after SIGTERM, SIGINT or a client's SHUTDOWN: it handles these two signals from then on, beside whoever
    did before. Other threads run meanwhile. ``program`` is what messages and ``--help`` call it.
    """
