"""Runs cases on two sides and tells what differs that is not known."""

from __future__ import annotations

import time
from collections.abc import Sequence

from . import known, runner
from .case import Case
from .sides import Crashed, Side


class Report:
    """The differences from one server, said as they are found."""

    def __init__(self, server: str, most: int) -> None:
        self._excuses = known.excuses(server)
        self._most = most
        self._differing = 0
        self._crashed = 0

    def of(
        self,
        chosen: Sequence[Case],
        protocols: tuple[int, ...],
        theirs: Side,
        ours: Side,
        *,
        whole: bool,
    ) -> int:
        """Runs the cases; 0 when nothing but what is known differs.

        With ``whole``, an entry of the known differences that excused nothing fails the run.
        """
        began = time.monotonic()
        for made in chosen:
            for protocol in (p for p in made.protocols if p in protocols):
                self._run(made, protocol, theirs, ours)
        idle = self._excuses.idle(None if whole else [made.id for made in chosen])
        for entry in idle:
            print(f"=== nothing differs any more that known.py lists: {entry}")
        seconds = time.monotonic() - began
        print(
            f"{len(chosen)} cases, {self._differing} differing, {self._crashed} crashed, "
            f"{seconds:.1f} s",
            flush=True,
        )
        return 1 if self._differing or self._crashed or idle else 0

    def _run(self, made: Case, protocol: int, theirs: Side, ours: Side) -> None:
        try:
            found = runner.compare(made, protocol, theirs, ours)
        except (Crashed, OSError) as error:
            ended = runner.Difference(f"a side ended: {error}", "", "")
            if self._excuses.unknown(made.id, [ended]):
                self._crashed += 1
                print(f"=== {made.id}, RESP{protocol}: {error}")
            return
        found = self._excuses.unknown(made.id, found)
        if not found:
            return
        self._differing += 1
        if self._differing <= self._most:
            print(f"=== {made.id}, RESP{protocol}")
            print("\n".join(map(str, found)))
        else:
            print(f"=== {made.id}, RESP{protocol}: {len(found)} differences")
