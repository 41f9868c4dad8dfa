"""The known differences from each server, each with its reason.

What a server does not know (a command, an option) is told by its own COMMAND DOCS and is not listed
here. An entry of a whole run that excuses nothing any more fails the run: strike it from the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .runner import Difference


@dataclass(frozen=True, slots=True)
class Known:
    """A difference that is known, or a family of them."""

    why: str
    cases: str = "*"
    """Which cases, as ``group/name`` with ``*`` and ``?``; all differences of theirs if nothing
    below says which."""
    step: str = ""
    """What is found in the step, or in the key told of afterwards."""
    theirs: str = ""
    """What is found in the server's answer; each of these is a regular expression."""
    ours: str = ""

    def fits(self, case_id: str, difference: Difference) -> bool:
        """Whether it is this difference."""
        return (
            (case_id == self.cases or fnmatchcase(case_id, self.cases))
            and bool(re.search(self.step, difference.where))
            and bool(re.search(self.theirs, difference.theirs))
            and bool(re.search(self.ours, difference.ours))
        )


_REDIS_8 = (
    Known(
        "Redis 8.0.2 replies twice, with the error and then a status, and all later replies of the"
        " connection are one off; here there is the error alone",
        "hyperloglog/pfdebug simd with neither on nor off",
    ),
    Known(
        "Redis cuts the index to 32 bits and writes to another element; here it is out of range",
        "list/each integer beyond 32 bits: LSET k {} x after RPUSH k a b c a b a",
    ),
    Known(
        "the engine does not replicate, neither from others nor to them",
        "replication/*",
        step="^(REPLICAOF|SLAVEOF) 127|REPLCONF",
        ours="^-ERR this server does not replicate",
    ),
    Known(
        "there is no debugger of scripts",
        "scripting/script",
        step="SCRIPT DEBUG (YES|SYNC)",
        ours="debugger is not supported",
    ),
    Known(
        "the engine keeps no file, from which it could be reloaded",
        "debug/a reload",
        step="DEBUG RELOAD",
    ),
    Known(
        "the engine makes no connections, and says so where Redis cannot reach the other server",
        "dump/migrate of a key that is there",
    ),
    Known(
        "a quicklist of Redis' fills its nodes as was set when it was made; here, as is set now",
        "encodings/list-max-list* moved under a value",
        step="afterwards",
    ),
)

_FLOAT_BOUNDS = (
    Known(
        'range bounds like " 3" and 0x10 are read as numbers there, and are no numbers in 8.0',
        "zset*/each *",
        ours="min or max is not a float",
    ),
    Known(
        'what a range with a bound like " 3" removed or stored',
        "zset*/each *",
        step=r"Z(REMRANGEBYSCORE|RANGESTORE) .*heard by \(events\)|afterwards",
    ),
)

_OTHER_NAMES = (
    Known("its own name and version", step="HELLO|^EXEC", theirs="version"),
    Known("help texts are the version's own", step="(?i)help"),
    Known("fields of clients are the version's own", step=r"CLIENT (INFO|LIST)"),
    Known("what commands say of themselves is the version's own", "introspection/*"),
    Known("INFO has fields of the version's own", step="INFO (server|everything|all|default)"),
    Known("settings have values and limits of the version's own", "config/*", step="CONFIG [GS]ET"),
)

_STREAM_COUNTERS = (
    Known(
        "entries-read and lag are counted otherwise than in 8.0 once entries are gone or IDs set",
        "stream_*",
        step="XINFO|afterwards",
    ),
)

_BITS = (
    Known(
        "BITCOUNT and BITPOS look at the key before they read their other arguments",
        "[bo][ip]t*/*",
        step="BITCOUNT|BITPOS",
    ),
)

_SORT_NUMBERS = (
    Known(
        'texts like " 1" and 0x10 are weights there, such as no double can hold are not',
        "sort/each *",
        step="SORT",
        theirs="^[-*]",
        ours="^[-*]",
    ),
)

_PAYLOADS = (
    Known("payloads of 8.0's version are refused", "dump/*"),
    Known("payloads are of another version", step="DUMP"),
    Known("numbers beside blanks, or in hexadecimal, are numbers to it or not", "sort/each SORT *"),
)

