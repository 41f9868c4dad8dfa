"""Random sequences: several connections, transactions, waiting, scripts and time going by."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from random import Random

from ..case import Case, Command, Step, case, command, pause
from ..docs import Docs
from ..facts import COMMANDS
from .commands import Commands, Words
from .laws import law
from .values import Values

_LEFT_OUT = {
    *("migrate", "restore", "restore-asking", "dump", "wait", "waitaof", "randomkey"),
    *(
        "object|freq",
        "object|idletime",
        "object|refcount",
        "object|help",
        "xinfo|help",
        "xgroup|help",
        "pubsub|help",
    ),
    *("pfdebug", "pfselftest", "sort_ro", "sort"),
}
"""What only other machines than this one can compare: payloads, random picks, times of access."""

_BLOCKING = ("blpop", "brpop", "blmove", "brpoplpush", "blmpop", "bzpopmin", "bzpopmax", "bzmpop")
_WAITING = (*_BLOCKING, "xread", "xreadgroup")
_LEX = {"zrangebylex", "zrevrangebylex", "zremrangebylex", "zlexcount"}
_NOT_QUEUED = {
    *("spop", "srandmember", "hrandfield", "zrandmember", "watch", "subscribe", "psubscribe"),
    *("ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe", "xinfo|stream", "xpending"),
    *("xinfo|groups", "xinfo|consumers", "ttl", "pttl", "expiretime", "pexpiretime", "xclaim"),
    *("httl", "hpttl", "hexpiretime", "hpexpiretime"),
}
"""What is compared by a law that the reply of EXEC or EVAL as a whole does not have."""

_GROUPS = ("string", "list", "hash", "set", "sorted-set", "stream")
_OTHERS = ("bitmap", "hyperloglog", "geo")

_SOWN = {
    "string": ("set", "set", "append"),
    "list": ("rpush", "rpush", "lpush"),
    "hash": ("hset", "hset", "hincrby"),
    "set": ("sadd", "sadd", "sadd"),
    "sorted-set": ("zadd", "zadd", "zadd"),
    "stream": ("xadd", "xgroup|create", "xreadgroup", "xreadgroup"),
    "bitmap": ("setbit",),
    "hyperloglog": ("pfadd",),
    "geo": ("geoadd", "geoadd"),
}
"""What is called at the beginning, and now and then, so that most keys hold something."""

_STREAM = (
    *("XGROUP CREATE x g 0 MKSTREAM", "XADD x 1-1 a 1", "XADD x 2-1 a 2 b 3", "XADD x 3-1 a 1"),
    *("XGROUP CREATE w g $ MKSTREAM", "XGROUP CREATE x k 2-1", "XREADGROUP GROUP g c STREAMS x >"),
)

_BIG = (
    "RPUSH l " + " ".join(f"e{n}" for n in range(300)),
    "SADD u " + " ".join(f"m{n}" for n in range(200)),
    "SADD v " + " ".join(str(n) for n in range(600)),
    "HSET h " + " ".join(f"m{n} {n}" for n in range(200)),
    "ZADD z " + " ".join(f"{n % 7} m{n}" for n in range(200)),
)
"""Values beyond all thresholds."""

_TRACKING = (*("CLIENT TRACKING ON", "CLIENT TRACKING ON NOLOOP", "CLIENT TRACKING ON OPTOUT"),)
"""Without BCAST, which tells of the keys of several commands together."""

_LISTENER = "p"
"""The connection that subscribes: under RESP2 it can do little else."""

_SUBSCRIBING = {
    *("subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe"),
}

_DATABASES = ("select", "swapdb", "move", "flushdb", "dbsize")

_THRESHOLDS = (
    *("hash-max-listpack-entries 2", "hash-max-listpack-value 3", "set-max-intset-entries 2"),
    *("set-max-listpack-entries 2", "set-max-listpack-value 3", "zset-max-listpack-entries 2"),
    *("zset-max-listpack-value 3", "list-max-listpack-size 2", "stream-node-max-entries 2"),
    *("list-max-listpack-size -1", "hash-max-listpack-entries 0", "zset-max-listpack-entries 0"),
)

_SCRIPTS = (
    "return redis.call(unpack(ARGV))",
    "return redis.pcall(unpack(ARGV))",
    "return {redis.call('type', KEYS[1]), redis.call(unpack(ARGV))}",
    "redis.setresp(3) return redis.call(unpack(ARGV))",
    "local t = redis.pcall(unpack(ARGV)) redis.call('incr', 'n') return t",
)


@dataclass(slots=True)
class Sequence:
    """A sequence and how it is to be played."""

    case: Case
    protocol: int
    bursts: bool
    """Whether the commands of a connection may be sent without waiting between them."""


@dataclass(slots=True)
class _Connection:
    name: str
    queueing: bool = False


class Maker:
    """Draws sequences out of what a server's COMMAND DOCS says and both sides know."""

    def __init__(self, docs: Docs, known: set[str], length: int = 120) -> None:
        self._docs = docs
        self._known = known
        self.length = length

    def draw(self, seed: str) -> Sequence:
        """The sequence of this seed."""
        return _Drawing(self, self._docs, Random(seed)).draw()

    def knows(self, name: str) -> bool:
        """Whether both sides have the command."""
        return name in self._docs and name in self._known

    def names(self, groups: Collection[str]) -> list[str]:
        """The commands of these groups that can be compared."""
        return [
            name
            for name in self._docs
            if self.knows(name)
            and COMMANDS[name]["group"] in groups
            and name not in _LEFT_OUT
            and self._docs[name]
        ]


