"""What the suites of others do to a server between their tests, and what they look at inside it.

Each assertion holds on a real 8.0 as well; where only a clear refusal is asked for, it says so.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .served import Served, until

CLIENT_FIELDS = (
    "id addr laddr fd name age idle flags db sub psub ssub multi watch qbuf qbuf-free argv-mem "
    "multi-mem rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver io-thread"
)

INFO_FIELDS = {
    "server": "redis_version redis_git_sha1 redis_git_dirty redis_mode os arch_bits process_id "
    "run_id tcp_port server_time_usec uptime_in_seconds uptime_in_days hz configured_hz lru_clock config_file",
    "clients": "connected_clients cluster_connections maxclients client_recent_max_input_buffer "
    "client_recent_max_output_buffer blocked_clients tracking_clients "
    "pubsub_clients watching_clients total_watched_keys total_blocking_keys "
    "total_blocking_keys_on_nokey",
    "memory": "used_memory used_memory_human used_memory_peak used_memory_peak_human "
    "used_memory_overhead used_memory_startup used_memory_dataset used_memory_lua "
    "number_of_cached_scripts number_of_functions number_of_libraries maxmemory maxmemory_human maxmemory_policy "
    "mem_not_counted_for_evict lazyfree_pending_objects lazyfreed_objects",
    "persistence": "loading async_loading rdb_changes_since_last_save rdb_bgsave_in_progress "
    "rdb_last_save_time rdb_last_bgsave_status rdb_last_bgsave_time_sec "
    "rdb_current_bgsave_time_sec rdb_saves rdb_last_load_keys_loaded aof_enabled "
    "aof_rewrite_in_progress aof_rewrite_scheduled aof_last_bgrewrite_status "
    "aof_last_write_status",
    "stats": "total_connections_received total_commands_processed rejected_connections "
    "total_net_input_bytes total_net_output_bytes total_reads_processed total_writes_processed "
    "expired_keys evicted_keys keyspace_hits keyspace_misses pubsub_channels pubsub_patterns "
    "sync_full sync_partial_ok sync_partial_err latest_fork_usec total_forks "
    "tracking_total_keys tracking_total_items tracking_total_prefixes "
    "unexpected_error_replies total_error_replies client_query_buffer_limit_disconnections "
    "client_output_buffer_limit_disconnections acl_access_denied_auth acl_access_denied_cmd "
    "acl_access_denied_key acl_access_denied_channel",
    "replication": "role connected_slaves master_failover_state master_replid master_replid2 "
    "master_repl_offset second_repl_offset repl_backlog_active repl_backlog_size "
    "repl_backlog_first_byte_offset repl_backlog_histlen",
}
"""The fields that are there on an idle server, by their section."""


@pytest.fixture
def a(own_server: Served) -> Iterator[redis.Redis]:
    """A client whose replies are the server's own, not shaped by redis-py."""
    once = Retry(NoBackoff(), 0)
    with redis.Redis(port=own_server.port, decode_responses=True, protocol=2, retry=once) as client:
        client.response_callbacks.clear()
        yield client


@pytest.fixture
def b(own_server: Served) -> Iterator[redis.Redis]:
    """Another, which speaks to it in redis-py's shapes over one connection."""
    with redis.Redis(
        port=own_server.port, decode_responses=True, single_connection_client=True, protocol=2
    ) as client:
        yield client


def lines(told: Any) -> dict[str, str]:
    """The fields of an INFO reply."""
    return dict(re.findall(r"^([^#\s:][^:\r\n]*):([^\r\n]*)", str(told), re.MULTILINE))


def settings(client: redis.Redis, pattern: str = "*") -> dict[str, str]:
    told: Any = client.execute_command("CONFIG", "GET", pattern)
    return dict(zip(told[::2], told[1::2], strict=True))


