"""The command line of the fuzz.

python -m compat.differential.fuzz [--seconds N] [--seed S]     both machines, then what is broken
python -m compat.differential.fuzz --machine stateful           one: generator, stateful, frames, lines
python -m compat.differential.fuzz --machine generator --only 7/123     what a report has that name

Prints each new difference as the shortest sequence found, and what was played in the end. The same
seed draws the same sequences, as long as the commands stay the same.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import time
from collections.abc import Callable

from .. import cases, docs, servers
from ..engine import WATCHED, Watched, open_engine
from ..sides import ServerSide
from . import frames, hostile
from .hunt import Hunt
from .machine import Arena, TimeIsUp, play_round
from .payloads import Payloads
from .repertoire import Repertoire
from .sequence import Maker

Open = Callable[[], Watched]

_SHARES = {"generator": 0.35, "stateful": 0.4, "frames": 0.1, "lines": 0.15}
"""What is played, and the share of the time that each has: two machines beside a real server, bytes that
are nearly messages, and lines that are nearly commands."""


def main() -> int:
    """Does what the command line says; 0 when nothing was found."""
    options = _parser().parse_args()
    seed = options.seed or f"{random.SystemRandom().randrange(1 << 32):08x}"
    print(f"seed {seed}", flush=True)
    shares = {options.machine: 1.0} if options.machine else _SHARES
    open_ours = WATCHED[options.over]
    playing: dict[str, Callable[[float], int]] = {
        "generator": lambda seconds: _beside(options, "generator", seed, seconds),
        "stateful": lambda seconds: _beside(options, "stateful", seed, seconds),
        "frames": lambda seconds: _frames(seed, open_ours, time.monotonic() + seconds),
        "lines": lambda seconds: _broken_lines(seed, open_ours, time.monotonic() + seconds),
    }
    found = sum(playing[machine](options.seconds * share) for machine, share in shares.items())
    return 1 if found else 0


def _beside(options: argparse.Namespace, machine: str, seed: str, seconds: float) -> int:
    """Plays what a machine draws, beside a real server."""
    theirs = ServerSide(servers.Server())
    # The clock of a server is its own; the engine's can be one that is moved.
    ours = open_engine(by_hand=True) if options.over == "engine" else WATCHED[options.over]()
    only: str | None = options.only
    repertoire = Repertoire(docs.read(theirs), ours.commands())
    payloads = Payloads(theirs, ours)
    hunt = Hunt(theirs, ours)
    began = time.monotonic()
    end = began + seconds if not only else float("inf")
    if machine == "generator":
        maker = Maker(repertoire, payloads)

        def play(name: str) -> str:
            return hunt.play(name, maker.draw(name))
    else:
        arena = Arena(hunt, repertoire, payloads, end)

        def play(name: str) -> str:
            return play_round(arena, name)

    try:
        for name in [only] if only else map(f"{seed}/{{}}".format, itertools.count()):
            if time.monotonic() >= end:
                break
            _say(play(name))
    except TimeIsUp:
        pass
    finally:
        theirs.close()
        ours.close()
    print(f"{machine}: {hunt.summary(time.monotonic() - began)}", flush=True)
    return hunt.found


def _frames(seed: str, open_ours: Open, end: float) -> int:
    theirs, ours = ServerSide(servers.Server()), open_ours()
    found = number = 0
    try:
        while time.monotonic() < end or not number:
            if differs := frames.difference(f"{seed}/{number}", theirs, ours):
                found += 1
                _say(f"=== bytes {seed}/{number}\n{differs}")
            number += 1
    finally:
        theirs.close()
        ours.close()
    print(f"{number} cases of broken messages, {found} differences", flush=True)
    return found


def _broken_lines(seed: str, open_ours: Open, end: float) -> int:
    watched = hostile.Hostile(open_ours)
    tables = hostile.lines_of(cases.load())
    found = number = 0
    try:
        while time.monotonic() < end or not number:
            if fault := watched.fault(seed, number, tables):
                made, why = fault
                found += 1
                shown = "\n".join(step.shown for step in made.steps)
                _say(f"=== broken lines {made.name}: {why}\n{shown}")
            number += 1
    finally:
        watched.close()
    print(f"{number * hostile.BATCH} cases of broken lines, {found} faults", flush=True)
    return found


def _say(text: str) -> None:
    if text:
        print(text, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m compat.differential.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=60, help="how long to play")
    parser.add_argument("--seed", help="any text; a fresh one without")
    parser.add_argument("--machine", choices=_SHARES, help="one of them alone")
    parser.add_argument(
        "--only", help="the name of a sequence or round, as the report of a difference has it"
    )
    parser.add_argument(
        "--over",
        default="engine",
        choices=WATCHED,
        help="our side: the tree's engine, or the tree's server on a socket",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
