"""The command line: `python -m benches.load`, from the root of the tree; writes `load.md` and `load.json`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from . import measure


def main() -> None:
    """Takes the figures and writes them down."""
    parser = argparse.ArgumentParser(prog="python -m benches.load", description=__doc__)
    parser.add_argument("--short", action="store_true", help="only shows that everything runs")
    parser.add_argument("--rounds", type=int, default=6, help="rounds, of which the best counts")
    parser.add_argument("--only", default="", help="the workloads with this in their names")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "results")
    options = parser.parse_args()
    scale = measure.SHORT if options.short else measure.Scale(rounds=options.rounds)
    figures = measure.take(scale, options.only.upper())
    text = measure.markdown(figures)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "load.json").write_text(json.dumps(asdict(figures), indent=1) + "\n")
    (options.out / "load.md").write_text(text)
    print(text)


main()
