"""The state machine: what sessions do to one another's keys, drawn and shrunk by Hypothesis.

A rule adds steps to the example: lines of a group by a session, a transaction with somebody who
interferes, waiting and what wakes, a script of several calls, time that moves. They are drawn from
the same tables as the generator's sequences, with dice that Hypothesis throws; so it shrinks
arguments as well as steps. An example is played when it is whole, on both sides in bursts, and step
by step where the bursts show a difference.

Where a time to live is short, our side's clock stands still until time is moved: then the real side
sleeps, and ours is told how late it is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, MutableSequence, Sequence
from functools import cache
from random import Random
from typing import Any, ClassVar, NamedTuple, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.reporting import with_reporter
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from .. import runner
from ..case import Step, case, command, pause
from ..compare import any_order, exact
from . import play
from .commands import Commands, Words, without_block
from .guards import FEW_INTS, guarded
from .hunt import Hunt
from .laws import events_of_tables, law, of_turns
from .payloads import Payloads
from .repertoire import (
    BLOCKING,
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
    Repertoire,
)
from .values import KEYS, LATER, SOON, SOON_SECONDS, Values

EXAMPLES = 40
"""How many examples one seed has."""

_STEPS = 60
"""How many rules an example has at most."""

_LATER = pause(16, of_turns(any_order))
"""When what was to live for `SOON` is over."""

_WINDOW = 10
"""How many steps may come before that: on the real side time goes by of itself."""

_SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=_STEPS,
    database=None,
    deadline=None,
    derandomize=False,
    print_blob=False,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=(
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
        HealthCheck.large_base_example,
        HealthCheck.too_slow,
    ),
    verbosity=Verbosity.quiet,
)

_ENDING = frozenset((SOON, SOON_SECONDS))

_SESSIONS = st.sampled_from(("a", "b", "d"))
_WAITERS = st.sampled_from(("e", "f", "g", "h"))

_WAITING_OF = {
    "list": ("blpop", "brpop", "blmove", "brpoplpush", "blmpop"),
    "sorted-set": ("bzpopmin", "bzpopmax", "bzmpop"),
    "stream": ("xread", "xreadgroup", "xreadgroup"),
}
"""The commands that wait for a key of each group."""

_DYING = {
    "hash": ("hpexpire", "hpexpire", "hgetex", "hsetex", "pexpire"),
    "string": ("pexpire", "psetex", "set", "getex"),
}
"""The commands that give a time to live to a key of each group; of others, PEXPIRE."""

_OF_FIELDS = frozenset((b"HEXPIRE", b"HPEXPIRE", b"HGETEX", b"HSETEX"))
"""The commands that give fields of a hash a time from now."""

_T = TypeVar("_T")


@cache
def _below(most: int) -> st.SearchStrategy[int]:
    return st.integers(0, most - 1)


class Differs(Exception):
    """The sides disagree about an example: the hunt's latest."""


class TimeIsUp(BaseException):
    """The time to play is over. Hypothesis takes any other exception for a finding."""


class ShortEnough(BaseException):
    """The time to make an example shorter is over."""


class Drawn(Random):
    """Dice that Hypothesis throws; the simplest throw is the first of what there is to choose."""

    def __init__(self, data: st.DataObject) -> None:
        super().__init__(0)
        self._data = data

    def random(self) -> float:
        """In [0, 1), the simplest at the top: what is done now and then is not done."""
        return (999 - self.randrange(1000)) / 1000

    def randrange(self, *bounds: int) -> int:
        """A number below the only bound, or between two."""
        low, high = (0, *bounds) if len(bounds) == 1 else bounds
        return low + self._data.draw(_below(high - low))

    def choice(self, seq: Sequence[_T]) -> _T:
        """One of them."""
        return seq[self.randrange(len(seq))]

    def sample(self, population: Sequence[_T], k: int) -> list[_T]:
        """Some of them, each once."""
        left: MutableSequence[_T] = list(population)
        return [left.pop(self.randrange(len(left))) for _ in range(k)]


class Arena(NamedTuple):
    """What examples are drawn from, where they are played, and until when."""

    hunt: Hunt
    repertoire: Repertoire
    payloads: Payloads
    until: float = float("inf")
    """The reading of `time.monotonic` at which to stop."""
    patience: float = 30
    """How many seconds Hypothesis may take to make an example shorter."""


class Made(NamedTuple):
    """A key that an example has made, with the group of commands it is for."""

    group: str
    key: bytes


