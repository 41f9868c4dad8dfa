"""Reading streams from an ID on, alone and in a group; waiting for entries."""

from __future__ import annotations

from ..case import case, pause
from ..generate import INTEGERS, integers, missing_and_expired, table, wrong_arity, wrong_type

# What a negative or enormous time to wait is, and what is no number; the others would wait.
_TIMES = [time for time in INTEGERS if not time.isdecimal() or int(time) > 2**40 or time[0] == "0"]
_GROUP = ("XADD k 1-1 a 1", "XADD k 2-1 a 1", "XADD k 3-1 b 2", "XGROUP CREATE k g 0")
_ODD_IDS = ("x", "-", "*", "(5", ">", "$", "+", "5-*", "''", "0-0", "1", "1-1", "2-0", "3-0", "3-1",
            "18446744073709551615-18446744073709551615", "-1", "' 1-1'")  # fmt: skip
_GONE = {
    "del": ["DEL k"],
    "unlink": ["UNLINK k"],
    "rename away": ["RENAME k j"],
    "set": ["SET k v"],
    "another type": ["DEL k", "RPUSH k a"],
    "a sorted set in its place": ["ZADD j 1 a", "ZUNIONSTORE k 1 j"],
    "a sorted list in its place": ["RPUSH j a", "SORT j ALPHA STORE k"],
    "a sum of sets in its place": ["SADD j a", "SUNIONSTORE k j"],
    "flushdb": ["FLUSHDB ASYNC"],
    "flushall": ["FLUSHALL ASYNC"],
    "xgroup destroy": ["XGROUP DESTROY k g"],
    "another group is destroyed": ["XGROUP CREATE k h 0", "XGROUP DESTROY k h"],
    "swapdb": ["SWAPDB 0 1"],
    "swapdb with a stream of that group": [
        "SELECT 1", "XGROUP CREATE k g 0 MKSTREAM", "XADD k 9-9 a 1", "SWAPDB 0 1"],
    "expiry": ["PEXPIRE k 10"],
    "expiry in the past": ["PEXPIREAT k 1"],
    "rename over it": ["XADD j 7-1 a 1", "XGROUP CREATE j g 0", "RENAME j k"],
    "rename a stream without the group over it": ["XADD j 7-1 a 1", "RENAME j k"],
    "gone and back in one": ["MULTI", "DEL k", "XGROUP CREATE k g $ MKSTREAM", "EXEC",
                             "XADD k 9-9 a 1"],
    "the consumer is removed": ["XGROUP DELCONSUMER k g c", "XADD k 9-9 a 1"],
    "xgroup setid": ["XGROUP SETID k g 0", "XINFO STREAM k", "XADD k 9-9 a 1"],
    "xsetid": ["XSETID k 9-9", "XADD k 9-10 a 1"],
    "trimmed at once": ["XADD k MAXLEN 0 9-9 a 1", "XADD k 9-10 a 1"],
    "added and deleted in one": ["MULTI", "XADD k 9-9 a 1", "XDEL k 9-9", "EXEC"],
    "nothing that matters": ["XDEL k 1-1", "PEXPIRE k 100000", "PERSIST k", "XTRIM k MAXLEN 0"],
    "a copy of it": ["COPY k j", "XADD j 9-9 a 1", "RENAME j k"],
}  # fmt: skip