class _Drawing:
    """One sequence in the making."""

    def __init__(self, maker: Maker, docs: Docs, dice: Random) -> None:
        self._maker = maker
        self._dice = dice
        self._length = maker.length
        self._waits = dice.random() < 0.25
        # What keys a server holds back in a burst to tell of them together is its own business.
        self._tracks = self._waits and dice.random() < 0.3
        one_score = dice.random() < 0.2
        self._values = Values(dice, one_score=one_score, garbage=dice.choice((0, 0.01, 0.05)))
        self._commands = Commands(docs, self._values)
        self._groups = self._choose_groups(one_score)
        self._names = self._choose(maker, one_score)
        self._connections = [_Connection(name) for name in ("a", "b", "d")]
        self._listener = _Connection(_LISTENER)

    def _choose_groups(self, one_score: bool) -> list[str]:
        """Few types mostly, so that the sequence goes into their depth."""
        dice = self._dice
        if one_score:
            return ["sorted-set"]
        if dice.random() < 0.3:
            return [*_GROUPS, *_OTHERS]
        groups = dice.sample(_GROUPS, dice.choice((1, 1, 2, 3)))
        return groups + [group for group in _OTHERS if dice.random() < 0.15]

    def _choose(self, maker: Maker, one_score: bool) -> list[str]:
        """The commands of this sequence."""
        dice = self._dice
        names = [
            name
            for name in maker.names(self._groups)
            if name not in _BLOCKING and (one_score or name not in _LEX)
        ]
        if dice.random() < 0.4:
            # A few of them again and again.
            names = dice.sample(names, min(len(names), 8))
        if dice.random() < 0.2:
            names += maker.names(["pubsub"])
        if dice.random() < 0.2:
            # Whom a swap wakes first is the order of the server's own table; who tracks keys hears
            # of his own flush before its reply.
            names += [name for name in _DATABASES if not self._waits or name == "select"]
        self._sown = [name for group in self._groups for name in _SOWN[group] if maker.knows(name)]
        return names + [name for name in maker.names(["generic"]) if dice.random() < 0.4]

    def draw(self) -> Sequence:
        steps = list(self._steps())
        protocol = 3 if self._tracks else self._dice.choice((2, 3))
        made = case("fuzz", *steps)
        return Sequence(made, protocol, bursts=not self._waits)

    def _steps(self) -> Iterator[Step]:
        dice = self._dice
        if dice.random() < 0.4:
            for setting in dice.sample(_THRESHOLDS, 4):
                yield command(f"CONFIG SET {setting}")
        if "stream" in self._groups:
            yield from map(command, _STREAM)
        if dice.random() < 0.1 and not self._values.one_score:
            yield from map(command, _BIG)
        if self._tracks:
            yield from self._tracking()
        for name in self._sown * 2:
            yield self._send(
                dice.choice(self._connections), name, _without_block(self._commands.draw(name))
            )
        for _ in range(self._length):
            connection = dice.choice(self._connections)
            if dice.random() < 0.03:
                connection = self._listener
            if self._waits and dice.random() < 0.15:
                yield from self._waiting()
            elif dice.random() < 0.05:
                yield from self._transaction(connection)
            elif dice.random() < 0.004:
                yield from self._expiry(connection)
            else:
                yield self._plain(connection)

    def _tracking(self) -> Iterator[Step]:
        """Some of the connections hear what was changed of what they have read."""
        if self._maker.knows("client|tracking"):
            for connection in self._dice.sample(self._connections, 2):
                yield command(self._dice.choice(_TRACKING), on=connection.name)

    def _plain(self, connection: _Connection) -> Command:
        return self._send(connection, *self._line(connection))

    def _line(self, connection: _Connection) -> tuple[str, Words]:
        """A command that never waits, and its name; as a script now and then."""
        name = self._name(connection)
        line = self._commands.draw(name)
        if name in ("xread", "xreadgroup") and not connection.queueing:
            line = _without_block(line)
        if self._dice.random() < 0.04 and name not in _NOT_QUEUED:
            script = self._dice.choice(_SCRIPTS).encode()
            eval_ = b"EVAL" if self._dice.random() < 0.9 else b"EVAL_RO"
            return "eval", (eval_, script, b"1", line[1] if len(line) > 1 else b"s", *line)
        return name, line

    def _name(self, connection: _Connection) -> str:
        while True:
            name = self._dice.choice(self._sown if self._dice.random() < 0.1 else self._names)
            if connection.queueing and name in _NOT_QUEUED:
                continue
            if name not in _SUBSCRIBING or connection.name == _LISTENER:
                return name

    def _send(self, connection: _Connection, name: str, line: Words) -> Command:
        return command(line, law(name), on=connection.name)

    def _transaction(self, connection: _Connection) -> Iterator[Step]:
        if connection.queueing:
            connection.queueing = False
            yield command(
                self._dice.choice(("EXEC", "EXEC", "DISCARD")), law("exec"), on=connection.name
            )
            return
        if self._dice.random() < 0.5:
            yield self._send(connection, "watch", self._commands.draw("watch"))
            if self._dice.random() < 0.5:
                return
        connection.queueing = True
        yield command("MULTI", on=connection.name)

    def _expiry(self, connection: _Connection) -> Iterator[Step]:
        """A key, or a field of a hash, whose time is up before anybody looks at it again."""
        if connection.queueing:
            return
        key = self._commands.key()
        dying = [(b"PEXPIRE", key, b"1")]
        if self._maker.knows("hpexpire"):
            dying.append((b"HPEXPIRE", b"h", b"1", b"FIELDS", b"2", b"a", b"m1"))
        yield self._send(connection, "pexpire", self._dice.choice(dying))
        yield pause(5)

    def _waiting(self) -> Iterator[Step]:
        """A connection of its own that may wait for a key."""
        dice = self._dice
        name = dice.choice([name for name in _WAITING if name.split("|")[0]])
        line = self._commands.draw(name)
        connection = dice.choice(("e", "f", "g", "h"))
        yield command(line, law(name), on=connection)


def _without_block(line: Words) -> Words:
    if b"BLOCK" not in line:
        return line
    at = line.index(b"BLOCK")
    return (*line[:at], *line[at + 2 :])
