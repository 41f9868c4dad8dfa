"""The command line: `python -m benches.side_by_side WHEEL`, from the root of the tree.

Writes `side_by_side.json`, `.md` and `.svg` into `benches/results`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import figures, peers, report

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # the workers' own modules import each other by name

import workloads  # noqa: E402 - found by the path above

PART = "only this part; the others stay as they were written before"


def main() -> None:
    """Takes the figures and writes them down."""
    options = _parser().parse_args()
    scale = figures.SHORT if options.short else figures.Scale(rounds=options.rounds)
    titles = {name: workload.title for name, workload in workloads.ALL.items()}
    written = options.out / "side_by_side.json"
    is_kept = options.part and written.exists()
    taken = figures.Figures.read(written) if is_kept else figures.Figures()
    with peers.prepared(options.wheel) as prepared:
        figures.take(prepared, scale, titles, options.part or figures.PARTS, taken)
    options.out.mkdir(parents=True, exist_ok=True)
    taken.write(written)
    text = report.markdown(taken)
    (options.out / "side_by_side.md").write_text(text)
    if taken.calls:
        (options.out / "side_by_side.svg").write_text(report.picture(taken.calls))
    print(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benches.side_by_side", description=__doc__)
    parser.add_argument("wheel", type=Path, help="the burner-redis wheel to measure")
    parser.add_argument("--short", action="store_true", help="only shows that everything runs")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of the calls")
    parser.add_argument("--part", action="append", choices=figures.PARTS, help=PART)
    parser.add_argument("--out", type=Path, default=HERE.parent / "results")
    return parser


main()
