"""The commands that are timed: the world they meet, and the calls themselves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Words = list[bytes]

_BATCH = 1000


@dataclass(frozen=True)
class Workload:
    """One command, called ``count`` times; ``line`` gives the words of the i-th call."""

    title: str
    count: int
    line: Callable[[int], Words]


@dataclass(frozen=True)
class Sizes:
    """How big the world is."""

    million: int = 1_000_000
    hundred_thousand: int = 100_000
    bitmap: int = 10 << 20
    share: float = 1.0
    """How much of each workload's calls is made."""


_TABLE = (
    "a directory, a segment, a slot and the member: one step to memory more than through a bucket, for"
    " SCAN's guarantee without a second table and growth without a long pause"
)
_NO_VECTORS = (
    "the server chooses AVX2 code when it starts; the engine is built for every processor of its kind,"
    " without unsafe code"
)

REASONS = {
    "SREM": _TABLE,
    "ZSCORE": _TABLE,
    "ZCOUNT": "a look at a score is a step to another place in memory: the order is kept in 5 bytes a member",
    "ZPOPMIN": "half of it is the wait for the member and its name, which are anywhere in memory",
    "DEL": "these keys expire: their deadlines are sorted out afterwards, two look-ups a key",
    "EVAL": "what goes into Lua and comes out goes by checked handles, without unsafe code",
    "PFCOUNT of two": _NO_VECTORS,
    "PFMERGE": _NO_VECTORS,
}
"""Why the engine takes longer than its limit, where it does; by title."""

SHORT = Sizes(million=10_000, hundred_thousand=1000, bitmap=10_000, share=0.02)
"""That everything runs; the figures mean nothing."""


def words(line: str) -> Words:
    """A line's words; nothing in these needs quotes."""
    return line.encode().split()


