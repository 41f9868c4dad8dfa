"""Streams: adding, ranges, deleting, trimming, XSETID."""

from __future__ import annotations

import random

from ..case import Case, case
from ..generate import integers, missing_and_expired, table, wrong_arity, wrong_type

_LAST = "18446744073709551615-18446744073709551615"
_FOUR = ("XADD k 1-1 a 1", "XADD k 2-1 a 1", "XADD k 2-2 a 1", "XADD k 3-1 b 1")

_ODD_IDS = (
    "abc", "0-0", "0", "0-*", "5-*", "5", "5-x", "-1", "-1-1", "5--1", "+5-1", "05-07", "5-", "-5",
    "-", "+", "$", ">", "(5", "*-1", "18446744073709551616-0", "18446744073709551616", _LAST,
    "18446744073709551615-*", "' 5-1'", "'6 -1'", "'6- 1'", '"\\t7-1"', "8-+1", "9--01", "-01",
    "0x10", "0" * 127 + "5", "0" * 126 + "5", "''", "'12 '", "14-1-", "' -5'", "15-*-", "15-**",
    "'15-* '", "+16-*", "-*", '"5\\x00abc"', '"6-1\\x00abc"', '"7\\x00-1"', '"\\x00"', "1-2-3", "1e3",
)  # fmt: skip


def _grown(name: str, entries: int, sizes: tuple[int, ...], *then: str) -> Case:
    """A stream of entries whose values have these many bytes in turn, and what is done to it."""
    steps = [
        ("XADD", "k", f"{at + 1}-0", "f", "x" * sizes[at % len(sizes)]) for at in range(entries)
    ]
    return case(name, *steps, *then, protocols=(2,), events=None)


def _random_log(seed: int) -> Case:
    """Whatever comes to a stream, looked at after each step."""
    dice = random.Random(seed)
    steps: list[str | tuple[str, ...]] = []
    ms = 1
    for _ in range(150):
        ms += dice.choice((0, 0, 1, 1, 7, 300, 70000, 5_000_000_000))
        match dice.randrange(12):
            case 0 | 1 | 2 | 3 | 4 | 5:
                fields = dice.choice(("f", "f", "g", "f 1 g", "f 1 f", "''"))
                value = dice.choice(("", "1", "-7", "127", "128", "70000", "-4097", "x" * 63,
                                     "x" * 64, "x" * 500, "9223372036854775807", "007"))  # fmt: skip
                steps.append(("XADD", "k", f"{ms}-*", *fields.split(), value))
            case 6:
                steps.append(f"XDEL k {dice.randrange(ms + 1)}-{dice.randrange(3)}")
            case 7:
                steps.append(f"XTRIM k MAXLEN {dice.choice('=~')} {dice.randrange(60)}")
            case 8:
                steps.append(f"XTRIM k MINID {dice.choice('=~')} {dice.randrange(ms + 1)}")
            case 9:
                span = f"{dice.randrange(ms + 1)} {dice.randrange(ms + 2)} COUNT {dice.randrange(5)}"
                steps.append(f"{dice.choice(('XRANGE', 'XREVRANGE'))} k {span}")
            case 10:
                steps.append(f"XDEL k {ms}-0 {ms}-1")
            case _:
                steps.append("XREVRANGE k + - COUNT 3")
        steps.append("XINFO STREAM k")
    return case(f"random {seed}", "XGROUP CREATE k g 0 MKSTREAM", *steps, protocols=(2,), events=None)