_REDIS_7 = (
    Known("INFO counts commands and sizes as the version does", "info/*"),
    Known("LOLWUT tells the version", "lolwut/*"),
    Known("WAIT takes any time, and there is no WAITAOF", "replication/*"),
    Known("SLOWLOG counts the command that asks", "slowlog/*", step="SLOWLOG LEN"),
    *_PAYLOADS,
    Known("distances are stored with 17 digits", "geo/*", step="ZRANGE d|afterwards"),
    Known("distances are stored with 17 digits", "options/geo*", step="afterwards"),
    Known("consumers have other times and counters", "options/*", step="XINFO|afterwards"),
    Known("users and refusals have another wording", "acl/*"),
    Known("what DEBUG tells of values is the version's own", "debug/*"),
    Known("writes of scripts are told to who tracks at other times", "tracking/*"),
    Known("CLIENT PAUSE takes any time", "pause/pause refuses"),
    Known(
        "what waits for a group is made when there is something to read", "pause/what may write *"
    ),
    Known("fields of hashes do not expire", "hash_ttl/*"),
    Known("sets are sorted by what is the same in the order of a table", "options/sort*"),
    Known("what may not have memory is refused before it is queued", "eviction/*"),
    *_FLOAT_BOUNDS,
    *_OTHER_NAMES,
    *_STREAM_COUNTERS,
    *_BITS,
    *_SORT_NUMBERS,
    Known("PFDEBUG does not know SIMD", "hyperloglog/pfdebug", step="SIMD"),
    Known("distances of 10 km and more have no exponent", "geo/searches in *", step="ZRANGE|after"),
    Known("small sets of texts are hash tables", theirs="hashtable", ours="listpack"),
    Known("short lists are quicklists", theirs="quicklist", ours="listpack"),
    Known(
        "sets of texts tell their members in the order of a hash table",
        step="SMEMBERS|SPOP|SSCAN|SUNION|SINTER|SDIFF|SRANDMEMBER|EVAL",
        theirs=r"^[*~]\d",
        ours=r"^[*~]\d",
    ),
    Known(
        "doubles have 17 digits, not as few as read back the same",
        theirs=r"\d\.\d{14,}|\d[e.]\d*\+\d\d",
    ),
    Known("doubles are told with 17 digits among other members", "zset*/each double*"),
    Known("a timeout of inf is called negative", theirs="timeout is negative", ours="out of range"),
    Known("cursors: -1 and an empty one are read", step="SCAN", ours="invalid cursor"),
    Known('cursors: " 1" is refused', step="SCAN", theirs="invalid cursor"),
    Known("LPOS and LREM take the smallest integer", ours="value must between", theirs=r"^[:*$]"),
    Known("ZRANK and ZREVRANK have no third argument", step="Z(REV)?RANK", theirs="wrong number"),
    Known(
        "a negative offset leaves nothing of an unpacked sorted set either",
        "zset_range/each unpacked limit*",
    ),
    Known(
        "XREADGROUP tells of its new consumer when there is something to read, XCLAIM and"
        " XAUTOCLAIM make one when there is something to claim",
        step=r"heard by \(events\)",
        theirs="nothing|xgroup-createconsumer",
        ours="nothing|xgroup-createconsumer|xgroup-delconsumer",
    ),
    Known("XREAD does not know the ID +", "stream*", theirs="Invalid stream ID specified"),
    Known("and so does not wait for what comes after it", "stream_read/what means the end *"),
    Known("XREAD's errors are another text", theirs="Unbalanced XREAD list"),
    Known(
        "who waits for a group hears UNBLOCKED, or a NOGROUP of its own, when it goes away",
        "stream_read/*",
        theirs="UNBLOCKED|client was blocked on",
    ),
    Known(
        "who waits looks at its keys again at other times: misses are told otherwise",
        "stream*",
        step=r"heard by \(events\)",
        ours="keymiss|xreadgroup|xadd|del",
    ),
    Known("an entry that is trimmed at once wakes a reader", "stream_read/trimmed at once *"),
    Known("an entry that is deleted at once wakes a reader", "stream_read/added and deleted *"),
    Known("one of several streams wakes a reader at once", "stream_read/xread waits for any *"),
    Known("a block without an end is taken as one", "stream_read/times to wait: *"),
    Known("XSETID takes an ID below the largest deleted one", "stream/xsetid"),
    Known("an ID after the last one is told otherwise", theirs="too large to be stored"),
    Known("of several keys the one filled first serves", "list_blocking/of several keys *"),
    Known(
        "blocking commands are refused in scripts", theirs="not allowed (with BLOCK|from script)"
    ),
    Known("blocking commands are refused in scripts", "scripting/blocking commands *"),
    Known("scripts have no table os", "scripting/globals*"),
    Known("scripts of EVAL are all kept", "scripting/scripts of EVAL make room *"),
    Known("numbers of scripts become texts of 17 digits", "scripting/number arguments*"),
    Known(
        "texts of redis.log and redis.set_repl are others", theirs=r"debug level|two arguments\."
    ),
    Known("what is no number has a sign", theirs="-nan"),
    Known("SCAN and ZSCAN do not know NOVALUES at all", ours="NOVALUES option"),
    Known("a name with a NUL in it is refused", "client/names"),
    Known("what a name is after it was refused", "client/unblock of a stream's reader"),
    Known("a sorted set grows out of its pack member by member", "zset/encodings by count"),
    Known("and does not by how many are named", "zset/as many members as *"),
    Known("LREM removes by the smallest integer", "list/each integer: LREM *"),
    Known("a message that a session causes itself comes before its reply", "pubsub/*", "PUBLISH"),
    Known(
        "a message that a session causes itself comes before its reply", "notifications/its own *"
    ),
    Known("OBJECT FREQ of a renamed key goes on", "object/a key under another name is new"),
    Known("small sets of numbers and words have no listpack between", "server/config set of *"),
)