CASES = [
    *wrong_arity(
        "XREAD", "XREAD STREAMS", "XREAD STREAMS k", "XREADGROUP GROUP g c STREAMS k",
        "XREADGROUP GROUP g c", "XREADGROUP COUNT 1 STREAMS k >",
    ),
    *wrong_type("stream", """
        XREAD STREAMS {} 0
        XREAD STREAMS {} x
        XREAD STREAMS {} $
        XREAD STREAMS {} +
        XREAD STREAMS none {} 0 0
        XREAD STREAMS none {} x 0
        XREAD BLOCK 0 STREAMS none {} 0 0
        XREADGROUP GROUP g c STREAMS {} >
        XREADGROUP GROUP g c STREAMS {} x
        XREADGROUP GROUP g c BLOCK 0 STREAMS {} >
    """),
    *missing_and_expired("XADD k 1-1 a 1\nXGROUP CREATE k g 0", """
        XREAD STREAMS k 0
        XREAD STREAMS k $
        XREAD STREAMS k +
        XREAD STREAMS k k 0 0
        XREADGROUP GROUP g c STREAMS k >
        XREADGROUP GROUP g c STREAMS k 0
        XREADGROUP GROUP g c BLOCK 0 STREAMS k >
    """),
    *integers("XREAD COUNT {} STREAMS k 0\nXREADGROUP GROUP g c COUNT {} STREAMS k >", *_GROUP),
    *[
        case(f"times to wait: {line}", *_GROUP, *(line.replace("{}", time) for time in _TIMES))
        for line in ("XREAD BLOCK {} STREAMS k 0", "XREADGROUP GROUP g c BLOCK {} STREAMS k 0")
    ],
    *[
        case(f"ids in {line}", *_GROUP, "XREADGROUP GROUP g d COUNT 2 STREAMS k >",
             *(line.replace("{}", odd) for odd in _ODD_IDS))
        for line in ("XREAD STREAMS k {}", "XREAD STREAMS none {}", "XREADGROUP GROUP g c STREAMS k {}",
                     "XREADGROUP GROUP g d STREAMS k {}", "XREADGROUP GROUP none c STREAMS k {}",
                     "XREAD COUNT 1 STREAMS k k 0 {}")
    ],
    *table("""
        = xread syntax
        XADD s 1-1 a 1
        XREAD STREAMS s 0 s
        XREAD STREAMS s t 0
        XREAD COUNT 5 STREAMS s x
        XREAD NOSUCH 1 STREAMS s 0
        XREAD COUNT 5 BLOCK 5 s 0
        XREAD BLOCK 5 COUNT
        XREAD COUNT 1 COUNT 2
        XREAD NOACK STREAMS s 0
        XREAD GROUP g c STREAMS s 0
        XREAD COUNT 1 GROUP g
        XREAD STREAMS streams 0
        XREAD streams s 0
        XREAD STREAMS s s s 0 0
        XREAD COUNT 1 COUNT 0 STREAMS s 0
        XREAD STREAMS s none 0 0
        XREAD STREAMS s s 0 +
        XREAD STREAMS s s + $
        = xreadgroup syntax
        XADD s 1-1 a 1
        XGROUP CREATE s g 0
        XREADGROUP GROUP g c STREAMS s > s
        XREADGROUP BLOCK 1 NOACK STREAMS s > s
        XREADGROUP COUNT 1 COUNT 1 STREAMS s >
        XREADGROUP COUNT 1 NOACK NOACK STREAMS s >
        XREADGROUP COUNT 1 COUNT 1 NOACK NOACK GROUP g
        XREADGROUP GROUP g c GROUP none d STREAMS s x
        XREADGROUP GROUP none d GROUP g c STREAMS s >
        XREADGROUP GROUP g c STREAMS s none > >
        XREADGROUP GROUP g c BLOCK -1 STREAMS s x
        XREADGROUP GROUP g c COUNT x STREAMS none x
        XREADGROUP GROUP g c COUNT 1 NOACK s >
        XREADGROUP GROUP g "" STREAMS s 0
        XREADGROUP GROUP g c STREAMS s s 0 x
        = groups read on from their own place
        XADD k 1-1 a 1
        XADD k 2-1 a 1
        XADD k 3-1 a 1
        XADD k 4-1 a 1
        XGROUP CREATE k g 0
        XGROUP CREATE k h 2
        XREADGROUP GROUP g c COUNT 1 STREAMS k >
        XREADGROUP GROUP g c COUNT 1 STREAMS k 0
        XREADGROUP GROUP g d COUNT 1 STREAMS k 0
        XREADGROUP GROUP g d COUNT 1 NOACK STREAMS k 0
        XREADGROUP GROUP g d COUNT 1 NOACK STREAMS k >
        XREADGROUP GROUP g d BLOCK 0 STREAMS k 0
        XREADGROUP GROUP g c COUNT 0 STREAMS k k > 0
        XREADGROUP GROUP g c STREAMS k k k > 0 3
        XREADGROUP GROUP h c STREAMS k k > >
        XDEL k 3-1
        XREADGROUP GROUP g c STREAMS k 0
        XREADGROUP GROUP g c STREAMS k 3
        XREADGROUP GROUP g c STREAMS k (3
        XPENDING k g
        XREADGROUP GROUP g c STREAMS k >
        XREADGROUP GROUP g e STREAMS k >
        XREADGROUP GROUP g c STREAMS k >
        XINFO GROUPS k
        = an entry delivered again changes hands
        XADD k 1-1 a 1
        XADD k 2-1 a 1
        XGROUP CREATE k g 0
        XREADGROUP GROUP g c STREAMS k >
        XREADGROUP GROUP g c STREAMS k 0
        XGROUP SETID k g 0
        XREADGROUP GROUP g d COUNT 1 STREAMS k >
        XPENDING k g
        XREADGROUP GROUP g c NOACK STREAMS k >
        XPENDING k g
        = several streams at once
        XADD j 1-1 a 1
        XADD k 1-1 a 1
        XADD k 2-1 a 1
        XREAD COUNT 1 STREAMS j k none 0 0 0
        XREAD STREAMS j k 5 5
        XREAD STREAMS k j 1-1 0
        XREAD STREAMS j k $ 1
        XGROUP CREATE j g 0
        XGROUP CREATE k g $
        XREADGROUP GROUP g c STREAMS j k > >
        XREADGROUP GROUP g c STREAMS j k > >
        XREADGROUP GROUP g c STREAMS j k 0 >
        XREADGROUP GROUP g c STREAMS j k > 0
        = xread waits for any of its streams
        XADD j 1-1 a 1
        XREAD BLOCK 0 STREAMS j k l $ 0 $
        b> XADD j 1-2 a 1
        XREAD BLOCK 0 COUNT 1 STREAMS j k l $ 0 $
        b> MULTI
        b> XADD l 1-1 a 1
        b> XADD k 1-1 a 1
        b> XADD k 1-2 a 1
        b> EXEC
        = what means the end is known at the call
        XREAD BLOCK 0 STREAMS k $
        b> XADD k 1-1 a 1
        XREAD BLOCK 0 STREAMS k $
        b> MULTI
        b> XADD k 2-1 a 1
        b> XADD k 3-1 a 1
        b> EXEC
        XREAD BLOCK 0 STREAMS k +
        DEL k
        XREAD BLOCK 0 STREAMS k +
        b> XGROUP CREATE k g 0 MKSTREAM
        b> XADD k 1-1 a 1
        b> XADD k 1-2 a 1
        XDEL k 1-1 1-2
        XREAD BLOCK 0 STREAMS k +
        b> XADD k 1-3 a 1
        = a reader waits for what is greater
        XREAD BLOCK 0 STREAMS k 3-3
        b> XADD k 2-2 a 1
        b> XADD k 3-4 a 1
        XREAD BLOCK 0 STREAMS k 18446744073709551615-18446744073709551615
        b> XADD k 18446744073709551615-18446744073709551615 a 1
        b> SET k v
        b> DEL k
        b> XADD k 9-9 a 1
        = a time to live is nothing that a reader waits for
        XREAD BLOCK 0 STREAMS k j 1-1 1-1
        b> XGROUP CREATE k g 0 MKSTREAM
        b> EXPIRE k 100
        b> PERSIST k
        b> XADD j 2-1 a 1
        = a stream that comes by another way wakes
        XREAD BLOCK 0 STREAMS k 0
        b> XADD j 1-1 a 1
        b> RENAME j k
        XREAD BLOCK 0 STREAMS l 0
        b> COPY k l
        = all readers hear, a group shares
        XGROUP CREATE k g $ MKSTREAM
        a> XREADGROUP GROUP g one BLOCK 0 STREAMS k >
        b> XREADGROUP GROUP g two BLOCK 0 STREAMS k >
        c> XREAD BLOCK 0 STREAMS k $
        d> XREAD BLOCK 0 STREAMS k $
        e> XADD k 1-1 a 1
        e> XADD k 2-1 a 1
        e> XPENDING k g
        = a whole batch goes to the oldest
        XGROUP CREATE k g $ MKSTREAM
        a> XREADGROUP GROUP g one COUNT 1 BLOCK 0 STREAMS k >
        b> XREADGROUP GROUP g two BLOCK 0 STREAMS k >
        c> XREADGROUP GROUP g three BLOCK 0 STREAMS k >
        d> MULTI
        d> XADD k 1-1 a 1
        d> XADD k 2-1 a 1
        d> XADD k 3-1 a 1
        d> EXEC
        d> XADD k 4-1 a 1
        d> XPENDING k g
        = within a transaction nothing waits
        XGROUP CREATE k g $ MKSTREAM
        MULTI
        XREAD BLOCK 0 STREAMS k $
        XREADGROUP GROUP g c BLOCK 0 STREAMS k >
        XREADGROUP GROUP none c BLOCK 0 STREAMS k >
        EXEC
        = nothing of this breaks a transaction
        XADD k 1-1 a 1
        XGROUP CREATE k g 0
        WATCH k
        b> XREADGROUP GROUP g c STREAMS k >
        b> XREADGROUP GROUP g c STREAMS k 0
        b> XREAD STREAMS k 0
        MULTI
        PING
        EXEC
        = unblocked by hand
        XGROUP CREATE k g $ MKSTREAM
        XREADGROUP GROUP g c BLOCK 0 STREAMS k >
        b> CLIENT UNBLOCK <id:a>
        XREAD BLOCK 0 STREAMS k $
        b> CLIENT UNBLOCK <id:a> ERROR
    """),
    *[
        case(f"{what} while a group waits", "XGROUP CREATE k g 0 MKSTREAM", "XADD k 1-1 a 1",
             "XREADGROUP GROUP g c STREAMS k >", "XREADGROUP GROUP g c BLOCK 0 STREAMS k >",
             *(f"b> {line}" for line in done), pause(20), "b> PING")
        for what, done in _GONE.items()
    ],
    *[
        case(f"{what} while a reader waits", "XADD k 1-1 a 1", "XREAD BLOCK 0 STREAMS k $",
             *(f"b> {line}" for line in done if "GROUP" not in line), pause(20), "b> PING")
        for what, done in _GONE.items()
    ],
    case("time is up", "XGROUP CREATE k g $ MKSTREAM", "XREAD BLOCK 10 STREAMS k $",
         "b> XREADGROUP GROUP g c BLOCK 10 STREAMS k >", pause(20), "XINFO STREAM k",
         "XADD k 1-1 a 1"),
    case("a key that comes back", "XREAD BLOCK 0 STREAMS k 0", "b> SET k v", "b> DEL k",
         "b> XADD k 1-1 a 1"),
]  # fmt: skip