def test_empties_itself(a: redis.Redis) -> None:
    a.execute_command("SET", "k", "v")
    a.execute_command("COPY", "k", "k", "DB", "9")
    assert lines(a.execute_command("INFO", "keyspace")).keys() == {"db0", "db9"}
    assert a.execute_command("FLUSHDB") == "OK"
    assert a.execute_command("DBSIZE") == 0
    assert lines(a.execute_command("INFO", "keyspace")).keys() == {"db9"}
    for how in ([], ["SYNC"], ["ASYNC"]):
        a.execute_command("SET", "k", "v")
        assert a.execute_command("FLUSHALL", *how) == "OK"
        assert lines(a.execute_command("INFO", "keyspace")) == {}
    assert a.execute_command("SWAPDB", "0", "9") == "OK"


def test_takes_back_each_of_its_settings(a: redis.Redis) -> None:
    before = settings(a)
    assert len(before) > 200
    with a.pipeline(transaction=False) as pipe:
        for name, value in before.items():
            pipe.execute_command("CONFIG", "SET", name, value)
        answers = pipe.execute(raise_on_error=False)
    refusal = re.compile(r"can't set (immutable|protected) config")
    for name, answer in zip(before, answers, strict=True):
        assert answer == "OK" or refusal.search(str(answer)), (name, answer)
    assert settings(a) == before


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("maxmemory", "100mb", "104857600"),
        ("maxmemory-policy", "allkeys-lru", "allkeys-lru"),
        ("hash-max-listpack-entries", "16", "16"),
        ("hash-max-ziplist-entries", "16", "16"),
        ("list-max-listpack-size", "-1", "-1"),
        ("set-max-intset-entries", "3", "3"),
        ("zset-max-listpack-value", "7", "7"),
        ("notify-keyspace-events", "KEA", "AKE"),
        ("slowlog-log-slower-than", "0", "0"),
        ("latency-monitor-threshold", "5", "5"),
        ("busy-reply-threshold", "100", "100"),
        ("lua-time-limit", "100", "100"),
        ("client-output-buffer-limit", "pubsub 1mb 0 0", None),
        ("timeout", "1000", "1000"),
        ("maxclients", "100", "100"),
        ("proto-max-bulk-len", "1mb", "1048576"),
        ("appendonly", "no", "no"),
        ("save", "", ""),
        ("active-expire-effort", "10", "10"),
        ("lazyfree-lazy-user-flush", "yes", "yes"),
        ("stream-node-max-entries", "5", "5"),
        ("tracking-table-max-keys", "5", "5"),
        ("acllog-max-len", "5", "5"),
        ("loglevel", "debug", "debug"),
    ],
)
def test_sets_what_suites_set(a: redis.Redis, name: str, value: str, told: str | None) -> None:
    assert a.execute_command("CONFIG", "SET", name, value) == "OK"
    now = settings(a, name)[name]
    assert now == told if told is not None else "pubsub 1048576 0 0" in now


def test_refuses_settings_that_do_not_fit(a: redis.Redis) -> None:
    for words, said in [
        (["nosuch", "1"], "Unknown option or number of arguments for CONFIG SET - 'nosuch'"),
        (["maxmemory", "much"], "argument must be a memory value"),
        (["maxmemory-policy", "best"], "argument(s) must be one of the following"),
        (["timeout", "-1"], "argument must be between 0 and 2147483647 inclusive"),
        (["appendonly", "maybe"], "argument must be 'yes' or 'no'"),
        (["timeout", "5", "hz", "x"], "argument couldn't be parsed into an integer"),
    ]:
        with pytest.raises(redis.ResponseError, match=re.escape(said)):
            a.execute_command("CONFIG", "SET", *words)
    assert settings(a, "timeout") == {"timeout": "0"}  # all or nothing
    with pytest.raises(redis.ResponseError, match="without a config file"):
        a.execute_command("CONFIG", "REWRITE")


