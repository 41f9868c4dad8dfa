"""The command line of the fuzz.

python -m compat.differential.fuzz [--seconds N] [--seed S] [--sequences N]

Prints each new difference as the shortest sequence found, and what was played in the end. The same
seed plays the same sequences.
"""

from __future__ import annotations

import argparse
import sys
import time

from .. import docs, runner, servers
from ..engine import open_engine, open_installed
from ..sides import Crashed, ServerSide
from . import play
from .sequence import Maker, Sequence


def main() -> int:
    """Does what the command line says; 0 when no difference was found."""
    options = _parser().parse_args()
    theirs = ServerSide(servers.Server())
    ours = open_installed() if options.installed else open_engine()
    maker = Maker(docs.read(theirs), ours.commands())
    began = time.monotonic()
    sequences = steps = 0
    seen: set[str] = set()
    while time.monotonic() - began < options.seconds and sequences != options.sequences:
        seed = f"{options.seed}/{sequences}"
        played = maker.draw(seed)
        sequences += 1
        steps += len(played.case.steps)

        def differs(played: Sequence) -> list[runner.Difference]:
            try:
                return play.differs(played, theirs, ours)
            except Crashed as error:
                return [runner.Difference("crash", str(error), "")]

        found = differs(played)
        if not found:
            continue
        key = _signature(found)
        if key in seen and not options.all:
            continue
        short = play.shortest(
            played.case,
            lambda made, p=played: bool(differs(Sequence(made, p.protocol, bursts=False))),
        )
        found = differs(Sequence(short, played.protocol, bursts=False)) or found
        seen.add(key)
        if _signature(found) in seen - {key}:
            continue
        seen.add(_signature(found))
        print(f"=== seed {seed}, RESP{played.protocol}")
        print("\n".join(step.shown for step in short.steps))
        print("\n".join(str(one)[:600] for one in found[:2]), flush=True)
    took = time.monotonic() - began
    print(
        f"{sequences} sequences, {steps} steps, {steps / took:.0f} a second, {len(seen)} differences"
    )
    theirs.close()
    ours.close()
    return 1 if seen else 0


def _signature(found: list[runner.Difference]) -> str:
    first = found[0]
    return f"{first.where.split('> ')[-1].split(' ')[0]} {first.theirs[:12]} {first.ours[:12]}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m compat.differential.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--sequences", type=int, default=-1)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("-i", "--installed", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
