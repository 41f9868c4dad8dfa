"""MONITOR."""

from __future__ import annotations

from collections.abc import Sequence

from ..case import Case, case, pause
from ..compare import masked, without
from ..generate import table, wrong_arity
from ..wire import Reply

# When, and from where if not from a script: a time has ten digits before its point.
_LINE = masked(r"^\d{10}\.\d{6} \[(?=\d lua)|^\d{10}\.\d{6} \[\d (?!lua)[^\]]*")
_GREETING = without("id", "modules")


def _shown(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    """The same lines but for times and addresses; the same greetings but for IDs and modules."""
    return _LINE(theirs, ours) or _GREETING(theirs, ours)


_COME = "a> PING\nb> PING\nm> MONITOR"


def _cases(text: str) -> list[Case]:
    """A table in which a monitor comes after the others."""
    return table(text.replace("m> MONITOR", _COME), compare=_shown)


CASES = [
    *wrong_arity("MONITOR x"),
    *_cases(
        r"""
        = what is shown
        m> MONITOR
        SET k 1
        GET
        nosuch x
        PING
        SELECT 3
        SELECT 99
        get "a\x00\"\\\n\r\t\a\b\x7f\xff'b"
        LPUSH k x
        LPUSH k x
        GET k
        SELECT 0
        GET ""
        = passwords are not
        m> MONITOR
        AUTH foo
        AUTH default foo
        AUTH a b c
        AUTH
        HELLO 3 AUTH default x SETNAME y
        HELLO 2 SETNAME AUTH
        HELLO 2 SETNAME y AUTH default
        HELLO 3 AUTH nosuch x
        HELLO 9 AUTH default x
        HELLO x AUTH default x
        = commands for administrators are not
        m> MONITOR
        CLIENT GETNAME
        CLIENT LIST TYPE master
        CLIENT NO-TOUCH OFF
        CLIENT NO-EVICT OFF
        CONFIG GET maxmemory
        CONFIG RESETSTAT
        ACL WHOAMI
        ACL LIST
        OBJECT HELP
        COMMAND GETKEYS GET k
        ROLE
        = transactions
        m> MONITOR
        MULTI
        SET k 2
        nosuch
        EXEC
        MULTI
        SET k 2
        INCR k
        LPUSH k x
        SELECT 2
        GET k
        EXEC
        MULTI
        GET k
        DISCARD
        EXEC
        WATCH k
        MULTI
        GET k
        b> SET k 1
        EXEC
        MULTI
        EXEC x
        EXEC
        EXEC
        = scripts are shown before what they call
        m> MONITOR
        EVAL "redis.call('set','q','1') redis.pcall('lpush','q','1') return redis.call('GET','q')" 0
        EVAL "return redis.call('nosuch')" 0
        EVAL "return redis.call('get')" 0
        EVAL "return redis.pcall('lpush', 'k')" 0
        EVAL "redis.call('select', 4) redis.call('get', 'k')" 0
        EVAL "return redis.call('client', 'id')" 0
        EVAL "foo" 0
        EVAL "return 1" -1
        EVAL "return 1" x
        EVAL "return 1" 1
        EVAL_RO "return redis.call('get', KEYS[1])" 1 k
        EVALSHA 816ccacd66cee27df40b38b03fcb7a2e6769f006 0
        EVALSHA x 0
        SCRIPT LOAD "return 1"
        MULTI
        EVAL "return redis.call('get','q')" 0
        EXEC
        = waiting commands are shown once
        m> MONITOR
        b> BLPOP l 0
        RPUSH l x
        BLPOP l 0
        b> RPUSH l x
        = subscribers
        m> MONITOR
        b> SUBSCRIBE x
        PUBLISH x y
        b> GET k
        b> PING
        b> UNSUBSCRIBE
        = a monitor has no keys
        m> MONITOR
        m> PING
        m> GET k
        m> SET k v
        m> ECHO x
        m> EVAL "return redis.call('get', 'k')" 0
        m> PUBLISH x y
        m> GETEX x
        m> SELECT 1
        m> CLIENT GETNAME
        m> MULTI
        m> GET k
        m> PING
        m> EXEC
        m> SUBSCRIBE a
        PUBLISH a x
        m> PING
        m> UNSUBSCRIBE a
        = a monitor again
        MONITOR
        MONITOR
        PING
        = a silent monitor is shown nothing
        PING
        CLIENT REPLY OFF
        MONITOR
        PING
        CLIENT REPLY ON
        = no longer
        n> PING
        m> MONITOR
        n> MONITOR
        b> QUIT
        m> RESET
        m> PING
        n> QUIT
        PING
        = where it is not allowed
        MULTI
        MONITOR
        EXEC
        MULTI
        PING
        EXEC
        EVAL "return redis.call('monitor')" 0
        """
    ),
    case(
        "a waiting command that is in vain is shown once",
        "PING", "m> MONITOR", "BLPOP l 0.01", pause(15), "PING",
        compare=_shown,
    ),
    case(
        "an expired key is not shown",
        "PING", "m> MONITOR", "SET k v PX 1", pause(5), "GET k",
        compare=_shown,
    ),
]