_VALKEY_8 = (
    Known("INFO counts commands and sizes as the version does", "info/*"),
    Known("LOLWUT tells the version", "lolwut/*"),
    Known("READONLY and READWRITE are taken without a cluster", "cluster/*"),
    Known("LATENCY LATEST has more fields", "latency/*", step="LATENCY LATEST"),
    *_PAYLOADS,
    Known("coordinates have other digits", "geo/*", step="GEO"),
    Known("coordinates have other digits", "options/geo*", step="GEO"),
    Known("its own name in an error", step="ACL (SAVE|LOAD)"),
    Known("CLIENT KILL takes several IDs", "client/kill by forms that do not exist"),
    Known("CLIENT KILL: what is no ID is a syntax error", "client/killed by *"),
    Known("what DEBUG tells of values is the version's own", "debug/*"),
    Known("fields of hashes do not expire", "hash_ttl/*"),
    Known("what is queued may not be MULTI or WATCH", "eviction/transactions without memory"),
    Known("more words after CLIENT PAUSE are overlooked", "pause/pause refuses"),
    *_FLOAT_BOUNDS,
    *_OTHER_NAMES,
    *_STREAM_COUNTERS,
    *_BITS,
    *_SORT_NUMBERS,
    Known("places have 17 decimals", "geo/*", step="GEO", theirs=r"\.\d{8,}"),
    Known(
        "a key whose new time is over already goes with `expired`, not with `del`, and SET with"
        " such a time sets nothing first",
        step=r"heard by \(events\)",
        theirs='"expired"',
        ours='"(del|set)"',
    ),
    Known("NOSCRIPT does not end in an advice", ours="Please use EVAL"),
    Known("errors of scripts leave Redis' name out", theirs="(Unknown|number of args.*) command"),
    Known("errors of scripts leave Redis' name out", theirs="args calling command from script"),
    Known("errors of scripts leave Redis' name out", theirs="at least one argument for this call"),
    Known("errors of scripts leave Redis' name out", theirs="Command arguments must be strings"),
    Known("the functions of scripts are server.*", theirs=r"server\."),
    Known("scripts' engines are modules with names of their own", "scripting/shebang*"),
    Known("scripts see a table named server", "scripting/globals*"),
    Known("scripts of EVAL are all kept", "scripting/scripts of EVAL make room*"),
    Known("an embstr is what fits 64 bytes with its key", theirs="raw", ours="embstr"),
    Known("MULTI and WATCH in a transaction abort it", "transaction/out of place"),
    Known("SCAN refuses a TYPE it does not know", theirs="unknown type name"),
    Known("XREAD's errors do not tell of the ID +", theirs="for each stream key an ID or"),
    Known("SET with a time that is over says nothing of a new key", "string/set into the past *"),
    Known("what is queued may not be MULTI or WATCH", "transaction/what may not be queued"),
    Known("a table tells its pairs in another order", "scripting/*", step="cjson.encode"),
    Known("redis.REDIS_VERSION_NUM is that of 7.2", "scripting/redis: *REDIS_VERSION_NUM*"),
    Known("integers are not shared", "object/references"),
    Known("MONITOR names the listener otherwise", "monitor/what is shown"),
    Known("a group made while XREAD + waits is refused", "stream_read/what means the end *"),
    Known("a sorted set keeps -0 in a pack", "zset/the sign of zero *"),
    Known("an error in CLIENT UNBLOCK is overlooked", "client/CLIENT UNBLOCK wrong arity"),
    Known("CLIENT LIST: an ID of 0 is refused, ID and TYPE together are not", "client/list*"),
)

DIFFERENCES = {"redis-8.0": _REDIS_8, "redis-7.0": _REDIS_7, "valkey-8.1": _VALKEY_8}
"""By the name of the server."""


class Excuses:
    """Tells known differences from a server from others, and which entries were of use."""

    def __init__(self, server: str) -> None:
        self._entries = DIFFERENCES[server]
        # What differs from the server that decides differs from others too, or does not.
        self._common = _REDIS_8 if server != "redis-8.0" else ()
        self._used: set[Known] = set()

    def unknown(self, case_id: str, found: Iterable[Difference]) -> list[Difference]:
        """Those of the differences that no entry excuses."""
        return [difference for difference in found if not self._excused(case_id, difference)]

    def idle(self, case_ids: Sequence[str] | None = None) -> list[Known]:
        """The entries that excused nothing, of those that are about these cases alone, or of all."""
        idle = [entry for entry in self._entries if entry not in self._used]
        return idle if case_ids is None else [entry for entry in idle if entry.cases in case_ids]

    def _excused(self, case_id: str, difference: Difference) -> bool:
        fitting = [entry for entry in self._entries if entry.fits(case_id, difference)]
        self._used.update(fitting)
        return bool(fitting) or any(entry.fits(case_id, difference) for entry in self._common)
