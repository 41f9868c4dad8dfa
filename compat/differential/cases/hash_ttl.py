"""When fields of hashes expire."""

from __future__ import annotations

from itertools import permutations

from ..case import Case, case, command, pause
from ..compare import near, same_type, top_type, unordered, unordered_pairs
from ..generate import INTEGERS, each, missing_and_expired, table, wrong_arity, wrong_type

_SET = ("HEXPIRE", "HPEXPIRE", "HEXPIREAT", "HPEXPIREAT")
_TELL = ("HTTL", "HPTTL", "HEXPIRETIME", "HPEXPIRETIME", "HPERSIST")

_CLOSE = near(2000)

_LATER = "HPEXPIREAT h 5000000000000 FIELDS 1"
_SOONER = "HPEXPIREAT h 4000000000000 FIELDS 1"

_BIG = "HSET h " + " ".join(f"f{n} {n}" for n in range(600))


def _everything(setup: str, name: str) -> Case:
    """Each command that reads or writes a hash, some of whose fields have just expired."""
    readers = [
        "HLEN h", "HGET h a", "HGET h c", "HMGET h a b c", "HEXISTS h a", "HSTRLEN h a", "HDEL h a",
        "HDEL h a c", "HSETNX h a x", "HSET h a x", "HINCRBY h a 5", "HINCRBY h c 5",
        "HINCRBYFLOAT h a 1.5", "HTTL h FIELDS 2 a c", "HPERSIST h FIELDS 2 a b",
        "HEXPIRE h 100 FIELDS 2 a b", "HEXPIRE h 0 FIELDS 2 a c", "HGETEX h FIELDS 2 a c",
        "HGETEX h PERSIST FIELDS 2 a c", "HGETDEL h FIELDS 2 a c", "HSETEX h FNX FIELDS 1 a x",
        "HSETEX h FXX FIELDS 1 a x", "HSETEX h FXX FIELDS 1 c x", "HSETEX h KEEPTTL FIELDS 1 a x",
        "HRANDFIELD h", "OBJECT ENCODING h", "EXISTS h", "TYPE h", "COPY h i", "RENAME h i", "DEL h",
        "MOVE h 1", "SORT h BY nosuch", "EXPIRE h 100", "HGETALL h", "HKEYS h", "HVALS h",
        "HRANDFIELD h 10", "HSCAN h 0",
    ]  # fmt: skip
    compare = {"HGETALL h": unordered_pairs, "HKEYS h": unordered, "HVALS h": unordered}
    if name == "small":
        compare |= {"HRANDFIELD h 10": unordered}
    else:
        compare |= {"HRANDFIELD h": same_type, "HRANDFIELD h 10": top_type, "HSCAN h 0": top_type}
    steps = [
        step
        for reader in readers
        for step in (
            "FLUSHALL ASYNC",
            setup,
            "HPEXPIRE h 1 FIELDS 2 a b",
            pause(130),
            command(reader, compare[reader]) if reader in compare else reader,
        )
    ]
    return case(f"every command on expired fields of a {name} hash", *steps, events=None)


def _orders() -> list[Case]:
    """Deadlines set in every order, with and without ties: the fields of a listpackex are ordered."""
    out: list[Case] = []
    for order in permutations("abc"):
        steps = ["HSET h a 1 b 2 c 3 d 4"]
        for field in order:
            steps += [f"{_LATER if field != 'b' else _SOONER} {field}", "HGETALL h"]
        for field in order:
            steps += [f"HSET h {field} x", "HGETALL h", f"{_SOONER} {field}", "HKEYS h"]
        out.append(case(f"the order of fields with deadlines set to {' '.join(order)}", *steps))
    return out


