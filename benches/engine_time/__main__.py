"""The command line: `python -m benches.engine_time`, from the root of the tree; see `measure`."""

from __future__ import annotations

import argparse

from . import measure
from .workloads import SHORT, Sizes


def main() -> None:
    """Takes the figures and prints them."""
    parser = argparse.ArgumentParser(prog="python -m benches.engine_time", description=__doc__)
    parser.add_argument("--short", action="store_true", help="only shows that everything runs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="the workloads with this in their title")
    options = parser.parse_args()
    sizes = SHORT if options.short else Sizes()
    print(measure.markdown(measure.take(sizes, options.rounds, options.only)))


main()