class Machine(RuleBasedStateMachine):
    """One example in the making."""

    arena: ClassVar[Arena]
    shrinks_until: ClassVar[float | None] = None
    """Once an example differs: the reading of `time.monotonic` at which it is to be short enough."""

    keys: Bundle[Made] = Bundle("keys")

    def __init__(self) -> None:
        super().__init__()
        if self.shrinks_until is None:
            if time.monotonic() >= self.arena.until:
                raise TimeIsUp
        elif time.monotonic() >= self.shrinks_until:
            raise ShortEnough
        self._steps: list[Step] = []
        self._protocol = 2
        self._groups: list[str] = []
        self._one_score = False
        self._few_ints = False
        self._fields_end = False
        """Whether fields of a hash were given a time that will be seen to end."""
        self._lets_be = False
        """Whether what is over stays until somebody looks at it."""
        self._garbage = 0.0
        self._window: int | None = None
        """How many steps may yet come before time is to be moved, if a short time to live began."""

    # What an example begins with

    @initialize(data=st.data(), protocol=st.sampled_from((2, 3)))
    def begins(self, data: st.DataObject, protocol: int) -> None:
        """With the groups of commands it is about, small thresholds or not, and streams."""
        dice = Drawn(data)
        self._protocol = protocol
        self._one_score = dice.random() < 0.1
        self._garbage = dice.choice((0, 0.01, 0.05))
        self._groups = (
            ["sorted-set"] if self._one_score else dice.sample(GROUPS, dice.choice((1, 1, 2, 3, 6)))
        )
        if not self._one_score and dice.random() < 0.3:
            self._groups.append(dice.choice(OTHERS))
        for setting in dice.sample((*THRESHOLDS, *LIST_THRESHOLDS), dice.choice((0, 0, 2, 4))):
            self._few_ints |= setting.startswith(FEW_INTS)
            self._add(f"CONFIG SET {setting}")
        if "stream" in self._groups:
            self._add(*STREAMS)

    # Keys

    @rule(target=keys, data=st.data(), session=_SESSIONS)
    def sows(self, data: st.DataObject, session: str) -> Made:
        """A session makes a key, or adds to it."""
        dice = Drawn(data)
        group = dice.choice(self._groups)
        made = Made(group, dice.choice(KEYS[group]))
        self._call(session, self._commands(dice, made.key), self._sown(group), dice)
        return made

    @rule(data=st.data(), session=_SESSIONS)
    def calls(self, data: st.DataObject, session: str) -> None:
        """A session calls a few commands of any group that the example is about."""
        dice = Drawn(data)
        commands = self._commands(dice)
        for _ in range(dice.choice((1, 2, 3, 5))):
            self._call(session, commands, self._names(*self._groups), dice)

    @rule(data=st.data(), session=_SESSIONS, made=keys)
    def uses(self, data: st.DataObject, session: str, made: Made) -> None:
        """A session calls a few commands on a key that was made."""
        dice = Drawn(data)
        commands = self._commands(dice, made.key)
        for _ in range(dice.choice((1, 2, 3))):
            self._call(session, commands, self._names(made.group, "generic"), dice)

    @rule(session=_SESSIONS, made=consumes(keys), how=st.sampled_from((b"DEL", b"UNLINK")))
    def removes(self, session: str, made: Made, how: bytes) -> None:
        """A session removes a key."""
        self._send(session, "del", (how, made.key))

    # Transactions and scripts

    @rule(data=st.data(), session=_SESSIONS, other=_SESSIONS, made=keys)
    def transacts(self, data: st.DataObject, session: str, other: str, made: Made) -> None:
        """A session queues commands while another may change what it watches."""
        dice = Drawn(data)
        commands = self._commands(dice, made.key)
        queued = self._names(made.group, "generic", queued=True)
        if dice.random() < 0.7:
            self._send(session, "watch", (b"WATCH", made.key))
        if other != session and dice.random() < 0.4:
            self._call(other, commands, self._names(made.group), dice)
        self._send(session, "multi", (b"MULTI",))
        for _ in range(dice.choice((1, 2, 3))):
            self._call(session, commands, queued, dice)
        if other != session and dice.random() < 0.4:
            self._call(other, commands, self._names(made.group, "generic"), dice)
        end = b"DISCARD" if dice.random() < 0.1 else b"EXEC"
        self._send(session, "exec", (end,))

    @rule(data=st.data(), session=_SESSIONS, made=keys)
    def scripts(self, data: st.DataObject, session: str, made: Made) -> None:
        """A session runs a script of several calls."""
        dice = Drawn(data)
        commands = self._commands(dice, made.key)
        queued = self._names(made.group, "generic", queued=True)
        drawn = [dice.choice(queued) for _ in range(dice.choice((1, 2, 3)))]
        calls = [
            line
            for name, line in ((name, self._timed(commands.draw(name))) for name in drawn)
            if self._guarded(name, line) is line  # a script runs none other
        ]
        call = "call" if dice.random() < 0.2 else "pcall"
        self._send(session, "eval", (b"EVAL", _script(calls, call).encode(), b"0"))

    # Waiting

    @rule(data=st.data(), waiters=st.lists(_WAITERS, min_size=1, max_size=3, unique=True))
    def waits(self, data: st.DataObject, waiters: list[str]) -> None:
        """Sessions of their own wait for a key, one after the other."""
        dice = Drawn(data)
        groups = [group for group in self._groups if group in _WAITING_OF] or list(_WAITING_OF)
        group = dice.choice(groups)
        commands = self._commands(dice, dice.choice(KEYS[group]))
        for waiter in waiters:
            name = dice.choice(_WAITING_OF[group])
            self._send(waiter, name, commands.draw(name))

    @rule(
        session=_SESSIONS,
        waiter=_WAITERS,
        how=st.sampled_from(((), (b"TIMEOUT",), (b"ERROR",))),
    )
    def unblocks(self, session: str, waiter: str, how: Words) -> None:
        """A session ends another's waiting."""
        self._send(session, "", (b"CLIENT", b"UNBLOCK", b"<id:%b>" % waiter.encode(), *how))

    # Time

    @rule(data=st.data(), session=_SESSIONS, made=keys)
    def gives_a_time(self, data: st.DataObject, session: str, made: Made) -> None:
        """A session gives a key, or fields of it, a time to live that will be seen to end."""
        dice = Drawn(data)
        names = [
            name
            for name in _DYING.get(made.group, ("pexpire",))
            if self.arena.repertoire.knows(name)
        ]
        line = self._commands(dice, made.key).draw(dice.choice(names))
        self._send(session, "", tuple(SOON if word in LATER else word for word in line))

    @rule(data=st.data(), session=_SESSIONS, made=keys)
    def sets_a_past_time(self, data: st.DataObject, session: str, made: Made) -> None:
        """A session gives a key, or fields of it, a time that is over."""
        past: list[Words] = [
            (b"PEXPIREAT", made.key, b"1"),
            (b"EXPIRE", made.key, b"-1"),
            (b"PEXPIRE", made.key, b"0"),
        ]
        if made.group == "hash" and self.arena.repertoire.knows("hpexpireat"):
            past.append((b"HPEXPIREAT", made.key, b"1", b"FIELDS", b"2", b"a", b"m1"))
            past.append((b"HEXPIRE", made.key, b"0", b"FIELDS", b"1", b"b"))
        self._send(session, "", Drawn(data).choice(past))

    @precondition(lambda self: self._window is not None)
    @rule()
    def moves_time(self) -> None:
        """What is to live for a short time is over."""
        self._steps.append(_LATER)
        self._window = None

    @precondition(lambda self: not self._fields_end)
    @rule(session=_SESSIONS)
    def stops_active_expiry(self, session: str) -> None:
        """What is over goes when somebody looks at it, from now on.

        Redis keeps a hash that has none but fields whose time is over until it comes by; here it
        is gone at once. So an example that stops it lets no field's time end, and none whose
        fields' time may end stops it.
        """
        self._lets_be = True
        self._send(session, "", (b"DEBUG", b"SET-ACTIVE-EXPIRE", b"0"))

    # Settings, channels, invalidations

    @rule(session=_SESSIONS, setting=st.sampled_from(THRESHOLDS))
    def sets(self, session: str, setting: str) -> None:
        """A session moves a threshold under the values that are there."""
        self._few_ints |= setting.startswith(FEW_INTS)
        self._add(f"{session}> CONFIG SET {setting}")

    @rule(data=st.data())
    def subscribes(self, data: st.DataObject) -> None:
        """The listener subscribes to something or no longer does."""
        dice = Drawn(data)
        names = sorted(filter(self.arena.repertoire.knows, SUBSCRIBING))
        self._call(LISTENER, self._commands(dice), names, dice)

    @rule(data=st.data(), session=_SESSIONS)
    def publishes(self, data: st.DataObject, session: str) -> None:
        """A session publishes, or asks who listens."""
        dice = Drawn(data)
        names = [name for name in self._names("pubsub") if name not in SUBSCRIBING]
        self._call(session, self._commands(dice), names, dice)

    @rule(session=_SESSIONS, mode=st.sampled_from(TRACKING))
    def tracks(self, session: str, mode: str) -> None:
        """A session hears of the keys it has read: itself, or the listener in its place."""
        if self._protocol == 3:
            self._add(f"{session}> CLIENT TRACKING ON{mode}")
            return
        self._add(f"{LISTENER}> SUBSCRIBE __redis__:invalidate")
        self._add(f"{session}> CLIENT TRACKING ON REDIRECT <id:{LISTENER}>{mode}")

    @rule(session=_SESSIONS, what=st.sampled_from(("CACHING YES", "CACHING NO", "TRACKING OFF")))
    def tracks_otherwise(self, session: str, what: str) -> None:
        """A session says whether what it reads next is tracked, or that nothing is any longer."""
        self._add(f"{session}> CLIENT {what}")

    def teardown(self) -> None:
        """Plays the example, unless Hypothesis gave it up."""
        if sys.exc_info()[1] is not None or not self._steps:
            return
        if self._window is not None:
            self._steps.append(_LATER)
        compare = of_turns(exact)
        made = case("fuzz", *self._steps, compare=compare, events=events_of_tables, timed=True)
        played = play.Sequence(made, self._protocol)
        # One attempt is enough for what differed before: the shortest is played again anyway.
        attempts = runner.ATTEMPTS if self.shrinks_until is None else 1
        if self.arena.hunt.differs(played, attempts=attempts):
            if self.shrinks_until is None:
                type(self).shrinks_until = time.monotonic() + self.arena.patience
            raise Differs

    # How steps are drawn

    def _commands(self, dice: Random, pinned: bytes | None = None) -> Commands:
        values = Values(
            dice,
            payloads=self.arena.payloads,
            one_score=self._one_score,
            soon=True,
            garbage=self._garbage,
            pinned=pinned,
        )
        return Commands(self.arena.repertoire.docs, values)

    def _names(self, *groups: str, queued: bool = False) -> list[str]:
        return [
            name
            for name in self.arena.repertoire.names(groups)
            if name not in BLOCKING
            # What a payload holds has other scores, too.
            and not (self._one_score and name == "restore")
            and not (queued and name in NOT_QUEUED)
        ]

    def _sown(self, group: str) -> list[str]:
        return [name for name in SOWN[group] if self.arena.repertoire.knows(name)]

    def _call(self, session: str, commands: Commands, names: Sequence[str], dice: Random) -> None:
        name = dice.choice(names)
        self._send(session, name, without_block(commands.draw(name)))

    def _send(self, session: str, name: str, line: Words) -> None:
        line = self._timed(line)
        self._steps.append(command(self._guarded(name, line), law(name), on=session))
        if self._window is not None:
            self._window -= 1
        elif not _ENDING.isdisjoint(line):
            self._window = _WINDOW
        if self._window == 0:
            self._steps.append(_LATER)
            self._window = None

    def _timed(self, line: Words) -> Words:
        """The line; where nobody comes by, one that gives fields a time that is not seen to end."""
        if line[0] in _OF_FIELDS and SOON in line:
            if self._lets_be:
                return tuple(LATER[0] if word == SOON else word for word in line)
            self._fields_end = True
        return line

    def _guarded(self, name: str, line: Words) -> Words:
        return guarded(name, line, one_score=self._one_score, few_ints=self._few_ints)

    def _add(self, *lines: str) -> None:
        self._steps.extend(map(command, lines))


def play_round(arena: Arena, seed: str) -> str:
    """Plays the examples of this seed; the report of a difference of a new kind, or nothing.

    Raises TimeIsUp when the arena's time is over.
    """
    machine = seeded(seed)(type("Round", (Machine,), {"arena": arena}))
    try:
        with with_reporter(_silence):
            run_state_machine_as_test(machine, settings=_SETTINGS)
    except (Differs, Flaky, ShortEnough):
        latest = arena.hunt.latest
        return arena.hunt.report(seed, latest) if latest else ""
    return ""


def _silence(_: Any) -> None:
    """Hypothesis' own report is of rules; ours is of lines."""


def _script(calls: Iterable[Words], call: str) -> str:
    """A script that makes these calls and returns what they return."""
    said = "".join(f" r[#r+1] = redis.{call}({','.join(map(_lua, line))})" for line in calls)
    return f"local r = {{}}{said} return r"


def _lua(word: bytes) -> str:
    """A string of Lua's."""
    plain = (chr(byte) if chr(byte).isalnum() and byte < 128 else f"\\{byte:03d}" for byte in word)
    return f'"{"".join(plain)}"'
