"""Keys of any type: DEL, EXISTS, TYPE, KEYS, SCAN, RENAME, COPY, MOVE, OBJECT and the like."""

from __future__ import annotations

from ..case import case, command, pause
from ..compare import any_order, drawn_from, near, top_type, unordered, unordered_deep
from ..generate import TYPES, integers, missing_and_expired, table, wrong_arity

_ALL = tuple(TYPES.values())
_MANY = [f"key:{n}" for n in range(300)]
_PATTERNS = (
    b"*", b"h?llo", b"h*llo", b"h[ae]llo", b"h[^e]llo", b"h[a-b]llo", b"h[b-a]llo", b"hello", b"h*",
    b"*o", b"", b"?????", b"[", b"[a", b"[^", b"h[a", b"h[]llo", b"h[e-]llo", b"\\*", b"h\\?llo",
    b"hell\\o", b"h[\\e]llo", b"h**o", b"h?*", b"**", b"[h][e]llo", b"[^h]*", b"H*", b"\xff*",
    b"a/*", b"a\\\\b", b"h[e-e]llo", b"h[a-]llo", b"[a-", b"*[*", b"hello\\", b"\\", b"h[^]llo",
    b"h[^-a]llo", b"h[--a]llo", b"h[a-z-]llo", b"?*?*?", b"\xff?", b"[\x80-\xff]*", b"h\xe9llo",
)

