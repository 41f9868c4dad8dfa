"""Every option of every command that works on keys, and every pair of options."""

from __future__ import annotations

from .. import docs
from ..facts import COMMANDS
from ..options import cases

_GROUPS = {
    "bitmap", "generic", "geo", "hash", "hyperloglog", "list", "set", "sorted-set", "stream",
    "string",
}  # fmt: skip
# Payloads, other servers and random keys have tables of their own.
_LEFT_OUT = {"migrate", "restore", "randomkey", "wait", "waitaof", "dump"}

_TREES = docs.reference()

CASES = cases(
    [
        name
        for name in sorted(_TREES)
        if COMMANDS[name]["group"] in _GROUPS and name not in _LEFT_OUT
    ],
    _TREES,
)