def test_forgets_its_statistics(a: redis.Redis) -> None:
    a.execute_command("SET", "k", "v")
    a.execute_command("GET", "k")
    a.execute_command("GET", "none")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        a.execute_command("LPUSH", "k", "x")
    with pytest.raises(redis.ResponseError, match="unknown command"):
        a.execute_command("NOSUCH")
    with pytest.raises(redis.ResponseError, match="wrong number"):
        a.execute_command("GET")
    stats = lines(a.execute_command("INFO", "everything"))
    assert re.match(
        r"calls=2,usec=\d+,usec_per_call=[\d.]+,rejected_calls=1,failed_calls=0",
        stats["cmdstat_get"],
    )
    assert re.search("rejected_calls=0,failed_calls=1$", stats["cmdstat_lpush"])
    assert (stats["errorstat_WRONGTYPE"], stats["errorstat_ERR"]) == ("count=1", "count=2")
    assert re.match(r"p50=[\d.]+,p99=[\d.]+,p99.9=[\d.]+$", stats["latency_percentiles_usec_get"])
    assert (stats["keyspace_hits"], stats["keyspace_misses"]) == ("1", "1")
    assert stats["total_error_replies"] == "3"

    assert a.execute_command("CONFIG", "RESETSTAT") == "OK"
    stats = lines(a.execute_command("INFO", "everything"))
    assert stats["cmdstat_config|resetstat"].startswith("calls=1")
    assert "cmdstat_get" not in stats
    assert not any(name.startswith("errorstat_") for name in stats)
    assert "latency_percentiles_usec_get" not in stats
    for name in ("keyspace_hits", "keyspace_misses", "total_error_replies", "expired_keys"):
        assert stats[name] == "0", name


@pytest.mark.parametrize("section", INFO_FIELDS)
def test_tells_of_itself(a: redis.Redis, section: str) -> None:
    told = lines(a.execute_command("INFO", section))
    assert set(INFO_FIELDS[section].split()) <= told.keys()
    assert told.items() <= {**lines(a.execute_command("INFO")), **told}.items()


def test_tells_what_happens_to_it(a: redis.Redis, b: redis.Redis, own_server: Served) -> None:
    def told(section: str, field: str) -> str:
        return lines(a.execute_command("INFO", section))[field]

    used = int(told("memory", "used_memory"))
    a.execute_command("SET", "k", "x" * 1_000_000)
    assert int(told("memory", "used_memory")) >= used + 1_000_000
    assert int(told("memory", "used_memory_peak")) >= used + 1_000_000
    assert told("clients", "connected_clients") == "2"
    received = int(told("stats", "total_connections_received"))
    with redis.Redis(port=own_server.port) as other:
        assert other.ping()
        assert told("clients", "connected_clients") == "3"
    assert int(told("stats", "total_connections_received")) == received + 1
    until(lambda: told("clients", "connected_clients") == "2")
    b.execute_command("WATCH", "k")
    assert told("clients", "watching_clients") == "1"
    a.execute_command("SET", "short", "v", "PX", "1")
    until(lambda: told("stats", "expired_keys") == "1")
    a.execute_command("SET", "long", "v", "EX", "100")
    assert re.match(r"keys=2,expires=1,avg_ttl=\d+,subexpiry=0$", told("keyspace", "db0"))
    read, written = (int(told("stats", f"total_net_{way}_bytes")) for way in ("input", "output"))
    a.execute_command("ECHO", "x" * 100_000)
    assert int(told("stats", "total_net_input_bytes")) - read >= 100_000
    assert int(told("stats", "total_net_output_bytes")) - written >= 100_000
    commands = int(told("stats", "total_commands_processed"))
    assert int(told("stats", "total_commands_processed")) == commands + 1
    a.execute_command("CONFIG", "SET", "maxmemory-policy", "allkeys-random", "maxmemory", "1")
    with pytest.raises(redis.ResponseError, match="not allowed when used memory"):
        a.execute_command("SET", "more", "x")
    assert int(told("stats", "evicted_keys")) == 2


def test_forgets_scripts_and_functions(a: redis.Redis) -> None:
    digest = a.execute_command("SCRIPT", "LOAD", "return 1")
    assert a.execute_command("SCRIPT", "EXISTS", digest) == [1]
    assert a.execute_command("SCRIPT", "FLUSH") == "OK"
    assert a.execute_command("SCRIPT", "EXISTS", digest) == [0]
    with pytest.raises(redis.ResponseError, match="No matching script"):
        a.execute_command("EVALSHA", digest, "0")
    with pytest.raises(redis.ResponseError, match="NOTBUSY"):
        a.execute_command("SCRIPT", "KILL")
    with a.pipeline(transaction=False) as pipe:
        pipe.execute_command("FUNCTION", "FLUSH")
        [answer] = pipe.execute(raise_on_error=False)
    assert answer == "OK" or "unknown command 'FUNCTION'" in str(answer)  # a server without any


