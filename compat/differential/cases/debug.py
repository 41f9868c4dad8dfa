"""DEBUG's helpers: the ones that say something about protocols and values."""

from __future__ import annotations

from ..case import case, command
from ..compare import masked
from ..generate import TYPES, each, table, wrong_arity

_TYPES = [
    "string", "integer", "double", "bignum", "null", "array", "set", "map", "attrib", "push", "verbatim",
    "true", "false", "STRING", "nosuch", "''",
]  # fmt: skip

_KEYS = [
    *TYPES.values(),
    "SADD ints 1 2 3",
    "HSET h a 1 b 2",
    "HPEXPIREAT h 5000000000000 FIELDS 1 b",
    "ZADD scores 0.1 a -1e-5 b 1e300 c inf d 1e17 e",
    f"ZADD long 0.1 {'x' * 70} -0 b",
    f"HSET table {'x' * 70} 1 f v",
    "HPEXPIREAT table 5000000000000 FIELDS 1 f",
    "RPUSH chunks " + " ".join(f"element{n}" for n in range(2000)),
    "SET text '" + "some words " * 20 + "'",
    "APPEND integer 3",
    "SET mortal v EX 1000",
]
_NAMES = "string integer list hash set zset stream ints h scores long table chunks text mortal none"

_OBJECT = masked(r"at:0x[0-9a-f]+|lru:\d+|idle:\d+")
_SDS = masked(r"zmalloc: \d+|avail:\d+")

