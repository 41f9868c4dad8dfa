"""Lists, all but the blocking commands."""

from __future__ import annotations

from random import Random

from ..case import Case, case, command
from ..generate import (
    INTEGERS,
    TYPES,
    each,
    integers,
    missing_and_expired,
    table,
    wrong_arity,
    wrong_type,
)

_BEYOND_32_BITS = ("4294967296", "9223372036854775807", "-9223372036854775808")
_WITHIN_32_BITS = [number for number in INTEGERS if number not in _BEYOND_32_BITS]

def _nodes(seed: int) -> Case:
    """Random changes, whose traces in the nodes of a quicklist DUMP shows."""
    dice = Random(seed)
    texts = ["a", "b", "c", "1", *("x" * size for size in (44, 300, 1500, 5000, 9000))]
    setting = (1, 2, 3, 5, -1, -2, -3)[seed % 7]
    steps = [f"CONFIG SET list-max-listpack-size {setting}"]
    for _ in range(60):
        text, other = dice.choice(texts), dice.choice(texts[: 4 + seed % 6])
        steps.append(dice.choice((
            f"RPUSH l {text} {other}", f"RPUSH l {other} {other} {text}", f"LPUSH l {other} {text}",
            f"LINSERT l BEFORE {other} {text}", f"LINSERT l AFTER {other} {text}",
            f"LSET l {dice.randint(-8, 8)} {text}", f"LSET l {dice.randint(-8, 8)} {other}",
            f"LREM l {dice.randint(-2, 2)} {other}", "LMOVE l l LEFT RIGHT", "RPOP l", "DUMP l",
            f"LTRIM l {dice.randint(0, 2)} {dice.randint(-3, -1)}", "OBJECT ENCODING l",
        )))
    return case(f"nodes, random {seed}", *steps)