def world(sizes: Sizes) -> Iterator[Words]:
    """The commands that make what the workloads meet."""
    dice = random.Random(8)
    million, many = sizes.million, sizes.hundred_thousand
    yield from _gathered("MSET", million, lambda i: f"key:{i:07} value:{i:07}")
    yield from _gathered("ZADD scores", million, lambda i: f"{dice.random() * 1e6:.3f} member:{i}")
    yield from _gathered("ZADD words", many, lambda i: f"0 word:{i:07}")
    yield from _gathered("SADD numbers", many, lambda i: f"{i * 2}")
    yield from _gathered("SADD evens", many, lambda i: f"member:{i * 2}")
    yield from _gathered("SADD threes", many, lambda i: f"member:{i * 3}")
    yield from _gathered("RPUSH random", many, lambda i: f"{dice.randrange(1 << 40)}")
    yield from _gathered("RPUSH list", many, lambda i: f"element:{i}")
    yield from _gathered("HSET hash", many, lambda i: f"field:{i} value:{i}")
    yield from _gathered("HSET hash:1000", 1000, lambda i: f"field:{i} value:{i}")
    yield from _gathered("HSET hash:10", 10, lambda i: f"field:{i} value:{i}")
    yield from _gathered("SADD set:1000", 1000, lambda i: f"member:{i}")
    yield from _gathered("ZADD zset:1000", 1000, lambda i: f"{i} member:{i}")
    yield from _gathered("ZADD zset:100", 100, lambda i: f"{i} member:{i}")
    yield from _gathered("RPUSH list:100", 100, lambda i: f"element:{i}")
    yield from _gathered(
        "GEOADD places",
        many,
        lambda i: f"{dice.uniform(-20, 20):.6f} {dice.uniform(30, 60):.6f} place:{i}",
    )
    yield from _gathered("PFADD visitors", many, lambda i: f"visitor:{i}")
    yield from _gathered("PFADD others", many, lambda i: f"other:{i}")
    yield from (words(f"XADD stream {i}-1 sensor {i} value {i * 7}") for i in range(1, many + 1))
    yield words("XGROUP CREATE stream group 0")
    yield words("XGROUP CREATE stream busy 0")
    yield words("XREADGROUP GROUP busy one COUNT 1000 STREAMS stream >")
    yield [b"SET", b"bits", dice.randbytes(sizes.bitmap)]
    yield [b"SET", b"bits:1", dice.randbytes(sizes.bitmap // 10)]
    yield [b"SET", b"bits:2", dice.randbytes(sizes.bitmap // 10)]
    yield [b"SETRANGE", b"bits:0s", str(sizes.bitmap).encode(), b"x"]
    yield [b"SET", b"text", b"the quick brown fox jumps over the lazy dog " * 20]
    yield [b"SET", b"other", b"a lazy dog sleeps while quick foxes are jumping " * 20]


def _gathered(command: str, count: int, item: Callable[[int], str]) -> Iterator[Words]:
    for first in range(0, count, _BATCH):
        items = (item(i) for i in range(first, min(count, first + _BATCH)))
        yield words(f"{command} {' '.join(items)}")


def workloads(sizes: Sizes) -> list[Workload]:
    """Everything that is timed, in the order of the groups."""
    dice = random.Random(9)
    million, many = sizes.million, sizes.hundred_thousand

    def key() -> str:
        return f"key:{dice.randrange(million):07}"

    def some(name: str, size: int = many) -> str:
        return f"{name}:{dice.randrange(size)}"

    def start() -> int:
        return dice.randrange(million - 100)

    lines: list[tuple[int, str, Callable[[int], str]]] = [
        (20_000, "GET", lambda i: f"GET {key()}"),
        (20_000, "SET", lambda i: f"SET {key()} value:{i:07}"),
        (20_000, "SET EX", lambda i: f"SET ex:{i} value:{i:07} EX 1000"),
        (20_000, "INCR", lambda i: f"INCR counter:{i % 100}"),
        (20_000, "APPEND", lambda i: f"APPEND log:{i % 100} 0123456789"),
        (20_000, "GETRANGE", lambda i: "GETRANGE bits 1000 1100"),
        (20_000, "SETRANGE", lambda i: f"SETRANGE page {dice.randrange(4000)} 0123456789"),
        (5_000, "MGET of 10", lambda i: f"MGET {' '.join(key() for _ in range(10))}"),
        (5_000, "MSET of 10", lambda i: f"MSET {' '.join(f'{key()} v' for _ in range(10))}"),
        (100, "LCS of 1 kB", lambda i: "LCS text other LEN"),
        (20_000, "HSET", lambda i: f"HSET hash {some('field')} v{i}"),
        (20_000, "HSET of 4", lambda i: f"HSET h:{i} a 1 b 2 c 3 d 4"),
        (20_000, "HGET", lambda i: f"HGET hash {some('field')}"),
        (20_000, "HGET of 10 fields", lambda i: f"HGET hash:10 {some('field', 10)}"),
        (20_000, "HINCRBY", lambda i: f"HINCRBY counters c{i % 100} 3"),
        (5_000, "HGETALL of 10", lambda i: "HGETALL hash:10"),
        (500, "HGETALL of 1000", lambda i: "HGETALL hash:1000"),
        (500, "HKEYS of 1000", lambda i: "HKEYS hash:1000"),
        (2_000, "HRANDFIELD 10", lambda i: "HRANDFIELD hash 10"),
        (2_000, "HSCAN COUNT 100", lambda i: f"HSCAN hash {i} COUNT 100"),
        (20_000, "HEXPIRE", lambda i: f"HEXPIRE hash 1000 FIELDS 1 {some('field')}"),
        (20_000, "HTTL", lambda i: f"HTTL hash FIELDS 1 {some('field')}"),
        (20_000, "LPUSH", lambda i: f"LPUSH pushed element:{i}"),
        (20_000, "RPOP", lambda i: "RPOP pushed"),
        (5_000, "LRANGE 0 99", lambda i: "LRANGE list 0 99"),
        (1_000, "LRANGE 100 in the middle", lambda i: f"LRANGE list {many // 2} {many // 2 + 99}"),
        (2_000, "LINDEX", lambda i: f"LINDEX list {dice.randrange(many)}"),
        (2_000, "LSET", lambda i: f"LSET list {dice.randrange(many)} element:x"),
        (1_000, "LPOS", lambda i: f"LPOS list element:{dice.randrange(1000)}"),
        (2_000, "LINSERT", lambda i: f"LINSERT list:100 BEFORE element:50 e{i}"),
        (2_000, "LREM", lambda i: f"LREM list:100 1 e{i}"),
        (2_000, "LMOVE", lambda i: "LMOVE list list LEFT RIGHT"),
        (20_000, "SADD", lambda i: f"SADD evens new:{i}"),
        (20_000, "SREM", lambda i: f"SREM evens new:{i}"),
        (20_000, "SISMEMBER", lambda i: f"SISMEMBER evens {some('member')}"),
        (500, "SMEMBERS of 1000", lambda i: "SMEMBERS set:1000"),
        (2_000, "SRANDMEMBER 10", lambda i: "SRANDMEMBER evens 10"),
        (10, "SINTER of two of 100,000", lambda i: "SINTER evens threes"),
        (10, "SINTERCARD of two of 100,000", lambda i: "SINTERCARD 2 evens threes"),
        (10, "SUNION of two of 100,000", lambda i: "SUNION evens threes"),
        (10, "SDIFF of two of 100,000", lambda i: "SDIFF evens threes"),
        (20_000, "ZADD", lambda i: f"ZADD scores {dice.randrange(million)} {some('member')}"),
        (20_000, "ZINCRBY", lambda i: f"ZINCRBY scores 5 {some('member')}"),
        (20_000, "ZSCORE", lambda i: f"ZSCORE scores {some('member', million)}"),
        (20_000, "ZRANK in a million", lambda i: f"ZRANK scores {some('member', million)}"),
        (5_000, "ZCOUNT", lambda i: f"ZCOUNT scores {start()} {start()}"),
        (2_000, "ZRANGE 100 by rank", lambda i: f"ZRANGE scores {(r := start())} {r + 99}"),
        (
            2_000,
            "ZRANGE 100 by score",
            lambda i: f"ZRANGE scores {start()} +inf BYSCORE LIMIT 0 100",
        ),
        (
            2_000,
            "ZRANGE 100 by score, WITHSCORES",
            lambda i: f"ZRANGE scores {start()} +inf BYSCORE LIMIT 0 100 WITHSCORES",
        ),
        (2_000, "ZRANGE 100 by lex", lambda i: f"ZRANGE words [word:{i:07} + BYLEX LIMIT 0 100"),
        (20_000, "ZPOPMIN", lambda i: "ZPOPMIN scores"),
        (200, "ZUNIONSTORE of two of 1000", lambda i: "ZUNIONSTORE out 2 zset:1000 set:1000"),
        (200, "ZINTER of two of 1000", lambda i: "ZINTER 2 zset:1000 set:1000"),
        (20_000, "XADD", lambda i: "XADD grown * sensor 7 value 9"),
        (20_000, "XADD MAXLEN ~ 1000", lambda i: "XADD kept MAXLEN ~ 1000 * sensor 7 value 9"),
        (2_000, "XRANGE of 100", lambda i: f"XRANGE stream {dice.randrange(many)} + COUNT 100"),
        (2_000, "XREVRANGE of 100", lambda i: f"XREVRANGE stream {many} - COUNT 100"),
        (2_000, "XREAD of 100", lambda i: f"XREAD COUNT 100 STREAMS stream {i}"),
        (5_000, "XREADGROUP of 1", lambda i: "XREADGROUP GROUP group one COUNT 1 STREAMS stream >"),
        (5_000, "XACK", lambda i: f"XACK stream group {i + 1}-1"),
        (2_000, "XPENDING of 100", lambda i: "XPENDING stream busy - + 100"),
        (500, "XAUTOCLAIM of 100", lambda i: "XAUTOCLAIM stream busy two 0 0 COUNT 100"),
        (5_000, "XDEL", lambda i: f"XDEL stream {i + 1}-1"),
        (20_000, "SETBIT", lambda i: f"SETBIT bits {dice.randrange(80_000)} 1"),
        (20_000, "GETBIT", lambda i: f"GETBIT bits {dice.randrange(80_000)}"),
        (20, "BITCOUNT of 10 MB", lambda i: "BITCOUNT bits"),
        (20, "BITPOS in 10 MB", lambda i: "BITPOS bits:0s 1"),
        (20, "BITOP AND of 1 MB", lambda i: "BITOP AND bits:out bits:1 bits:2"),
        (20_000, "BITFIELD", lambda i: f"BITFIELD fields INCRBY u16 #{i % 100} 1"),
        (20_000, "PFADD", lambda i: f"PFADD visitors visitor:new:{i}"),
        (200, "PFCOUNT of two", lambda i: "PFCOUNT visitors others"),
        (200, "PFMERGE", lambda i: "PFMERGE visitors:all visitors others"),
        (20_000, "GEOADD", lambda i: f"GEOADD places 1{i % 10}.5 4{i % 10}.5 {some('place')}"),
        (20_000, "GEODIST", lambda i: f"GEODIST places {some('place')} {some('place')}"),
        (
            100,
            "GEOSEARCH over 100,000",
            lambda i: f"GEOSEARCH places FROMLONLAT {i % 15} 4{i % 10} BYRADIUS 200 km",
        ),
        (
            100,
            "GEOSEARCH COUNT 10 ASC WITHDIST",
            lambda i: (
                f"GEOSEARCH places FROMLONLAT {i % 15} 45 BYRADIUS 200 km ASC COUNT 10 WITHDIST"
            ),
        ),
        (5, "SORT of 100,000", lambda i: "SORT random"),
        (5, "SORT of 100,000 ALPHA", lambda i: "SORT random ALPHA"),
        (200, "SORT of 100 BY GET", lambda i: "SORT list:100 BY nosort GET hash:10->field:* GET #"),
        (20_000, "DEL", lambda i: f"DEL ex:{i}"),
        (20_000, "EXISTS", lambda i: f"EXISTS {key()}"),
        (20_000, "EXPIRE", lambda i: f"EXPIRE {key()} 1000"),
        (20_000, "TTL", lambda i: f"TTL {key()}"),
        (20_000, "TYPE", lambda i: f"TYPE {key()}"),
        (5_000, "RENAME", lambda i: f"RENAME {(k := key())} {k}"),
        (200, "COPY of 1000 fields", lambda i: f"COPY hash:1000 copy:{i}"),
        (200, "DUMP of 1000 fields", lambda i: "DUMP hash:1000"),
        (2_000, "DUMP of a short string", lambda i: f"DUMP {key()}"),
        (2_000, "SCAN COUNT 1000", lambda i: f"SCAN {i * 64} COUNT 1000"),
        (3, "KEYS of a million", lambda i: "KEYS *99999*"),
        (20_000, "EVAL", lambda i: "EVAL return{KEYS[1],1} 1 k"),
        (20_000, "PUBLISH to nobody", lambda i: "PUBLISH channel message"),
        (20_000, "PING", lambda i: "PING"),
    ]
    return [
        Workload(title, max(1, int(count * sizes.share)), _as_words(line))
        for count, title, line in lines
    ]


def _as_words(line: Callable[[int], str]) -> Callable[[int], Words]:
    return lambda i: words(line(i))