def test_kills_clients(a: redis.Redis, b: redis.Redis, own_server: Served) -> None:
    me = a.execute_command("CLIENT", "ID")

    def connected() -> set[str]:
        return set(re.findall(r"\bid=(\d+)", str(a.execute_command("CLIENT", "LIST"))))

    for words in (
        ["ID", "{id}"],
        ["ADDR", "{addr}"],
        ["LADDR", "{laddr}", "SKIPME", "yes"],
        ["TYPE", "normal", "SKIPME", "yes"],
        ["USER", "default"],
        ["MAXAGE", "1", "SKIPME", "yes"],
    ):
        about = b.client_info()
        if words[0] == "MAXAGE":
            until(lambda: int(b.client_info()["age"]) >= 1)
        filled = [word.format(**about) for word in words]
        assert a.execute_command("CLIENT", "KILL", *filled) == 1, words
        until(lambda: connected() == {str(me)})
        with pytest.raises(redis.ConnectionError):
            b.connection.read_response(timeout=30)
        b.connection.disconnect()
        assert b.ping()  # a connection anew
    about = b.client_info()
    assert a.execute_command("CLIENT", "KILL", about["addr"]) == "OK"
    with pytest.raises(redis.ResponseError, match="No such client"):
        a.execute_command("CLIENT", "KILL", "127.0.0.1:1")
    with redis.Redis(port=own_server.port) as other, other.pubsub() as pubsub:
        pubsub.subscribe("news")
        assert pubsub.get_message(timeout=30)
        assert a.execute_command("CLIENT", "KILL", "TYPE", "pubsub") == 1
        until(lambda: a.execute_command("PUBSUB", "NUMSUB", "news") == ["news", 0])


def test_lists_clients(a: redis.Redis, b: redis.Redis, own_server: Served) -> None:
    b.client_setname("bob")
    b.select(3)
    assert b.connection is not None
    b.connection.send_command("SUBSCRIBE", "news")
    assert b.connection.read_response() == ["subscribe", "news", 1]
    told = str(a.execute_command("CLIENT", "LIST")).splitlines()
    rows = [dict(field.split("=", 1) for field in line.split()) for line in told]
    assert [" ".join(row) for row in rows] == [CLIENT_FIELDS] * 2
    [bob] = [row for row in rows if row["name"] == "bob"]
    assert bob["laddr"] == f"127.0.0.1:{own_server.port}"
    assert re.fullmatch(r"127\.0\.0\.1:\d+", bob["addr"])
    assert int(bob["fd"]) > 0
    assert (bob["db"], bob["sub"], bob["cmd"], bob["user"]) == ("3", "1", "subscribe", "default")
    assert bob["lib-name"].startswith("redis-py")
    assert bob["flags"] == "P"
    pubsub = str(a.execute_command("CLIENT", "LIST", "TYPE", "pubsub"))
    assert f"id={bob['id']} " in pubsub
    assert len(pubsub.splitlines()) == 1


def test_pauses_clients(a: redis.Redis, b: redis.Redis) -> None:
    assert a.execute_command("CLIENT", "PAUSE", "100000", "WRITE") == "OK"
    b.connection.send_command("SET", "k", "v")
    until(lambda: lines(a.execute_command("INFO", "clients"))["blocked_clients"] == "1")
    assert a.execute_command("GET", "k") is None
    assert a.execute_command("CLIENT", "UNPAUSE") == "OK"
    assert b.connection.read_response() == "OK"


