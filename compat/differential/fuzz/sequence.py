"""Random sequences: several connections, transactions, waiting, scripts and time going by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from ..case import Command, Step, case, command, pause
from ..compare import exact
from .commands import Commands, Words, without_block
from .guards import FEW_INTS, guarded
from .laws import events_of_tables, law, of_turns
from .payloads import Payloads
from .play import Sequence
from .repertoire import (
    BIG,
    BLOCKING,
    DATABASES,
    GROUPS,
    LIST_THRESHOLDS,
    LISTENER,
    NOT_QUEUED,
    OTHERS,
    SOWN,
    STREAMS,
    SUBSCRIBING,
    THRESHOLDS,
    TRACKING,
    WAITING,
    Repertoire,
)
from .values import Values

_SCRIPTS = (
    "return redis.call(unpack(ARGV))",
    "return redis.pcall(unpack(ARGV))",
    "return {redis.call('type', KEYS[1]), redis.call(unpack(ARGV))}",
    "redis.setresp(3) return redis.call(unpack(ARGV))",
    "local t = redis.pcall(unpack(ARGV)) redis.call('incr', 'n') return t",
)


@dataclass(slots=True)
class _Connection:
    name: str
    queueing: bool = False


class Maker:
    """Draws sequences out of a repertoire."""

    def __init__(self, repertoire: Repertoire, payloads: Payloads, length: int = 120) -> None:
        self.repertoire = repertoire
        self.payloads = payloads
        self.length = length

    def draw(self, seed: str) -> Sequence:
        """The sequence of this seed."""
        return _Drawing(self, Random(seed)).draw()


class _Drawing:
    """One sequence in the making."""

    def __init__(self, maker: Maker, dice: Random) -> None:
        self._repertoire = maker.repertoire
        self._dice = dice
        self._length = maker.length
        self._waits = dice.random() < 0.25
        # What keys a server holds back in a burst to tell of them together is its own business.
        self._tracks = self._waits and dice.random() < 0.3
        self._few_ints = False
        one_score = dice.random() < 0.2
        self._values = Values(
            dice,
            payloads=maker.payloads,
            one_score=one_score,
            garbage=dice.choice((0, 0.01, 0.05)),
        )
        self._commands = Commands(maker.repertoire.docs, self._values)
        self._groups = self._choose_groups(one_score)
        self._names = self._choose(one_score)
        self._connections = [_Connection(name) for name in ("a", "b", "d")]
        self._listener = _Connection(LISTENER)

    def _choose_groups(self, one_score: bool) -> list[str]:
        """Few types mostly, so that the sequence goes into their depth."""
        dice = self._dice
        if one_score:
            return ["sorted-set"]
        if dice.random() < 0.3:
            return [*GROUPS, *OTHERS]
        groups = dice.sample(GROUPS, dice.choice((1, 1, 2, 3)))
        return groups + [group for group in OTHERS if dice.random() < 0.15]

    def _choose(self, one_score: bool) -> list[str]:
        """The commands of this sequence."""
        dice = self._dice
        names = [name for name in self._repertoire.names(self._groups) if name not in BLOCKING]
        if dice.random() < 0.4:
            # A few of them again and again.
            names = dice.sample(names, min(len(names), 8))
        if dice.random() < 0.2:
            names += self._repertoire.names(["pubsub"])
        if dice.random() < 0.2:
            # Whom a swap wakes first is the order of the server's own table; who tracks keys hears
            # of his own flush before its reply.
            names += [name for name in DATABASES if not self._waits or name == "select"]
        self._sown = [
            name for group in self._groups for name in SOWN[group] if self._repertoire.knows(name)
        ]
        # What a payload holds has other scores, too.
        left_out = ("restore",) if one_score else ()
        return names + [
            name
            for name in self._repertoire.names(["generic"])
            if dice.random() < 0.4 and name not in left_out
        ]

    def draw(self) -> Sequence:
        steps = list(self._steps())
        protocol = 3 if self._tracks else self._dice.choice((2, 3))
        made = case("fuzz", *steps, compare=of_turns(exact), events=events_of_tables)
        return Sequence(made, protocol, bursts=not self._waits)

    def _steps(self) -> Iterator[Step]:
        dice = self._dice
        if dice.random() < 0.4:
            for setting in dice.sample((*THRESHOLDS, *LIST_THRESHOLDS), 4):
                self._few_ints |= setting.startswith(FEW_INTS)
                yield command(f"CONFIG SET {setting}")
        if "stream" in self._groups:
            yield from map(command, STREAMS)
        if dice.random() < 0.1 and not self._values.one_score:
            yield from map(command, BIG)
        if self._tracks:
            yield from self._tracking()
        for name in self._sown * 2:
            yield self._send(
                dice.choice(self._connections), name, without_block(self._commands.draw(name))
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
        if self._repertoire.knows("client|tracking"):
            for connection in self._dice.sample(self._connections, 2):
                mode = self._dice.choice(TRACKING)
                yield command(f"CLIENT TRACKING ON{mode}", on=connection.name)

    def _plain(self, connection: _Connection) -> Command:
        return self._send(connection, *self._line(connection))

    def _line(self, connection: _Connection) -> tuple[str, Words]:
        """A command that never waits, and its name; as a script now and then."""
        name = self._name(connection)
        line = self._commands.draw(name)
        if name in ("xread", "xreadgroup") and not connection.queueing:
            line = without_block(line)
        bare = self._guarded(name, line) is line and name not in NOT_QUEUED
        if bare and self._dice.random() < 0.04:
            script = self._dice.choice(_SCRIPTS).encode()
            eval_ = b"EVAL" if self._dice.random() < 0.9 else b"EVAL_RO"
            return "eval", (eval_, script, b"1", line[1] if len(line) > 1 else b"s", *line)
        return name, line

    def _name(self, connection: _Connection) -> str:
        while True:
            name = self._dice.choice(self._sown if self._dice.random() < 0.1 else self._names)
            if connection.queueing and name in NOT_QUEUED:
                continue
            if name not in SUBSCRIBING or connection.name == LISTENER:
                return name

    def _send(self, connection: _Connection, name: str, line: Words) -> Command:
        return command(self._guarded(name, line), law(name), on=connection.name)

    def _guarded(self, name: str, line: Words) -> Words:
        one_score = self._values.one_score
        return guarded(name, line, one_score=one_score, few_ints=self._few_ints)

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
        dying: list[Words] = [(b"PEXPIRE", key, b"1")]
        if self._repertoire.knows("hpexpire"):
            dying.append((b"HPEXPIRE", b"h", b"1", b"FIELDS", b"2", b"a", b"m1"))
        yield self._send(connection, "pexpire", self._dice.choice(dying))
        yield pause(5)

    def _waiting(self) -> Iterator[Step]:
        """A connection of its own that may wait for a key."""
        dice = self._dice
        name = dice.choice([name for name in WAITING if name.split("|")[0]])
        line = self._commands.draw(name)
        connection = dice.choice(("e", "f", "g", "h"))
        yield command(line, law(name), on=connection)
