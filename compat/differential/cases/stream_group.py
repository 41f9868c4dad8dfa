"""Consumer groups: XGROUP, XACK, XPENDING, XCLAIM, XAUTOCLAIM, and what XINFO says of all."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from ..case import Case, case, pause
from ..compare import near
from ..generate import integers, missing_and_expired, table, wrong_arity, wrong_type
from ..wire import Reply

_FIVE = tuple(f"XADD k {at}-1 a {at}" for at in range(1, 6))
_READ = (*_FIVE, "XGROUP CREATE k g 0", "XREADGROUP GROUP g c STREAMS k >", "XDEL k 3-1")

_AGES = {b"idle", b"inactive", b"seen-time", b"active-time"}
_ID = re.compile(rb"\d+-\d+")


def _aged(reply: Reply) -> Reply:
    """The reply with idle times as of a kind of their own, and times of day blotted out."""
    parts = [_aged(part) for part in reply.parts]
    if not parts:
        return reply
    ages = [at + 1 for at, part in enumerate(parts) if part.text in _AGES and at + 1 < len(parts)]
    if len(parts) in (3, 4) and _ID.fullmatch(parts[0].text) and parts[-1].kind == ":":
        ages.append(len(parts) - 2)
    for at in ages:
        if parts[at].kind == ":" and (number := int(parts[at].text)) >= 0:
            parts[at] = Reply("age", b"0" if number > 10**12 else parts[at].text)
    return Reply(reply.kind, tuple(parts))



def about(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    """The same but for times: idle times to a few seconds, times of day not at all."""
    return near(5000, only="age")(list(map(_aged, theirs)), list(map(_aged, ours)))


_ODD_IDS = ("x", "-", "+", "*", "$", ">", "(5", "5-*", "''", "0", "-1", "2", "2-1", "' 2-1'", "9-9",
            "18446744073709551615-18446744073709551615", "1-2-3")  # fmt: skip
_LOOK = ("XINFO STREAM k", "XINFO GROUPS k")


def _random_counters(seed: int) -> Case:
    """Whatever moves the counters of groups, and the counters after each step."""
    dice = random.Random(seed)
    steps = ["XGROUP CREATE k a 0 MKSTREAM", "XGROUP CREATE k b $ ENTRIESREAD 0"]
    ms = 0
    for _ in range(120):
        some = f"{dice.randint(0, ms + 1)}-{dice.choice((0, 0, 0, 1))}"
        group = dice.choice("ab")
        steps += dice.choice((
            [f"XADD k {(ms := ms + 1)}-0 f v"],
            [f"XADD k {(ms := ms + 1)}-0 f v"],
            [f"XADD k {(ms := ms + 1)}-0 f v"],
            [f"XREADGROUP GROUP {group} c COUNT {dice.randint(1, 3)} STREAMS k >"],
            [f"XREADGROUP GROUP {group} d NOACK COUNT 1 STREAMS k >"],
            [f"XDEL k {some}"],
            [f"XDEL k {ms}-0"],
            [f"XTRIM k MAXLEN {dice.randint(0, 8)}"],
            [f"XTRIM k MINID {some}"],
            [f"XGROUP SETID k {group} {dice.choice((some, '$', '0'))}"],
            [f"XGROUP SETID k {group} {some} ENTRIESREAD {dice.randint(-1, ms)}"],
            [f"XSETID k {ms}-0 ENTRIESADDED {ms}"],
            [f"XSETID k {ms}-0 ENTRIESADDED {ms} MAXDELETEDID {some}"],
            [f"XCLAIM k {group} e 0 {some} FORCE LASTID {some}"],
            [f"XACK k {group} {some}"],
            ["XAUTOCLAIM k a e 0 0 COUNT 2"],
        ))  # fmt: skip
        steps += _LOOK
    return case(f"counters, random {seed}", *steps, compare=about, protocols=(2,), events=None)


def _random_pending(seed: int) -> Case:
    """Whatever moves pending entries between consumers, and the whole stream after each step."""
    dice = random.Random(seed)
    steps = ["XGROUP CREATE k g 0 MKSTREAM"]
    ms = 0
    for _ in range(80):
        one, other = dice.choice("abc"), dice.choice("abc")
        some = " ".join(f"{dice.randint(1, ms + 1)}-1" for _ in range(dice.randint(1, 3)))
        start = f"{dice.choice(('', '('))}{dice.randint(0, ms + 1)}"
        just = dice.choice(("", " JUSTID"))
        steps += dice.choice((
            [f"XADD k {(ms := ms + 1)}-1 f v"],
            [f"XADD k {(ms := ms + 1)}-1 f v", f"XADD k {(ms := ms + 1)}-1 g w"],
            [f"XREADGROUP GROUP g {one} COUNT {dice.randint(1, 4)} STREAMS k >"],
            [f"XREADGROUP GROUP g {one} COUNT {dice.randint(1, 4)} STREAMS k {start.strip('(')}"],
            [f"XACK k g {some}"],
            [f"XDEL k {some}"],
            [f"XCLAIM k g {one} 0 {some}{just}{dice.choice(('', ' FORCE', ' RETRYCOUNT 9'))}"],
            [f"XAUTOCLAIM k g {one} 0 {start} COUNT {dice.randint(1, 3)}{just}"],
            [f"XPENDING k g {start} + {dice.randint(0, 5)} {other}"],
            [f"XPENDING k g - {start} {dice.randint(0, 5)}"],
            [f"XGROUP SETID k g {dice.randint(0, ms)}"],
            [f"XGROUP DELCONSUMER k g {one}"] if dice.random() < 0.3 else [],
            [f"XTRIM k MAXLEN {dice.randint(0, 20)}"] if dice.random() < 0.3 else [],
        ))  # fmt: skip
        steps += ["XPENDING k g", "XINFO STREAM k FULL COUNT 0"]
    return case(f"pending, random {seed}", *steps, compare=about, protocols=(2,))


CASES = [
    *wrong_arity(
        "XGROUP", "XGROUP CREATE", "XGROUP CREATE k g", "XGROUP SETID k g", "XGROUP DESTROY k",
        "XGROUP DESTROY k g x", "XGROUP CREATECONSUMER k g", "XGROUP CREATECONSUMER k g c x",
        "XGROUP DELCONSUMER k g", "XGROUP DELCONSUMER k g c x", "XGROUP HELP x", "XACK k g",
        "XPENDING k", "XCLAIM k g c 0", "XAUTOCLAIM k g c 0", "XINFO", "XINFO STREAM",
        "XINFO GROUPS", "XINFO GROUPS k x", "XINFO CONSUMERS k", "XINFO CONSUMERS k g x",
        "XINFO HELP x",
    ),
    case("unknown subcommands", "XGROUP NOSUCH", "XGROUP NOSUCH k g", "XINFO NOSUCH", "XINFO ''"),
    case("help", "XGROUP HELP", "XINFO HELP", "xgroup help"),
    *wrong_type("stream", """
        XGROUP CREATE {} g 0
        XGROUP CREATE {} g x MKSTREAM
        XGROUP CREATE {} g 0 NOSUCH
        XGROUP SETID {} g 0
        XGROUP SETID {} g x
        XGROUP DESTROY {} g
        XGROUP CREATECONSUMER {} g c
        XGROUP DELCONSUMER {} g c
        XACK {} g 1-1
        XACK {} g x
        XPENDING {} g
        XPENDING {} g - + 10
        XPENDING {} g x + 10
        XCLAIM {} g c 0 1-1
        XCLAIM {} g c x 1-1
        XAUTOCLAIM {} g c 0 0
        XAUTOCLAIM {} g c x 0
        XAUTOCLAIM {} g c 0 0 COUNT 0
        XINFO STREAM {}
        XINFO STREAM {} FULL NOSUCH
        XINFO STREAM {} NOSUCH
        XINFO GROUPS {}
        XINFO CONSUMERS {} g
    """),
    *missing_and_expired("XADD k 1-1 a 1\nXGROUP CREATE k g 0", """
        XGROUP CREATE k h 0
        XGROUP CREATE k h $ MKSTREAM
        XGROUP CREATE k h x MKSTREAM
        XGROUP SETID k g 0
        XGROUP DESTROY k g
        XGROUP CREATECONSUMER k g c
        XGROUP DELCONSUMER k g c
        XACK k g 1-1
        XACK k g x
        XPENDING k g
        XPENDING k g - + 10
        XPENDING k g x + 10
        XCLAIM k g c 0 1-1
        XCLAIM k g c x 1-1
        XAUTOCLAIM k g c 0 0
        XAUTOCLAIM k g c x 0
        XINFO STREAM k
        XINFO STREAM k FULL COUNT x
        XINFO STREAM k NOSUCH
        XINFO GROUPS k
        XINFO CONSUMERS k g
    """),
    *integers("XGROUP CREATE k h 0 ENTRIESREAD {}\nXGROUP SETID k g 0 ENTRIESREAD {}", *_READ),
    *integers("XPENDING k g - + {}", *_READ, compare=about),
    *integers("XINFO STREAM k FULL COUNT {}", *_READ, compare=about),
    *integers("XPENDING k g IDLE {} - + 10\nXCLAIM k g d {} 2-1\nXAUTOCLAIM k g d {} 0", *_READ,
              "XCLAIM k g c 0 1-1 2-1 4-1 5-1 IDLE 50000", compare=about, timed=True),
    *integers("""
        XCLAIM k g d 0 2-1 IDLE {}
        XCLAIM k g d 0 2-1 TIME {}
        XCLAIM k g d 0 2-1 RETRYCOUNT {}
    """, *_READ, after=("XPENDING k g - + 10",), compare=about),
    *[
        case(f"ids in {line}", *_READ, "XGROUP CREATE k h 0", "XACK k g 1-1",
             *(step for odd in _ODD_IDS for step in
               (line.replace("{}", odd), "XPENDING k g", "XINFO GROUPS k")), compare=about)
        for line in ("XGROUP SETID k h {}", "XACK k g {}", "XACK k none {}", "XPENDING k g {} + 9",
                     "XPENDING k g - {} 9 c", "XCLAIM k g d 0 {}", "XCLAIM k g d 0 {} FORCE",
                     "XCLAIM k g d 0 5-1 LASTID {}", "XAUTOCLAIM k g d 0 {}", "XPENDING k g ({} (5-1 9",
                     "XAUTOCLAIM k g d 0 ({} COUNT 1")
    ],
    *[
        case(f"a group from {odd}", *_READ, f"XGROUP CREATE k h {odd}", f"XGROUP CREATE n h {odd}",
             f"XGROUP CREATE n h {odd} MKSTREAM", "XINFO GROUPS k", "XREADGROUP GROUP h c STREAMS k >")
        for odd in _ODD_IDS
    ],
    *table("""
        = xgroup create
        XGROUP CREATE none g 0 MKSTREAM ENTRIESREAD
        XGROUP CREATE none g 0 ENTRIESREAD 1 NOSUCH
        XGROUP CREATE none g 0 MKSTREAM ENTRIESREAD -2
        XGROUP CREATE none g 0 NOSUCH MKSTREAM
        XGROUP CREATE k g 5 ENTRIESREAD 3 MKSTREAM
        XGROUP CREATE k g 5 MKSTREAM
        XGROUP CREATE k g x
        XGROUP CREATE k h 0
        XGROUP CREATE k "" 0 mkstream mkstream
        XGROUP CREATE k "\\x00\\xff" $ entriesread -1
        XINFO GROUPS k
        XINFO STREAM k FULL
        XGROUP CREATE k j 0 MKSTREAM MKSTREAM MKSTREAM
        XGROUP CREATE k l 0 MKSTREAM MKSTREAM MKSTREAM MKSTREAM
        XGROUP CREATE k l 0 ENTRIESREAD 1 ENTRIESREAD 2
        = the other subcommands
        XADD k 1-1 a 1
        XADD k 2-1 a 1
        XGROUP CREATE k g 0
        XGROUP SETID k none 0
        XGROUP SETID k none x
        XGROUP SETID k g x
        XGROUP SETID k g 0 NOSUCH
        XGROUP SETID k g 0 ENTRIESREAD
        XGROUP SETID k g 0 MKSTREAM
        XGROUP SETID k g $ ENTRIESREAD 1
        XINFO GROUPS k
        XGROUP SETID k g 0 ENTRIESREAD 1 ENTRIESREAD 2
        XGROUP SETID k g 0 ENTRIESREAD x ENTRIESREAD
        XGROUP CREATE k h 0 MKSTREAM ENTRIESREAD x MKSTREAM
        XGROUP CREATECONSUMER k none c
        XGROUP CREATECONSUMER k g c
        XGROUP CREATECONSUMER k g c
        XGROUP CREATECONSUMER k g ""
        XREADGROUP GROUP g c STREAMS k >
        XGROUP DELCONSUMER k none c
        XGROUP DELCONSUMER k g none
        XPENDING k g
        XGROUP DELCONSUMER k g c
        XGROUP DELCONSUMER k g ""
        XPENDING k g
        XGROUP DESTROY k none
        XGROUP DESTROY k g
        XGROUP DESTROY k g
        XINFO GROUPS k
        = none of this breaks a transaction
        XADD k 1-1 a 1
        WATCH k
        b> XGROUP CREATE k g 0
        b> XREADGROUP GROUP g c STREAMS k >
        b> XCLAIM k g d 0 1-1
        b> XAUTOCLAIM k g e 0 0
        b> XACK k g 1-1
        b> XGROUP SETID k g 0
        b> XGROUP CREATECONSUMER k g f
        b> XGROUP DELCONSUMER k g f
        b> XGROUP DESTROY k g
        MULTI
        PING
        EXEC
        WATCH n
        b> XGROUP CREATE n g 0 MKSTREAM
        MULTI
        PING
        EXEC
        = xack
        XADD k 1-1 a 1
        XADD k 2-1 a 1
        XGROUP CREATE k g 0
        XREADGROUP GROUP g c STREAMS k >
        XACK k none x
        XACK k g 1-1 x
        XACK k g 1-1 1-1 9-9
        XACK k g 2
        XACK k g 2-1
        XPENDING k g
        XPENDING k g - + 10
        = xpending syntax
        XADD k 1-1 a 1
        XGROUP CREATE k g 0
        XREADGROUP GROUP g c NOACK STREAMS k >
        XPENDING k none
        XPENDING k g -
        XPENDING k g - +
        XPENDING k g - + 10 c x
        XPENDING k g - + 10 c x y
        XPENDING k g - + 10 c x y z
        XPENDING k g IDLE
        XPENDING k g IDLE 0
        XPENDING k g IDLE 0 -
        XPENDING k g IDLE 0 - +
        XPENDING k g IDLE 0 - + x
        XPENDING k g IDLE x - + 10
        XPENDING k g IDLE 0 x + 10
        XPENDING k g IDLE 0 - + 10 c d
        XPENDING k g IDLE 0 - + 10 none
        XPENDING k g NOSUCH - + 10
        XPENDING k g NOSUCH - + 10 x
        XPENDING k g x y z
        XPENDING k g + - 10
        XPENDING k none - + 10
        XPENDING k g - + 10 none
    """, compare=about),
    *table("""
        = xpending
        XPENDING k g
        XPENDING k g - + 10
        XPENDING k g - + 2
        XPENDING k g 2 3 10
        XPENDING k g (2-1 (5-1 10
        XPENDING k g - + 10 c
        XPENDING k g - + 1 c
        XPENDING k g - + 10 none
        XREADGROUP GROUP g c COUNT 1 STREAMS k 2
        XPENDING k g IDLE 100000 - + 10
        XPENDING k g IDLE -5 - + 10
        XCLAIM k g d 0 5-1 IDLE 100000
        XPENDING k g
        XPENDING k g IDLE 100000 - + 10
        XPENDING k g IDLE 100000 - + 10 c
        XPENDING k g IDLE 100000 - + 10 d
        = xclaim
        XCLAIM k g d 0 x
        XCLAIM k g d x 2-1
        XCLAIM k none d x 2-1
        XCLAIM k g d -5 2-1
        XCLAIM k g d 100000 2-1
        XCLAIM k g d 0 3-1
        XPENDING k g
        XCLAIM k g d 0 2-1 4-1 JUSTID
        XCLAIM k g d 0 2-1 4-1 IDLE
        XCLAIM k g d 0 2-1 TIME
        XCLAIM k g d 0 2-1 LASTID
        XCLAIM k g d 0 2-1 RETRYCOUNT
        XCLAIM k g d 0 2-1 NOSUCH
        XCLAIM k g d 0 2-1 IDLE x
        XCLAIM k g d 0 2-1 LASTID x
        XCLAIM k g d 0 1-1 2-1 JUSTID 4-1
        XCLAIM k g d 0 2-1 2-1
        XPENDING k g - + 10
        XCLAIM k g d 0 2-1 TIME 1
        XCLAIM k g d 0 2-1 RETRYCOUNT 9223372036854775807 JUSTID
        XCLAIM k g d 0 2-1
        XPENDING k g - + 10
        XACK k g 1-1
        XCLAIM k g d 0 1-1
        XCLAIM k g d 0 1-1 FORCE
        XCLAIM k g d 100000 1-1 FORCE
        XPENDING k g - + 10
        XACK k g 1-1
        XCLAIM k g d 100000 1-1 FORCE JUSTID
        XPENDING k g - + 10
        XCLAIM k g d 0 9-9 FORCE
        XCLAIM k g n 0 9-9
        XCLAIM k g m 0 FORCE
        XCLAIM k g d 0 1-1 LASTID 9-9
        XCLAIM k g d 0 1-1 LASTID 0-1
        XCLAIM k g d 0 1-1 FORCE JUSTID IDLE 10 TIME 20 RETRYCOUNT 3 LASTID 10-1
        XCLAIM k g d 0 1-1 TIME 20 IDLE 0 NOSUCH
        XINFO STREAM k FULL
        XINFO GROUPS k
        XINFO CONSUMERS k g
        = xautoclaim
        XAUTOCLAIM k g d x 0
        XAUTOCLAIM k g d 0 x
        XAUTOCLAIM k none d 0 0
        XAUTOCLAIM k none d 0 0 COUNT x
        XAUTOCLAIM k g d 0 0 COUNT
        XAUTOCLAIM k g d 0 0 COUNT 0
        XAUTOCLAIM k g d 0 0 COUNT -1
        XAUTOCLAIM k g d 0 0 COUNT x
        XAUTOCLAIM k g d 0 0 COUNT 9223372036854775807
        XAUTOCLAIM k g d 0 0 COUNT 576460752303423488
        XAUTOCLAIM k g d 0 0 NOSUCH
        XAUTOCLAIM k g d 0 0 JUSTID COUNT 1 JUSTID
        XAUTOCLAIM k g d 0 (2-1
        XAUTOCLAIM k g e 0 0 COUNT 1
        XAUTOCLAIM k g e 0 0 COUNT 2
        XPENDING k g - + 10
        XDEL k 2-1 4-1
        XAUTOCLAIM k g e 0 0 COUNT 1
        XAUTOCLAIM k g e 0 1-2 COUNT 1
        XAUTOCLAIM k g e -1 0
        XAUTOCLAIM k g n 100000 0
        XAUTOCLAIM k g d 0 +
        XAUTOCLAIM k g d 0 18446744073709551615-18446744073709551615
        XAUTOCLAIM k g d 0 (18446744073709551615-18446744073709551615
        XINFO STREAM k FULL
        XINFO CONSUMERS k g
        = xinfo
        XINFO STREAM k
        XINFO STREAM k FULL
        XINFO STREAM k FULL COUNT 1
        XINFO STREAM k FULL COUNT 0
        XINFO STREAM k FULL COUNT -1
        XINFO STREAM k FULL COUNT
        XINFO STREAM k FULL COUNT 1 x
        XINFO STREAM k FULL NOSUCH 1
        XINFO STREAM k NOSUCH
        XINFO STREAM k COUNT 1
        XINFO GROUPS k
        XINFO CONSUMERS k g
        XINFO CONSUMERS k none
        XREADGROUP GROUP g d STREAMS k >
        XINFO CONSUMERS k g
        = deleted entries that are pending
        XDEL k 1-1 2-1 3-1 4-1 5-1
        XPENDING k g
        XREADGROUP GROUP g c STREAMS k 0
        XCLAIM k g d 0 1-1 2-1 FORCE JUSTID
        XPENDING k g
        XAUTOCLAIM k g d 100000 0 JUSTID
        XINFO STREAM k FULL
    """, compare=about),
    case("idle times", *_READ, pause(1200), "XPENDING k g - + 10", "XPENDING k g IDLE 1000 - + 1",
         "XAUTOCLAIM k g d 1000 0 COUNT 1", "XPENDING k g IDLE 1000 - + 10", "XCLAIM k g d 900 1-1",
         "XREADGROUP GROUP g c COUNT 1 STREAMS k 2", "XINFO CONSUMERS k g", compare=about),
    case("many pending", *(f"XADD k {at}-1 a 1" for at in range(1, 121)), "XGROUP CREATE k g 0",
         "XREADGROUP GROUP g c STREAMS k >", "XAUTOCLAIM k g d 100000 0 COUNT 5",
         "XAUTOCLAIM k g d 0 0 JUSTID", "XAUTOCLAIM k g d 0 0 COUNT 30 JUSTID",
         "XINFO STREAM k FULL", "XINFO STREAM k FULL COUNT 3", compare=about),
    *[_random_counters(seed) for seed in range(16)],
    *[_random_pending(seed) for seed in range(10)],
    *table(r"""
        = an error quotes up to a NUL
        XREADGROUP GROUP "g\x00h" c STREAMS k >
        XPENDING "k\x00l" "g\x00h"
        XAUTOCLAIM k "\x00" c 0 0
        XCLAIM k g c 0 1-1 "LAST\x00ID"
        XADD k 1-1 f v
        XGROUP SETID k "g\x00h" 0
        XGROUP CREATECONSUMER k "\x00" c
        XGROUP DELCONSUMER k "g\x00h" c
        XINFO CONSUMERS k "g\x00h"
        XGROUP CREATE k g 0
        XCLAIM k g c 0 1-1 "LAST\x00ID"
        EXPIRE k 1 "N\x00X"
    """),
]  # fmt: skip

# Cases without streams of their own begin with five entries, of which four are pending and one deleted.
_BARE = {"xpending", "xclaim", "xautoclaim", "xinfo", "deleted entries that are pending"}
CASES = [
    case(made.name, *_READ, *made.steps, compare=made.compare) if made.name in _BARE else made
    for made in CASES
]