CASES = [
    *(
        case(f"a field's time is over {when} its key's", "MULTI", "HSET h a 1 b 2",
             f"HPEXPIRE h {field} FIELDS 1 a", f"HPEXPIRE h {field} FIELDS 1 b", f"PEXPIRE h {key}",
             "EXEC", pause(200), "EXISTS h", timed=True)
        for when, field, key in (("before", 20, 100), ("with", 20, 20), ("after", 100, 20))
    ),
    *wrong_arity(
        *(f"{name} h 1 FIELDS 1" for name in _SET),
        *(f"{name}" for name in _SET),
        *(f"{name} h FIELDS 1" for name in _TELL),
        "HGETEX",
        "HGETEX h",
        "HGETEX h FIELDS 1",
        "HGETEX h EX",
        "HGETEX h EX 5",
        "HSETEX",
        "HSETEX h",
        "HSETEX h FIELDS 1 a",
        "HSETEX h EX 5",
        "HSETEX h FIELDS 0",
        "HSETEX h FNX EX 5 FIELDS 1",
        "HSETEX h FIELDS 1 a b c",
        "HSETEX h FIELDS 2 a b c",
        "HSETEX h FIELDS 2 a b c d e f",
        "HSETEX h FIELDS 1 a b EX 10",
        "HSETEX h EX 10 FIELDS",
    ),
    *wrong_type(
        "hash",
        """
        HEXPIRE {} 10 FIELDS 1 a
        HEXPIRE {} x FIELDS 1 a
        HEXPIRE {} 10 FOO 0 a
        HPEXPIRE {} 10 FIELDS 1 a
        HEXPIREAT {} 10 FIELDS 1 a
        HPEXPIREAT {} 10 FIELDS 1 a
        HTTL {} FIELDS 1 a
        HTTL {} FOO 0 a
        HPTTL {} FIELDS 1 a
        HEXPIRETIME {} FIELDS 1 a
        HPEXPIRETIME {} FIELDS 1 a
        HPERSIST {} FIELDS 1 a
        HPERSIST {} FIELDS 0 a
        HGETEX {} FIELDS 1 a
        HGETEX {} EX x FIELDS 1 a
        HGETEX {} FIELDS 0 a
        HSETEX {} FIELDS 1 a b
        HSETEX {} FNX FIELDS 1 a b
        HSETEX {} EX x FIELDS 1 a b
        HSETEX {} FIELDS 0 a b
        HSETEX {} FOO 0 a b
    """,
    ),
    *missing_and_expired(
        "HSET k f 1 g 2",
        """
        HEXPIRE k 100 FIELDS 2 f none
        HPEXPIREAT k 1 FIELDS 2 f none
        HTTL k FIELDS 2 f none
        HPERSIST k FIELDS 2 f none
        HGETEX k FIELDS 2 f none
        HGETEX k PERSIST FIELDS 2 f none
        HSETEX k FIELDS 2 f v n w
        HSETEX k FNX FIELDS 2 f v n w
        HSETEX k FXX FIELDS 2 f v n w
    """,
    ),
    *(each(f"{name} h {{}} FIELDS 1 a", INTEGERS, "HSET h a 1 b 2", what="time") for name in _SET),
    *(
        each(f"{name} h 100 FIELDS {{}} a", INTEGERS, "HSET h a 1 b 2", what="number of fields")
        for name in _SET
    ),
    *(
        each(f"{name} h FIELDS {{}} a", INTEGERS, "HSET h a 1 b 2", what="number of fields")
        for name in _TELL
    ),
    *(
        each(f"{line} {{}} FIELDS 1 a{value}", INTEGERS, "HSET h a 1 b 2", what="time")
        for line, value in [
            (f"{name} h {unit}", value)
            for name, value in (("HGETEX", ""), ("HSETEX", " v"))
            for unit in ("EX", "PX", "EXAT", "PXAT")
        ]
    ),
    each("HGETEX h FIELDS {} a", INTEGERS, "HSET h a 1 b 2", what="number of fields"),
    each("HSETEX h FIELDS {} a v", INTEGERS, "HSET h a 1 b 2", what="number of fields"),
    case(
        "the latest deadline",
        "HSET h a 1",
        *(
            f"HPEXPIREAT h {time} FIELDS 1 a"
            for time in (70368744177663, 70368744177664, 281474976710655)
        ),
        *(f"HEXPIREAT h {time} FIELDS 1 a" for time in (70368744177, 70368744178)),
        "HPEXPIRETIME h FIELDS 1 a",
        "HEXPIRETIME h FIELDS 1 a",
        *(f"HSETEX h PXAT {time} FIELDS 1 a b" for time in (70368744177663, 70368744177664)),
        *(f"HGETEX h PXAT {time} FIELDS 1 a" for time in (70368744177663, 70368744177664)),
        "HEXPIRE h 70368744177 FIELDS 1 a",
        "HPEXPIRE h 70368744177663 FIELDS 1 a",
    ),
    *(
        case(
            f"{condition or 'no condition'} over {present}",
            *(
                step
                for time in (0, 1, 4000000000000, 5000000000000, 6000000000000)
                for step in (
                    "FLUSHALL ASYNC",
                    "HSET h a 1 b 2",
                    *([f"{_LATER} a"] if present == "a deadline" else []),
                    f"HPEXPIREAT h {time} {condition} FIELDS 3 a none a",
                    "HGETALL h",
                    "HPEXPIRETIME h FIELDS 2 a b",
                )
            ),
        )
        for condition in ("", "NX", "XX", "GT", "LT")
        for present in ("a deadline", "none")
    ),
    case(
        "conditions on times from now",
        "HSET h a 1",
        *(f"HPEXPIRE h {time}000 {condition} FIELDS 1 a" for condition in ("GT", "LT") for time in (100, 50, 500)),
    ),
    case(
        "two conditions",
        *(
            f"HEXPIRE h 100 {a} {b} FIELDS 1 a"
            for a, b in permutations(("NX", "XX", "GT", "LT", "nosuch"), 2)
        ),
    ),
    case(
        "pairs of options of HSETEX",
        "HSET h a 1",
        *(
            step
            for a, b in permutations(
                (
                    "FNX",
                    "FXX",
                    "EX 100",
                    "PX 100000",
                    "EXAT 5000000000",
                    "PXAT 5000000000000",
                    "KEEPTTL",
                    "NOSUCH",
                    "PERSIST",
                    "EX -1",
                    "PX x",
                ),
                2,
            )
            for step in (f"HSETEX h {a} {b} FIELDS 1 a v", f"HSETEX h {a} FIELDS 2 a v n w")
        ),
    ),
    case(
        "pairs of options of HGETEX",
        "HSET h a 1",
        *(
            f"HGETEX h {a} {b} FIELDS 1 a"
            for a, b in permutations(
                (
                    "EX 100",
                    "PX 100000",
                    "EXAT 5000000000",
                    "PXAT 5000000000000",
                    "KEEPTTL",
                    "PERSIST",
                    "EX -1",
                    "PX x",
                ),
                2,
            )
        ),
    ),
    *_orders(),
    _everything("HSET h a 1 b 2 c 3", "small"),
    _everything(_BIG.replace("f0 ", "a ").replace("f1 ", "b ", 1).replace("f2 ", "c ", 1), "big"),
    case(
        "fields vanish when nobody looks, and are heard of",
        "HSET h a 1 b 2 c 3",
        "HPEXPIRE h 20 FIELDS 2 a b",
        pause(200),
        "HGETALL h",
        "HPEXPIRE h 20 FIELDS 1 c",
        pause(200),
        "EXISTS h",
    ),
    case(
        "an expired field breaks a transaction that watches its hash",
        "HSET h a 1 b 2",
        "HPEXPIRE h 20 FIELDS 1 a",
        "WATCH h",
        pause(200),
        "MULTI",
        "PING",
        "EXEC",
    ),
    case(
        "times to live",
        "HSET h a 1 b 2",
        "HEXPIRE h 100 FIELDS 1 a",
        command("HTTL h FIELDS 3 a b none", _CLOSE),
        command("HPTTL h FIELDS 3 a b none", _CLOSE),
        command("HEXPIRETIME h FIELDS 3 a b none", _CLOSE),
        command("HPEXPIRETIME h FIELDS 3 a b none", _CLOSE),
        "HPEXPIREAT h 4999999999001 FIELDS 1 a",
        "HEXPIRETIME h FIELDS 1 a",
        "HPEXPIREAT h 4999999999999 FIELDS 1 a",
        "HEXPIRETIME h FIELDS 1 a",
        "HPEXPIREAT h 5000000000000 FIELDS 1 a",
        "HEXPIRETIME h FIELDS 1 a",
        timed=True,
    ),
    case(
        "deadlines in a big hash",
        _BIG,
        f"{_LATER} f5",
        "OBJECT ENCODING h",
        "HPEXPIREAT h 4000000000000 FIELDS 3 f1 f5 none",
        "HPEXPIRETIME h FIELDS 4 f1 f5 f6 none",
        "HSET h f1 x",
        "HINCRBY h f5 1",
        "HPEXPIRETIME h FIELDS 2 f1 f5",
        "HPERSIST h FIELDS 3 f1 f5 none",
        "HSETEX h PXAT 4000000000000 FIELDS 2 f1 a new b",
        "HSETEX h KEEPTTL FIELDS 2 f1 c newer b",
        "HPEXPIRETIME h FIELDS 3 f1 new newer",
        "HPEXPIREAT h 1 FIELDS 2 new f7",
        "HLEN h",
    ),
    *table(r"""
        = encodings
        CONFIG SET hash-max-listpack-entries 4
        CONFIG SET hash-max-listpack-value 4
        HSET h a 1
        OBJECT ENCODING h
        HEXPIREAT h 5000000000 FIELDS 1 a
        OBJECT ENCODING h
        HSET h b 2 c 3 d 4
        OBJECT ENCODING h
        HSET h e 5
        OBJECT ENCODING h
        HPEXPIRETIME h FIELDS 2 a b
        DEL h
        HSETEX h EXAT 5000000000 FIELDS 1 a 12345
        OBJECT ENCODING h
        DEL h
        HSETEX h EXAT 5000000000 FIELDS 1 a 1234
        OBJECT ENCODING h
        HSETEX h EXAT 5000000000 FIELDS 1 b 12345
        OBJECT ENCODING h
        HPEXPIRETIME h FIELDS 2 a b
        HPERSIST h FIELDS 2 a b
        OBJECT ENCODING h
        DEL h
        HSETEX h EXAT 5000000000 FIELDS 5 a 1 b 2 c 3 d 4 e 5
        OBJECT ENCODING h
        DEL h
        HSET h a 1 b 2 c 3
        CONFIG SET hash-max-listpack-entries 1
        HEXPIREAT h 5000000000 FIELDS 1 a
        OBJECT ENCODING h
        HPERSIST h FIELDS 1 a
        OBJECT ENCODING h
        HSET h a 1
        OBJECT ENCODING h
        HSET h z 1
        OBJECT ENCODING h
        = what takes a deadline away and what does not
        HSETEX h PXAT 5000000000000 FIELDS 4 a 1 b 2 c 3 d 4
        HSET h a x
        HMSET h b x
        HSETNX h c x
        HINCRBY h d 1
        HPEXPIRETIME h FIELDS 4 a b c d
        HINCRBYFLOAT h d 1.5
        HSETNX h e 1
        HDEL h d
        HSET h d 1
        HPEXPIRETIME h FIELDS 5 a b c d e
        HGET h c
        HGETEX h FIELDS 1 c
        HPEXPIRETIME h FIELDS 1 c
        = copies and moves
        HSETEX h PXAT 5000000000000 FIELDS 2 a 1 b 2
        HSET h c 3
        COPY h i
        HPEXPIRETIME i FIELDS 3 a b c
        RENAME h j
        HPEXPIRETIME j FIELDS 3 a b c
        MOVE j 1
        SELECT 1
        HPEXPIRETIME j FIELDS 3 a b c
        OBJECT ENCODING j
        EXPIREAT j 5000000000
        HPERSIST j FIELDS 1 a
        PERSIST j
        = a hash emptied by times that are over
        HSET h a 1 b 2
        HEXPIRE h 0 FIELDS 3 a b none
        HSET h a 1 b 2
        HGETEX h PXAT 1 FIELDS 3 a a b
        HSET h a 1
        HSETEX h PXAT 1 FIELDS 2 a 2 b 3
        HSETEX h EX 0 FIELDS 1 a 1
        EXISTS h
        = the same field twice
        HSET h a 1 b 2
        HEXPIRE h 0 FIELDS 2 b b
        HEXPIREAT h 5000000000 FIELDS 2 a a
        HEXPIREAT h 5000000000 NX FIELDS 2 a a
        HPERSIST h FIELDS 2 a a
        HGETEX h PXAT 5000000000000 FIELDS 2 a a
        HGETEX h PERSIST FIELDS 2 a a
        HSETEX h FNX FIELDS 2 z 1 z 2
        HSETEX h PXAT 5000000000000 FIELDS 2 a 1 a 2
        HGETALL h
        HGETEX h EX 0 FIELDS 2 a a
        = misplaced words
        HSET h a 1
        HEXPIRE h 10 FOO 1 a
        HEXPIRE h 10 FIELDS 1 a NX
        HEXPIRE h 10 FIELDS 2 a
        HEXPIRE h FIELDS 1 a b
        hexpire h 5000 nx fields 1 a
        HTTL h FOO 1 a
        HTTL h FIELDS 1 a b
        HPERSIST h FIELDS 3 a b
        HGETEX h FIELDS 1 a EX 10
        HGETEX h EX 10 FIELDS
        HGETEX h EX 10 FIELDS 1
        HGETEX h EX FIELDS 1 a
        HGETEX h PERSIST FIELDS 1
        HSETEX h a b c d
        HSETEX h FIELDS 1 FIELDS 1
        HSETEX h EX EX 10 FIELDS 1 a b
        HSETEX h EX 10 FIELDS 0 a b
        HSETEX h FNX FNX a b c
        HSETEX h KEEPTTL FNX FOO 5
        = in a script and in a transaction
        EVAL "redis.call('HSET', KEYS[1], 'a', 1); return redis.call('HPEXPIREAT', KEYS[1], 5000000000000, 'FIELDS', 2, 'a', 'b')" 1 h
        MULTI
        HPEXPIRETIME h FIELDS 1 a
        HPERSIST h FIELDS 1 a
        EXEC
        = a listpackex is made by the mere question
        HSET h a 1 b 2
        HEXPIRE h 100 FIELDS 1 none
        OBJECT ENCODING h
        DEL h
        HSET h a 1 b 2
        HEXPIRE h 0 FIELDS 1 a
        OBJECT ENCODING h
        DEL h
        HSET h a 1 b 2
        HGETEX h FIELDS 1 a
        HGETEX h PERSIST FIELDS 1 a
        HPERSIST h FIELDS 1 a
        HSETEX h KEEPTTL FIELDS 1 a 2
        OBJECT ENCODING h
        HGETEX h EX 100 FIELDS 1 none
        OBJECT ENCODING h
        DEL h
        HSET h a 1 b 2
        HSETEX h PXAT 1 FIELDS 1 a 5
        OBJECT ENCODING h
        = a limit that has become lower is seen by the next value set
        HSET h a 1 b 2
        HSET t a 1 b 2
        HEXPIREAT t 5000000000 FIELDS 1 a
        HSET u a 1 b 2
        CONFIG SET hash-max-listpack-entries 1
        HEXPIREAT u 5000000000 FIELDS 1 a
        OBJECT ENCODING u
        HSET h a 1
        OBJECT ENCODING h
        HINCRBY t a 1
        OBJECT ENCODING t
        HPEXPIRETIME t FIELDS 1 a
        = fields set with a time that is over do not count
        CONFIG SET hash-max-listpack-entries 3
        HSET h a 1 b 2
        HSETEX h PXAT 0 FIELDS 3 c 3 d 4 e 5
        OBJECT ENCODING h
        HSET h c 3
        HSETEX h PXAT 0 FIELDS 1 d 4
        OBJECT ENCODING h
        HSET i a 1
        HSETEX i PXAT 0 FIELDS 4 b 2 c 3 d 4 e 5
        OBJECT ENCODING i
    """),
]
