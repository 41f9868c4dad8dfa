"""CLIENT TRACKING and its kin."""

from __future__ import annotations

from ..case import case, pause
from ..compare import any_order, near
from ..generate import table, wrong_arity

_BUT_FOR_IDS = near(1e9, only=":")

CASES = [
    *wrong_arity(
        "CLIENT TRACKING", "CLIENT CACHING", "CLIENT CACHING YES NO", "CLIENT GETREDIR x",
        "CLIENT TRACKINGINFO x",
    ),
    *table(r"""
        = switched on and off
        CLIENT TRACKINGINFO
        CLIENT GETREDIR
        CLIENT TRACKING x
        CLIENT TRACKING ON
        CLIENT TRACKINGINFO
        CLIENT GETREDIR
        CLIENT TRACKING on
        CLIENT TRACKING OFF
        CLIENT TRACKING OFF
        CLIENT TRACKINGINFO
        CLIENT GETREDIR
        = options refused
        CLIENT TRACKING ON REDIRECT
        CLIENT TRACKING ON REDIRECT x
        CLIENT TRACKING ON REDIRECT 0
        CLIENT TRACKING ON REDIRECT 999999
        CLIENT TRACKING ON REDIRECT -1
        CLIENT TRACKING ON REDIRECT <id:a> REDIRECT <id:a>
        CLIENT TRACKING ON PREFIX
        CLIENT TRACKING ON PREFIX a
        CLIENT TRACKING ON BCAST OPTIN
        CLIENT TRACKING ON BCAST OPTOUT
        CLIENT TRACKING ON BCAST OPTIN OPTOUT
        CLIENT TRACKING ON OPTIN OPTOUT
        CLIENT TRACKING ON OPTIN PREFIX a
        CLIENT TRACKING ON FOO
        CLIENT TRACKING OFF FOO
        CLIENT TRACKING x FOO
        CLIENT TRACKING x BCAST
        CLIENT TRACKING OFF BCAST
        CLIENT TRACKING OFF PREFIX a
        CLIENT TRACKING OFF OPTIN OPTOUT
        CLIENT TRACKING OFF REDIRECT 999999
        CLIENT TRACKINGINFO
        = prefixes must not overlap
        PING
        CLIENT TRACKING ON BCAST PREFIX foo PREFIX foobar
        CLIENT TRACKING ON BCAST PREFIX foobar PREFIX foo
        CLIENT TRACKING ON BCAST PREFIX foo PREFIX foo
        CLIENT TRACKING ON BCAST PREFIX a PREFIX ""
        CLIENT TRACKINGINFO
        CLIENT TRACKING ON BCAST PREFIX foo
        CLIENT TRACKING ON BCAST PREFIX fo
        CLIENT TRACKING ON BCAST PREFIX foobar
        CLIENT TRACKING ON BCAST PREFIX foo
        CLIENT TRACKING ON BCAST PREFIX bar
        CLIENT TRACKINGINFO
        CLIENT TRACKING ON BCAST
        CLIENT TRACKINGINFO
        CLIENT TRACKING ON BCAST
        CLIENT TRACKING ON BCAST PREFIX x
        CLIENT TRACKING ON BCAST PREFIX "\xff\x00" PREFIX y
        CLIENT TRACKING ON BCAST NOLOOP
        CLIENT TRACKINGINFO
        = the mode must stay
        CLIENT TRACKING ON
        CLIENT TRACKING ON BCAST
        CLIENT TRACKING ON BCAST OPTIN
        CLIENT TRACKING ON OPTIN
        CLIENT TRACKINGINFO
        CLIENT TRACKING ON OPTOUT
        CLIENT TRACKING ON
        CLIENT TRACKINGINFO
        CLIENT TRACKING OFF
        CLIENT TRACKING ON BCAST
        CLIENT TRACKING ON
        CLIENT TRACKING ON OPTIN
        CLIENT TRACKING ON NOLOOP
        CLIENT TRACKING OFF
        CLIENT TRACKING ON OPTIN NOLOOP
        CLIENT TRACKINGINFO
        = caching
        CLIENT CACHING YES
        CLIENT CACHING NO
        CLIENT CACHING x
        CLIENT TRACKING ON
        CLIENT CACHING YES
        CLIENT CACHING NO
        CLIENT CACHING x
        CLIENT TRACKING ON OPTIN
        CLIENT CACHING NO
        CLIENT CACHING YES
        CLIENT TRACKINGINFO
        CLIENT GETNAME
        CLIENT TRACKINGINFO
        PING
        CLIENT TRACKINGINFO
        CLIENT CACHING YES
        NOSUCH
        CLIENT TRACKINGINFO
        CLIENT CACHING YES
        GET
        CLIENT TRACKINGINFO
        CLIENT CACHING YES
        LPUSH k
        CLIENT TRACKINGINFO
        CLIENT CACHING YES
        CLIENT GETNAME x
        CLIENT TRACKINGINFO
        CLIENT TRACKING OFF
        CLIENT TRACKING ON OPTOUT
        CLIENT CACHING YES
        CLIENT CACHING no
        CLIENT TRACKINGINFO
        MULTI
        GET k
        CLIENT TRACKINGINFO
        EXEC
        CLIENT TRACKINGINFO
        = what is read is told of once
        CLIENT TRACKING ON
        GET k
        b> SET k v
        b> SET k v
        MGET k k2 k3
        b> MSET k a k2 b k3 c
        GET k
        b> DEL k
        b> SET k 1
        b> DEL k
        = one's own writes
        CLIENT TRACKING ON
        GET k
        SET k 1
        SET k 1
        GET k
        MULTI
        GET k
        SET k 2
        GET k
        INCR k
        EXEC
        SET k 3
        = not one's own writes
        CLIENT TRACKING ON NOLOOP
        GET k
        SET k 1
        GET k
        b> SET k 1
        GET k
        MULTI
        INCR k
        GET k
        EXEC
        b> SET k 1
        = reads that count
        CLIENT TRACKING ON
        EXISTS a1
        TTL a2
        TYPE a3
        OBJECT ENCODING a4
        STRLEN a5
        WATCH a6
        KEYS *
        SCAN 0
        RANDOMKEY
        GETEX a7
        TOUCH a8
        XREAD STREAMS b1 b2 0 0
        ZUNION 2 b3 b4
        SINTERCARD 1 b5
        LCS b6 b7
        XINFO STREAM b8
        GETRANGE c1 0 1
        GETDEL c2
        LMPOP 1 c3 LEFT
        ZRANGESTORE c4 c5 0 1
        XPENDING c6 g
        EVAL_RO "return 1" 1 c7
        b> MSET a1 1 a2 1 a3 1 a4 1 a5 1 a6 1 a7 1 a8 1
        b> MSET b1 1 b2 1 b3 1 b4 1 b5 1 b6 1 b7 1 b8 1
        b> MSET c1 1 c2 1 c3 1 c4 1 c5 1 c6 1 c7 1
        = reads that fail count too
        CLIENT TRACKING ON
        b> RPUSH l a
        GET l
        STRLEN l
        b> RPUSH l b
        GET l
        GET l x
        b> RPUSH l b
        = reads in scripts
        CLIENT TRACKING ON
        EVAL "redis.call('get','k') redis.call('set','k2','1') return redis.call('get','k2')" 0
        b> SET k 1
        b> SET k2 1
        EVAL_RO "return redis.call('get','k')" 1 k
        b> SET k 1
        EVAL "redis.call('get','k') redis.call('set','k','1') redis.call('get', 'k')" 0
        b> EVAL "redis.call('set','k',1) redis.call('set','k',2) redis.call('set', 'k2', 1)" 0
        = a key is a key in any database
        CLIENT TRACKING ON
        GET k
        b> SELECT 3
        b> SET k 1
        GET k
        b> FLUSHDB
        b> SET k 1
        = one's own flush
        CLIENT TRACKING ON
        GET k
        FLUSHALL
        GET k
        FLUSHDB
        = tracking ends in the transaction that writes
        CLIENT TRACKING ON
        GET k
        MULTI
        SET k 1
        CLIENT TRACKING OFF
        EXEC
        GET k
        = whole databases
        CLIENT TRACKING ON
        MSET k 1 j 2
        GET k
        b> FLUSHDB
        b> SET k 1
        GET k
        b> FLUSHALL
        MULTI
        GET k
        FLUSHALL
        FLUSHDB
        EXEC
        SET k 1
        GET k
        b> SWAPDB 0 1
        b> SWAPDB 0 1
        b> SET k 1
        = opting in
        CLIENT TRACKING ON OPTIN
        GET k
        b> SET k 1
        CLIENT CACHING YES
        GET k
        GET j
        b> MSET k 1 j 2
        CLIENT CACHING YES
        MULTI
        GET k
        GET j
        EXEC
        GET i
        b> SET k 1
        b> SET j 1
        b> SET i 1
        MULTI
        CLIENT CACHING YES
        GET k
        EXEC
        b> SET k 1
        CLIENT CACHING YES
        EVAL "redis.call('get','k') redis.call('get','j')" 0
        b> SET k 1
        b> SET j 1
        CLIENT CACHING YES
        CLIENT GETNAME
        GET k
        b> SET k 1
        CLIENT CACHING YES
        PING
        GET k
        b> SET k 1
        = opting out
        CLIENT TRACKING ON OPTOUT
        GET k
        CLIENT CACHING NO
        GET j
        b> SET k 1
        b> SET j 1
        CLIENT CACHING NO
        MULTI
        GET k
        EXEC
        b> SET k 1
        = broadcasting
        CLIENT TRACKING ON BCAST PREFIX k PREFIX j
        b> SET k1 1
        b> MSET k2 1 k1 2 i 1 j2 1 j1 1
        b> SET i 1
        SET k1 1
        b> MULTI
        b> SET k3 1
        b> DEL k2
        b> RENAME k3 k1
        b> SET j 1
        b> EXEC
        b> FLUSHALL
        b> DEL k1
        b> SET k1 1
        b> LPUSH k2 a
        b> LPOP k2
        EVAL "redis.call('set', 'k9', 1) redis.call('set', 'k8', 1)" 0
        CLIENT TRACKING OFF
        b> SET k1 1
        = a script's writes are not one's own
        CLIENT TRACKING ON BCAST PREFIX k NOLOOP
        SET k 1
        EVAL "return redis.call('set', KEYS[1], 1)" 1 k
        CLIENT TRACKING OFF
        CLIENT TRACKING ON NOLOOP
        GET k
        EVAL "return redis.call('set', KEYS[1], 1)" 1 k
        GET k
        SET k 1
        = a script's writes where nobody hears of events
        CONFIG SET notify-keyspace-events ""
        CLIENT TRACKING ON BCAST PREFIX k NOLOOP
        SET k 1
        EVAL "return redis.call('set', KEYS[1], 1)" 1 k
        b> BLPOP k1 0
        EVAL "return redis.call('rpush', KEYS[1], 1)" 1 k1
        = a script's writes beside others in a transaction
        CLIENT TRACKING ON BCAST NOLOOP
        MULTI
        SET k 1
        EVAL "return redis.call('set', KEYS[1], 1)" 1 j
        SET i 1
        EXEC
        MULTI
        SET k 1
        EVAL "nonsense" 0
        SET i 1
        EXEC
        = what is over is nobody's doing
        DEBUG SET-ACTIVE-EXPIRE 0
        CLIENT TRACKING ON BCAST NOLOOP
        c> CLIENT TRACKING ON NOLOOP
        SET k v PX 10
        SET j v PX 10
        HSET h a 1 b 2
        HPEXPIRE h 10 FIELDS 1 a
        c> MGET k j
        c> HGET h b
        (25 ms go by)
        GET k
        HGET h a
        c> GET j
        SET i v PX 10
        c> GET i
        c> DEBUG SET-ACTIVE-EXPIRE 1
        (25 ms go by)
        = broadcasting to two
        CLIENT TRACKING ON BCAST
        c> CLIENT TRACKING ON BCAST PREFIX k NOLOOP
        d> CLIENT TRACKING ON
        d> GET k
        b> SET k 1
        c> SET k 1
        c> MSET k 1 j 1
        b> SET j 1
        a> SET k 1
        d> SET k 1
        = tracking ends and begins
        CLIENT TRACKING ON
        c> CLIENT TRACKING ON
        GET k
        CLIENT TRACKING OFF
        b> SET k 1
        CLIENT TRACKING ON
        GET k
        CLIENT TRACKING OFF
        CLIENT TRACKING ON
        b> SET k 1
        GET k
        RESET
        b> SET k 1
        CLIENT TRACKINGINFO
        = a reader who is gone
        CLIENT TRACKING ON
        GET k
        QUIT
        b> SET k 1
        = consumer groups
        CLIENT TRACKING ON
        b> XADD s 1-1 a b
        b> XGROUP CREATE s g 0
        XREAD STREAMS s 0
        b> XREADGROUP GROUP g c STREAMS s >
        b> XACK s g 1-1
        b> XGROUP CREATE s h 0
        b> XADD s 2-1 a b
        XREAD STREAMS s 0
        b> XDEL s 1-1
        XREAD STREAMS s 0
        b> XGROUP DESTROY s g
        b> XTRIM s MAXLEN 0
        = one who is served is told first
        CLIENT TRACKING ON
        LRANGE l 0 -1
        BLPOP l 0
        b> RPUSH l x
        LRANGE l 0 -1
        b> RPUSH l x
        LRANGE l 0 -1
        b> BLPOP l 0
        = lesser writes
        CLIENT TRACKING ON
        b> RPUSH l a b c d
        LLEN l
        b> LTRIM l 0 2
        LLEN l
        b> LREM l 0 a
        LLEN l
        b> LMOVE l m LEFT LEFT
        LLEN l
        b> LSET l 0 x
        b> EXPIRE k 10
        TTL k
        b> SET k 1
        TTL k
        b> EXPIRE k 10
        TTL k
        b> PERSIST k
        TTL k
        b> PERSIST k
        b> COPY k k2
        b> TOUCH k
        b> GETEX k EX 10
        TTL k
        b> APPEND k ""
        b> SETRANGE k 0 ""
        b> SADD s a
        SCARD s
        b> SADD s a
        b> SREM s b
        b> SREM s a
        = silent ones hear nevertheless
        CLIENT TRACKING ON
        CLIENT REPLY OFF
        GET k
        b> SET k 1
        CLIENT REPLY ON
        = redirected within one session
        CLIENT TRACKING ON REDIRECT <id:a>
        GET k
        b> SET k 1
        SUBSCRIBE __redis__:invalidate
        b> SET k 1
        = a table of one key
        CLIENT TRACKING ON
        CONFIG SET tracking-table-max-keys 1
        GET k
        b> SET k 1
        CONFIG SET tracking-table-max-keys 0
        GET k
        GET j
        b> SET k 1
        = in a script
        EVAL "return redis.call('client', 'tracking', 'on')" 0
        MULTI
        CLIENT TRACKING ON
        GET k
        SET k 1
        EXEC
        SET k 1
        = monitored
        CLIENT TRACKING ON
        GET k
        b> SET k 1
    """),
    *table(r"""
        = redirected
        c> SUBSCRIBE __redis__:invalidate
        CLIENT TRACKING ON REDIRECT <id:c>
        CLIENT GETREDIR
        GET k
        b> SET k 1
        MGET k j
        b> MSET k 1 j 2
        GET k
        SET k 2
        GET k
        b> FLUSHALL
        GET k
        c> UNSUBSCRIBE
        b> SET k 2
        c> SUBSCRIBE foo
        GET k
        b> SET k 3
        CLIENT TRACKING ON
        GET k
        b> SET k 3
        = redirected to who is gone
        c> SUBSCRIBE __redis__:invalidate
        CLIENT TRACKING ON REDIRECT <id:c>
        GET k
        CLIENT KILL ID <id:c>
        b> SET k 3
        GET k
        b> SET k 3
        b> FLUSHALL
        CLIENT TRACKING ON
        GET k
        b> SET k 3
        = redirected broadcasts
        c> SUBSCRIBE __redis__:invalidate
        CLIENT TRACKING ON BCAST PREFIX k REDIRECT <id:c>
        b> MSET k1 1 k2 2 j 1
        SET k 1
        CLIENT TRACKING ON BCAST PREFIX j
        b> MSET k1 1 j1 1
        CLIENT TRACKING ON BCAST REDIRECT <id:a>
        b> MSET k1 1 j1 1
        = redirected in between
        c> PING
        CLIENT TRACKING ON REDIRECT <id:c>
        GET k
        b> SET k 1
        CLIENT TRACKINGINFO
        c> RESET
        GET k
        b> SET k 1
        c> SUBSCRIBE x
        GET k
        b> SET k 1
        CLIENT TRACKINGINFO
    """, compare=_BUT_FOR_IDS),
    case("a key whose time is over", "CLIENT TRACKING ON", "b> SET k v PX 10", "GET k", pause(15), "b> GET k",
         "GET k", "b> SET k v PX 10", "GET k", pause(15), "GET k", compare=any_order),
    case("a key that goes by itself", "CLIENT TRACKING ON BCAST", "b> SET k v PX 10", pause(120)),
    case("keys that go in a pause", "CLIENT TRACKING ON", "SET k v PX 10", "GET k", "CLIENT PAUSE 10000 WRITE",
         pause(15), "GET k", "b> GET k"),
]
