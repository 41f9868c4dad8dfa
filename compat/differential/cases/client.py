"""CLIENT and its subcommands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..case import case, command, pause
from ..compare import field_names, fields, masked, near
from ..generate import integers, table, wrong_arity
from ..wire import Reply

_FIELDS = fields("name", "db", "sub", "psub", "ssub", "multi", "cmd", "user", "lib-name", "lib-ver",
                 "resp", "flags", "watch")
_HELLO_ID = masked(r"^\d{1,6}$")


def _told(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    """The same fields; the flag ``U`` only says that a server was met at a unix socket."""

    def without_flag(reply: Reply) -> Reply:
        text = re.sub(rb"flags=(\w*?)U", rb"flags=\1", reply.text)
        return Reply(reply.kind, text.replace(b"flags= ", b"flags=N "))

    left, right = ([without_flag(reply) for reply in side] for side in (theirs, ours))
    return _FIELDS(left, right)


_INFO_STEPS = (
    "PING", "SELECT 1", "CLIENT SETNAME me", "CLIENT SETINFO LIB-NAME lib",
    "CLIENT SETINFO LIB-VER 1.2", "WATCH a b", "SUBSCRIBE c", "PSUBSCRIBE p q", "SSUBSCRIBE s",
)

CASES = [
    *wrong_arity(
        "CLIENT ID x", "CLIENT GETNAME x", "CLIENT SETNAME", "CLIENT SETNAME a b", "CLIENT SETINFO",
        "CLIENT SETINFO LIB-NAME", "CLIENT SETINFO LIB-NAME a b", "CLIENT INFO x", "CLIENT UNBLOCK",
        "CLIENT UNBLOCK 1 ERROR x", "CLIENT LIST TYPE", "CLIENT KILL", "CLIENT NO-EVICT",
        "CLIENT NO-TOUCH", "CLIENT REPLY", "CLIENT PAUSE", "CLIENT UNPAUSE x", "CLIENT TRACKING",
        "CLIENT GETREDIR x", "CLIENT CACHING", "CLIENT TRACKINGINFO x", "CLIENT HELP x",
    ),
    *table(r"""
        = help
        CLIENT HELP
        = names
        CLIENT GETNAME
        CLIENT SETNAME me
        CLIENT GETNAME
        CLIENT SETNAME "a b"
        CLIENT SETNAME "a\nb"
        CLIENT SETNAME "a\x00b"
        CLIENT SETNAME "\x7f"
        CLIENT SETNAME "\xff"
        CLIENT GETNAME
        CLIENT SETNAME ""
        CLIENT GETNAME
        CLIENT SETNAME "!~"
        client getname
        = setinfo
        CLIENT SETINFO LIB-NAME redis-py(x_v1)
        CLIENT SETINFO lib-ver 1.2.3
        CLIENT SETINFO LIB-NAME "a b"
        CLIENT SETINFO LIB-VER "a\nb"
        CLIENT SETINFO NOSUCH x
        CLIENT SETINFO LIB-NAME ""
        = unblock of who is not blocked
        CLIENT UNBLOCK 999999
        CLIENT UNBLOCK 999999 TIMEOUT
        CLIENT UNBLOCK 999999 error
        CLIENT UNBLOCK 999999 NOSUCH
        CLIENT UNBLOCK abc
        CLIENT UNBLOCK -1
        CLIENT UNBLOCK <id:a>
        = unblock of a stream's reader
        XADD s 1-1 f v
        XGROUP CREATE s g $
        PING
        XREAD BLOCK 0 STREAMS s $
        b> CLIENT UNBLOCK <id:a>
        XREADGROUP GROUP g c BLOCK 0 STREAMS s >
        b> CLIENT UNBLOCK <id:a> ERROR
        = unblock of a sorted set's reader
        PING
        BZPOPMIN z 0
        b> CLIENT UNBLOCK <id:a>
        BZPOPMAX z 0
        b> CLIENT UNBLOCK <id:a> ERROR
        BZMPOP 0 1 z MIN
        b> CLIENT UNBLOCK <id:a>
        = an error from unblocking within what follows
        PING
        BLPOP k 0
        SET x y
        b> CLIENT UNBLOCK <id:a> ERROR
        b> GET x
        = list refuses
        CLIENT LIST NOSUCH
        CLIENT LIST TYPE nosuch
        CLIENT LIST ID
        CLIENT LIST ID abc
        CLIENT LIST ID 0
        CLIENT LIST ID -1
        CLIENT LIST ID 999999
        CLIENT LIST TYPE master
        CLIENT LIST TYPE replica
        CLIENT LIST TYPE normal x
        = no-evict and no-touch
        CLIENT NO-EVICT on
        CLIENT NO-EVICT OFF
        CLIENT NO-EVICT nosuch
        CLIENT NO-TOUCH on
        CLIENT NO-TOUCH OFF
        CLIENT NO-TOUCH nosuch
        = reply off and skip
        CLIENT REPLY SKIP
        PING
        PING a
        CLIENT REPLY OFF
        PING
        GET k
        CLIENT REPLY ON
        PING
        CLIENT REPLY nosuch
        = reply skipped twice
        CLIENT REPLY SKIP
        CLIENT REPLY SKIP
        PING a
        PING b
        = reply skipped for an error
        CLIENT REPLY SKIP
        GET
        PING a
        CLIENT REPLY SKIP
        NOSUCH
        PING b
        CLIENT REPLY SKIP
        LPUSH k
        INCR k
        CLIENT REPLY SKIP
        CLIENT REPLY x
        PING c
        CLIENT REPLY SKIP
        CLIENT REPLY ON
        PING d
        = reply off is not skipped
        CLIENT REPLY OFF
        CLIENT REPLY SKIP
        PING
        PING
        CLIENT REPLY x
        NOSUCH
        GET
        CLIENT REPLY ON
        CLIENT REPLY ON
        = a transaction in silence
        CLIENT REPLY OFF
        MULTI
        SET k 1
        INCR k
        EXEC
        CLIENT REPLY ON
        GET k
        = subscriptions are confirmed all the same
        CLIENT REPLY OFF
        SUBSCRIBE x
        b> PUBLISH x y
        SUBSCRIBE y z
        PSUBSCRIBE y
        SUBSCRIBE
        UNSUBSCRIBE x
        PUNSUBSCRIBE y
        PING
        CLIENT REPLY ON
        = nobody hears what a blocked one gets
        CLIENT REPLY OFF
        BLPOP l 0
        b> RPUSH l a
        GET k
        CLIENT REPLY ON
        CLIENT REPLY SKIP
        BLPOP l 0
        b> RPUSH l a
        PING
        = reset answers again
        CLIENT REPLY OFF
        RESET
        PING
        CLIENT REPLY SKIP
        RESET
        PING
        = a script hears what its session does not
        CLIENT REPLY OFF
        EVAL "redis.call('set', 'k', redis.call('incr', 'n') + 1)" 0
        CLIENT REPLY ON
        GET k
        = no reply from a script
        EVAL "return redis.call('client','reply','off')" 0
        = kill by forms that do not exist
        CLIENT KILL x
        CLIENT KILL ID
        CLIENT KILL ID x
        CLIENT KILL ID 0
        CLIENT KILL ID -1
        CLIENT KILL ID 1 2 3
        CLIENT KILL ID 99999 100000
        CLIENT KILL ID 9223372036854775808
        CLIENT KILL TYPE x
        CLIENT KILL TYPE master
        CLIENT KILL TYPE replica
        CLIENT KILL TYPE SLAVE
        CLIENT KILL USER nosuch
        CLIENT KILL ADDR x
        CLIENT KILL LADDR x
        CLIENT KILL SKIPME maybe
        CLIENT KILL SKIPME yes ID 12345
        CLIENT KILL MAXAGE x
        CLIENT KILL MAXAGE 0
        CLIENT KILL MAXAGE -1
        CLIENT KILL MAXAGE 1000000
        CLIENT KILL FOO bar
        CLIENT KILL ID 12345 FOO
        CLIENT KILL ID 12345 SKIPME
        CLIENT KILL ID 12345 ADDR foo
        CLIENT KILL ID 12345 USER default SKIPME no
        CLIENT KILL ID 12345 ID 12346
        CLIENT KILL a b c
        = kill takes everything from a session
        b> WATCH k
        b> SUBSCRIBE x
        CLIENT KILL ID <id:b>
        PUBLISH x y
        PUBSUB CHANNELS
        SET k 1
        = kill one that waits
        b> BLPOP k 0
        CLIENT KILL ID <id:b> TYPE normal
        RPUSH k x
        LRANGE k 0 -1
        = kill one in a transaction
        b> MULTI
        b> SET k 1
        CLIENT KILL ID <id:b> SKIPME yes
        GET k
        = kill by the wrong type
        b> SUBSCRIBE x
        CLIENT KILL ID <id:b> TYPE normal
        CLIENT KILL ID <id:b> TYPE pubsub
        = kill oneself in a transaction
        MULTI
        SET k 1
        CLIENT KILL ID <id:a> SKIPME no
        INCR k
        CLIENT KILL ID <id:a> SKIPME no
        EXEC
        b> GET k
        = kill in a script
        b> PING
        EVAL "return redis.call('client','kill','id','<id:b>')" 0
        = id
        CLIENT ID
        MULTI
        CLIENT SETNAME x
        CLIENT GETNAME
        EXEC
    """, compare=_HELLO_ID),
    *integers("CLIENT UNBLOCK {}"),
    case("info", *(step for line in _INFO_STEPS for step in (line, command("CLIENT INFO", _told))),
         protocols=(3,)),
    case("info names its fields", "PING", command("CLIENT INFO", field_names)),
    case("info in a transaction", "WATCH k", "MULTI", "GET k", "CLIENT INFO", "GET k",
         command("EXEC", lambda theirs, ours: len(theirs[0].parts) == len(ours[0].parts))),
    case("list of oneself", "CLIENT SETNAME me", command("CLIENT LIST ID <id:a>", _told),
         command("CLIENT LIST ID <id:a> <id:a>", _told)),
    case("list names its fields", "PING", command("CLIENT LIST ID <id:a>", field_names)),
    case("list of several", "b> CLIENT SETNAME bee", "c> SUBSCRIBE x", "b> BLPOP k 0",
         command("CLIENT LIST ID <id:b> <id:c>", _told), command("CLIENT LIST TYPE pubsub ID <id:c>", _told)),
    case("list of a blocked one", "b> PING", "b> BLPOP k 0", command("CLIENT LIST ID <id:b>", _told),
         "RPUSH k x", command("CLIENT LIST ID <id:b>", _told)),
    case("list of one in a transaction", "b> MULTI", "b> GET k", "b> GET k",
         command("CLIENT LIST ID <id:b>", _told)),
    case("list of one who is gone", "b> PING", "b> QUIT", "CLIENT LIST ID <id:b>"),
    case("age and idle", "PING", pause(1), command("CLIENT LIST ID <id:a>", masked(r"id=.*$")),
         command("CLIENT ID", near(1e9))),
    case("killed by id", "b> PING", "CLIENT KILL ID <id:b>", "b> PING", "CLIENT KILL ID 999999",
         "CLIENT KILL ID abc", "CLIENT KILL NOSUCH x", "CLIENT KILL ID", "CLIENT KILL 1.2.3.4:5",
         "CLIENT KILL SKIPME maybe ID 1", "CLIENT KILL TYPE nosuch"),
    case("killed while blocked", "b> BLPOP k 0", "CLIENT KILL ID <id:b>", "RPUSH k x"),
    case("killed by oneself", "CLIENT KILL ID <id:a>", "CLIENT KILL ID <id:a> SKIPME no", "PING"),
    case("told of in a pause", "b> PING", "CLIENT PAUSE 100000 WRITE", "b> SET k 1",
         command("CLIENT LIST ID <id:b>", _told), "CLIENT UNPAUSE"),
    case("told of after a pause", "b> MULTI", "CLIENT PAUSE 100000 WRITE", "b> SET k 1",
         command("CLIENT LIST ID <id:b>", _told), "CLIENT UNPAUSE", command("CLIENT LIST ID <id:b>", _told)),
    case("killed by age", "b> PING", pause(1010), "c> PING", "CLIENT KILL MAXAGE 1 ID <id:b>",
         "CLIENT KILL MAXAGE 1 ID <id:c>", "CLIENT KILL MAXAGE 2 ID <id:c>"),
    case("told of what it tracks", "c> PING", "CLIENT TRACKING ON BCAST", command("CLIENT LIST ID <id:a>", _told),
         "CLIENT TRACKING OFF", command("CLIENT LIST ID <id:a>", _told), "CLIENT TRACKING ON",
         command("CLIENT LIST ID <id:a>", _told)),
]