CASES = [
    *wrong_arity(
        "XADD", "XADD k", "XADD k *", "XADD k * a", "XADD k 1-1 a 1 b", "XADD k MAXLEN 5",
        "XADD k NOMKSTREAM *", "XADD k NOMKSTREAM * a", "XADD k MAXLEN 5 * a", "XLEN", "XLEN k j",
        "XRANGE", "XRANGE k", "XRANGE k -", "XREVRANGE k +", "XDEL", "XDEL k", "XTRIM", "XTRIM k",
        "XTRIM k MAXLEN", "XSETID", "XSETID k",
    ),
    *wrong_type("stream", """
        XADD {} 1-1 a 1
        XADD {} NOMKSTREAM 1-1 a 1
        XADD {} bad a 1
        XADD {} 0-0 a 1
        XADD {} MAXLEN -1 * a 1
        XADD {} 1-1 a
        XLEN {}
        XRANGE {} - +
        XRANGE {} bad +
        XRANGE {} - + COUNT 0
        XRANGE {} - + COUNT bad
        XREVRANGE {} + -
        XDEL {} 1-1
        XDEL {} bad
        XTRIM {} MAXLEN 1
        XTRIM {} MAXLEN -1
        XSETID {} 1-1
        XSETID {} bad
        XSETID {} 1-1 MAXDELETEDID 2-1
    """),
    *missing_and_expired("XADD k 1-1 a 1", """
        XADD k 0-1 a 1
        XADD k NOMKSTREAM 0-1 a 1
        XLEN k
        XRANGE k - +
        XREVRANGE k + - COUNT 0
        XDEL k 1-1
        XDEL k bad
        XTRIM k MAXLEN 0
        XSETID k 1-1
        XSETID k bad
    """),
    *integers("XADD k MAXLEN {} 9-1 a 1\nXADD k MAXLEN ~ {} LIMIT 0 9-1 a 1", *_FOUR),
    *integers("XADD k MAXLEN ~ 1 LIMIT {} 9-1 a 1\nXTRIM k MAXLEN ~ 1 LIMIT {}", *_FOUR),
    *integers("XTRIM k MAXLEN {}\nXTRIM k MAXLEN ~ {}\nXTRIM k MINID {}", *_FOUR),
    *integers("XRANGE k - + COUNT {}\nXREVRANGE k + - COUNT {}\nXRANGE none - + COUNT {}", *_FOUR),
    *integers("XSETID k 9-9 ENTRIESADDED {}\nXSETID k {}\nXSETID k 9-9 MAXDELETEDID {}", *_FOUR),
    *[
        case(f"ids in {line}", *_FOUR,
             *(step for odd in _ODD_IDS for step in (line.replace("{}", odd), "XINFO STREAM k")))
        for line in ("XADD k {} a 1", "XDEL k {}", "XTRIM k MINID {}", "XSETID k {}", "XRANGE k {} +",
                     "XRANGE k - {}", "XRANGE k ({} +", "XRANGE k - ({}", "XADD k MINID {} 7-7 a 1")
    ],
    *[case(f"the first id {odd}", f"XADD k {odd} a 1", "TYPE k") for odd in _ODD_IDS],
    *table(rf"""
        = xadd at the end of all ids
        XADD a 18446744073709551615-18446744073709551614 a 1
        XADD a * a 1
        XADD a * a 1
        XADD a 18446744073709551615-* a 1
        XADD a 1-1 a 1
        XADD b 18446744073709551615 a 1
        XADD b * a 1
        XADD c 7-18446744073709551615 a 1
        XADD c 7-* a 1
        XADD c 6-* a 1
        XADD c 8-* a 1
        XADD d 99999999999999999-18446744073709551615 a 1
        XADD d * a 1
        XADD e {_LAST} a 1
        XADD e {_LAST} a 1
        XRANGE e - +
        XDEL e {_LAST}
        XADD e * a 1
        = xadd options
        XADD k NOMKSTREAM 1-1 a 1
        XADD k MAXLEN 10 1-1 a 1
        XADD k MAXLEN -1 2-1 a 1
        XADD k MAXLEN x 2-1 a 1
        XADD k MAXLEN 10 MINID 4 2-1 a 1
        XADD k MAXLEN 10 MINID x 2-1 a 1
        XADD k MAXLEN = 10 LIMIT 5 2-1 a 1
        XADD k MAXLEN 10 LIMIT 0 2-1 a 1
        XADD k MAXLEN ~ 10 LIMIT 5 2-1 a 1
        XADD k MAXLEN ~ 10 LIMIT -5 2-2 a 1
        XADD k MAXLEN ~ 10 LIMIT x 2-2 a 1
        XADD k LIMIT 5 2-2 a 1
        XADD k LIMIT 0 2-2 a 1
        XADD k LIMIT 5 *
        XADD k LIMIT 5 * a
        XADD k MAXLEN ~ 10 LIMIT 5 LIMIT x * a 1
        XADD k MAXLEN = 0 5-1 a 1
        XLEN k
        XADD k MINID 5 5-2 a 1
        XADD k MINID 9 5-3 a 1
        XADD k MINID ( 6-1 a 1
        XADD k MINID (5 6-1 a 1
        XADD k MINID - 6-1 a 1
        XADD k MAXLEN 6-1 a 1
        XADD k NOMKSTREAM NOMKSTREAM 6-1 a 1
        XADD k nomkstream maxlen 1 6-2 a 1
        XADD k MAXLEN 5 MAXLEN 3 * a 1
        XADD k MAXLEN ~ a b c
        XADD k MAXLEN ~ 5 a b
        XADD k MAXLEN = ~ 5 a b
        XADD k NOMKSTREAM a b
        XADD k a b MAXLEN
        XADD k NOMKSTREAM NOMKSTREAM NOMKSTREAM
        XADD k MAXLEN 5 NOMKSTREAM
        XADD k LIMIT 5 NOMKSTREAM
        XADD k 7-1 MAXLEN 1
        XADD none 0-0 a 1
        XADD none NOMKSTREAM 0-0 a 1
        XADD none NOMKSTREAM bad a 1
        XADD none NOMKSTREAM * a
        EXISTS none
        = fields keep their order, twice and empty
        XADD k 1 a 1 a 2 "" ""
        XADD k 2 a 3 a 4 "" x
        XADD k 3 "" x a 3 a 4
        XADD k 4 "\x00\xff" "\r\n"
        XRANGE k - +
        XREVRANGE k + -
        = xtrim syntax
        XADD k 1-1 a 1
        XTRIM k MAXLEN ~
        XTRIM k MAXLEN ~ 5 LIMIT 0
        XTRIM k MAXLEN 5 LIMIT 0
        XTRIM k LIMIT 5 MAXLEN ~ 5
        XTRIM k MAXLEN 5 MINID 3
        XTRIM k MAXLEN 5 x
        XTRIM k NOSUCH 5
        XTRIM k NOMKSTREAM MAXLEN 1
        XTRIM k LIMIT 5
        XTRIM k LIMIT 0
        XTRIM k LIMIT -1
        XTRIM k MAXLEN = ~ 5
        XTRIM k MAXLEN 5 5
        XTRIM k MINID = 2
        EXISTS k
        XINFO STREAM k
        = xrange
        XADD k 1-1 a 1
        XADD k 2-1 a 1
        XADD k 2-2 a 1
        XADD k 3-1 b 1
        XRANGE k 2 2
        XRANGE k (2-1 (3-1
        XRANGE k (2 +
        XRANGE k - (3
        XRANGE k 3 1
        XRANGE k + -
        XRANGE k - + COUNT
        XRANGE k - + COUNT 2 COUNT 1
        XRANGE k - + COUNT 2 COUNT x
        XRANGE k - + NOSUCH 2
        XRANGE k - + 2
        XREVRANGE k 2 2
        XREVRANGE k (3 -
        XREVRANGE k + (2 COUNT 1
        XREVRANGE k - +
        XREVRANGE k x y
        XREVRANGE none (0-0 ({_LAST}
        XRANGE none (- +
        XRANGE none - (+
        XRANGE none ({_LAST} (0-0
        XRANGE none ( ((1
        = xdel
        XADD k 1-1 a 1
        XADD k 2-1 a 1
        XADD k 3-1 a 1
        XDEL k 1-1 x
        XDEL k 9-9
        XDEL k 1-1 1-1 9-9
        XDEL k 3-1
        XINFO STREAM k
        XDEL k 2-1
        EXISTS k
        XINFO STREAM k
        XADD k 3-1 a 1
        XADD k 3-2 a 1
        = a block may stay behind empty
        XADD k 1-1 a 1
        XADD k 2-1 a 1
        XADD k 3-1 a 1
        XDEL k 3-1
        XTRIM k MINID 3
        XINFO STREAM k
        XREVRANGE k + -
        XREAD STREAMS k +
        XADD k 4-1 b 1
        XINFO STREAM k
        XRANGE k - +
        XTRIM k MINID 9
        XINFO STREAM k
        = ids start anew in an empty stream
        XADD k 1-1 a 1
        XADD k 2-1 a 1
        XADD k 3-1 a 1
        XDEL k 3-1
        XTRIM k MINID 3
        XSETID k 3-1 MAXDELETEDID 0-1
        XSETID k 0-5
        XADD k 0-6 b 2
        XADD k 0-7 b 2
        XRANGE k - +
        XREVRANGE k + -
        XINFO STREAM k
        = xsetid
        XSETID k 1-1
        XADD k 1-1 a 1
        XADD k 2-1 a 1
        XSETID k 1-2
        XSETID k 2-1
        XSETID k 9-1
        XSETID k 9-1 ENTRIESADDED
        XSETID k 9-1 ENTRIESADDED 5 MAXDELETEDID
        XSETID k 9-1 ENTRIESADDED 5 MAXDELETEDID 5-5
        XSETID k 9-1 ENTRIESADDED 1 MAXDELETEDID 5-5
        XSETID k 9-1 ENTRIESADDED -1 MAXDELETEDID 10-5
        XSETID k 9-1 MAXDELETEDID 10-5
        XSETID k 4-1
        XSETID k 9-1 NOSUCH 1
        XSETID k 9-1 MAXDELETEDID 1-1
        XINFO STREAM k
        XSETID k 9-1 MAXDELETEDID 0-0 ENTRIESADDED 1
        XINFO STREAM k
        XSETID k 9-1 MAXDELETEDID 0-0 ENTRIESADDED 9223372036854775807
        XADD k 9-* a 1
        XSETID none 1 ENTRIESADDED -1
        XSETID none 1 MAXDELETEDID 2
        XADD e 1 a 1
        XDEL e 1
        XSETID e 0-1
        XSETID e 0-0
        XSETID e 1-0 ENTRIESADDED 0
        XINFO STREAM e
        = what wakes and what breaks a transaction
        XADD k 1-1 a 1
        WATCH k
        b> XSETID k 5-5
        b> XDEL k 4-4
        b> XTRIM k MAXLEN 9
        b> XADD k NOMKSTREAM 1-1 a 1
        MULTI
        PING
        EXEC
        WATCH k
        b> XDEL k 1-1
        MULTI
        PING
        EXEC
        WATCH k
        b> XADD k 6-1 a 1
        MULTI
        PING
        EXEC
        WATCH k
        b> XTRIM k MAXLEN 0
        MULTI
        PING
        EXEC
    """),
    *[
        _grown(f"~ trims whole blocks: values of {sizes}", 700, sizes, "XINFO STREAM k",
               *(step for keep in (650, 599, 500, 450, 301, 300, 120, 99, 1, 0)
                 for step in (f"XTRIM k MAXLEN ~ {keep}", "XINFO STREAM k")))
        for sizes in ((0,), (1,), (30,), (63, 64), (500,), (1, 2000), (4000,), (4096, 0), (20000, 3))
    ],
    _grown("~ trims by id", 450, (5,), *(step for keep in (1, 99, 100, 101, 102, 250, 401, 450, 451)
           for step in (f"XTRIM k MINID ~ {keep}", "XINFO STREAM k"))),
    _grown("~ with a limit", 1000, (5,), *(step for limit in (99, 100, 150, 299, 0) for step in
           (f"XTRIM k MAXLEN ~ 0 LIMIT {limit}", "XINFO STREAM k"))),
    _grown("= trims within blocks", 450, (5,), "XTRIM k MAXLEN 301", "XINFO STREAM k",
           "XTRIM k MAXLEN 299", "XTRIM k MINID 200", "XTRIM k MINID 201", "XTRIM k MINID 402",
           "XINFO STREAM k", "XADD k 900 f v", "XINFO STREAM k", "XDEL k 449", "XTRIM k MAXLEN 1",
           "XINFO STREAM k"),
    _grown("a block counts its deleted entries", 90, (5,), *(f"XDEL k {at}" for at in range(1, 80)),
           *(f"XADD k {at} f 12345" for at in range(91, 131)), "XINFO STREAM k",
           "XTRIM k MAXLEN ~ 30", "XINFO STREAM k"),
    *[
        case(f"blocks by {setting}", f"CONFIG SET {setting}",
             *(f"XADD k {at}-1 f {'v' * (at % 50)}" for at in range(1, 300)), "XINFO STREAM k",
             *(f"XTRIM k MAXLEN ~ {keep}" for keep in (290, 200, 100, 10, 0)), "XINFO STREAM k",
             "CONFIG SET stream-node-max-bytes 4096 stream-node-max-entries 100",
             protocols=(2,), events=None)
        for setting in ("stream-node-max-bytes 0 stream-node-max-entries 10",
                        "stream-node-max-bytes 300 stream-node-max-entries 0",
                        "stream-node-max-bytes 4096 stream-node-max-entries 0",
                        "stream-node-max-bytes 1 stream-node-max-entries 5")
    ],
    *[_random_log(seed) for seed in range(12)],
]  # fmt: skip