CASES = [
    *map(_nodes, range(21)),
    *wrong_arity(
        "LPUSH", "LPUSH k", "RPUSH", "RPUSH k", "LPUSHX", "LPUSHX k", "RPUSHX", "RPUSHX k",
        "LPOP", "LPOP k 1 2", "RPOP", "RPOP k 1 2", "LLEN", "LLEN k l", "LRANGE", "LRANGE k 0",
        "LRANGE k 0 1 2", "LINDEX", "LINDEX k", "LINDEX k 0 1", "LSET", "LSET k 0", "LSET k 0 a b",
        "LINSERT", "LINSERT k BEFORE", "LINSERT k BEFORE a", "LINSERT k BEFORE a b c", "LREM",
        "LREM k 0", "LREM k 0 a b", "LTRIM", "LTRIM k 0", "LTRIM k 0 1 2", "RPOPLPUSH",
        "RPOPLPUSH k", "RPOPLPUSH k l m", "LMOVE", "LMOVE k l LEFT", "LMOVE k l LEFT RIGHT x",
        "LPOS", "LPOS k", "LMPOP", "LMPOP 1", "LMPOP 1 k",
    ),
    *wrong_type("list", """
        LPUSH {} a
        RPUSH {} a
        LPUSHX {} a
        RPUSHX {} a
        LPOP {}
        RPOP {}
        LPOP {} 2
        LPOP {} 0
        LPOP {} -1
        RPOP {} abc
        LLEN {}
        LRANGE {} 0 -1
        LRANGE {} a b
        LINDEX {} 0
        LINDEX {} abc
        LSET {} 0 a
        LSET {} abc a
        LINSERT {} BEFORE a b
        LINSERT {} NOSUCH a b
        LREM {} 0 a
        LREM {} abc a
        LTRIM {} 0 1
        LTRIM {} a b
        LMOVE {} d LEFT LEFT
        LMOVE none {} LEFT LEFT
        LMOVE {} {} LEFT LEFT
        LMOVE {} d NOSUCH LEFT
        RPOPLPUSH {} d
        RPOPLPUSH none {}
        LPOS {} a
        LPOS {} a RANK 0
        LMPOP 1 {} LEFT
        LMPOP 2 none {} LEFT
        LMPOP 2 {} none LEFT COUNT 0
    """),
    *[
        case(f"a move to another type leaves the element: {line}", "RPUSH l a b",
             *(step for name, made in TYPES.items() if name != "list"
               for step in (made, line.replace("{}", name))))
        for line in ("LMOVE l {} LEFT RIGHT", "RPOPLPUSH l {}")
    ],
    *missing_and_expired("RPUSH k a b", """
        LPUSH k x
        RPUSH k x
        LPUSHX k x
        RPUSHX k x
        LPOP k
        RPOP k
        LPOP k 2
        RPOP k 2
        LPOP k 0
        LLEN k
        LRANGE k 0 -1
        LINDEX k 0
        LSET k 0 x
        LINSERT k BEFORE a x
        LREM k 0 a
        LTRIM k 0 0
        LMOVE k j LEFT LEFT
        RPOPLPUSH k j
        RPOPLPUSH k k
        LPOS k a
        LPOS k a COUNT 0
        LPOS k a RANK 0
        LMPOP 1 k LEFT
        LMPOP 2 none k RIGHT COUNT 2
    """),
    *integers("""
        LPOP k {}
        RPOP k {}
        LINDEX k {}
        LRANGE k {} -1
        LRANGE k 0 {}
        LTRIM k {} -1
        LTRIM k 0 {}
        LREM k {} a
        LPOS k a RANK {}
        LPOS k a COUNT {}
        LPOS k a MAXLEN {}
        LPOS k a COUNT 0 RANK -1 MAXLEN {}
        LMPOP {} k l LEFT
        LMPOP 1 k LEFT COUNT {}
    """, "RPUSH k a b c a b a"),
    each("LSET k {} x", _WITHIN_32_BITS, "RPUSH k a b c a b a"),
    each("LSET k {} x", _BEYOND_32_BITS, "RPUSH k a b c a b a", what="integer beyond 32 bits"),
    *table(r"""
        = push and pop
        LPUSH k a b c
        RPUSH k d e
        LRANGE k 0 -1
        LPOP k
        RPOP k
        LPOP k 2
        RPOP k 10
        EXISTS k
        LPOP k
        LPOP k 1
        RPUSH k "" "\x00\xff\r\n" 12 -0
        LRANGE k 0 -1
        = pushx
        LPUSHX k a
        RPUSHX k a
        EXISTS k
        RPUSH k a
        LPUSHX k b c
        RPUSHX k d e
        LRANGE k 0 -1
        = pop with counts
        RPUSH k a b c d e
        LPOP k 0
        RPOP k 0
        LPOP k 1
        RPOP k 2
        LPOP k 100
        EXISTS k
        LPOP k 0
        LPOP k -1
        RPOP k abc
        LPOP none -1
        LPOP none 0
        = lrange
        RPUSH k a b c d e
        LRANGE k 0 0
        LRANGE k -1 -1
        LRANGE k -3 2
        LRANGE k 1 3
        LRANGE k -100 100
        LRANGE k 3 1
        LRANGE k 5 10
        LRANGE k -10 -6
        LRANGE none 0 -1
        LRANGE k 9223372036854775807 9223372036854775807
        LRANGE k -9223372036854775808 9223372036854775807
        = lindex
        RPUSH k a b c
        LINDEX k 0
        LINDEX k 2
        LINDEX k 3
        LINDEX k -1
        LINDEX k -3
        LINDEX k -4
        LINDEX none 0
        = lset
        RPUSH k a b c
        LSET k 0 x
        LSET k -1 z
        LSET k 3 w
        LSET k -4 w
        LSET none 0 w
        LSET k abc w
        LRANGE k 0 -1
        LSET k 1 12345
        LSET k 1 ""
        LRANGE k 0 -1
        = linsert
        RPUSH k a c
        LINSERT k BEFORE c b
        LINSERT k AFTER c d
        LINSERT k after none x
        LINSERT none BEFORE a x
        LINSERT k NOSUCH a x
        LINSERT k "" a x
        LINSERT k before a first
        LRANGE k 0 -1
        RPUSH n 1 2 1
        LINSERT n AFTER 1 x
        LRANGE n 0 -1
        LINSERT n BEFORE 01 y
        = lrem
        RPUSH k a b a c a b
        LREM k 1 a
        LRANGE k 0 -1
        LREM k -1 a
        LRANGE k 0 -1
        LREM k 0 b
        LRANGE k 0 -1
        LREM k 0 none
        LREM k 5 a
        LREM k -5 c
        EXISTS k
        RPUSH n 1 2 1 01
        LREM n 0 1
        LRANGE n 0 -1
        = ltrim
        RPUSH k a b c d e
        LTRIM k 1 3
        LRANGE k 0 -1
        LTRIM k 0 -1
        LTRIM k -2 -1
        LRANGE k 0 -1
        LTRIM k 5 10
        EXISTS k
        RPUSH k a b
        LTRIM k 1 0
        EXISTS k
        LTRIM none 0 1
        = lmove
        RPUSH k a b c
        LMOVE k j LEFT LEFT
        LMOVE k j LEFT RIGHT
        LMOVE k j RIGHT LEFT
        EXISTS k
        LRANGE j 0 -1
        LMOVE k j LEFT LEFT
        LMOVE j j LEFT RIGHT
        LMOVE j j right left
        LMOVE j j LEFT LEFT
        LRANGE j 0 -1
        LMOVE j k NOSUCH LEFT
        LMOVE j k LEFT NOSUCH
        LMOVE none k LEFT LEFT
        RPUSH one x
        LMOVE one one LEFT RIGHT
        LMOVE one two LEFT RIGHT
        = rpoplpush
        RPUSH k a b c
        RPOPLPUSH k j
        RPOPLPUSH k j
        LRANGE j 0 -1
        RPOPLPUSH j j
        LRANGE j 0 -1
        RPOPLPUSH none j
        RPOPLPUSH k j
        EXISTS k
        = lpos
        RPUSH k a b c 1 2 3 c c
        LPOS k c
        LPOS k none
        LPOS k c RANK 2
        LPOS k c RANK -1
        LPOS k c RANK 4
        LPOS k c COUNT 2
        LPOS k c COUNT 0
        LPOS k c COUNT 2 RANK -1
        LPOS k none COUNT 0
        LPOS k c COUNT 0 MAXLEN 3
        LPOS k c MAXLEN 2
        LPOS k c MAXLEN 0
        LPOS k c RANK -1 MAXLEN 1
        LPOS k c COUNT 0 RANK 2 MAXLEN 7
        LPOS k 1
        LPOS k 01
        LPOS k c RANK 0
        LPOS k c COUNT -1
        LPOS k c MAXLEN -1
        LPOS k c RANK
        LPOS k c NOSUCH 1
        LPOS k c rank 1 RANK 2
        LPOS k c RANK -9223372036854775808
        LPOS k c RANK -9223372036854775807
        LPOS k c RANK abc
        LPOS none c
        LPOS none c COUNT 0
        LPOS none c RANK 0
        LPOS none c NOSUCH 1
        = lmpop
        RPUSH k a b c d
        RPUSH j x y
        LMPOP 2 none k LEFT
        LMPOP 2 none k RIGHT COUNT 2
        LMPOP 2 k j left count 10
        LMPOP 2 k j LEFT COUNT 10
        LMPOP 2 k j LEFT
        LMPOP 1 k NOSUCH
        LMPOP 0 k LEFT
        LMPOP -1 k LEFT
        LMPOP abc k LEFT
        LMPOP 2 k LEFT
        LMPOP 3 k l LEFT
        LMPOP 1 k LEFT COUNT
        LMPOP 1 k LEFT COUNT 0
        LMPOP 1 k LEFT COUNT -1
        LMPOP 1 k LEFT COUNT abc
        LMPOP 1 k LEFT NOSUCH 1
        LMPOP 1 k LEFT COUNT 1 COUNT 2
        LMPOP 1 k LEFT x
        = time to live stays
        RPUSH k a b c
        EXPIRE k 100
        LPUSH k x
        LPOP k
        LSET k 0 y
        LTRIM k 0 1
        TTL k
        LMOVE k j LEFT LEFT
        TTL j
        = encodings
        RPUSH k a
        OBJECT ENCODING k
        LPOP k
        OBJECT ENCODING k
    """),
    case("encoding by size", "RPUSH k " + " ".join("x" * 50 for _ in range(150)), "OBJECT ENCODING k",
         "RPUSH k " + " ".join("x" * 50 for _ in range(20)), "OBJECT ENCODING k",
         "LTRIM k 0 100", "OBJECT ENCODING k", "LTRIM k 0 60", "OBJECT ENCODING k",
         "LTRIM k 0 10", "OBJECT ENCODING k"),
    case("encoding when the pivot is not there", "CONFIG SET list-max-listpack-size 3",
         "RPUSH k a b c", "LINSERT k BEFORE none x", "OBJECT ENCODING k"),
    case("encoding with one long element", ("RPUSH", "k", "a", b"x" * 9000), "OBJECT ENCODING k",
         "LPOP k", "OBJECT ENCODING k", "RPOP k", ("RPUSH", "k", b"x" * 9000), "OBJECT ENCODING k",
         ("LSET", "k", 0, "a"), "OBJECT ENCODING k", ("LSET", "k", 0, b"x" * 9000),
         "OBJECT ENCODING k", ("LINSERT", "j", "BEFORE", "a", b"x" * 9000)),
    case("a long list", "RPUSH k " + " ".join(f"element-{n}" for n in range(2000)), "LLEN k",
         "LINDEX k 1000", "LINDEX k -1000", "LRANGE k 990 1010", "LSET k 1000 x",
         "LINSERT k BEFORE x y", "LREM k 1 element-500", "LPOS k element-1500", "LPOS k x RANK -1",
         "LTRIM k 100 -100", "LRANGE k 0 5", "LRANGE k -5 -1", "LPOP k 3", "RPOP k 3", "LLEN k",
         command("LRANGE k 0 -1")),
]
