"""The command line: `python -m compat.docket WHEEL`, from the root of the tree.

Fetches docket's source (by hash, into a cache of the user's), makes an environment with the wheel
in it, runs the suite with every store a `memory://` one, and fails unless each test of
``must_pass.txt`` passes and nothing else fails.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import expected, suite


def main() -> int:
    """Does what the command line says; 0 when each run was as it has to be."""
    options = _parser().parse_args()
    environment = suite.Environment.prepared(options.wheel, options.python)
    must_pass = expected.must_pass()
    right = True
    for run in range(1, options.times + 1):
        outcomes = environment.run(options.workers, random_order=options.random_order)
        if options.write:
            expected.write(outcomes)
            must_pass = expected.must_pass()
        problems = expected.problems(outcomes, must_pass)
        for problem in problems:
            print(problem)
        passed = sum(outcome == "passed" for outcome in outcomes.values())
        print(
            f"docket's suite, run {run} of {options.times}: {passed} passed, "
            f"{len(must_pass)} have to, {len(expected.excused())} excused, "
            f"{len(problems)} not as it has to be"
        )
        right = right and not problems
    return 0 if right else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m compat.docket", description=__doc__)
    parser.add_argument("wheel", type=Path, help="the burner-redis wheel to run it on")
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    parser.add_argument("--times", type=int, default=1, help="how often to run the whole suite")
    parser.add_argument("--random-order", action="store_true", help="a fresh order each time")
    parser.add_argument("--workers", default="2", help="processes, as pytest-xdist's -n")
    parser.add_argument("--write", action="store_true", help="write down what passes as must_pass")
    return parser


sys.exit(main())
