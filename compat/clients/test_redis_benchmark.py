"""redis-benchmark: each of its forms ends well, says nothing of errors, and has done what it says."""

from __future__ import annotations

import csv

import pytest
import redis

from .conftest import Tool
from .served import Served

SMALL = ("-q", "-n", "2000")
DEFAULTS = [
    "PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP", "SADD",
    "HSET", "SPOP", "ZADD", "ZPOPMIN", "LPUSH (needed to benchmark LRANGE)",
    "LRANGE_100 (first 100 elements)", "LRANGE_300 (first 300 elements)",
    "LRANGE_500 (first 500 elements)", "LRANGE_600 (first 600 elements)", "MSET (10 keys)",
    "XADD",
]  # fmt: skip


def results(benchmark: Tool, *arguments: str, stdin: str = "") -> dict[str, float]:
    """Requests a second by the name of the test, from a run without a word of an error."""
    done = benchmark("--csv", *arguments, stdin=stdin)
    assert not done.stderr, done.stderr
    assert "rror" not in done.stdout, done.stdout
    rows = list(csv.reader(done.stdout.splitlines()))
    assert rows[0][:2] == ["test", "rps"]
    return {name: float(rate) for name, rate, *_ in rows[1:]}


@pytest.mark.parametrize("how", [["-c", "10"], ["-P", "16", "-3"]], ids=" ".join)
def test_runs_its_tests(benchmark: Tool, how: list[str]) -> None:
    rates = results(benchmark, "-n", "1000", *how)
    assert sorted(rates) == sorted(DEFAULTS)
    assert all(rate > 0 for rate in rates.values())


@pytest.mark.parametrize("how", [["-c", "200", "-r", "1000"], ["--threads", "2"]], ids=" ".join)
def test_runs_those_of_its_tests_that_were_asked_for(benchmark: Tool, how: list[str]) -> None:
    assert list(results(benchmark, "-n", "1000", "-t", "get,zadd,mset", *how)) == [
        "GET",
        "ZADD",
        "MSET (10 keys)",
    ]


def test_sends_large_values(benchmark: Tool, r: redis.Redis) -> None:
    results(benchmark, "-n", "1000", "-d", "100000", "-t", "set,get", "-P", "4")
    assert r.strlen("key:__rand_int__") == 100_000


def test_prints_a_line_a_test_when_quiet(benchmark: Tool) -> None:
    done = benchmark(*SMALL, "-t", "set,get")
    ended = [line.split(":")[0] for line in done.stdout.splitlines() if "p50=" in line]
    assert ended == ["SET", "GET"]
    assert not done.stderr


def test_counts_what_it_did(benchmark: Tool, r: redis.Redis) -> None:
    results(benchmark, "-n", "2000", "-t", "incr,lpush,xadd", "-c", "20", "-P", "10")
    assert r.get("counter:__rand_int__") == "2000"
    assert r.llen("mylist") == 2000
    assert r.xlen("mystream") == 2000
    results(benchmark, "-n", "2000", "-r", "50", "INCR", "mine:__rand_int__")
    keys = list(r.scan_iter("mine:*"))
    assert sum(int(r.get(key)) for key in keys) == 2000


@pytest.mark.parametrize(
    "words",
    [
        ["EVAL", "return redis.call('INCR', KEYS[1])", "1", "scripted"],
        ["ZADD", "z", "__rand_int__", "m:__rand_int__"],
        ["SETEX", "k:__rand_int__", "100", "v"],
        ["GEOADD", "g", "13.361389", "38.115556", "m:__rand_int__"],
    ],
    ids=lambda words: words[0],
)
def test_takes_a_command(benchmark: Tool, words: list[str]) -> None:
    assert len(results(benchmark, "-n", "2000", "-r", "100", *words)) == 1


def test_takes_an_argument_from_its_input(benchmark: Tool, r: redis.Redis) -> None:
    results(benchmark, "-n", "10", "-x", "SET", "k", stdin="from a pipe")
    assert r.get("k") == "from a pipe"


def test_makes_a_connection_a_command(benchmark: Tool) -> None:
    done = benchmark("-k", "0", "-n", "500", "-q", "-t", "set")
    assert "requests per second" in done.stdout
    assert "rror" not in done.stdout + done.stderr


def test_tracks_keys(benchmark: Tool) -> None:
    results(benchmark, "--enable-tracking", "-n", "500", "-3", "-t", "set,get")


def test_uses_another_database(benchmark: Tool, r: redis.Redis) -> None:
    results(benchmark, "-n", "100", "--dbnum", "5", "-t", "set")
    assert r.dbsize() == 0
    assert "db5" in r.info("keyspace")


def test_comes_over_a_unix_socket(redis_benchmark: list[str], server: Served) -> None:
    results(Tool([*redis_benchmark, "-s", server.path]), "-n", "1000", "-t", "set,get", "-P", "4")


def test_says_who_it_is(own_server: Served, redis_benchmark: list[str]) -> None:
    with redis.Redis(port=own_server.port) as admin:
        admin.config_set("requirepass", "secret")
        admin.execute_command("AUTH", "secret")
        admin.acl_setuser(
            "ann", enabled=True, passwords=["+word"], keys=["*"], categories=["+@all"]
        )
    tool = Tool([*redis_benchmark, "-p", str(own_server.port)])
    results(tool, "-a", "secret", "-n", "100", "-t", "set")
    results(tool, "--user", "ann", "-a", "word", "-n", "100", "-t", "set")
    results(
        tool, "-u", f"redis://ann:word@{own_server.host}:{own_server.port}", "-n", "9", "-t", "set"
    )
    refused = tool("-n", "100", "-t", "set", fails=True)
    assert "NOAUTH" in refused.stdout + refused.stderr


def test_stops_at_an_error_of_the_server(benchmark: Tool) -> None:
    done = benchmark("-n", "100", "-q", "NOSUCH", fails=True)
    assert "ERR unknown command 'NOSUCH'" in done.stdout + done.stderr
