"""The known differences from each server, each with its reason.

What a server does not know (a command, an option) is told by its own COMMAND DOCS and is not listed
here. An entry of a whole run that excuses nothing any more fails the run: strike it from the list.
"""

from __future__ import annotations

from .excuses import (
    Excuses,
    Known,
    any_order,
    doubles,
    leaving_out,
    payload_bodies,
    places,
    replacing,
    without_lines,
)


def _expired_as_deleted(events: str) -> str:
    """The end of each key told in one way, and without what was set before it."""
    return without_lines(r'\b(new|set|expire)"')(events.replace('expired"', 'del"'))


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
        "what a session causes itself it hears after the reply, be it a flush",
        "tracking/one's own flush",
        step="^FLUSH",
        through=any_order,
    ),
    Known(
        "what a transaction wrote is told when it is over, to who tracks then",
        "tracking/tracking ends in the transaction *",
        step="EXEC",
        theirs="invalidate",
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

_BEFORE_8 = (
    Known(
        "payloads are of another version",
        step="afterwards",
        through=leaving_out(r' dumped as "(\\.|[^"\\])*"| \(for \d+ ms\)'),
    ),
    Known("payloads are of another version", step="DUMP", through=payload_bodies),
    Known(
        "its own name and version",
        step="HELLO|^EXEC",
        through=leaving_out(r'"(valkey|redis)"|"\d+\.\d+\.\d+"|"id"( =>|\n) *:\d+'),
    ),
    Known(
        "help texts are the version's own",
        step="(?i)help('\\))?(\" 0)?$",
        theirs=r"^\*\d+\n.*<subcommand>",
    ),
    Known(
        "fields of clients are the version's own",
        step=r"^CLIENT (INFO|LIST)",
        theirs=r'^[$=]"(txt:)?id=\d+ addr=',
        ours=r'^[$=]"(txt:)?id=\d+ addr=',
    ),
    Known(
        "BITCOUNT and BITPOS look at the key before they read their other arguments",
        "[bo][ip]t*/*",
        step="BITCOUNT|BITPOS",
        theirs="^:|^-WRONGTYPE|keymiss",
        ours=r"^-ERR|^\(nothing\)",
    ),
    Known("it has settings of its own", "config/get *", step="CONFIG GET .*[*]"),
    Known(
        "payloads of hashes whose fields expire are refused", "dump/a small hash with deadlines*"
    ),
    Known(
        "payloads are of another version",
        "dump/in a transaction*",
        "EXEC",
        through=replacing(r"\\xff.{20,}", ""),
    ),
    Known(
        "fields of hashes do not expire",
        "hash_ttl/in a script and in a transaction",
        step="HPEXPIREAT|afterwards",
    ),
    Known(
        "a field is drawn, for none of them expires",
        "hash_ttl/every command on expired fields *",
        "HRANDFIELD",
        by_chance=True,
    ),
    Known("INFO does not know Keysizes", "info/*", "INFO keysizes", r'^\$""|^="txt:"'),
    Known("LOLWUT draws otherwise", "lolwut/the version after *"),
    Known("LOLWUT tells its own version", "lolwut/no art", through=leaving_out(r"\d+\.\d+\.\d+")),
    Known("scripts of EVAL are all kept", "scripting/scripts of EVAL make room*"),
    Known("INFO has fields of the version's own", "server/info of commands", "INFO server"),
    Known("INFO has fields of the version's own", "info/names of fields*", "INFO"),
    Known(
        'texts like " 1" and 0x10 are weights there, such as no double can hold are not',
        "sort/each *",
        step="^SORT",
        theirs="^[-*]",
        ours="^[-*]",
    ),
    Known(
        "entries-read and lag are counted otherwise than in 8.0 once entries are gone or IDs set",
        "stream_*",
        step="XINFO|afterwards",
        through=leaving_out(
            r'"(entries-read|lag)"( =>|\n) *(:-?\d+|[$_]\(nil\))|:\d{13}|'
            r'"radix-tree-(keys|nodes)"( =>|\n) *:\d+'
        ),
    ),
    Known(
        'range bounds like " 3" and 0x10 are read as numbers there, and are no numbers in 8.0',
        "zset*/each *",
        ours="min or max is not a float",
    ),
    Known(
        'what a range with a bound like " 3" removed or stored',
        "zset*/each *: Z*RANGE*",
        step=r"Z(REMRANGEBYSCORE|RANGESTORE) .*heard by \(events\)|afterwards",
    ),
)
"""What 7.0 and Valkey have in common."""

_REDIS_7 = (
    *_BEFORE_8,
    Known(
        "small sets of texts are hash tables, short lists quicklists",
        step="OBJECT ENCODING|afterwards",
        theirs="hashtable|quicklist",
        through=replacing("hashtable|quicklist", "listpack"),
    ),
    Known(
        "streams' consumers have no active-time",
        step="XINFO|afterwards",
        through=leaving_out(
            r'\n *\$"(active-time|inactive)"( =>|\n) *(:[-?\d]+)?|[*%]\d+|:\d{13}|'
            r'\$"(seen-time|idle)"( =>|\n) *(:[-?\d]+)?'
        ),
    ),
    Known("a timeout of inf is called negative", theirs="timeout is negative", ours="out of range"),
    Known("cursors: -1 and an empty one are read", step="SCAN", ours="invalid cursor"),
    Known('cursors: " 1" is refused', step="SCAN", theirs="invalid cursor"),
    Known("LPOS and LREM take the smallest integer", ours="value must between", theirs=r"^[:*$]"),
    Known("ZRANK and ZREVRANK have no third argument", step="Z(REV)?RANK", theirs="wrong number"),
    Known(
        "XREADGROUP tells of its new consumer when there is something to read, XCLAIM and"
        " XAUTOCLAIM make one when there is something to claim",
        step=r"heard by \(events\)",
        through=without_lines("xgroup-(create|del)consumer"),
    ),
    Known("XREAD's errors are another text", theirs="Unbalanced XREAD list"),
    Known("an ID after the last one is told otherwise", theirs="too large to be stored"),
    Known(
        "blocking commands are refused in scripts", theirs="not allowed (with BLOCK|from script)"
    ),
    Known(
        "texts of redis.log and redis.set_repl are others", theirs=r"debug level|two arguments\."
    ),
    Known("what is no number has a sign", through=leaving_out("-(?=nan)")),
    Known("SCAN and ZSCAN do not know NOVALUES at all", ours="NOVALUES option"),
    Known("doubles have 17 digits, not as few as read back the same", through=doubles),
    Known(
        "sets of texts tell their members in the order of a hash table",
        step=r"^(\w+> )?(SMEMBERS|SPOP|SSCAN|SUNION|SINTER|SDIFF|SRANDMEMBER|EVAL)",
        theirs=r"^[*~]\d",
        through=any_order,
    ),
    Known("places have 17 decimals", "*geo*", step="GEO|ZRANGE|afterwards", through=places),
    Known("who waits keeps the rights it had", "acl/rights that change while one waits"),
    Known(
        "another way to say it", "acl/a password for all", "HELLO", through=leaving_out(" <proto>")
    ),
    Known(
        "rights are in the order in which they were given, without those that others include",
        "acl/commands",
        "ACL LIST",
        theirs="user u off resetchannels [-+]@all",
        ours="user u off sanitize-payload resetchannels [-+]@all",
    ),
    Known(
        "refusals' texts leave the user out",
        "acl/dry runs",
        "ACL DRYRUN",
        through=leaving_out("(This user|User \\w+)"),
    ),
    Known(
        "refusals have no numbers and times of their own",
        "acl/*",
        "ACL LOG",
        through=leaving_out(
            r'\n *\$"(entry-id|timestamp-[-a-z]+)"( =>|\n *) :\d+|"age-seconds".*\n.*|'
            r'"client-info"( =>|\n) *\$"[^"]*"'
        ),
    ),
    Known(
        "rights are kept as they were written",
        "acl/first arguments",
        "ACL LIST",
        "select",
        "select",
    ),
    Known(
        "users and refusals have another wording",
        "acl/*",
        through=leaving_out(
            r'[*~%]\d+| ?\bsanitize-payload\b|\n *\$"sanitize-payload"|NOPERM .*|'
            r"ERR (ACL failure in script|The user executing the script).*"
        ),
    ),
    Known("a name with a NUL in it is refused", "client/names"),
    Known("what a name is after it was refused", "client/unblock of a stream's reader"),
    Known("fewer log levels", "config/words", "loglevel", through=leaving_out(", nothing")),
    Known("fewer log levels", "config/edges of loglevel", through=leaving_out(", nothing")),
    Known("any number of samples", "config/edges of maxmemory-samples"),
    Known("digests are of scores as they are told", "debug/digests of values", "DEBUG DIGEST"),
    Known(
        "a push comes before its command's reply",
        "debug/each type *",
        "DEBUG PROTOCOL push",
        through=any_order,
    ),
    Known(
        "short lists are quicklists",
        "debug/debug quicklist",
        "QUICKLIST list",
        "Quicklist structure",
    ),
    Known(
        "lists are no listpacks", "debug/debug listpack", "LISTPACK (list|set)", "Not a listpack"
    ),
    Known(
        "small sets of texts are hash tables, scores are written with 17 digits",
        "debug/*",
        "DEBUG OBJECT (set|scores)",
        through=leaving_out(
            r"at:0x\w+|encoding:(hashtable|listpack)|serializedlength:\d+|lru:\d+|idle:\d+"
        ),
    ),
    Known("lists are told with their nodes", "debug/debug object list", "DEBUG OBJECT"),
    Known("payloads of newer versions are refused", "dump/a payload of version 1?"),
    Known(
        "small sets are tables, streams of an older kind",
        "dump/*",
        "DUMP",
        r'^\$"\\x(02|13)',
        r'^\$"\\x1[45]',
    ),
    Known(
        "what may not have memory is refused before it is queued",
        "eviction/* without memory",
        theirs="OOM|EXECABORT",
    ),
    Known("who waits is served though there is no memory", "eviction/waiters without memory"),
    Known("PFDEBUG does not know SIMD", "hyperloglog/pfdebug", step="SIMD"),
    Known(
        "CONFIG SET is counted when its reply is written",
        "info/counts of waiters",
        "INFO commandstats",
    ),
    Known(
        "commands that need keys and have none: another error",
        "introspection/getkeys*",
        "COMMAND GETKEYS",
        "^-ERR",
        "^-ERR",
    ),
    Known("SINTERSTORE reads what it replaces, they say", "introspection/info of sinterstore"),
    Known(
        "SINTERSTORE reads what it replaces, they say",
        "introspection/getkeys SINTERSTORE *",
        "KEYSAND",
        through=replacing("RW", "OW"),
    ),
    Known(
        "commands have other tips, flags and categories",
        "introspection/info of *",
        "COMMAND INFO",
        through=leaving_out(
            r'\n *[$+]"?(request_policy|response_policy|nondet|noscript).*|[*~]\d+|[*~]\(empty\)'
        ),
    ),
    Known(
        "large elements have nodes of their own from another size on",
        "list/nodes, random *",
        "DUMP",
    ),
    Known("LREM removes by the smallest integer", "list/each integer: LREM *"),
    Known("of several keys the one filled first serves", "list_blocking/of several keys *"),
    Known(
        "a message that a session causes itself comes before its reply", "notifications/its own *"
    ),
    Known("OBJECT FREQ of a renamed key goes on", "object/a key under another name is new"),
    Known(
        "commands that claim make a consumer when there is something to claim",
        "options/x*claim*",
        step="afterwards",
        ours=r'"(pel-count|pending)"\n *:0',
    ),
    Known(
        "sets are sorted by what is the same in the order of a table",
        "options/sort*",
        "^SORT",
        through=any_order,
        by_chance=True,
    ),
    Known("CLIENT PAUSE takes any time", "pause/pause refuses"),
    Known(
        "what waits for a group is made when there is something to read", "pause/what may write *"
    ),
    Known(
        "a message that a session causes itself comes before its reply",
        "pubsub/*",
        "PUBLISH",
        through=any_order,
    ),
    Known("WAIT takes any time", "replication/each integer: WAIT *", "9223372036854775807"),
    Known("there is no WAITAOF", "replication/where nobody waits", "EVAL", "Unknown Redis command"),
    Known("REDIS_VERSION_NUM is that of 7.0", "scripting/redis: *REDIS_VERSION_NUM*"),
    Known("blocking commands are refused in scripts", "scripting/blocking commands *"),
    Known(
        "numbers of scripts become texts of 17 digits",
        "scripting/number arguments*",
        theirs=r"-0|e\+1",
    ),
    Known(
        "numbers of scripts become texts of 17 digits",
        "scripting/what a call is given: redis.call('SET','k',-0)*",
        theirs="-0",
    ),
    Known("scripts have no table os", "scripting/globals*"),
    Known("small sets of numbers and words have no listpack between", "server/config set of *"),
    Known("small sets are walked as tables", "set/each integer: SSCAN *", "SSCAN"),
    Known(
        "commands of no microsecond are not logged",
        "slowlog/the number of entries",
        "SLOWLOG LEN",
        ":0",
        ":3",
    ),
    Known("XSETID takes an ID below the largest deleted one", "stream/xsetid"),
    Known("XREAD does not know the ID +", "stream*", theirs="Invalid stream ID specified"),
    Known(
        "who waits looks at its keys again at other times: misses are told otherwise",
        "stream*",
        step=r"heard by \(events\)",
        through=without_lines("keymiss"),
    ),
    Known(
        "who waits looks at its keys again at other times: misses are told otherwise",
        "options/xread: BLOCK*",
        step=r"heard by \(events\)",
        through=without_lines("keymiss"),
    ),
    Known(
        "XCLAIM and XAUTOCLAIM make a consumer when there is something to claim",
        "stream_*",
        step="XINFO GROUPS",
        through=leaving_out(r'"consumers"( =>|\n *) :\d'),
    ),
    Known(
        "commands that claim or read make a consumer when there is something for it",
        "stream_*",
        step="XINFO (STREAM|CONSUMERS)|afterwards",
        ours=r'"(pel-count|pending)"( =>|\n) *:0',
    ),
    Known("and so does not wait for what comes after it", "stream_read/what means the end *"),
    Known(
        "who waits for a group hears UNBLOCKED, or a NOGROUP of its own, when it goes away",
        "stream_read/*",
        theirs="UNBLOCKED|client was blocked on",
    ),
    Known("an entry that is trimmed at once wakes a reader", "stream_read/trimmed at once *"),
    Known("an entry that is deleted at once wakes a reader", "stream_read/added and deleted *"),
    Known("one of several streams wakes a reader at once", "stream_read/xread waits for any *"),
    Known("a block without an end is taken as one", "stream_read/times to wait: *"),
    Known(
        "what a script reads is not tracked",
        "tracking/reads in scripts",
        r"^(b> )?(SET|EVAL)",
        ours="invalidate",
    ),
    Known(
        "what a transaction reads is not tracked after CACHING YES in it",
        "tracking/opting in",
        "SET [kj] 1",
        "nothing",
        "invalidate",
    ),
    Known("a sorted set grows out of its pack member by member", "zset/encodings by count"),
    Known("and does not by how many are named", "zset/as many members as *"),
    Known(
        "a negative offset leaves nothing of an unpacked sorted set either",
        "zset_range/each unpacked limit*",
    ),
)

_VALKEY_8 = (
    *_BEFORE_8,
    Known(
        "its own name in an error",
        step="ACL (SAVE|LOAD)|activedefrag",
        through=leaving_out(" Redis"),
    ),
    Known(
        "a key whose new time is over already goes with `expired`, not with `del`, and SET with"
        " such a time sets nothing first",
        step=r"heard by \(events\)",
        theirs='"expired"',
        through=_expired_as_deleted,
    ),
    Known("NOSCRIPT does not end in an advice", ours="Please use EVAL"),
    Known(
        "errors of scripts leave Redis' name out",
        theirs="from script|number of args|for this call|must be strings",
        through=leaving_out(r"(?i)(lua )?redis (lib )?|\bc(?=ommand arguments)"),
    ),
    Known(
        "the functions of scripts are server.*",
        theirs=r"server\.",
        through=leaving_out(r"(redis|server)\."),
    ),
    Known(
        "an embstr is what fits 64 bytes with its key",
        theirs="raw",
        ours="embstr",
        through=replacing("embstr", "raw"),
    ),
    Known("SCAN refuses a TYPE it does not know", theirs="unknown type name"),
    Known("XREAD's errors do not tell of the ID +", theirs="for each stream key an ID or"),
    Known("places have 17 decimals", "*geo*", step="GEO", through=places),
    Known(
        "BITCOUNT looks at the number of its arguments first",
        "bitmap/bitcount syntax",
        step="BITCOUNT",
        theirs="^-ERR",
        ours="^-ERR",
    ),
    Known("CLIENT KILL takes several IDs", "client/kill by forms that do not exist"),
    Known("CLIENT KILL: what is no ID is a syntax error", "client/killed by *"),
    Known("an error in CLIENT UNBLOCK is overlooked", "client/CLIENT UNBLOCK wrong arity"),
    Known("CLIENT LIST: an ID of 0 is refused, ID and TYPE together are not", "client/list*"),
    Known("READONLY and READWRITE are taken", "cluster/connections", "^READ(ONLY|WRITE)$", "OK"),
    Known("READONLY is taken", "cluster/in other places", "EXEC", r"disabled\n +\+OK"),
    Known(
        "it frees in the background by default",
        "config/edges of *",
        "CONFIG GET .*lazy",
        '"yes"',
        '"no"',
    ),
    Known(
        "its log hides users' data by default", "config/edges of hide-user*", "GET", '"yes"', '"no"'
    ),
    Known(
        "its backlog has another size by default",
        "config/edges of repl-backlog-size",
        "GET",
        '"10485760"',
        '"1048576"',
    ),
    Known("its own name", "config/fixed: syslog-ident", "CONFIG GET", '"valkey"', '"redis"'),
    Known(
        "one more way to load",
        "config/edges of repl-diskless-load",
        through=leaving_out(", flush-before-load"),
    ),
    Known(
        "DEBUG OBJECT tells more",
        "debug/*",
        "DEBUG OBJECT",
        through=leaving_out(r"at:0x\w+|lru:\d+|idle:\d+| lfu_\w+:\d+"),
    ),
    Known(
        "DEBUG SDSLEN has other punctuation, names and sizes",
        "debug/*",
        "DEBUG SDSLEN",
        through=leaving_out(
            r",|avail:\d+|obj_alloc:\d+|(key_zmalloc|val_zmalloc|val_alloc): ?\d+| "
        ),
    ),
    Known("a payload of version 12 is refused", "dump/a payload of version 12"),
    Known("what is queued may not be MULTI or WATCH", "eviction/transactions without memory"),
    Known("a NUL ends no line that it waits for", "frames/*", step=r'"\*(1\\r\\n)?\\x00'),
    Known("the byte 0xff is a blank in a line", "frames/*", step=r"PING \\x85\\xa0\\xff"),
    Known(
        "flags of MULTI, WATCH and EXEC are others",
        "introspection/info of *",
        "COMMAND INFO",
        "no_multi|commandlog",
    ),
    Known(
        "an entry of LATENCY LATEST has two more fields",
        "latency/*",
        "LATEST",
        through=leaving_out(r"\*\d|\n +:\d+"),
    ),
    Known("MONITOR names the listener otherwise", "monitor/what is shown"),
    Known("integers are not shared", "object/references"),
    Known("more words after CLIENT PAUSE are overlooked", "pause/pause refuses"),
    Known("scripts' engines are modules with names of their own", "scripting/shebang*"),
    Known("scripts see a table named server", "scripting/globals*"),
    Known("a table tells its pairs in another order", "scripting/*", step="cjson.encode"),
    Known("redis.REDIS_VERSION_NUM is that of 7.2", "scripting/redis: *REDIS_VERSION_NUM*"),
    Known("a group made while XREAD + waits is refused", "stream_read/what means the end *"),
    Known("SET with a time that is over says nothing of a new key", "string/set into the past *"),
    Known("MULTI and WATCH in a transaction abort it", "transaction/out of place"),
    Known("what is queued may not be MULTI or WATCH", "transaction/what may not be queued"),
    Known("a sorted set keeps -0 in a pack", "zset/the sign of zero *"),
)

DIFFERENCES = {"redis-8.0": _REDIS_8, "redis-7.0": _REDIS_7, "valkey-8.1": _VALKEY_8}
"""By the name of the server."""


DEADLY = {
    "valkey-8.1": {
        "dump/a time to live beyond all time": "it ends itself when a deadline overflows",
    },
}
"""By the name of the server: the cases that it is not sent, each with what would become of it."""


def excuses(server: str) -> Excuses:
    """What is known of a server."""
    # What differs from the server that decides differs from others too, or does not.
    common = _REDIS_8 if server != "redis-8.0" else ()
    return Excuses(DIFFERENCES[server], common)
