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
        "options are compared whole, and end at a NUL there",
        "generic/options that end in a NUL",
        step=r"\\x00|afterwards",
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

_PAYLOADS = (
    Known(
        "payloads are of another version",
        step="afterwards",
        through=leaving_out(r' dumped as "(\\.|[^"\\])*"| \(for \d+ ms\)'),
    ),
    Known("payloads are of another version", step="DUMP", through=payload_bodies),
)

_DOUBLES = (Known("doubles have 17 digits, not as few as read back the same", through=doubles),)

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

_SETTINGS = (
    Known("it has settings of its own", "config/get *", step="CONFIG GET .*[*]"),
    Known(
        "its own name in an error",
        "config/*",
        through=leaving_out("( a)? Redis( server)?| server| a"),
    ),
)

_OTHER_NAMES = (
    Known(
        "its own name and version",
        step="HELLO|^EXEC",
        through=replacing(r'"(valkey|redis)"|"\d+\.\d+\.\d+"|:\d+', "its own"),
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
    Known("INFO has fields of the version's own", "server/info of commands", "INFO server"),
)

_STREAM_COUNTERS = (
    Known(
        "entries-read and lag are counted otherwise than in 8.0 once entries are gone or IDs set",
        "stream_*",
        step="XINFO|afterwards",
        through=leaving_out(
            r'"(entries-read|lag)"( =>|\n) *(:-?\d+|[$_]\(nil\))|:\d{13}|'
            r'"radix-tree-(keys|nodes)"( =>|\n) *:\d+'
        ),
    ),
)

_BITS = (
    Known(
        "BITCOUNT and BITPOS look at the key before they read their other arguments",
        "[bo][ip]t*/*",
        step="BITCOUNT|BITPOS",
        theirs="^:|^-WRONGTYPE|keymiss",
        ours=r"^-ERR|^\(nothing\)",
    ),
)

_SORT_NUMBERS = (
    Known(
        'texts like " 1" and 0x10 are weights there, such as no double can hold are not',
        "sort/each *",
        step="^SORT",
        theirs="^[-*]",
        ours="^[-*]",
    ),
)

_HASH_TTL = (
    Known(
        "fields of hashes do not expire",
        "hash_ttl/in a script and in a transaction",
        step="HPEXPIREAT|afterwards",
    ),
    Known(
        "a field is drawn, for none of them expires",
        "hash_ttl/every command on expired fields *",
        "HRANDFIELD",
    ),
    Known(
        "payloads of hashes whose fields expire are refused", "dump/a small hash with deadlines*"
    ),
)

_REDIS_7 = (
    Known(
        "small sets of texts are hash tables, short lists quicklists",
        step="OBJECT ENCODING|afterwards",
        theirs="hashtable|quicklist",
        through=replacing("hashtable|quicklist", "listpack"),
    ),
    Known(
        "sets of texts tell their members in the order of a hash table",
        step=r"^(\w+> )?(SMEMBERS|SPOP|SSCAN|SUNION|SINTER|SDIFF|SRANDMEMBER|EVAL)",
        theirs=r"^[*~]\d",
        through=any_order,
    ),
    Known(
        "streams' consumers have no active-time",
        step="XINFO|afterwards",
        through=leaving_out(
            r'\n *\$"active-time"( =>|\n *) :[-?\d]+|[*%]\d+|:\d{13}|'
            r'\$"seen-time"( =>|\n *) ?:[-?\d]+|\n *\$"inactive"( =>|\n) *:[-\d]+|\$"idle"( =>|\n) *:[-\d]+'
        ),
    ),
    Known(
        "XCLAIM and XAUTOCLAIM make a consumer when there is something to claim",
        "stream_*",
        step="XINFO GROUPS",
        through=leaving_out(r'"consumers"( =>|\n *) :\d'),
    ),
    *_DOUBLES,
    Known(
        "commands that claim or read make a consumer when there is something for it",
        "stream_*",
        step="XINFO (STREAM|CONSUMERS)|afterwards",
        ours=r'"(pel-count|pending)"( =>|\n) *:0',
    ),
    Known("digests are of scores as they are told", "debug/digests of values", "DEBUG DIGEST"),
    Known(
        "a push comes before its command's reply",
        "debug/each type *",
        "DEBUG PROTOCOL push",
        through=any_order,
    ),
    Known(
        "large elements have nodes of their own from another size on",
        "list/nodes, random *",
        "DUMP",
    ),
    Known(
        "commands that need keys and have none: another error",
        "introspection/getkeys*",
        "COMMAND GETKEYS",
        "^-ERR",
        "^-ERR",
    ),
    Known("SINTERSTORE reads what it replaces, they say", "introspection/info of sinterstore"),
    Known("small sets are walked as tables", "set/each integer: SSCAN *", "SSCAN"),
    Known("who waits keeps the rights it had", "acl/rights that change while one waits"),
    Known(
        "another way to say it", "acl/a password for all", "HELLO", through=leaving_out(" <proto>")
    ),
    Known("rights are in the order in which they were given", "acl/commands", "ACL LIST", "set"),
    Known(
        "refusals' texts leave the user out",
        "acl/dry runs",
        "ACL DRYRUN",
        through=leaving_out("(This user|User \\w+)"),
    ),
    Known(
        "refusals have no numbers and times of their own", "acl/*", "ACL LOG", r"^\*\d", r"^\*\d"
    ),
    Known("fewer log levels", "config/words", "loglevel", through=leaving_out(", nothing")),
    Known(
        "what may not have memory is refused before it is queued",
        "eviction/* without memory",
        theirs="OOM|EXECABORT",
    ),
    Known(
        "what a script reads is not tracked",
        "tracking/reads in scripts",
        r"^(b> )?(SET|EVAL)",
        ours="invalidate",
    ),
    Known(
        "lists are no listpacks", "debug/debug listpack", "LISTPACK (list|set)", "Not a listpack"
    ),
    Known(
        "commands that claim make a consumer when there is something to claim",
        "options/x*claim*",
        step="afterwards",
        ours=r'"(pel-count|pending)"\n *:0',
    ),
    Known(
        "rights are kept as they were written",
        "acl/first arguments",
        "ACL LIST",
        "select",
        "select",
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
    Known("who waits is served though there is no memory", "eviction/waiters without memory"),
    Known(
        "CONFIG SET is counted when its reply is written",
        "info/counts of waiters",
        "INFO commandstats",
    ),
    Known(
        "SINTERSTORE reads what it replaces, they say",
        "introspection/getkeys SINTERSTORE *",
        "KEYSAND",
        through=replacing("RW", "OW"),
    ),
    Known(
        "sets are sorted by what is the same in the order of a table",
        "options/sort*",
        "^SORT",
        through=any_order,
    ),
    Known("WAIT takes any time", "replication/each integer: WAIT *", "9223372036854775807"),
    Known("there is no WAITAOF", "replication/where nobody waits", "EVAL", "Unknown Redis command"),
    Known("REDIS_VERSION_NUM is that of 7.0", "scripting/redis: *REDIS_VERSION_NUM*"),
    Known(
        "commands of no microsecond are not logged",
        "slowlog/the number of entries",
        "SLOWLOG LEN",
        ":0",
        ":3",
    ),
    Known(
        "what a transaction reads is not tracked after CACHING YES in it",
        "tracking/opting in",
        "SET [kj] 1",
        "nothing",
        "invalidate",
    ),
    Known("places have 17 decimals", "*geo*", step="GEO|ZRANGE|afterwards", through=places),
    Known(
        "users and refusals have another wording",
        "acl/*",
        through=leaving_out(
            r'\*\d+|~\d+|:\d+| sanitize-payload|\n *\$"sanitize-payload"|NOPERM .*|'
            r"ERR (ACL failure in script|The user executing the script).*"
        ),
    ),
    Known("LOLWUT draws otherwise", "lolwut/the version after *"),
    Known("LOLWUT tells its own version", "lolwut/no art", through=leaving_out(r"\d+\.\d+\.\d+")),
    Known("INFO does not know Keysizes", "info/*", "INFO keysizes", r'^\$""|^="txt:"'),
    Known(
        "commands have other tips, flags and categories",
        "introspection/info of *",
        "COMMAND INFO",
        through=leaving_out(
            r'\n *[$+]"?(request_policy|response_policy|nondet|noscript).*|[*~]\d+|[*~]\(empty\)'
        ),
    ),
    Known("payloads of newer versions are refused", "dump/a payload of version 1?"),
    Known(
        "payloads are of another version",
        "dump/in a transaction*",
        "EXEC",
        through=replacing(r"\\xff.{20,}", ""),
    ),
    Known(
        "small sets are tables, streams of an older kind",
        "dump/*",
        "DUMP",
        r'^\$"\\x(02|13)',
        r'^\$"\\x1[45]',
    ),
    Known("fewer log levels", "config/edges of loglevel", through=leaving_out(", nothing")),
    Known("any number of samples", "config/edges of maxmemory-samples"),
    *_PAYLOADS,
    Known("CLIENT PAUSE takes any time", "pause/pause refuses"),
    Known(
        "what waits for a group is made when there is something to read", "pause/what may write *"
    ),
    *_FLOAT_BOUNDS,
    *_OTHER_NAMES,
    *_STREAM_COUNTERS,
    *_BITS,
    *_SETTINGS,
    *_SORT_NUMBERS,
    *_HASH_TTL,
    Known("PFDEBUG does not know SIMD", "hyperloglog/pfdebug", step="SIMD"),
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
    *_PAYLOADS,
    Known("places have 17 decimals", "*geo*", step="GEO", through=places),
    Known(
        "an entry of LATENCY LATEST has two more fields",
        "latency/*",
        "LATEST",
        through=leaving_out(r"\*\d|\n +:\d+"),
    ),
    Known("READONLY and READWRITE are taken", "cluster/connections", "^READ(ONLY|WRITE)$", "OK"),
    Known("READONLY is taken", "cluster/in other places", "EXEC", r"disabled\n +\+OK"),
    Known("INFO does not know Keysizes", "info/*", "INFO keysizes", r'^\$""|^="txt:"'),
    Known("LOLWUT draws otherwise", "lolwut/the version after *"),
    Known("LOLWUT tells its own version", "lolwut/no art", through=leaving_out(r"\d+\.\d+\.\d+")),
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
    Known(
        "flags of MULTI, WATCH and EXEC are others",
        "introspection/info of *",
        "COMMAND INFO",
        "no_multi|commandlog",
    ),
    Known("its own name in an error", step="ACL (SAVE|LOAD)"),
    Known("CLIENT KILL takes several IDs", "client/kill by forms that do not exist"),
    Known("CLIENT KILL: what is no ID is a syntax error", "client/killed by *"),
    Known("what is queued may not be MULTI or WATCH", "eviction/transactions without memory"),
    Known("more words after CLIENT PAUSE are overlooked", "pause/pause refuses"),
    *_FLOAT_BOUNDS,
    *_OTHER_NAMES,
    *_STREAM_COUNTERS,
    *_BITS,
    Known(
        "BITCOUNT looks at the number of its arguments first",
        "bitmap/bitcount syntax",
        step="BITCOUNT",
        theirs="^-ERR",
        ours="^-ERR",
    ),
    *_SETTINGS,
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
        "payloads are of another version",
        "dump/in a transaction*",
        "EXEC",
        through=replacing(r"\\xff.{20,}", ""),
    ),
    *_SORT_NUMBERS,
    *_HASH_TTL,
    Known(
        "a key whose new time is over already goes with `expired`, not with `del`, and SET with"
        " such a time sets nothing first",
        step=r"heard by \(events\)",
        theirs='"expired"',
        ours='"(del|set)"',
    ),
    Known(
        "one more way to load",
        "config/edges of repl-diskless-load",
        through=leaving_out(", flush-before-load"),
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
