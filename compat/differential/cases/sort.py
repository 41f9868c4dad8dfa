"""SORT: by the elements themselves, by other keys, and in the order they have."""

from __future__ import annotations

import random

from ..case import Case, case, command
from ..compare import unordered
from ..generate import FLOATS, each, integers, missing_and_expired, table, wrong_arity, wrong_type

_random = random.Random(11)

_LIST = "RPUSH k 3 1 2 10 -5 1.5"

_OPTIONS = (
    "", "ASC", "DESC", "ALPHA", "ALPHA DESC", "desc asc", "LIMIT 1 2", "LIMIT 1 2 DESC", "LIMIT 0 0",
    "BY nosort", "BY nosort DESC", "BY nosort LIMIT 1 2", "BY nosort DESC LIMIT 1 3", "BY nosort ALPHA",
    "BY nosort DESC LIMIT 4 100", "BY nosort LIMIT 100 1", "BY nosort LIMIT -5 2",
    "BY w_*", "BY w_* DESC", "BY w_* ALPHA", "BY w_* ALPHA DESC", "BY w_* LIMIT 2 2",
    "BY w_* ALPHA LIMIT 1 3", "BY h_*->f", "BY h_*->g ALPHA", "BY h_*->none", "BY h_*", "BY w_*->f",
    "BY none_*", "BY none_* ALPHA", "BY none_* ALPHA DESC LIMIT 1 2", "BY *", "BY * ALPHA", "BY #",
    "BY ''", "BY nosort BY w_*", "BY w_* BY nosort", "BY w_* BY h_*->f", "GET #", "GET w_*",
    "GET # GET w_* GET h_*->g", "GET none", "GET ''", "GET #x", "GET x#", "GET h_*->", "GET h_*->none",
    "GET h_*", "GET *", "GET w_*->f", "GET h_*->f LIMIT 0 2 DESC", "BY w_* GET # GET w_*",
    "BY nosort GET # GET h_*->f LIMIT 2 2", "get # Get #", "LIMIT", "LIMIT 1", "LIMIT x 1", "LIMIT 1 x",
    "LIMIT 1 1 LIMIT 0 3", "BY", "GET", "STORE", "STORE d", "STORE d STORE e", "STORE d DESC",
    "STORE d GET w_* GET #", "STORE d BY nosort", "STORE d BY nosort DESC LIMIT 1 2",
    "STORE d LIMIT 100 1", "STORE d ALPHA", "STORE d BY w_* ALPHA", "STORE k", "STORE w_1", "NOSUCH", "''",
    "ASC 1", "WITHSCORES", "BY w_* NOSUCH", "LIMIT x y NOSUCH",
)  # fmt: skip

_STEADY = tuple(options for options in _OPTIONS if not ("BY" in options and "ALPHA" in options))
"""Without those that leave elements of a sorted set in the random order of a hash table."""

_WEIGHTS = ("MSET w_1 7 w_2 3 w_3 3 w_10 -1.5", "HSET h_1 f 4 g z", "HSET h_2 f 9 g a", "HSET h_3 g b")


def _numbers(count: int, kinds: int) -> list[str]:
    return [str(_random.randrange(kinds)) for _ in range(count)]


def _ties() -> list[Case]:
    """Sorts by few weights of many elements, whole and in part."""
    out: list[Case] = []
    for count in (6, 7, 8, 20, 41, 100, 300):
        elements = list(range(count))
        _random.shuffle(elements)
        weights = tuple(
            word
            for element in elements
            for word in (f"w_{element}", f"{_random.choice('abcd')}", f"n_{element}",
                         str(_random.randrange(4)))
        )  # fmt: skip
        windows = [(_random.randrange(count), _random.randrange(1, count + 1)) for _ in range(12)]
        out.append(case(
            f"ties among {count}", ("RPUSH", "k", *map(str, elements)), ("MSET", *weights), *(
                line
                for order in ("", "DESC")
                for limit in ("", *(f"LIMIT {offset} {number}" for offset, number in windows))
                for line in (f"SORT k BY w_* ALPHA {order} {limit}", f"SORT k BY n_* {order} {limit}",
                             f"SORT k ALPHA {order} {limit}")
            ),
        ))  # fmt: skip
    return out


