"""Encodings on both sides of each threshold, wherever CONFIG SET has moved it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..case import Case, case
from ..generate import lines

_COUNTS = (0, 1, 2, 5)

# How a member is added and taken out; {} is the member, which is never a number.
_BY_COUNT = {
    "hash-max-listpack-entries": ("HSET k {} 1", "HDEL k {}"),
    "set-max-listpack-entries": ("SADD k {}", "SREM k {}"),
    "zset-max-listpack-entries": ("ZADD k 1 {}", "ZREM k {}"),
    "list-max-listpack-size": ("RPUSH k {}", "LREM k 1 {}"),
}
_BY_LENGTH = {
    "hash-max-listpack-value": lines("""
        HSET k {} 1
        HSET k f {}
        HSETNX k f {}
        HMSET k a 1 {} 2 b 3
    """),
    "set-max-listpack-value": lines("""
        SADD k {}
        SADD k a b {}
        SMOVE s k {}
    """),
    "zset-max-listpack-value": lines("""
        ZADD k 1 {}
        ZADD k 1 a 2 {} 3 b
        ZINCRBY k 1 {}
        ZUNIONSTORE k 1 z
        ZRANGESTORE k z 0 -1
    """),
}


def _counted(setting: str, add: str, remove: str) -> Iterator[Case]:
    for most in _COUNTS:
        members = [f"m{n}" for n in range(most + 2)]
        together = add.replace("{}", members[0])
        steps = [f"CONFIG SET {setting} {most}"]
        for member in members:
            steps += [add.replace("{}", member), "OBJECT ENCODING k"]
        for member in members:
            steps += [remove.replace("{}", member), "OBJECT ENCODING k"]
        for size in range(max(most - 1, 1), most + 2):
            rest = add.split("k ", 1)[1]
            line = together + "".join(" " + rest.replace("{}", m) for m in members[1:size])
            steps += ["DEL k", line, "OBJECT ENCODING k", "COPY k c", "OBJECT ENCODING c", "DEL c"]
        yield case(f"{setting} {most}", *steps)
    # What is there already stays as it is until it is next written to.
    yield case(
        f"{setting} moved under a value",
        *(add.replace("{}", f"m{n}") for n in range(4)),
        f"CONFIG SET {setting} 2",
        "OBJECT ENCODING k",
        add.replace("{}", "m1"),
        "OBJECT ENCODING k",
        remove.replace("{}", "m3"),
        "OBJECT ENCODING k",
        add.replace("{}", "m5"),
        "OBJECT ENCODING k",
        f"CONFIG SET {setting} 200",
        add.replace("{}", "m6"),
        "OBJECT ENCODING k",
    )


def _long(setting: str, line: str) -> Iterator[Case]:
    for longest in (1, 5, 64, 300):
        steps = [f"CONFIG SET {setting} {longest}"]
        for length in range(longest - 1, longest + 2):
            text = "x" * length
            steps += ["FLUSHALL ASYNC", f'SADD s "{text}" w', f'ZADD z 1 "{text}"']
            steps += [line.replace("{}", f'"{text}"'), "OBJECT ENCODING k"]
        yield case(f"{setting} {longest}: {line}", *steps)


def _numbers() -> Iterator[Case]:
    for most in _COUNTS:
        for more in (0, 2, 8):
            steps = [f"CONFIG SET set-max-intset-entries {most} set-max-listpack-entries {more}"]
            for n in range(most + 2):
                steps += [f"SADD k {n}", "OBJECT ENCODING k"]
            steps += ["SADD k x", "OBJECT ENCODING k", "SREM k x 0", "OBJECT ENCODING k"]
            all_of_them = " ".join(map(str, range(most + 1)))
            for line in (f"SADD a {all_of_them}", f"SADD b {all_of_them} x", f"SADD c x {all_of_them}"):
                steps += [line, f"OBJECT ENCODING {line[5]}"]
            steps += ["SUNIONSTORE d a k", "OBJECT ENCODING d", "SINTERSTORE d a b", "OBJECT ENCODING d"]
            yield case(f"numbers: intset {most}, listpack {more}", *steps)


def _list_bytes() -> Iterator[Case]:
    # -1 to -5 stand for 4, 8, 16, 32 and 64 KB.
    for setting, kilobytes in ((-1, 4), (-2, 8), (-3, 16), (-4, 32), (-5, 64)):
        lengths = range(kilobytes * 1024 - 24, kilobytes * 1024 + 4)
        yield case(f"list-max-listpack-size {setting}: one element", *_pushed(setting, lengths))
        many = kilobytes * 1024 // 104
        steps = [f"CONFIG SET list-max-listpack-size {setting}"]
        for count in range(many - 6, many + 4):
            steps += ["DEL k", "RPUSH k " + " ".join(["x" * 100] * count), "OBJECT ENCODING k"]
            steps += ["LPOP k 3", "OBJECT ENCODING k", f"LTRIM k 0 {many // 2 - 3}", "OBJECT ENCODING k"]
        yield case(f"list-max-listpack-size {setting}: many elements", *steps, state=False)


def _pushed(setting: int, lengths: Iterable[int]) -> Iterator[str]:
    yield f"CONFIG SET list-max-listpack-size {setting}"
    for length in lengths:
        yield from ("DEL k", f"RPUSH k {'x' * length}", "OBJECT ENCODING k")
        yield from ("LSET k 0 y", "OBJECT ENCODING k", "DEL k", "RPUSH k a")
        yield from (f"LINSERT k BEFORE a {'x' * (length - 3)}", "OBJECT ENCODING k")


CASES = [
    *(made for setting, (add, remove) in _BY_COUNT.items() for made in _counted(setting, add, remove)),
    *(made for setting, written in _BY_LENGTH.items() for line in written for made in _long(setting, line)),
    *_numbers(),
    *_list_bytes(),
    case("a field that grows by being added to", "CONFIG SET hash-max-listpack-value 3",
         "HSET k f 99 g 1.5", "HINCRBY k f 900", "OBJECT ENCODING k", "HINCRBY k f 1",
         "OBJECT ENCODING k", "HSET h g 1.5", "HINCRBYFLOAT h g 0.25", "OBJECT ENCODING h"),
    case("strings by length", *(
        step
        for length in (1, 20, 43, 44, 45, 46)
        for step in (f"SET k {'x' * length}", "OBJECT ENCODING k", "APPEND k y", "OBJECT ENCODING k",
                     f"SETRANGE n {length - 1} x", "OBJECT ENCODING n", "DEL n")
    )),
]
