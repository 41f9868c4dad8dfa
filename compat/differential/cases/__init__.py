"""The tables of cases, one module a command group, each with its ``CASES``."""

from __future__ import annotations

import importlib
import pkgutil

from ..case import Case, grouped


def load() -> list[Case]:
    """Every case of every group, in the order of the groups' names."""
    out: list[Case] = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        table = importlib.import_module(f"{__name__}.{module.name}")
        out.extend(grouped(module.name, table.CASES))
    return out