CASES = [
    # Whether a subcommand ends at a NUL follows from the seed of a server's table of them.
    *table(r"""
        = options that end in a NUL
        SET k v "EX\x00" 10
        GETEX k "PERSIST\x00"
        ZADD z "NX\x00" 1 a
        EXPIRE z 10 "NX\x00"
        SORT l "ALPHA\x00"
        SET k v "GET\x00more" "nx\x00"
        SORT l "LIMIT\x00" 0 1 "STORE\x00" m
        CLIENT TRACKING "ON\x00"
        CLIENT TRACKING "OFF\x00"
        CLIENT KILL "ID\x00" 1 "TYPE\x00" "normal\x00"
        COMMAND LIST "FILTERBY\x00" "PATTERN\x00" nosuch*
        COMMAND GETKEYS XREAD "STREAMS\x00" k 0
        COMMAND GETKEYSANDFLAGS SET k v "GET\x00"
        COMMAND GETKEYSANDFLAGS BITFIELD k "GET\x00" u8 0
        COMMAND GETKEYS SORT k "STORE\x00" m
        COMMAND GETKEYS MIGRATE h 1 "" 0 1 "KEYS\x00" k
        = a number and a NUL are no number
        SET k "1\x00"
        STRLEN k
        OBJECT ENCODING k
        INCR k
        DECRBY k 1
        INCRBYFLOAT k 1
        BITFIELD k GET u8 0
        APPEND k 1
        SET k 1
        APPEND k "\x00"
        INCR k
        SETRANGE k 1 "\x00"
        GET k
        SET k v EX "1\x00"
        HSET h f "1\x00"
        HINCRBY h f 1
        HINCRBYFLOAT h f 1
        HSTRLEN h f
        RPUSH l "1\x00" 2
        SORT l
        SORT l ALPHA
        SORT l BY x* LIMIT 0 "1\x00"
        LREM l 0 1
        LPOS l "1\x00"
        LINDEX l "1\x00"
        SADD s 1 2
        SADD s "1\x00"
        OBJECT ENCODING s
        SISMEMBER s 1
        SREM s 1
        SMEMBERS s
        ZADD z 1 "1\x00"
        ZADD z "1\x00" a
        ZSCORE z "1\x00"
        ZRANGEBYSCORE z "(1\x00" 2
        ZINCRBY z "1\x00" a
        XADD x 1-1 "1\x00" "1\x00"
        XRANGE x "1\x00" +
        SELECT "1\x00"
        EXPIRE k "1\x00"
    """, compare=unordered),
    *wrong_arity(
        "DEL", "UNLINK", "EXISTS", "TYPE", "TYPE a b", "KEYS", "KEYS a b", "SCAN", "RENAME",
        "RENAME a", "RENAME a b c", "RENAMENX", "RENAMENX a", "RENAMENX a b c", "RANDOMKEY a",
        "DBSIZE a", "TOUCH", "COPY", "COPY a", "MOVE", "MOVE a", "MOVE a 1 2", "OBJECT ENCODING",
        "OBJECT ENCODING a b", "OBJECT REFCOUNT", "OBJECT IDLETIME", "OBJECT FREQ", "DUMP",
        "PERSIST", "SWAPDB", "SWAPDB 0", "SWAPDB 0 1 2",
    ),
    *missing_and_expired("SET k v", """
        DEL k
        UNLINK k
        EXISTS k k
        TYPE k
        KEYS *
        SCAN 0
        RENAME k j
        RENAME j k
        RENAMENX k j
        RENAMENX j k
        RANDOMKEY
        DBSIZE
        TOUCH k
        COPY k j
        MOVE k 1
        OBJECT ENCODING k
        OBJECT REFCOUNT k
        OBJECT IDLETIME k
        OBJECT FREQ k
        PERSIST k
        DUMP k
    """),
    *table(r"""
        = del and exists
        MSET a 1 b 2 c 3
        EXISTS a b none a
        DEL a none a
        UNLINK b c none
        EXISTS a b c
        DEL none
        UNLINK none
        = rename
        SET a 1
        RENAME a b
        EXISTS a
        GET b
        RENAME none b
        SET c 3
        RENAME b c
        GET c
        RENAME c c
        RENAME none none
        EXPIRE c 100
        RENAME c d
        TTL d
        SET e v
        EXPIRE e 50
        SET f w
        RENAME f e
        TTL e
        = renamenx
        SET a 1
        SET b 2
        RENAMENX a b
        RENAMENX a c
        RENAMENX none c
        RENAMENX c c
        RENAMENX none none
        EXPIRE c 100
        RENAMENX c d
        TTL d
        = rename over another type
        RPUSH l a b
        SET s v
        RENAME l s
        TYPE s
        HSET h f v
        RENAME s h
        LRANGE h 0 -1
        = copy
        SET a 1
        COPY a b
        COPY a b
        COPY a b REPLACE
        COPY a a
        COPY a a REPLACE
        COPY none b
        COPY none b REPLACE
        COPY a c DB 0
        COPY a a DB 1
        COPY a a DB 1
        COPY a a DB 1 REPLACE
        COPY a b DB 16
        COPY a b DB -1
        COPY a b DB abc
        COPY a b DB
        COPY a b NOSUCH
        COPY a b REPLACE NOSUCH
        COPY a d replace db 2
        EXPIRE a 100
        COPY a e
        TTL e
        = move
        SET a 1
        MOVE a 1
        EXISTS a
        MOVE a 1
        SET a 2
        MOVE a 1
        MOVE a 0
        MOVE a 16
        MOVE a -1
        MOVE a abc
        SET b 1 EX 100
        MOVE b 2
        SELECT 2
        TTL b
        = swapdb
        SET a 1
        SWAPDB 0 1
        EXISTS a
        SELECT 1
        GET a
        SWAPDB 1 1
        SWAPDB 0 16
        SWAPDB -1 0
        SWAPDB abc 0
        SWAPDB 0 abc
        SWAPDB "" ""
        = dbsize and flushes
        SET a 1
        SELECT 1
        SET b 1
        DBSIZE
        FLUSHDB
        DBSIZE
        SELECT 0
        DBSIZE
        FLUSHALL
        DBSIZE
        SET a 1
        FLUSHDB ASYNC
        SET a 1
        FLUSHALL ASYNC
        SET a 1
        FLUSHDB sync
        SET a 1
        FLUSHALL SYNC
        FLUSHDB NOSUCH
        FLUSHALL NOSUCH
        FLUSHALL ASYNC SYNC
        FLUSHDB ""
        = object
        SET a 12
        SET b abc
        OBJECT REFCOUNT b
        OBJECT ENCODING a
        OBJECT ENCODING none
        OBJECT FREQ a
        OBJECT FREQ none
        OBJECT IDLETIME b
        OBJECT IDLETIME none
        OBJECT REFCOUNT none
        OBJECT HELP
        OBJECT HELP x
        = touch
        MSET a 1 b 2
        TOUCH a b none a
        = randomkey
        RANDOMKEY
        SET a 1
        RANDOMKEY
        = a key is any bytes
        SET "" empty
        SET "\x00\xff" bin
        SET "a b" space
        EXISTS "" "\x00\xff" "a b"
        RENAME "" "\r\n"
        TYPE "\r\n"
        DEL "\r\n" "\x00\xff"
        = scan syntax
        SET a 1
        SCAN abc
        SCAN -1
        SCAN ""
        SCAN 18446744073709551616
        SCAN 0 COUNT
        SCAN 0 MATCH
        SCAN 0 TYPE
        SCAN 0 COUNT 0
        SCAN 0 COUNT -1
        SCAN 0 COUNT abc
        SCAN 0 COUNT 9223372036854775807
        SCAN 0 NOSUCH
        SCAN 0 NOSUCH x
        SCAN 0 NOVALUES
        SCAN 0 TYPE string
        SCAN 0 TYPE STRING
        SCAN 0 TYPE nosuch
        SCAN 0 TYPE list
        SCAN 0 MATCH a* COUNT 100 TYPE string
        SCAN 0 match b* count 100
        SCAN 0 COUNT 1 COUNT 100
    """),
    case("types", *_ALL, *(f"TYPE {name}" for name in TYPES), "TYPE none"),
    case("encodings", *_ALL, *(f"OBJECT ENCODING {name}" for name in TYPES)),
    case("del of each type", *_ALL, *(f"DEL {name}" for name in TYPES), "DBSIZE"),
    case("unlink of each type", *_ALL, f"UNLINK {' '.join(TYPES)}", "DBSIZE"),
    case("copies of each type", *_ALL, *(f"COPY {name} copy-{name}" for name in TYPES),
         "RPUSH list d", "HSET hash f w", "SADD set d", "ZADD zset 9 a", "XADD stream 2-1 f w",
         "APPEND string w"),
    case("renames of each type", *_ALL, *(f"RENAME {name} new-{name}" for name in TYPES)),
    case("keys by pattern",
         ("MSET", "hello", 1, "hallo", 2, "a/b", 3, "*", 4, "h?llo", 5, b"\xff\x00", 6, "a\\b", 7,
          "h-llo", 8, "h^llo", 9, "h]llo", 10, "", 11, "hxllo", 12, "hllo", 13, "heello", 14, "[", 15),
         *(command(("KEYS", pattern), unordered) for pattern in _PATTERNS)),
    case("keys of one database", "SET a 1", "SELECT 1", "SET b 1", "KEYS *", "SELECT 0", "KEYS *"),
    case("scan everything", *_ALL, command("SCAN 0 COUNT 1000", unordered_deep),
         *(f"SCAN 0 COUNT 1000 TYPE {kind}" for kind in ("list", "hash", "set", "zset", "stream")),
         command("SCAN 0 COUNT 1000 TYPE string", unordered_deep),
         command("SCAN 0 COUNT 1000 MATCH s*", unordered_deep)),
    case("scan of many", "MSET " + " ".join(f"{key} v" for key in _MANY), command("SCAN 0", top_type),
         command("SCAN 0 COUNT 100000", unordered_deep),
         command("SCAN 0 COUNT 100000 MATCH key:1?", unordered_deep), state=False),
    *integers("SCAN {}\nSCAN 0 COUNT {}", "SET a 1", compare=top_type),
    *integers("MOVE a {}\nCOPY a b DB {}\nSWAPDB 0 {}\nSWAPDB {} 1", "SET a 1"),
    case("randomkey of several", "MSET a 1 b 2 c 3", command("RANDOMKEY", drawn_from("a", "b", "c"))),
    case("expired keys are not listed", "SET a 1 PX 15", "SET b 1 PX 15", "SET c 1", pause(20),
         "KEYS *", "SCAN 0", "RANDOMKEY", "DBSIZE", "EXISTS a b c", events=any_order),
    case("idle time", "SET a v", command("OBJECT IDLETIME a", near(1))),
    case("a key moved while it has a time to live", "SET a 1 EX 100", "MOVE a 1", "SELECT 1",
         command("TTL a", near(1))),
]
