"""The command line of the fuzz.

python -m compat.differential.fuzz [--seconds N] [--seed S]     random sequences, then what is broken
python -m compat.differential.fuzz --only 7/123                 the one sequence of that number

Prints each new difference as the shortest sequence found, and what was played in the end. The same
seed draws the same sequences, as long as the commands stay the same.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable

from .. import cases, docs, servers
from ..engine import WATCHED, Watched
from ..sides import ServerSide
from . import frames, hostile
from .hunt import Hunt

Open = Callable[[], Watched]

_BROKEN = 0.15
"""The share of the time that goes to broken lines on our engine alone."""

_FRAMES = 0.1
"""The share that goes to bytes that are nearly messages."""


def main() -> int:
    """Does what the command line says; 0 when nothing was found."""
    options = _parser().parse_args()
    seed = options.seed or f"{random.SystemRandom().randrange(1 << 32):08x}"
    print(f"seed {seed}", flush=True)
    open_ours = WATCHED[options.over]
    began = time.monotonic()
    found = _sequences(options, seed, open_ours, began + options.seconds * (1 - _BROKEN - _FRAMES))
    if not options.only:
        found += _frames(seed, open_ours, began + options.seconds * (1 - _BROKEN))
        found += _broken_lines(seed, open_ours, began + options.seconds)
    return 1 if found else 0


def _sequences(options: argparse.Namespace, seed: str, open_ours: Open, end: float) -> int:
    theirs = ServerSide(servers.Server())
    ours = open_ours()
    began = time.monotonic()
    hunt = Hunt(theirs, ours, docs.read(theirs), ours.commands())
    try:
        number = 0
        while not options.only and time.monotonic() < end:
            _say(hunt.play(f"{seed}/{number}"))
            number += 1
        if options.only:
            _say(hunt.play(options.only))
    finally:
        theirs.close()
        ours.close()
    print(hunt.summary(time.monotonic() - began), flush=True)
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
    parser.add_argument(
        "--only", help="the number of a sequence, as the report of a difference has it"
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
