"""The command line: run cases, show what a real server says to them, ask both one line.

python -m compat.differential [-k TEXT]        run the cases whose name contains TEXT
python -m compat.differential servers [NAME...]  run them beside redis-8.0, redis-7.0 and valkey-8.1
python -m compat.differential reach            what share of commands, options and errors they touch
python -m compat.differential show -k TEXT     what redis-server alone says to them
python -m compat.differential selfcheck        the cases on two redis-servers: finds unsteady cases
python -m compat.differential against SERVER   the cases on another server, as a command to start it
python -m compat.differential ask LINE...      the answers of both to these command lines
"""

from __future__ import annotations

import argparse
import sys

from . import cases, docs, fit, known, reach, runner, servers
from .case import Case, case
from .engine import OVER
from .fit import Vocabulary
from .report import Report
from .sides import ServerSide, Side


def main() -> int:
    """Does what the command line says; 0 when everything agreed."""
    options = _parser().parse_args()
    chosen = [made for made in cases.load() if all(part in made.id for part in options.k)]
    protocols = tuple(options.protocol or (2, 3))
    if options.what == "servers":
        return _on_servers(options, chosen, protocols)
    theirs = ServerSide(servers.Server())
    try:
        if options.what == "reach":
            return _reach(options, chosen, theirs)
        if options.what == "ask":
            return _ask(options, protocols, theirs)
        if options.what == "show":
            return _show(chosen, protocols, theirs)
        ours = _other(options)
        if options.what == "run":
            chosen = _possible(chosen, ours.commands())
        try:
            report = Report(servers.REDIS_8.name, options.most)
            return report.of(chosen, protocols, theirs, ours, whole=not options.k)
        finally:
            ours.close()
    finally:
        theirs.close()


def _on_servers(options: argparse.Namespace, chosen: list[Case], protocols: tuple[int, ...]) -> int:
    """Our engine's answers beside those of each server that was named, or of all."""
    failed = 0
    reference: Vocabulary | None = None
    for kind in servers.KINDS.values():
        if reference is not None and options.lines and kind.name not in options.lines:
            continue
        theirs = ServerSide(servers.Server(kind))
        ours = _other(options)
        try:
            known_there = fit.read(theirs)
            reference = reference or known_there
            if options.lines and kind.name not in options.lines:
                continue
            fitting = fit.Fitting(known_there, reference)
            deadly = known.DEADLY.get(kind.name, {})
            harmless = [made for made in chosen if made.id not in deadly]
            fitted = _possible(fitting.cases(harmless), ours.commands())
            print(f"== {kind.name}: {fitting}")
            for name, why in deadly.items():
                print(f"not sent: {name}: {why}")
            report = Report(kind.name, options.most)
            failed |= report.of(fitted, protocols, theirs, ours, whole=not options.k)
        finally:
            theirs.close()
            ours.close()
    return failed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m compat.differential",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "what",
        nargs="?",
        default="run",
        choices=["run", "servers", "reach", "show", "selfcheck", "against", "ask"],
    )
    parser.add_argument(
        "lines", nargs="*", help="command lines for ask, names for servers, words for against"
    )
    parser.add_argument("-k", action="append", default=[], help="a part of group/name")
    parser.add_argument("-p", "--protocol", action="append", type=int, choices=[2, 3])
    parser.add_argument("-m", "--most", type=int, default=20, help="differing cases shown in full")
    parser.add_argument(
        "--over",
        default="engine",
        choices=OVER,
        help="our side: the tree's engine, the installed package, or the tree's server on a socket",
    )
    parser.add_argument("-i", "--installed", dest="over", action="store_const", const="installed")
    return parser


def _other(options: argparse.Namespace) -> Side:
    if options.what in ("selfcheck", "against"):
        return ServerSide(servers.Server(options.lines))
    return OVER[options.over]()


def _possible(chosen: list[Case], commands: set[str]) -> list[Case]:
    """The cases that call only commands that we have."""
    possible = [made for made in chosen if made.commands <= commands]
    if missing := set[str]().union(*(made.commands for made in chosen)) - commands:
        left_out = len(chosen) - len(possible)
        print(f"{left_out} cases left out, for want of {', '.join(sorted(missing))}")
    return possible


def _ask(options: argparse.Namespace, protocols: tuple[int, ...], theirs: Side) -> int:
    asked = case("asked", *options.lines)
    ours = _other(options)
    try:
        for protocol in protocols:
            for name, side in (("redis", theirs), ("ours", ours)):
                print(f"--- {name}, RESP{protocol}")
                print(runner.show(runner.run(asked, protocol, side)))
    finally:
        ours.close()
    return 0


def _reach(options: argparse.Namespace, chosen: list[Case], theirs: Side) -> int:
    ours = _other(options)
    try:
        known, told = ours.commands(), docs.read(theirs)
        possible = _possible(chosen, known)
        shares = [
            reach.missing(known),
            reach.commands(possible, known),
            reach.options(possible, told, known),
            reach.errors(possible, ours),
        ]
        print("\n".join(map(str, shares)))
        print(f"cases: {len(possible)}, steps: {sum(len(made.steps) for made in possible)}")
    finally:
        ours.close()
    return 0 if all(share.whole for share in shares) else 1


def _show(chosen: list[Case], protocols: tuple[int, ...], side: Side) -> int:
    for made in chosen:
        for protocol in set(protocols) & set(made.protocols):
            print(f"=== {made.id}, RESP{protocol}")
            print(runner.show(runner.run(made, protocol, side)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
