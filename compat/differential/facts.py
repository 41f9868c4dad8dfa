"""What a real server's COMMAND says of each command, kept in ``compat/reference``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Facts = dict[str, Any]

_PATH = Path(__file__).parents[1] / "reference" / "commands-redis-8.0.2.json"


def _load() -> dict[str, Facts]:
    out: dict[str, Facts] = {}
    for name, facts in json.loads(_PATH.read_text()).items():
        if facts["group"] == "module":
            continue
        subcommands = facts.pop("subcommands", {})
        out[name.lower()] = facts
        out.update((f"{name}|{sub}".lower(), told) for sub, told in subcommands.items())
    return out


COMMANDS = _load()
"""The facts by full name (``container|subcommand``), without those of modules' commands."""


def module_commands() -> list[str]:
    """The names of the commands of modules, which the facts leave out."""
    rows = json.loads(_PATH.read_text())
    return sorted(name for name, facts in rows.items() if facts["group"] == "module")


def full_name(words: Sequence[bytes]) -> str | None:
    """The full name of the command that ``words`` call; None when Redis knows none such."""
    name = words[0].decode("latin-1").lower() if words else ""
    sub = f"{name}|{words[1].decode('latin-1').lower()}" if len(words) > 1 else ""
    return next((known for known in (sub, name) if known in COMMANDS), None)
