"""Publish and subscribe, by channel, pattern and shard channel."""

from __future__ import annotations

from ..case import case, command, pause
from ..compare import any_order, same_type, unordered, unordered_pairs
from ..generate import table, wrong_arity

CASES = [
    case("ssubscribe in a transaction", "MULTI", "SSUBSCRIBE c", "SUBSCRIBE c", "EXEC"),
    *wrong_arity(
        "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "PUBLISH", "PUBLISH c", "PUBLISH c m x", "SPUBLISH",
        "SPUBLISH c", "SPUBLISH c m x", "PUBSUB", "PUBSUB CHANNELS a b", "PUBSUB NUMPAT a",
        "PUBSUB SHARDCHANNELS a b", "PUBSUB NOSUCH",
    ),
    *table(r"""
        = subscribe and publish
        b> SUBSCRIBE c
        PUBLISH c hello
        PUBLISH other hello
        PUBLISH c ""
        PUBLISH c "\x00\xff\r\n"
        b> UNSUBSCRIBE c
        PUBLISH c hello
        = several channels at once
        b> SUBSCRIBE c d c
        PUBLISH c 1
        PUBLISH d 2
        b> UNSUBSCRIBE c d none
        = unsubscribe without any
        UNSUBSCRIBE
        PUNSUBSCRIBE
        SUNSUBSCRIBE
        UNSUBSCRIBE a b
        PUNSUBSCRIBE a b
        SUNSUBSCRIBE a b
        = unsubscribe from all
        SUBSCRIBE c
        UNSUBSCRIBE
        PSUBSCRIBE p*
        PUNSUBSCRIBE
        SSUBSCRIBE s
        SUNSUBSCRIBE
        PING
        = counts over channels and patterns
        SUBSCRIBE a b
        PSUBSCRIBE p* q*
        SUBSCRIBE c
        UNSUBSCRIBE a
        PUNSUBSCRIBE p*
        UNSUBSCRIBE b c
        PUNSUBSCRIBE q*
        = counts of shard channels are apart
        SUBSCRIBE a
        SSUBSCRIBE s t
        PSUBSCRIBE p*
        SUNSUBSCRIBE s
        UNSUBSCRIBE a
        PUNSUBSCRIBE p*
        SUNSUBSCRIBE t
        PING
        = patterns
        b> PSUBSCRIBE news.* h?llo [ab]c
        PUBLISH news.art 1
        PUBLISH news. 2
        PUBLISH news 3
        PUBLISH hello 4
        PUBLISH ac 5
        PUBLISH cc 6
        = several subscribers
        b> SUBSCRIBE c
        c> SUBSCRIBE c
        d> PSUBSCRIBE *
        PUBLISH c x
        c> UNSUBSCRIBE c
        PUBLISH c y
        = who publishes hears it too
        SUBSCRIBE c
        b> PUBLISH c x
        PUBLISH c y
        = shard channels
        b> SSUBSCRIBE c
        SPUBLISH c hello
        PUBLISH c hello
        b> SUBSCRIBE c
        SPUBLISH c hello
        PUBLISH c hello
        b> PSUBSCRIBE *
        SPUBLISH c x
        b> SUNSUBSCRIBE c
        SPUBLISH c x
        = databases share channels
        b> SELECT 1
        b> SUBSCRIBE c
        PUBLISH c x
        = what a subscriber may say
        SUBSCRIBE c
        PING
        PING hello
        GET k
        SET k v
        MULTI
        EXEC
        PUBLISH c x
        CLIENT ID NOSUCH
        PUBSUB CHANNELS
        NOSUCH
        SET k
        HELLO 9
        RESET
        GET k
        = what a pattern subscriber may say
        PSUBSCRIBE c*
        GET k
        PUNSUBSCRIBE
        GET k
        = what a shard subscriber may say
        SSUBSCRIBE c
        GET k
        SUNSUBSCRIBE
        GET k
        = quit from a subscription
        SUBSCRIBE c
        QUIT
        b> PUBLISH c x
        = subscribe in a transaction
        MULTI
        SUBSCRIBE c
        PSUBSCRIBE p*
        SET k v
        EXEC
        b> PUBLISH c x
        = unsubscribe in a transaction
        MULTI
        UNSUBSCRIBE
        EXEC
        = publish in a transaction
        SUBSCRIBE c
        b> MULTI
        b> PUBLISH c 1
        b> PUBLISH c 2
        b> EXEC
        = pubsub channels
        b> SUBSCRIBE one
        PUBSUB CHANNELS
        PUBSUB CHANNELS o*
        PUBSUB CHANNELS x*
        PUBSUB channels *
        b> PSUBSCRIBE x*
        PUBSUB CHANNELS
        = pubsub shardchannels
        b> SSUBSCRIBE one
        PUBSUB SHARDCHANNELS
        PUBSUB SHARDCHANNELS o*
        PUBSUB SHARDCHANNELS x*
        PUBSUB CHANNELS
        = pubsub counts
        b> SUBSCRIBE a b
        c> SUBSCRIBE a
        PUBSUB NUMSUB
        PUBSUB NUMSUB a
        PUBSUB NUMSUB a none
        PUBSUB SHARDNUMSUB
        b> SSUBSCRIBE s
        PUBSUB SHARDNUMSUB s none
        PUBSUB NUMSUB s
        PUBSUB HELP
        = numpat counts patterns once
        b> PSUBSCRIBE a*
        c> PSUBSCRIBE a* b*
        PUBSUB NUMPAT
        b> PUNSUBSCRIBE
        PUBSUB NUMPAT
        c> PUNSUBSCRIBE b*
        PUBSUB NUMPAT
        = a message while blocked
        SUBSCRIBE c
        b> SUBSCRIBE c
        b> PUBLISH c x
        = subscribers blocked in a pop
        b> SUBSCRIBE c
        b> BLPOP k 0
        PUBLISH c x
        RPUSH k v
        = a session's reply comes before its own push
        SUBSCRIBE c
        PUBLISH c x
        PSUBSCRIBE *
        PUBLISH c y
    """),
    case("a channel and two patterns", "b> SUBSCRIBE news", "b> PSUBSCRIBE n* ne*",
         command("PUBLISH news x", any_order)),
    case("many channels", "b> SUBSCRIBE " + " ".join(f"c{n}" for n in range(50)),
         command("PUBSUB CHANNELS", unordered), command("PUBSUB NUMSUB c1 c2", unordered_pairs),
         "PUBLISH c49 x", command("b> UNSUBSCRIBE", same_type), "PUBLISH c49 x"),
    case("unsubscribing from all tells each", "SUBSCRIBE a b c",
         command("UNSUBSCRIBE", same_type), pause(1), "PING"),
]