CASES = [
    *wrong_arity("DEBUG"),
    case("each type of the protocol", *(f"DEBUG PROTOCOL {name}" for name in _TYPES)),
    case("types of the protocol in a transaction", "MULTI", "DEBUG PROTOCOL map", "EXEC"),
    case(
        "the replication id changes",
        "DEBUG CHANGE-REPL-ID",
        "DEBUG CHANGE-REPL-ID x",
        "debug change-repl-id",
    ),
    *table(r"""
        = an error of one's own
        DEBUG ERROR hello
        DEBUG ERROR "WRONGTYPE it is not"
        DEBUG ERROR
        DEBUG ERROR a b
        = forms that are not there
        DEBUG PROTOCOL
        DEBUG PROTOCOL string x
        DEBUG JMAP
        DEBUG nosuch
        DEBUG ''
        DEBUG STRINGMATCH-LEN 10 a*
    """),
    *table(r"""
        = many keys
        SET key:1 mine EX 1000
        DEBUG POPULATE 3
        GET key:0
        GET key:1
        OBJECT ENCODING key:2
        DEBUG POPULATE 2 p
        DEBUG POPULATE 2 '' 4
        DEBUG POPULATE 12 q 9
        DEBUG POPULATE 2 r 50
        OBJECT ENCODING r:0
        DEBUG POPULATE 0
        DEBUG POPULATE 0 z 0
        DEBUG POPULATE 1 s 0
        debug populate 1 t 1
        DBSIZE
        = how many keys
        DEBUG POPULATE
        DEBUG POPULATE -1
        DEBUG POPULATE x
        DEBUG POPULATE ''
        DEBUG POPULATE 1.5
        DEBUG POPULATE 9223372036854775808
        DEBUG POPULATE -9223372036854775808
        DEBUG POPULATE 1 p -1
        DEBUG POPULATE 1 p x
        DEBUG POPULATE 1 p 99999999999999999999
        DEBUG POPULATE 0 p -1
        DEBUG POPULATE 1 p 1 x
        DBSIZE
        = keys made in a transaction
        MULTI
        DEBUG POPULATE 2
        GET key:1
        EXEC
        = keys made in a script
        EVAL "return redis.pcall('DEBUG', 'POPULATE', '2')" 0
        DBSIZE
        = keys that are made are modified
        WATCH key:1 other
        b> DEBUG POPULATE 2
        MULTI
        EXEC
        = keys that stay are not modified
        SET key:1 x
        WATCH key:1
        b> DEBUG POPULATE 2
        MULTI
        PING
        EXEC
        = new keys are told
        CONFIG SET notify-keyspace-events KEA
        b> SUBSCRIBE __keyevent@0__:set __keyevent@0__:new
        DEBUG POPULATE 2
        CONFIG SET notify-keyspace-events KEAn
        DEBUG POPULATE 3
        = patterns are tried
        DEBUG STRINGMATCH-TEST x
        = a checksum that is not looked at
        RESTORE k 0 "\x00\x01a\x0a\x00xxxxxxxx"
        DEBUG SET-SKIP-CHECKSUM-VALIDATION 1
        RESTORE k 0 "\x00\x01a\x0a\x00xxxxxxxx"
        GET k
        RESTORE l 0 "\x00\x3fa\x0a\x00xxxxxxxx"
        RESTORE l 0 "\x00\x01a\xff\xffxxxxxxxx"
        RESTORE l 0 ""
        DEBUG SET-SKIP-CHECKSUM-VALIDATION 0
        RESTORE l 0 "\x00\x01a\x0a\x00xxxxxxxx"
        DEBUG SET-SKIP-CHECKSUM-VALIDATION x
        RESTORE l 0 "\x00\x01a\x0a\x00xxxxxxxx"
        DEBUG SET-SKIP-CHECKSUM-VALIDATION
        DEBUG SET-SKIP-CHECKSUM-VALIDATION 0 1
    """),
    case("debug quicklist", *_KEYS, *(f"DEBUG QUICKLIST {name}" for name in _NAMES.split()),
         "DEBUG QUICKLIST chunks 0", "DEBUG QUICKLIST chunks 1 2", "DEBUG QUICKLIST"),
    case("a reload", "SET k v EX 1000", "DEBUG RELOAD", "GET k", events=None),
    case("digests of values", *_KEYS, f"DEBUG DIGEST-VALUE {_NAMES}", "DEBUG DIGEST", timed=True),
    case(
        "digests of databases",
        "DEBUG DIGEST",
        "SET a 1",
        "DEBUG DIGEST",
        "SELECT 2",
        "DEBUG DIGEST",
        "SADD s c b a 3 2 1",
        "DEBUG DIGEST",
        "DEBUG DIGEST-VALUE",
        "DEBUG DIGEST-VALUE a s s",
        "DEBUG DIGEST x",
    ),
    *(
        case(f"debug object {name}", *_KEYS, command(f"DEBUG OBJECT {name}", _OBJECT))
        for name in _NAMES.split()
    ),
    case("debug listpack", *_KEYS, *(f"DEBUG LISTPACK {name}" for name in _NAMES.split())),
    case(
        "debug sdslen",
        *_KEYS,
        *(command(f"DEBUG SDSLEN {name}", _SDS) for name in _NAMES.split()),
    ),
    each(
        "DEBUG QUICKLIST-PACKED-THRESHOLD {}",
        ["0", "1", "2", "100b", "1k", "1gb", "4gb", "5gb", "-1", "x", "''", "1x", "4293918720", "4293918721", "99999999999999999999"],
    ),
    case("debug quicklist-packed-threshold makes plain nodes", *"""
        CONFIG SET list-max-listpack-size 2
        DEBUG QUICKLIST-PACKED-THRESHOLD 10B
        RPUSH k a b c dddddddddddddddddd e f
        DUMP k
        LINSERT k AFTER dddddddddddddddddd x
        DUMP k
        LINSERT k BEFORE b yyyyyyyyyyyyyyyyyyyyyyyyyyyy
        DUMP k
        LSET k 0 aaaaaaaaaaaaaaaaaaaaaaaaa
        LSET k 4 z
        DUMP k
        LREM k 0 c
        LREM k 0 z
        DUMP k
        LPUSH k g hhhhhhhhhhhhhhhhhhh i
        LTRIM k 1 -2
        DUMP k
    """.strip().splitlines()),
]