def test_resets_users(a: redis.Redis, b: redis.Redis) -> None:
    assert a.execute_command("ACL", "SETUSER", "ann", "on", ">pw", "~a:*", "+get") == "OK"
    b.auth("pw", "ann")
    with pytest.raises(redis.exceptions.NoPermissionError):
        b.get("b")
    with pytest.raises(redis.AuthenticationError):
        a.execute_command("AUTH", "ann", "wrong")
    log: Any = a.execute_command("ACL", "LOG")
    assert [dict(zip(row[::2], row[1::2], strict=True))["reason"] for row in log] == ["auth", "key"]
    denied = lines(a.execute_command("INFO", "stats"))
    assert (denied["acl_access_denied_auth"], denied["acl_access_denied_key"]) == ("1", "1")
    assert a.execute_command("ACL", "LOG", "RESET") == "OK"
    assert a.execute_command("ACL", "LOG") == []
    assert a.execute_command("ACL", "DELUSER", "ann") == 1
    with pytest.raises(redis.ConnectionError):  # who was ann is nobody now
        b.connection.read_response(timeout=30)
    a.execute_command("ACL", "SETUSER", "default", "resetkeys", "~only:*")
    with pytest.raises(redis.ResponseError, match="No permissions to access a key"):
        a.execute_command("GET", "k")
    words = ["reset", "on", "nopass", "~*", "&*", "+@all"]
    assert a.execute_command("ACL", "SETUSER", "default", *words) == "OK"
    [only] = a.execute_command("ACL", "LIST")
    assert only == "user default on nopass sanitize-payload ~* &* +@all"


def test_debugs(a: redis.Redis, b: redis.Redis) -> None:
    started = time.monotonic()
    assert a.execute_command("DEBUG", "SLEEP", "0.05") == "OK"
    assert time.monotonic() - started >= 0.05

    assert a.execute_command("DEBUG", "SET-ACTIVE-EXPIRE", "0") == "OK"
    a.execute_command("SET", "short", "v", "PX", "1")
    until(lambda: b.pttl("short") == -2)
    assert a.execute_command("DEBUG", "SET-ACTIVE-EXPIRE", "1") == "OK"

    a.execute_command("FLUSHALL")
    empty = a.execute_command("DEBUG", "DIGEST")
    assert empty == "0" * 40
    a.execute_command("RPUSH", "l", "a", "b")
    digest = a.execute_command("DEBUG", "DIGEST")
    assert re.fullmatch("[0-9a-f]{40}", str(digest))
    [before] = a.execute_command("DEBUG", "DIGEST-VALUE", "l")
    a.execute_command("RPUSH", "l", "c")
    assert a.execute_command("DEBUG", "DIGEST") != digest
    a.execute_command("RPOP", "l")
    assert a.execute_command("DEBUG", "DIGEST") == digest
    assert a.execute_command("DEBUG", "DIGEST-VALUE", "l") == [before]

    about = str(a.execute_command("DEBUG", "OBJECT", "l"))
    assert re.match(
        r"Value at:\S+ refcount:1 encoding:listpack serializedlength:\d+ lru:\d+ ", about
    )
    with pytest.raises(redis.ResponseError, match="no such key"):
        a.execute_command("DEBUG", "OBJECT", "none")
    with pytest.raises(redis.ResponseError, match="unknown subcommand"):
        a.execute_command("DEBUG", "NOSUCH")
    assert a.execute_command("DEBUG", "HELP")


def test_says_how_values_are_kept(a: redis.Redis) -> None:
    for words, encoding in [
        (["SET", "k", "12"], "int"),
        (["SET", "k", "short"], "embstr"),
        (["SET", "k", "x" * 100], "raw"),
        (["RPUSH", "k", "a"], "listpack"),
        (["RPUSH", "k", *map(str, range(5000))], "quicklist"),
        (["SADD", "k", "1", "2"], "intset"),
        (["SADD", "k", "a"], "listpack"),
        (["SADD", "k", *map(str, range(1000))], "hashtable"),
        (["HSET", "k", "f", "v"], "listpack"),
        (["HSET", "k", "f", "x" * 100], "hashtable"),
        (["ZADD", "k", "1", "m"], "listpack"),
        (["ZADD", "k", "1", "x" * 100], "skiplist"),
        (["XADD", "k", "*", "f", "v"], "stream"),
    ]:
        a.execute_command("DEL", "k")
        a.execute_command(*words)
        assert a.execute_command("OBJECT", "ENCODING", "k") == encoding, words
    assert a.execute_command("OBJECT", "ENCODING", "none") is None
    assert a.execute_command("OBJECT", "REFCOUNT", "k") == 1
    assert a.execute_command("OBJECT", "IDLETIME", "k") in (0, 1)
    with pytest.raises(redis.ResponseError, match="LFU maxmemory policy is not selected"):
        a.execute_command("OBJECT", "FREQ", "k")
    assert a.execute_command("MEMORY", "USAGE", "k") > 50
    assert a.execute_command("MEMORY", "DOCTOR")


