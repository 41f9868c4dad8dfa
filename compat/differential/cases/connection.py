"""The connection itself: PING, ECHO, SELECT, HELLO, AUTH, QUIT, RESET."""

from __future__ import annotations

from ..case import case
from ..compare import without
from ..generate import integers, table, wrong_arity

_GREETING = without("id", "modules")
"""A connection's number is its own; our server has no modules, the real one has one built in."""

CASES = [
    *wrong_arity(
        "PING a b", "ECHO", "ECHO a b", "SELECT", "SELECT 1 2", "AUTH", "AUTH a b c", "QUIT a",
        "RESET a", "HELLO 3 AUTH", "HELLO 3 AUTH a", "HELLO 3 SETNAME",
    ),
    *table(r"""
        = ping
        PING
        PING hello
        ping hello
        PING ""
        PING "\x00\xff\r\n"
        = echo
        ECHO hello
        ECHO ""
        ECHO "\x00\xff\r\n"
        = unknown commands
        NOSUCH
        NOSUCH a b c
        NOSUCH "" "\x00\xff" "with space" "\n"
        "" a
        "get\r\nx" a
        "no such" a
        NOSUCH 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789 b
        NOSUCH aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb ccccccccccccccccccccccccccccccc ddddddddddddddddddddddddddddddd eeeeeeeeee
        = unknown subcommands
        CLIENT NOSUCH
        CLIENT "" x
        CONFIG nosuch a b
        OBJECT NOSUCH k
        COMMAND NOSUCH
        CLIENT
        CONFIG
        OBJECT
        = a command's name is found in any case
        sEt k v
        GeT k
        = select keeps keys apart
        SET k 0
        SELECT 1
        GET k
        SET k 1
        SELECT 0
        GET k
        SELECT 15
        GET k
        SELECT 16
        GET k
        SELECT -1
        SELECT abc
        = auth without a password
        AUTH secret
        AUTH default secret
        AUTH nobody secret
        AUTH default ""
        = reset
        SELECT 1
        CLIENT SETNAME me
        MULTI
        SET k v
        RESET
        CLIENT GETNAME
        SET k v
        GET k
        = reset leaves the watched keys
        WATCH k
        RESET
        MULTI
        b> SET k v
        PING
        EXEC
        = reset leaves subscriptions
        SUBSCRIBE a b
        PSUBSCRIBE p*
        RESET
        PING
        b> PUBLISH a x
        = quit closes
        SET k v
        QUIT
        GET k
        b> GET k
        = quit in a transaction
        MULTI
        SET k v
        QUIT
        b> GET k
        = hello refuses
        HELLO 1
        HELLO 4
        HELLO abc
        HELLO ""
        HELLO 3 NOSUCH
        HELLO 3 SETNAME "a b"
        HELLO 3 AUTH nobody x
        """),
    *integers("SELECT {}"),
    case("hello", "HELLO", "HELLO 2", "HELLO 3", "HELLO 2 SETNAME me", "CLIENT GETNAME",
         "HELLO 3 AUTH default x", "HELLO 3 AUTH default '' SETNAME you", "CLIENT GETNAME",
         compare=_GREETING),
    case("hello changes the replies", "HSET h f v", "SADD s a", "ZADD z 1.5 a", "GET none",
         "HGETALL h", "SMEMBERS s", "ZSCORE z a", "LPOP l 1", compare=_GREETING),
    case("hello in a transaction", "MULTI", "HELLO 3", "HGETALL h", "EXEC", compare=_GREETING),
    case("reset goes back to RESP2", "HELLO 3", "RESET", "HGETALL h", "GET none",
         compare=_GREETING),
]
