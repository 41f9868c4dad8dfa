"""redis-cli, in the ways that people use it at a shell: arguments, pipes, a terminal."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from .conftest import Tool
from .served import Served, until


@contextlib.contextmanager
def stopped(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """A program that would not end by itself."""
    with process:
        try:
            yield process
        finally:
            process.kill()


def next_lines(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout
    return [process.stdout.readline().rstrip("\n") for _ in range(count)]


@pytest.mark.parametrize("protocol", ["-2", "-3"])
def test_runs_commands_given_as_arguments(cli: Tool, protocol: str) -> None:
    assert cli.lines(protocol, "SET", "k", "a value") == ["OK"]
    assert cli.lines(protocol, "GET", "k") == ["a value"]
    assert cli.lines(protocol, "--no-raw", "INCR", "n") == ["(integer) 1"]
    assert cli.lines(protocol, "--no-raw", "GET", "none") == ["(nil)"]
    assert cli.lines(protocol, "HSET", "h", "f", "v", "g", "w") == ["2"]
    fields = cli.lines(protocol, "HGETALL", "h")
    assert sorted(" ".join(fields).split()) == ["f", "g", "v", "w"]
    assert cli.lines(protocol, "--no-raw", "LPUSH", "k", "x") == [
        "(error) WRONGTYPE Operation against a key holding the wrong kind of value"
    ]


def test_shows_the_types_of_each_protocol(cli: Tool) -> None:
    cli("ZADD", "z", "1.5", "m")
    assert cli.lines("-2", "--no-raw", "ZSCORE", "z", "m") == ['"1.5"']
    assert cli.lines("-3", "--no-raw", "ZSCORE", "z", "m") == ["(double) 1.5"]
    assert cli.lines("-2", "--no-raw", "CONFIG", "GET", "port")[0] == '1) "port"'
    assert cli.lines("-3", "--no-raw", "CONFIG", "GET", "port")[0].startswith('1# "port" => ')
    assert cli.lines("-3", "--no-raw", "EVAL", "redis.setresp(3); return true", "0") == ["(true)"]
    assert cli.lines("-3", "--json", "HELLO")[0].startswith('{"server":"')


def test_ends_with_an_error_where_asked_to(cli: Tool) -> None:
    done = cli("-e", "GET", fails=True)
    assert "wrong number of arguments for 'get' command" in done.stdout + done.stderr


def test_reads_commands_from_a_pipe(cli: Tool) -> None:
    script = (
        'SET a "two words"\nGET a\n\nMULTI\nINCR n\nINCR n\nEXEC\nSELECT 2\nDBSIZE\nNOSUCH\nPING\n'
    )
    printed = cli("--raw", stdin=script).stdout.splitlines()
    assert printed[:9] == ["OK", "two words", "OK", "QUEUED", "QUEUED", "1", "2", "OK", "0"]
    assert printed[9].startswith("ERR unknown command 'NOSUCH'")
    assert printed[-1] == "PONG"


class Terminal:
    """redis-cli as a person sees it."""

    def __init__(self, command: list[str]) -> None:
        self._mine, theirs = pty.openpty()
        environment = os.environ | {"TERM": "dumb", "HOME": "/nonexistent"}
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
        )
        os.close(theirs)

    def until(self, end: str) -> str:
        """What is shown up to these characters, without colours."""
        shown = ""
        while not shown.endswith(end):
            shown += os.read(self._mine, 1).decode()
        return re.sub(r"\x1b\[\d*m|\r", "", shown)

    def type(self, line: str) -> None:
        os.write(self._mine, line.encode() + b"\n")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._mine)


@pytest.fixture
def terminal(redis_cli: list[str], server: Served) -> Iterator[Terminal]:
    shown = Terminal([*redis_cli, "-p", str(server.port)])
    yield shown
    shown.close()


def test_talks_with_a_person(terminal: Terminal, server: Served) -> None:
    prompt = f"{server.host}:{server.port}> "
    in_transaction = f"{server.host}:{server.port}(TX)> "
    terminal.until(prompt)
    terminal.type("SET k v")
    assert "OK\n" in terminal.until(prompt)
    terminal.type("HELP LPOS")
    assert "since: 6.0.6" in terminal.until(prompt)
    terminal.type("SELECT 3")
    in_db = f"{server.host}:{server.port}[3]> "
    assert "OK\n" in terminal.until(in_db)
    terminal.type("SELECT 0")
    terminal.until(prompt)
    terminal.type("MULTI")
    terminal.until(in_transaction)
    terminal.type("GET k")
    assert "QUEUED" in terminal.until(in_transaction)
    terminal.type("EXEC")
    assert '1) "v"' in terminal.until(prompt)
    terminal.type("HELLO 3")
    terminal.until(prompt)
    terminal.type("CLIENT TRACKING on")
    terminal.until(prompt)
    terminal.type("2 GET k")  # twice
    terminal.until(prompt)
    terminal.type("SET k w")
    terminal.until(prompt)
    terminal.type("PING")
    assert "-> invalidate: 'k'\nPONG" in terminal.until(prompt)
    terminal.type("QUIT")
    assert terminal.process.wait(30) == 0


def test_subscribes_and_leaves_at_a_terminal(
    terminal: Terminal, server: Served, r: redis.Redis
) -> None:
    prompt = f"{server.host}:{server.port}> "
    terminal.until(prompt)
    terminal.type("SUBSCRIBE news")
    until(lambda: r.publish("news", "hello"))
    assert '1) "message"' in terminal.until('3) "hello"')
    terminal.type("")  # any key makes it listen to us
    terminal.until("(subscribed mode)> ")
    terminal.type("PING")
    terminal.until('1) "pong"')
    terminal.type("GET k")
    terminal.until("(error) ERR Can't execute 'get': only")
    terminal.type("UNSUBSCRIBE")
    until(lambda: r.pubsub_numsub("news") == [("news", 0)])


def test_scans(cli: Tool, r: redis.Redis) -> None:
    r.mset({f"user:{i}": i for i in range(500)} | {f"other:{i}": i for i in range(500)})
    assert sorted(cli.lines("--scan", "--pattern", "user:*", "--count", "100")) == sorted(
        f"user:{i}" for i in range(500)
    )
    assert len(cli.lines("--scan")) == 1000
    assert cli.lines("--scan", "--quoted-pattern", r'"user:49\x39"') == ["user:499"]


@pytest.fixture
def zoo(r: redis.Redis) -> None:
    """A key of each type."""
    r.set("string", "x" * 1000)
    r.rpush("list", *range(100))
    r.sadd("set", *range(50))
    r.hset("hash", mapping={f"f{i}": i for i in range(30)})
    r.zadd("zset", {f"m{i}": i for i in range(20)})
    for i in range(10):
        r.xadd("stream", {"i": i})


@pytest.mark.usefixtures("zoo")
def test_finds_big_keys(cli: Tool) -> None:
    shown = cli("--bigkeys").stdout
    assert "Sampled 6 keys in the keyspace!" in shown
    for line in [
        'Biggest string found "string" has 1000 bytes',
        'Biggest   list found "list" has 100 items',
        'Biggest    set found "set" has 50 members',
        'Biggest   hash found "hash" has 30 fields',
        'Biggest   zset found "zset" has 20 members',
        'Biggest stream found "stream" has 10 entries',
    ]:
        assert re.sub(r"\s+", " ", line) in re.sub(r"\s+", " ", shown)


@pytest.mark.usefixtures("zoo")
def test_finds_keys_of_much_memory(cli: Tool) -> None:
    shown = cli("--memkeys", "--memkeys-samples", "0").stdout
    assert "Sampled 6 keys in the keyspace!" in shown
    assert re.search(r'Biggest\s+string found "string" has \d{4} bytes', shown)


@pytest.mark.usefixtures("zoo")
def test_gathers_statistics_of_keys(cli: Tool) -> None:
    shown = cli("--keystats").stdout
    assert "Keys sampled: 6\n" in shown
    assert re.search(r'[\d.]+KB? string +"string"', shown), shown


@pytest.mark.usefixtures("zoo")
def test_finds_hot_keys(own_server: Served, redis_cli: list[str]) -> None:
    cli = Tool([*redis_cli, "-p", str(own_server.port)])
    with redis.Redis(port=own_server.port) as r:
        r.config_set("maxmemory-policy", "allkeys-lfu")
        r.set("hot", 1)
        r.set("cold", 1)
        for _ in range(200):
            r.get("hot")
    shown = cli("--hotkeys").stdout
    assert "Sampled 2 keys" in shown
    assert re.search(r'hot key found with counter: \d+\tkeyname: "?hot"?', shown)


def test_hot_keys_want_a_policy(cli: Tool) -> None:
    cli("SET", "k", "v")
    done = cli("--hotkeys", fails=True)
    assert "An LFU maxmemory policy is not selected" in done.stdout + done.stderr


def test_simulates_a_cache(own_server: Served, redis_cli: list[str]) -> None:
    with redis.Redis(port=own_server.port) as r:
        r.config_set("maxmemory", "3mb", "maxmemory-policy", "allkeys-lru")
    test = [*redis_cli, "-p", str(own_server.port), "--lru-test", "10000"]
    with contextlib.closing(Terminal(test)) as shown:
        for _ in range(2):
            line = shown.until("\n")
            assert re.match(r"\d+ Gets/sec \| Hits: \d+ \([\d.]+%\) \| Misses: \d+", line), line


def test_shows_rolling_figures(cli: Tool, r: redis.Redis) -> None:
    r.set("k", "v")
    with stopped(cli.started("--stat", "-i", "0.05")) as process:
        lines = next_lines(process, 6)
    assert lines[0].startswith("------- data ------ ---")
    assert lines[1].split()[:4] == ["keys", "mem", "clients", "blocked"]
    for line in lines[2:]:
        assert re.match(r"1 +[\d.]+[BKM] +\d+ +0 +\d+ \(\+\d+\) +\d+", line), line


def test_samples_the_latency(cli: Tool) -> None:
    [line] = cli.lines("--latency", "-i", "0.1")
    least, greatest, mean, samples = line.split()
    assert 0 <= float(least) <= float(mean) <= float(greatest)
    assert int(samples) >= 1
    with stopped(cli.started("--latency-history", "-i", "0.1")) as process:
        for line in next_lines(process, 2):
            assert len(line.split()) == 4


def test_inserts_a_hundred_thousand_commands(cli: Tool, r: redis.Redis) -> None:
    def told(*words: str) -> str:
        return f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)

    bulk = "".join(told("SET", f"k{i}", f"value of {i}") for i in range(99_998))
    done = cli("--pipe", stdin=bulk + told("LPUSH", "k1", "x") + "SET inline 1\r\n", fails=True)
    assert done.stdout.splitlines() == [
        "All data transferred. Waiting for the last reply...",
        "Last reply received from server.",
        "errors: 1, replies: 100000",
    ]
    assert "WRONGTYPE" in done.stderr
    assert r.dbsize() == 99_999
    assert r.get("k99997") == "value of 99997"


def test_watches_what_others_do(cli: Tool, r: redis.Redis) -> None:
    r.ping()
    with stopped(cli.started("MONITOR")) as process:
        assert next_lines(process, 1) == ["OK"]
        r.set("k", 'a "b"\n')
        r.eval("return redis.call('GET', KEYS[1])", 1, "k")
        shown = next_lines(process, 3)
    ours = r.client_info()["addr"]
    assert re.fullmatch(rf'\d+\.\d{{6}} \[0 {ours}\] "SET" "k" "a \\"b\\"\\n"', shown[0])
    assert re.fullmatch(
        rf'\d+\.\d{{6}} \[0 {ours}\] "EVAL" "return redis.call\(\'GET\', KEYS\[1\]\)" "1" "k"',
        shown[1],
    )
    assert re.fullmatch(r'\d+\.\d{6} \[0 lua\] "GET" "k"', shown[2])


@pytest.mark.parametrize("protocol", ["-2", "-3"])
def test_listens_to_channels(cli: Tool, r: redis.Redis, protocol: str) -> None:
    with stopped(cli.started(protocol, "SUBSCRIBE", "a", "b")) as process:
        assert next_lines(process, 6) == ["subscribe", "a", "1", "subscribe", "b", "2"]
        assert r.publish("b", "hello") == 1
        assert next_lines(process, 3) == ["message", "b", "hello"]
    with stopped(cli.started(protocol, "PSUBSCRIBE", "n*")) as process:
        assert next_lines(process, 3) == ["psubscribe", "n*", "1"]
        assert r.publish("news", "hello") == 1
        assert next_lines(process, 4) == ["pmessage", "n*", "news", "hello"]


def test_runs_a_script_from_a_file(cli: Tool, tmp_path: Path) -> None:
    script = tmp_path / "script.lua"
    script.write_text("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1]), {1, {2}}}")
    assert cli.lines("--eval", str(script), "n", ",", "word") == ["n", "word", "1", "1", "2"]
    script.write_text("return redis.call('NOSUCH')")
    assert cli.lines("--eval", str(script))[0].startswith(
        "ERR Unknown Redis command called from script script: "
    )


def test_takes_arguments_from_its_input(cli: Tool, r: redis.Redis) -> None:
    cli("-x", "SET", "k", stdin="from a pipe\n")
    assert r.get("k") == "from a pipe\n"
    cli("-X", "value", "SET", "tagged", "value", "PX", "100000", stdin="x" * 300_000)
    assert r.strlen("tagged") == 300_000
    cli("--quoted-input", "SET", r'"nul\x00"', r'"\xff"')
    assert cli.lines("--no-raw", "--quoted-input", "GET", r'"nul\x00"') == [r'"\xff"']


def test_carries_a_key_over(
    cli: Tool, redis_cli: list[str], server: Served, r: redis.Redis
) -> None:
    r.rpush("from", "a", "b")
    dumped = subprocess.run(
        [*redis_cli, "-p", str(server.port), "-D", "", "DUMP", "from"],
        check=True,
        capture_output=True,
    ).stdout
    subprocess.run(
        [*redis_cli, "-p", str(server.port), "-X", "dump", "RESTORE", "to", "0", "dump"],
        check=True, input=dumped, capture_output=True,
    )  # fmt: skip
    assert r.lrange("to", 0, -1) == ["a", "b"]


def test_prints_csv_and_json(cli: Tool, r: redis.Redis) -> None:
    r.rpush("list", "a", 'b "c"', "é")
    r.hset("hash", "f", "v")
    assert cli.lines("--csv", "LRANGE", "list", "0", "1") == [r'"a","b \"c\""']
    assert json.loads(cli("--json", "LRANGE", "list", "0", "-1").stdout) == ["a", 'b "c"', "é"]
    assert json.loads(cli("--json", "HGETALL", "hash").stdout) == {"f": "v"}
    assert json.loads(cli("-2", "--json", "HGETALL", "hash").stdout) == ["f", "v"]
    assert json.loads(cli("--quoted-json", "LINDEX", "list", "2").stdout) == r"\xc3\xa9"
    for whole in ("COMMAND", "COMMAND DOCS", "CONFIG GET *", "MEMORY STATS"):
        assert json.loads(cli("--json", *whole.split()).stdout)


def test_repeats(cli: Tool) -> None:
    assert cli.lines("-r", "3", "-i", "0.01", "INCR", "n") == ["1", "2", "3"]
    assert cli.lines("-D", ";", "-r", "2", "INCR", "n") == ["4;5;"]


def test_selects_a_database(cli: Tool, server: Served, r: redis.Redis) -> None:
    cli("-n", "3", "SET", "k", "in 3")
    assert r.get("k") is None
    assert cli.lines("-u", f"{server.url}/3", "GET", "k") == ["in 3"]
    done = cli("-n", "99", "GET", "k")
    assert "DB index is out of range" in done.stdout + done.stderr


def test_comes_over_a_unix_socket(redis_cli: list[str], server: Served, r: redis.Redis) -> None:
    cli = Tool([*redis_cli, "-s", server.path])
    assert cli.lines("SET", "k", "v") == ["OK"]
    assert r.get("k") == "v"
    assert f"addr={server.path}:0" in cli("CLIENT", "INFO").stdout


def test_says_who_it_is(own_server: Served, redis_cli: list[str]) -> None:
    cli = Tool([*redis_cli, "-p", str(own_server.port)])
    cli("ACL", "SETUSER", "ann", "on", ">secret", "~a:*", "+@all")
    cli("CONFIG", "SET", "requirepass", "open sesame")

    assert cli.lines("PING") == ["NOAUTH Authentication required.", ""]
    quiet = ("--no-auth-warning", "-a", "open sesame")
    assert cli.lines(*quiet, "ACL", "WHOAMI") == ["default"]
    assert cli.lines(*quiet, "-3", "ACL", "WHOAMI") == ["default"]
    assert cli.lines("--no-auth-warning", "--user", "ann", "--pass", "secret", "ACL", "WHOAMI") == [
        "ann"
    ]
    url = f"redis://ann:secret@{own_server.host}:{own_server.port}/0"
    assert cli.lines("--no-auth-warning", "-u", url, "SET", "a:1", "v") == ["OK"]
    assert cli.lines("--no-auth-warning", "-u", url, "SET", "b", "v") == [
        "NOPERM No permissions to access a key", ""
    ]  # fmt: skip

    wrong = cli("--no-auth-warning", "-a", "wrong", "PING", fails=False)
    assert "AUTH failed: WRONGPASS invalid username-password pair" in wrong.stderr
    assert wrong.stdout.startswith("NOAUTH")
    wrong = cli("--no-auth-warning", "-3", "-a", "wrong", "PING", fails=False)
    assert "WRONGPASS" in wrong.stderr + wrong.stdout


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_leaves_nothing_behind_when_killed(cli: Tool, r: redis.Redis, how: signal.Signals) -> None:
    before = len(r.client_list())
    waiting = cli.started("BLPOP", "queue", "0")
    listening = cli.started("SUBSCRIBE", "news")
    until(lambda: r.info("clients")["blocked_clients"] == 1)
    until(lambda: r.pubsub_numsub("news") == [("news", 1)])
    for process in (waiting, listening):
        process.send_signal(how)
        process.communicate()
    until(lambda: len(r.client_list()) == before)
    assert r.info("clients")["blocked_clients"] == 0
    assert r.publish("news", "nobody") == 0
    assert r.rpush("queue", "kept") == 1
    assert r.lrange("queue", 0, -1) == ["kept"]


def test_is_told_that_its_connection_was_killed(cli: Tool, r: redis.Redis) -> None:
    with cli.started("BLPOP", "queue", "0") as process:
        [waiting] = until(lambda: [c for c in r.client_list() if c["cmd"] == "blpop"])
        assert r.client_kill_filter(_id=waiting["id"]) == 1
        printed, _ = process.communicate(timeout=30)
    assert "Server closed the connection" in printed or not printed
    assert r.rpush("queue", "kept") == 1


def test_is_told_that_it_was_unblocked(cli: Tool, r: redis.Redis) -> None:
    with cli.started("BLPOP", "queue", "0") as process:
        [waiting] = until(lambda: [c for c in r.client_list() if c["cmd"] == "blpop"])
        assert r.client_unblock(int(waiting["id"]), error=True)
        printed, _ = process.communicate(timeout=30)
    assert printed.startswith("UNBLOCKED client unblocked via CLIENT UNBLOCK")