CASES = [
    *wrong_arity("SORT", "SORT_RO"),
    *wrong_type("list,set,zset", """
        SORT {}
        SORT {} BY nosort
        SORT {} NOSUCH
        SORT {} LIMIT x 1
        SORT {} STORE d
        SORT_RO {}
        SORT_RO {} STORE d
    """),
    *wrong_type("", "SORT source STORE {}"),
    *[
        case(f"stores over any type: {made}", made, "EXPIRE d 100", _LIST, "SORT k STORE d", "TTL d", made,
             "SORT none STORE d", "EXISTS d")
        for made in ("RPUSH d a", "HSET d f v", "SADD d a", "ZADD d 1 a", "XADD d 1-1 f v", "SET d v")
    ],
    *[
        each(f"{name} k {{}}", _OPTIONS, setup, *_WEIGHTS, after=["LRANGE d 0 -1"], what="option")
        for name in ("SORT", "SORT_RO")
        for setup in (_LIST, "SADD k 1 2 3 10", "DEL k")
    ],
    *[
        each(f"{name} k {{}}", _STEADY, "ZADD k 1 10 2 3 3 1 4 2", *_WEIGHTS, after=["LRANGE d 0 -1"],
             what="option", events=None)
        for name in ("SORT", "SORT_RO")
    ],
    each("SORT k ALPHA {}", ("", "DESC", "STORE d", "BY nosort STORE d", "BY nosort STORE d DESC"),
         "SADD k b a c 1 10 2", after=["LRANGE d 0 -1"], what="option"),
    case("a set unsorted", "SADD k b a c 1 10 2 3", command("SORT k BY nosort", unordered),
         command("SORT k BY nosort DESC", unordered), "SORT k BY nosort STORE d", "LRANGE d 0 -1",
         "SORT k BY nosort STORE d LIMIT 1 2", "LRANGE d 0 -1",
         "EVAL \"return redis.call('SORT',KEYS[1],'BY','nosort')\" 1 k",
         "EVAL \"return redis.call('SORT',KEYS[1],'BY','nosort','DESC','LIMIT',1,3)\" 1 k"),
    each("SORT k", FLOATS, "RPUSH k {}", what="element alone"),
    *[
        each(f"RPUSH k {{}}\n{line}".split("\n")[0], FLOATS, "RPUSH k 1 -1", after=[line], what=line)
        for line in ("SORT k", "SORT k DESC", "SORT k ALPHA")
    ],
    each("SET w_1 {}", FLOATS, "RPUSH k 1 2 3", "SET w_2 0.5", after=["SORT k BY w_*"], what="weight"),
    each("HSET h_1 f {}", FLOATS, "RPUSH k 1 2 3", "HSET h_2 f 0.5", after=["SORT k BY h_*->f"],
         what="weight"),
    *integers("SORT k LIMIT {} 2\nSORT k LIMIT 1 {}\nSORT k BY nosort LIMIT {} 2\n"
              "SORT k BY nosort DESC LIMIT {} {}\nSORT k BY w_* LIMIT {} {}", _LIST),
    *integers("SORT k BY nosort LIMIT {} 2\nSORT k BY nosort DESC LIMIT 1 {}",
              "ZADD k 1 a 2 b 3 c 4 d 5 e"),
    *missing_and_expired(_LIST, """
        SORT k
        SORT k BY w_*
        SORT k BY nosort
        SORT k STORE d
        SORT k STORE k
        SORT k GET #
        SORT k NOSUCH
        SORT_RO k
    """),
    *missing_and_expired("MSET k 5 w_2 3", """
        EVAL "redis.call('RPUSH','l',1,2) return redis.call('SORT','l','BY','k*','GET','w_*')" 0
    """),
    *_ties(),
    *table(r"""
        = weights that expired
        RPUSH l 1 2 3
        MSET w_1 3 w_2 2 w_3 1
        HSET h_1 f 5
        PEXPIREAT w_1 1
        SORT l BY w_*
        SORT l BY w_* GET w_*
        HPEXPIREAT h_1 1 FIELDS 1 f
        SORT l BY h_*->f
        SORT l BY h_*->f GET h_*->f
        = equal weights
        RPUSH l 1 1.0 01 1e0 +1
        SORT l
        SORT l DESC
        SORT l LIMIT 1 3
        SORT l ALPHA
        RPUSH m b a c b a
        SORT m ALPHA
        SORT m BY none_*
        SORT m BY none_* DESC
        SORT m BY none_* DESC LIMIT 1 3
        SORT m BY none_* ALPHA
        SORT m BY none_* ALPHA DESC
        = zero bytes
        RPUSH l "a\x00b" "a\x00a" a "b\x00" "" "\x00"
        SORT l ALPHA
        SORT l ALPHA DESC
        SORT l ALPHA STORE d
        LRANGE d 0 -1
        SORT l BY "no\x00*" ALPHA
        SORT l BY "*\x00" ALPHA
        SORT l BY nosort GET "#\x00" GET "\x00*" GET "w*\x00->x"
        SET "wa\x00->x" found
        SORT l BY nosort GET "w*\x00->x"
        SORT l BY nosort LIMIT 2 1 GET "w*\x00->x"
        = bytes above ascii
        RPUSH l "\xff" "\x80" "~" "\xc3\xa9" e f E
        SORT l ALPHA
        SORT l ALPHA DESC
        = patterns
        RPUSH l 1 2
        MSET a1b A1 a2b A2 1 one 2 two **1 star x1*y later
        HSET h1 f F g->x G "" empty
        HSET h1->f f arrow
        SORT l GET a*b
        SORT l GET *
        SORT l GET x**y
        SORT l GET **
        SORT l GET h*->f
        SORT l GET h*->g->x
        SORT l GET h*->
        SORT l GET h*->f->f
        SORT l GET *->f
        SORT l GET h->*->f
        SORT l GET h*-f
        SORT l GET ->*
        SORT l GET "a* b"
        SORT l GET a*->b
        = elements of each encoding
        RPUSH l 5 4 3
        OBJECT ENCODING l
        SORT l
        SADD i 5 4 3
        SORT i
        SADD s 5 4 3 x
        SREM s x
        SORT s
        SORT s DESC LIMIT 0 2
        ZADD z 5 1 4 2 3 3
        SORT z
        SORT z DESC
        SORT z BY nosort
        CONFIG SET zset-max-listpack-entries 0
        ZADD zz 5 1 4 2 3 3
        OBJECT ENCODING zz
        SORT zz BY nosort
        SORT zz BY nosort DESC LIMIT 1 1
        ZADD y 5 1 4 2
        SORT y STORE d LIMIT 5 5 BY nosort
        OBJECT ENCODING y
        ZADD x 5 1 4 2
        SORT x NOSUCH
        OBJECT ENCODING x
        CONFIG SET zset-max-listpack-entries 128
        = what is no number
        RPUSH l 1 x
        SORT l
        SORT l STORE d
        SORT l LIMIT 0 0
        SORT l LIMIT 0 1
        SORT l BY none_*
        SORT l BY nosort
        SET d old
        SORT l STORE d
        GET d
        SORT l ALPHA STORE l
        LRANGE l 0 -1
        = every weight is looked up
        RPUSH l 1 2 3
        SET w_2 x
        SORT l BY w_*
        SORT l BY w_* GET v_*
        SORT l GET w_* GET v_*
        = store
        RPUSH l 3 1 2
        SORT l STORE d
        OBJECT ENCODING d
        SORT l GET none STORE d
        LRANGE d 0 -1
        SORT l GET # GET none_* STORE d
        LRANGE d 0 -1
        SORT l LIMIT 5 5 STORE d
        EXISTS d
        SORT l LIMIT 5 5 STORE d
        SORT l STORE l
        LRANGE l 0 -1
        SORT l BY nosort DESC STORE l
        LRANGE l 0 -1
        = what touches a watched key
        RPUSH l 3 1 2
        WATCH d
        SORT l STORE d
        MULTI
        PING
        EXEC
        WATCH d
        SORT none STORE d
        MULTI
        PING
        EXEC
        WATCH d
        SORT none STORE d
        MULTI
        PING
        EXEC
        WATCH l
        SORT l
        MULTI
        SORT l
        SORT l STORE d
        SORT l NOSUCH
        LRANGE d 0 -1
        EXEC
        = in scripts
        RPUSH l 3 1 2
        EVAL "return redis.call('SORT',KEYS[1])" 1 l
        EVAL "return redis.call('SORT',KEYS[1],'GET','none','GET','#')" 1 l
        EVAL "return redis.call('SORT',KEYS[1],'STORE',KEYS[2])" 2 l d
        EVAL_RO "return redis.call('SORT',KEYS[1])" 1 l
        EVAL_RO "return redis.call('SORT_RO',KEYS[1],'DESC')" 1 l
        EVAL "return redis.pcall('SORT',KEYS[1],'LIMIT','x',1).err" 1 l
        = key positions
        COMMAND GETKEYS SORT k
        COMMAND GETKEYSANDFLAGS SORT k BY w_* LIMIT 0 1 GET # STORE d
        COMMAND GETKEYSANDFLAGS SORT k BY STORE x LIMIT 0 STORE STORE d store e
        COMMAND GETKEYSANDFLAGS SORT k STORE
        COMMAND GETKEYSANDFLAGS SORT k STORE STORE
        COMMAND GETKEYSANDFLAGS SORT k STORE d STORE
        COMMAND GETKEYSANDFLAGS SORT k GET STORE d
        COMMAND GETKEYSANDFLAGS SORT_RO k STORE d
        COMMAND GETKEYSANDFLAGS SORT_RO k BY w_*
    """),
    case("a waiter gets what is stored", "BLPOP d 0", "b> RPUSH l 3 1 2", "b> SORT l STORE d",
         "LRANGE d 0 -1"),
    *[
        case(f"{count} numbers of {kinds}", ("RPUSH", "k", *_numbers(count, kinds)), "SORT k",
             "SORT k DESC LIMIT 5 40", "SORT k ALPHA", "SORT k ALPHA DESC LIMIT 3 3", "SORT k STORE d",
             "OBJECT ENCODING d", "LRANGE d 0 -1")
        for count, kinds in ((10, 3), (100, 1000), (1000, 50), (5000, 100_000))
    ],
]  # fmt: skip