def test_logs_slow_commands(a: redis.Redis) -> None:
    a.execute_command("CONFIG", "SET", "slowlog-log-slower-than", "0")
    a.execute_command("SLOWLOG", "RESET")
    a.execute_command("CLIENT", "SETNAME", "me")
    a.execute_command("SET", "k", "x" * 200)
    log: Any = a.execute_command("SLOWLOG", "GET", "1")
    [[number, at, micros, words, address, name]] = log
    assert (words[:2], words[2][-18:]) == (["SET", "k"], "... (72 more bytes)"[-18:])
    assert abs(at - time.time()) < 60
    assert micros >= 0
    assert re.fullmatch(r"127\.0\.0\.1:\d+", address)
    assert name == "me"
    assert a.execute_command("SLOWLOG", "LEN") >= 3
    assert a.execute_command("SLOWLOG", "GET", "-1")[0][0] > number
    a.execute_command("CONFIG", "SET", "slowlog-log-slower-than", "-1")
    assert a.execute_command("SLOWLOG", "RESET") == "OK"
    assert a.execute_command("SLOWLOG", "LEN") == 0


def test_watches_its_latency(a: redis.Redis) -> None:
    a.execute_command("CONFIG", "SET", "latency-monitor-threshold", "20")
    a.execute_command("DEBUG", "SLEEP", "0.03")
    [[event, at, last, most]] = a.execute_command("LATENCY", "LATEST")
    assert event == "command"
    assert last == most >= 30
    assert abs(at - time.time()) < 60
    assert a.execute_command("LATENCY", "HISTORY", "command") == [[at, last]]
    assert "command" in str(a.execute_command("LATENCY", "GRAPH", "command"))
    assert a.execute_command("LATENCY", "DOCTOR")
    assert a.execute_command("LATENCY", "RESET") == 1
    assert a.execute_command("LATENCY", "LATEST") == []
    told: Any = a.execute_command("LATENCY", "HISTOGRAM", "debug")
    assert told[0] == "debug"
    assert told[1][:2] == ["calls", 1]


def test_ends_a_connection_s_state(a: redis.Redis, b: redis.Redis) -> None:
    b.client_setname("bob")
    b.select(3)
    b.execute_command("MULTI")
    assert b.connection is not None
    b.connection.send_command("RESET")
    assert b.connection.read_response() == "RESET"
    told = str(a.execute_command("CLIENT", "LIST"))
    assert "name=bob" not in told
    assert "multi=-1" in told


def test_stands_alone(a: redis.Redis) -> None:
    assert a.execute_command("ROLE") == ["master", 0, []]
    assert a.execute_command("WAIT", "0", "0") == 0
    assert isinstance(a.execute_command("MODULE", "LIST"), list)
    assert a.execute_command("COMMAND", "COUNT") > 200
    assert a.execute_command("PING") == "PONG"
    assert a.execute_command("ECHO", "x") == "x"
    assert len(a.execute_command("TIME")) == 2
    with pytest.raises(redis.ResponseError, match="cluster support disabled"):
        a.execute_command("CLUSTER", "INFO")


@pytest.mark.parametrize("words", [["SHUTDOWN", "NOSAVE"], ["SHUTDOWN"]])
def test_ends_when_told_to(a: redis.Redis, own_server: Served, words: list[str]) -> None:
    with pytest.raises(redis.ConnectionError):
        a.execute_command(*words)
    until(lambda: not own_server.is_running())
    own_server.start()
