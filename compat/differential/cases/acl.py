"""ACL, and what users may and may not do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..case import case, command, pause
from ..compare import same_type, unordered, without
from ..generate import table, wrong_arity
from ..wire import Reply

_LOG = without("age-seconds", "client-info", "entry-id", "timestamp-created", "timestamp-last-updated")


def _hex(theirs: Sequence[Reply], ours: Sequence[Reply]) -> bool:
    """Hexadecimal digits, and as many."""
    digits = re.compile(rb"[0-9a-f]*")
    return same_type(theirs, ours) and all(
        len(left.text) == len(right.text) and digits.fullmatch(right.text) is not None
        for left, right in zip(theirs, ours, strict=True)
    )


CASES = [
    *wrong_arity(
        "ACL", "ACL CAT x y", "ACL DELUSER", "ACL DRYRUN", "ACL DRYRUN default", "ACL GENPASS 1 2", "ACL GETUSER",
        "ACL GETUSER a b", "ACL HELP x", "ACL LIST x", "ACL LOAD x", "ACL LOG 1 2", "ACL SAVE x", "ACL SETUSER",
        "ACL USERS x", "ACL WHOAMI x", "AUTH",
    ),
    *table(r"""
        = users
        ACL WHOAMI
        ACL USERS
        ACL LIST
        ACL GETUSER default
        ACL GETUSER nosuch
        ACL SETUSER u
        ACL SETUSER t
        ACL USERS
        ACL GETUSER u
        ACL LIST
        ACL SETUSER U
        ACL DELUSER u nosuch u
        ACL DELUSER t default
        ACL DELUSER default
        ACL USERS
        ACL NOSUCH
        ACL HELP
        = names
        ACL SETUSER "u v"
        ACL SETUSER "u\x00v"
        ACL SETUSER "u\tv"
        ACL SETUSER ""
        ACL SETUSER "\xff"
        ACL SETUSER :
        ACL LIST
        ACL DELUSER "" "\xff"
        ACL USERS
        = switches and passwords
        ACL SETUSER u on
        ACL LIST
        ACL SETUSER u OFF
        ACL SETUSER u nopass
        ACL LIST
        ACL SETUSER u >a
        ACL LIST
        ACL SETUSER u >b >a
        ACL LIST
        ACL SETUSER u <a
        ACL SETUSER u <a
        ACL SETUSER u #ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb
        ACL GETUSER u
        ACL SETUSER u !ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb
        ACL SETUSER u !ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb
        ACL SETUSER u #CA978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb
        ACL SETUSER u #abc
        ACL SETUSER u !abc
        ACL SETUSER u #
        ACL SETUSER u >
        ACL LIST
        ACL SETUSER u resetpass
        ACL LIST
        ACL SETUSER u >x nopass
        ACL LIST
        ACL SETUSER u NOPASS resetPass
        ACL LIST
        ACL SETUSER u skip-sanitize-payload
        ACL GETUSER u
        ACL SETUSER u sanitize-payload
        ACL SETUSER u on >a ~* &* +@all (+get ~x)
        ACL SETUSER u reset
        ACL LIST
        = commands
        ACL SETUSER u +get +set
        ACL LIST
        ACL SETUSER u +@string
        ACL LIST
        ACL SETUSER u -get
        ACL LIST
        ACL SETUSER u +GET
        ACL LIST
        ACL SETUSER u +@all -@dangerous +config|get
        ACL LIST
        ACL SETUSER u -@all
        ACL LIST
        ACL SETUSER u +client|id +client -client|kill +client|kill
        ACL LIST
        ACL SETUSER u -client
        ACL LIST
        ACL SETUSER u allcommands
        ACL LIST
        ACL SETUSER u +get
        ACL LIST
        ACL SETUSER u nocommands
        ACL LIST
        ACL SETUSER u +@read -@read +@read
        ACL LIST
        ACL SETUSER u +@ALL +GET -@Write
        ACL LIST
        ACL SETUSER u +@all
        ACL LIST
        = first arguments
        ACL SETUSER u +get|x
        ACL LIST
        ACL SETUSER u +GET|Y +select|1
        ACL LIST
        ACL SETUSER u +get|y
        ACL LIST
        ACL SETUSER u -get|x
        ACL SETUSER u +get
        ACL LIST
        ACL SETUSER u +get|z -get
        ACL LIST
        = rules that are none
        ACL SETUSER u +nosuch
        ACL SETUSER u -nosuch
        ACL SETUSER u +@nosuch
        ACL SETUSER u -@nosuch
        ACL SETUSER u +@all|x
        ACL SETUSER u foo
        ACL SETUSER u +
        ACL SETUSER u -
        ACL SETUSER u +@
        ACL SETUSER u +|
        ACL SETUSER u +get|
        ACL SETUSER u +config|
        ACL SETUSER u +config|nosuch
        ACL SETUSER u -config|nosuch
        ACL SETUSER u +get|a|b
        ACL SETUSER u +config|get|x
        ACL SETUSER u -select|1
        ACL SETUSER u %
        ACL SETUSER u %~a
        ACL SETUSER u %X~a
        ACL SETUSER u %RR~a
        ACL SETUSER u "~a b"
        ACL SETUSER u "%R~a b"
        ACL SETUSER u "&a b"
        ACL SETUSER u )
        ACL SETUSER u (+get
        ACL SETUSER u (+get ~a
        ACL SETUSER u (on)
        ACL SETUSER u (foo)
        ACL SETUSER u (+get) )
        ACL SETUSER u (+get)(+set)
        ACL SETUSER u ((+get))
        ACL SETUSER u on foo
        ACL SETUSER u +get foo +set
        ACL SETUSER u ""
        ACL USERS
        ACL LIST
        = keys
        ACL SETUSER u ~a ~b* ~a
        ACL LIST
        ACL SETUSER u %R~c %W~c %W~d %RW~e %wr~f %R
        ACL LIST
        ACL SETUSER u ~
        ACL LIST
        ACL SETUSER u allkeys
        ACL LIST
        ACL SETUSER u ~foo
        ACL SETUSER u %R~foo
        ACL SETUSER u ~*
        ACL SETUSER u resetkeys
        ACL LIST
        ACL SETUSER u %RW~*
        ACL LIST
        ACL SETUSER u ~q
        ACL SETUSER u ~*
        ACL GETUSER u
        ACL SETUSER u RESETKEYS "~\xff"
        ACL LIST
        = channels
        ACL SETUSER u &a &b* &a
        ACL LIST
        ACL SETUSER u &
        ACL LIST
        ACL SETUSER u allchannels
        ACL LIST
        ACL SETUSER u &foo
        ACL SETUSER u &*
        ACL SETUSER u ResetChannels
        ACL LIST
        ACL SETUSER u &*
        ACL GETUSER u
        CONFIG SET acl-pubsub-default allchannels
        ACL SETUSER v (+get)
        ACL SETUSER u reset
        ACL LIST
        CONFIG SET acl-pubsub-default nosuch
        CONFIG GET acl-pubsub-default
        = selectors
        ACL SETUSER u (~c* +get) (%R~d* %W~e* &ch* +@read)
        ACL GETUSER u
        ACL LIST
        ACL SETUSER u ()
        ACL SETUSER u "( +get   ~x )"
        ACL SETUSER u "(+get" "~a" "&c" )
        ACL SETUSER u (+get ~z) on (allkeys nocommands)
        ACL LIST
        ACL GETUSER u
        ACL SETUSER u CLEARSELECTORS
        ACL LIST
        = sorts of categories
        ACL CAT nosuch
        ACL CAT ""
        ACL CAT a b
        = passwords by dice
        ACL GENPASS x
        ACL GENPASS 0
        ACL GENPASS -1
        ACL GENPASS 4097
        ACL GENPASS 9223372036854775808
        = files
        ACL SAVE
        ACL LOAD
        = dry runs
        ACL SETUSER u +get +mget +client|id +publish ~a &x
        ACL DRYRUN nosuch get a
        ACL DRYRUN default nosuch a
        ACL DRYRUN default get
        ACL DRYRUN default get a
        ACL DRYRUN u get a
        ACL DRYRUN u get b
        ACL DRYRUN u mget a b c
        ACL DRYRUN u set b x
        ACL DRYRUN u config get
        ACL DRYRUN u config get x
        ACL DRYRUN u client id
        ACL DRYRUN u client info
        ACL DRYRUN u client nosuch
        ACL DRYRUN u client
        ACL DRYRUN u publish x y
        ACL DRYRUN u publish y y
        ACL DRYRUN u auth x
        ACL DRYRUN u quit
        ACL DRYRUN u exec
        ACL LOG
        = logging in
        ACL SETUSER u on >p +@all
        ACL SETUSER v >p +@all
        ACL SETUSER w on nopass +@all
        AUTH x
        AUTH default x
        AUTH default ""
        AUTH nosuch x
        AUTH u x
        ACL WHOAMI
        AUTH u p
        ACL WHOAMI
        AUTH v p
        AUTH w anything
        ACL WHOAMI
        AUTH a b c
        RESET
        ACL WHOAMI
        ACL SETUSER u off
        AUTH u p
        = what a user may run
        ACL SETUSER u on nopass +@all -@dangerous -set +client|list ~*
        b> AUTH u x
        b> GET a
        b> SET a 1
        b> SET
        b> NOSUCH
        b> KEYS *
        b> CLIENT LIST TYPE master
        b> CLIENT KILL ID 0
        b> CLIENT NOSUCH
        b> CLIENT
        b> CONFIG GET x
        b> PING
        b> EVAL "return redis.call('set','a','1')" 0
        b> EVAL "return redis.pcall('set','a','1')" 0
        b> EVAL "return redis.call('get','a')" 0
        b> EVAL "return {redis.acl_check_cmd('set','a','1'),redis.acl_check_cmd('get','a')}" 0
        b> MULTI
        b> SET a 1
        b> GET a
        b> EXEC
        ACL SETUSER u nocommands
        b> PING
        b> ACL WHOAMI
        b> MULTI
        b> EXEC
        b> QUIT
        = first arguments allowed
        ACL SETUSER u on nopass +get|x +get|y ~* +select|1
        b> AUTH u x
        b> GET x
        b> GET X
        b> GET z
        b> SELECT 1
        b> SELECT 2
        b> SELECT 01
        = keys behind words that end in a NUL
        ACL SETUSER u on nopass +@all ~a* %W~w*
        b> AUTH u x
        b> SET w1 1 "GET\x00"
        b> SORT a "STORE\x00" b
        b> XREAD "STREAMS\x00" b 0
        b> MIGRATE h 1 "" 0 1 "KEYS\x00" b
        = keys allowed
        ACL SETUSER u on nopass +@all ~a* %R~r* %W~w*
        b> AUTH u x
        b> GET a
        b> GET b
        b> GET r1
        b> GET w1
        b> SET w1 1
        b> SET r1 1
        b> SET w1 1 GET
        b> SET a1 1 GET
        b> GETSET w1 x
        b> APPEND w1 x
        b> APPEND r1 x
        b> INCR w2
        b> COPY r1 w1
        b> COPY w1 r1
        b> RENAME a1 w3
        b> RENAME w3 a1
        b> MGET a1 r1 b
        b> MSET a1 1 b 2
        b> DEL w1
        b> DEL r1
        b> EXISTS w1
        b> EXISTS b
        b> TYPE w1
        b> TOUCH r1 w1
        b> TTL w1
        b> EXPIRE w1 10
        b> OBJECT ENCODING w1
        b> LMOVE r1 w1 LEFT LEFT
        b> LPUSH w9 a
        b> LPOP w9
        b> ZUNIONSTORE w4 2 r1 r2
        b> ZUNIONSTORE r4 2 a1 a2
        b> XREADGROUP GROUP g c STREAMS w1 >
        b> SCAN 0 COUNT 1000 MATCH nosuch
        b> EVAL "return 1" 1 b
        b> EVAL "return 1" 1 r1
        b> EVAL "return 1" 1 a
        b> EVAL_RO "return 1" 1 r1
        b> EVAL "return redis.call('get','b')" 0
        b> EVAL "return redis.pcall('get','b')" 0
        b> EVAL "return {redis.acl_check_cmd('get','b'), redis.acl_check_cmd('get','a')}" 0
        b> WATCH b
        b> WATCH r1
        = keys that patterns find
        ACL SETUSER u on nopass +@all ~a* %R~r*
        b> AUTH u x
        b> RPUSH a 1 2
        b> SORT a BY b*
        b> SORT a GET b*
        b> SORT a GET #
        b> SORT a BY nosort
        b> SORT a BY nosort GET #
        b> SORT a BY ax*
        b> SORT a BY b* LIMIT 0
        b> SORT a LIMIT 0 BY b*
        ACL SETUSER u (%R~* +get)
        b> SORT a BY b*
        ACL SETUSER u (%R~* +sort)
        b> SORT a BY b*
        b> SORT a GET b*
        b> SORT_RO a GET b*
        b> SORT a STORE b
        b> SORT r1 STORE a
        = channels allowed
        ACL SETUSER u on nopass +@all &a &b*
        b> AUTH u x
        b> PUBLISH a 1
        b> PUBLISH ab 1
        b> PUBLISH bcd 1
        b> SPUBLISH c 1
        b> SPUBLISH bc 1
        b> SUBSCRIBE c
        b> SUBSCRIBE a c
        b> PSUBSCRIBE *
        b> PSUBSCRIBE b
        b> SSUBSCRIBE c
        b> EVAL "return redis.pcall('publish','zz','x')" 0
        b> SUBSCRIBE bx
        b> PSUBSCRIBE b*
        b> UNSUBSCRIBE zz
        b> PUNSUBSCRIBE zz
        = selectors are asked in turn
        ACL SETUSER u on nopass (~a +get +mget) (~b +set +mget) (&x +publish)
        b> AUTH u x
        b> GET a
        b> SET a 1
        b> SET b 1
        b> GET b
        b> MGET a b
        b> MGET c
        b> PUBLISH x 1
        b> PUBLISH y 1
        b> PING
        ACL SETUSER u +get
        b> GET b
        = rights that change before EXEC
        ACL SETUSER u on nopass +@all ~* &*
        b> AUTH u x
        b> MULTI
        b> PING
        b> GET foo
        b> PUBLISH x y
        ACL SETUSER u -ping resetkeys resetchannels
        b> EXEC
        b> MULTI
        ACL SETUSER u -exec -discard
        b> EXEC
        b> DISCARD
        b> EXEC
        = rights that change while one waits
        ACL SETUSER u on nopass +@all ~*
        b> AUTH u x
        b> BLPOP l 0
        ACL SETUSER u resetkeys
        RPUSH l 1
        LRANGE l 0 -1
        = a subscriber who may listen no longer
        ACL SETUSER u on nopass +@all &x* &y
        b> AUTH u x
        b> SUBSCRIBE xa
        c> AUTH u x
        c> PSUBSCRIBE x*
        d> AUTH u x
        d> SSUBSCRIBE y
        ACL SETUSER u resetchannels &xa
        ACL SETUSER u resetchannels
        ACL SETUSER u allchannels
        = a user who is deleted
        ACL SETUSER u on nopass +@all ~*
        ACL SETUSER v on nopass +@all
        b> AUTH u x
        c> AUTH u x
        c> BLPOP l 0
        d> AUTH v x
        ACL DELUSER u
        d> ACL DELUSER v u
        = one who is off goes on
        ACL SETUSER u on nopass +@all ~*
        b> AUTH u x
        ACL SETUSER u off
        b> PING
        b> AUTH u x
        CLIENT KILL USER u
        CLIENT KILL USER nosuch
        = a password for all
        PING
        CONFIG SET requirepass foo
        CONFIG GET requirepass
        ACL LIST
        AUTH bar
        PING
        AUTH foo
        b> PING
        b> NOSUCH
        b> GET
        b> GET x
        b> MULTI
        b> HELLO 3
        b> HELLO x
        b> HELLO 3 AUTH default bar
        b> AUTH bar
        b> RESET
        b> AUTH foo
        b> PING
        b> RESET
        b> PING
        b> AUTH default foo
        b> PING
        c> QUIT
        CONFIG SET requirepass ""
        d> PING
        ACL LIST
        = a default user who is off
        PING
        ACL SETUSER default off
        PING
        b> PING
        b> AUTH x
        b> AUTH default x
        ACL SETUSER default on
        b> PING
        AUTH x
        ACL SETUSER default >x
        AUTH x
        AUTH default y
        CONFIG GET requirepass
        c> PING
        ACL SETUSER default nopass
        c> PING
        CONFIG SET requirepass a
        CONFIG SET requirepass b
        AUTH a
        AUTH b
        CONFIG SET requirepass ""
        = greetings with passwords
        ACL SETUSER u on >p +@all
        HELLO 2 AUTH u x SETNAME foo
        CLIENT GETNAME
        HELLO 3 AUTH nosuch x
        MULTI
        AUTH u p
        ACL WHOAMI
        EXEC
    """),
    *table(r"""
        = what is always allowed
        ACL SETUSER u on nopass
        b> AUTH u x
        b> PING
        b> HELLO 2
        b> HELLO 3 AUTH default x
        b> ACL WHOAMI
        b> AUTH u x
        b> RESET
        b> ACL WHOAMI
    """, compare=without("id", "modules")),
    case("the categories", command("ACL CAT", unordered)),
    case("the category transaction", command("ACL CAT Transaction", unordered)),
    case("passwords", *(command(f"ACL GENPASS {bits}", _hex) for bits in (1, 4, 5, 255, 4096)),
         command("ACL GENPASS", _hex)),
    case(
        "the log of refusals",
        "ACL LOG", "ACL LOG x", "ACL LOG -1", "ACL LOG 0", "ACL LOG RESET", "ACL LOG 9223372036854775808",
        "ACL SETUSER u on >p +@all -set ~a &c", "b> AUTH u p", "b> SET a 1", "b> GET b", "b> GET b", "b> PUBLISH d 1",
        "b> CONFIG SET", "b> EVAL \"return redis.pcall('get', 'z')\" 0", "ACL LOG", "ACL LOG 1", "b> GET b", "b> GET c",
        "ACL LOG 2", "c> AUTH u wrong", "c> AUTH nosuch wrong", "c> AUTH u wrong", "c> HELLO 3 AUTH u wrong",
        "ACL LOG", "b> MULTI", "b> GET a", "b> GET q", "ACL SETUSER u -get", "b> EXEC", "b> MULTI", "b> PING",
        "ACL SETUSER u -ping", "b> EXEC", "ACL LOG 3", "CONFIG SET acllog-max-len 1", "ACL LOG 2", "b> GET x",
        "ACL LOG", "ACL LOG reset", "ACL LOG", "CONFIG SET acllog-max-len 0", "b> GET x", "ACL LOG",
        compare=_LOG,
    ),
    case(
        "what the log tells",
        "ACL SETUSER u on nopass", "b> AUTH u p", "b> PING",
        command("ACL LOG", same_type),
    ),
    case("refused after a while", "ACL SETUSER u on nopass", "b> AUTH u p", "b> PING", pause(5), "b> PING",
         "ACL LOG", compare=_LOG),
    case("how a user shows", "ACL SETUSER u on nopass +@all", "AUTH u x",
         command("CLIENT INFO", lambda theirs, ours: b" user=u " in ours[0].text)),
]

