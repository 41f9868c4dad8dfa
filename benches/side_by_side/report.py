"""What was measured, for people: tables in Markdown and a picture of the ratios."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any
from xml.sax.saxutils import escape

from benches.engine_time import measure

from .figures import By, Figures
from .peers import TITLES

_COLOURS = {"published": "#c2410c", "fakeredis": "#7c3aed", "server": "#2563eb"}


def markdown(figures: Figures) -> str:
    """The tables."""
    parts = [
        f"Measured on {figures.machine}. Each table is of one run; not all need be of the same."
    ]
    if figures.calls:
        parts += [
            "## Microseconds a call",
            "The same asyncio code on each, interleaved in one run; of each round the lower quartile "
            "of batches of some 2 ms, of the rounds the best. "
            "Ratios are how many times as long as on burner-redis a call takes.",
            _calls(figures.calls),
        ]
    if figures.lateness:
        parts += [
            "## How late a 1 ms timer is at worst, in milliseconds",
            _table("beside", figures.lateness, lambda value: f"{value:.1f}"),
        ]
    if figures.memory:
        parts += [
            "## Bytes for each of a million",
            "Resident memory of the process; what the server says it uses.",
            _table("of", figures.memory, lambda value: f"{value:.0f}"),
        ]
    if figures.growth:
        parts += ["## The longest single SET while a store grows towards ten million keys"]
        parts += [
            f"- {TITLES[name]}: {value['worst_ms']:.2f} ms up to {value['keys']:,.0f} keys"
            for name, value in figures.growth.items()
            if value
        ]
    if figures.docket:
        parts += [
            "## docket",
            "Trivial tasks on a worker with 50 slots and a check interval of 5 ms; start: the "
            "median time from adding a task to its first line.",
            _docket(figures.docket),
        ]
    parts += [
        f"Of a busy worker's time on {TITLES[name]}: "
        + ", ".join(f"{share:.0%} in {what}" for what, share in shares.items())
        + "."
        for name, shares in figures.docket_profile.items()
        if shares
    ]
    if figures.engine:
        parts += [
            "## Microseconds inside the engine",
            "Beside redis-server's own `INFO commandstats`; no sockets and no Python in either.",
            measure.markdown(figures.engine).rstrip(),
        ]
    return "\n\n".join(parts).replace("\n\n- ", "\n- ") + "\n"


def _table(corner: str, rows: dict[str, By], shown: Callable[[Any], str]) -> str:
    names = list(TITLES)
    lines = [_line([corner, *(TITLES[name] for name in names)]), _rule(1 + len(names))]
    for title, row in rows.items():
        values = (row.get(name) for name in names)
        lines.append(_line([title, *("" if v is None else shown(v) for v in values)]))
    return "\n".join(lines)


def _calls(rows: dict[str, By]) -> str:
    others = [name for name in TITLES if name != "ours"]
    heads = ["workload", TITLES["ours"], *(TITLES[name] for name in others)]
    lines = [_line(heads), _rule(len(heads))]
    for title, row in rows.items():
        cells = [title, _microseconds(row.get("ours"))]
        for name in others:
            ratio = _ratio(row, name)
            cells.append(_microseconds(row.get(name)) + (f" (×{_round(ratio)})" if ratio else ""))
        lines.append(_line(cells))
    return "\n".join(lines)


def _docket(rows: By) -> str:
    lines = [_line(["", "tasks a second", "start, ms"]), _rule(3)]
    for name, value in rows.items():
        if value:
            lines.append(
                _line([TITLES[name], f"{value['per_second']:.0f}", f"{value['start_ms']:.2f}"])
            )
    return "\n".join(lines)


def _microseconds(value: float | None) -> str:
    return "" if value is None else _round(value)


def _round(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _ratio(row: By, name: str) -> float | None:
    ours, theirs = row.get("ours"), row.get(name)
    return theirs / ours if ours and theirs else None


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _rule(columns: int) -> str:
    return _line(["---"] + ["---:"] * (columns - 1))


def picture(rows: dict[str, By]) -> str:
    """An SVG: for each workload, how many times as long as on burner-redis a call takes."""
    left, width, step, top = 330, 560, 30, 64
    height = top + step * len(rows) + 40
    ratios = [r for row in rows.values() for name in _COLOURS if (r := _ratio(row, name))]
    highest = math.ceil(math.log10(max(ratios, default=10)))
    lowest = min(0, math.floor(math.log10(min(ratios, default=1))))

    def x(ratio: float) -> float:
        return left + width * (math.log10(ratio) - lowest) / max(1, highest - lowest)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 40} {height}" '
        'font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="white"/>',
        _text(20, 24, "How many times as long as on burner-redis a call takes", "start", 15),
    ]
    for place, (name, colour) in enumerate(_COLOURS.items()):
        out.append(f'<circle cx="{left + place * 150}" cy="44" r="5" fill="{colour}"/>')
        out.append(_text(left + 10 + place * 150, 48, TITLES[name], "start"))
    for power in range(lowest, highest + 1):
        at = x(10.0**power)
        colour = "#111827" if power == 0 else "#d1d5db"
        line = f'x1="{at:.1f}" x2="{at:.1f}" y1="{top}" y2="{height - 30}" stroke="{colour}"'
        out += [f"<line {line}/>", _text(at, height - 12, f"{10.0**power:g}×", "middle")]
    for place, (title, row) in enumerate(rows.items()):
        y = top + step * place + step / 2
        out.append(_text(left - 14, y + 4, title, "end"))
        for name, colour in _COLOURS.items():
            if ratio := _ratio(row, name):
                out.append(f'<circle cx="{x(ratio):.1f}" cy="{y}" r="5" fill="{colour}"/>')
    return "\n".join([*out, "</svg>"]) + "\n"


def _text(x: float, y: float, text: str, anchor: str, size: int = 13) -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
    return f"<text {where}>{escape(text)}</text>"
