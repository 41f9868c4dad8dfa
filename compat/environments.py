"""Environments of Python that are made once and brought up to date each time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def environment(folder: Path, python: str | Path = sys.executable) -> Path:
    """The Python of the environment in this folder, made with another Python if it is not there."""
    inside = folder / "bin" / "python"
    if not inside.exists():
        subprocess.run([python, "-m", "venv", folder], check=True)
    return inside


def pip(python: Path, verb: str, *arguments: str | Path) -> None:
    """Runs an environment's pip, which says only what goes wrong."""
    subprocess.run([python, "-m", "pip", verb, "--quiet", *arguments], check=True)
