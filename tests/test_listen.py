"""A store that listens: clients in this process and clients on sockets are clients of one server."""

import asyncio
import errno
import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from burner_redis import BurnerRedis, Listener, ManualClock, MemoryConnectionPool, Store

#: How long something may take that takes no time, on a machine that does other things: seconds.
PATIENCE = 30


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def listener(store: Store) -> Iterator[Listener]:
    with store.listen("127.0.0.1:0") as listener:
        yield listener


@pytest.fixture
async def r(store: Store) -> AsyncIterator[BurnerRedis]:
    client = BurnerRedis(store=store)
    yield client
    await client.aclose()


@pytest.fixture
def s(listener: Listener) -> Iterator["redis.Redis[bytes]"]:
    with redis.Redis.from_url(listener.url, socket_timeout=PATIENCE) as client:
        yield client


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def connected(listener: Listener) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port_of(listener.url)), PATIENCE)


def client_of(listener: Listener) -> "redis.Redis[bytes]":
    return redis.Redis.from_url(listener.url, socket_timeout=PATIENCE)


def is_refused(url: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port_of(url)), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return True
    return False


async def until(condition: Callable[[], Awaitable[Any]]) -> None:
    """Lets others run until the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not await condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0)


async def in_thread(call: Any, *args: Any) -> Any:
    return await asyncio.wait_for(asyncio.to_thread(call, *args), PATIENCE)


# Addresses


async def test_each_sees_what_the_other_wrote(r: BurnerRedis, s: Any) -> None:
    await r.set("mine", "1")
    assert s.get("mine") == b"1"
    s.set("theirs", "2")
    assert await r.get("theirs") == b"2"


def test_a_url_says_where_clients_find_it(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a socket"
    listener = store.listen("127.0.0.1:0", f"unix:{path}", "0.0.0.0:0")
    assert listener.url == listener.urls[0] == f"redis://127.0.0.1:{port_of(listener.url)}"
    assert listener.urls[1] == f"unix://{tmp_path}/a%20socket"
    assert listener.urls[2].startswith("redis://127.0.0.1:")
    assert listener.store is store
    for url in listener.urls:
        with redis.Redis.from_url(url, socket_timeout=PATIENCE) as client:
            assert client.ping() is True
    listener.close()
    assert repr(listener) == f"<Listener {' '.join(listener.urls)} closed>"


def test_a_relative_path_is_found_from_elsewhere(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with store.listen("unix:s") as listener:
        monkeypatch.chdir("/")
        assert redis.Redis.from_url(listener.url, socket_timeout=PATIENCE).ping() is True


def test_close_ends_connections_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with store.listen("127.0.0.1:0", f"unix:{path}") as listener:
        connection = socket.create_connection(("127.0.0.1", port_of(listener.url)), PATIENCE)
        connection.sendall(b"PING\r\n")
        assert connection.recv(100) == b"+PONG\r\n"
        assert store.sessions() == 1
        assert not listener.closed
    assert listener.closed
    with connection:
        assert connection.recv(100) == b""
    assert store.sessions() == 0
    assert is_refused(listener.url)
    assert not path.exists()
    listener.close()


def test_close_from_any_thread_at_once(store: Store) -> None:
    listener = store.listen("127.0.0.1:0")
    threads = [threading.Thread(target=listener.close) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert is_refused(listener.url)


def test_a_store_listens_again(store: Store) -> None:
    for _ in range(3):
        with store.listen("127.0.0.1:0") as one, store.listen("127.0.0.1:0") as other:
            redis.Redis.from_url(one.url, socket_timeout=PATIENCE).incr("n")
            last = redis.Redis.from_url(other.url, socket_timeout=PATIENCE).get("n")
    assert last == b"3"


@pytest.mark.parametrize("address", ["", "6379", "localhost:0", "unix:", "127.0.0.1:70000", "/s"])
def test_what_is_no_address_is_refused(store: Store, address: str) -> None:
    with pytest.raises(
        ValueError, match="is neither an IP address with a port nor unix: and a path"
    ):
        store.listen(address)


def test_an_address_is_needed_and_is_text(store: Store) -> None:
    with pytest.raises(TypeError):
        store.listen()
    with pytest.raises(TypeError):
        store.listen(6379)  # type: ignore[arg-type]


def test_an_address_in_use(store: Store, listener: Listener, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with pytest.raises(OSError, match="in use") as caught:
        store.listen(f"127.0.0.1:{port_of(listener.url)}")
    assert caught.value.errno == errno.EADDRINUSE
    assert caught.value.filename == f"127.0.0.1:{port_of(listener.url)}"
    # All or nothing.
    with pytest.raises(OSError, match="in use"):
        store.listen(f"unix:{path}", f"127.0.0.1:{port_of(listener.url)}")
    assert not path.exists()


def test_a_socket_on_which_somebody_answers_is_left_alone(store: Store, tmp_path: Path) -> None:
    with store.listen(f"unix:{tmp_path}/s") as listener:
        with pytest.raises(OSError, match="in use"):
            Store().listen(f"unix:{tmp_path}/s")
        assert redis.Redis.from_url(listener.url, socket_timeout=PATIENCE).ping() is True


def test_a_socket_on_which_nobody_answers_is_replaced(store: Store, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(f"{tmp_path}/s")
    with store.listen(f"unix:{tmp_path}/s") as listener:
        assert redis.Redis.from_url(listener.url, socket_timeout=PATIENCE).ping() is True


def test_no_other_file_is_ever_deleted(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("mine")
    with pytest.raises(OSError, match="in use") as caught:
        store.listen(f"unix:{path}")
    assert caught.value.errno == errno.EADDRINUSE
    assert path.read_text() == "mine"
    path.unlink()
    with store.listen(f"unix:{path}"):
        path.unlink()
        path.write_text("mine")
    assert path.read_text() == "mine"


def test_paths_that_cannot_be(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.listen(f"unix:{tmp_path}/no/s")
    with pytest.raises((OSError, ValueError), match="path"):
        store.listen(f"unix:{tmp_path}/{'s' * 200}")
    if os.getuid() != 0:
        tmp_path.chmod(0o500)
        with pytest.raises(PermissionError):
            store.listen(f"unix:{tmp_path}/s")


def test_permissions_of_a_socket(store: Store, tmp_path: Path) -> None:
    with store.listen(f"unix:{tmp_path}/s", unix_permissions=0o700):
        assert (tmp_path / "s").stat().st_mode & 0o777 == 0o700


# Waking each other


async def test_a_push_over_a_socket_wakes_a_blocked_call(r: BurnerRedis, s: Any) -> None:
    for n in range(20):
        waiting = asyncio.ensure_future(r.blpop(["l"], timeout=0))
        await asyncio.sleep(0)
        s.rpush("l", n)
        assert await asyncio.wait_for(waiting, PATIENCE) == (b"l", b"%d" % n)


async def test_a_push_here_wakes_who_is_blocked_over_a_socket(r: BurnerRedis, s: Any) -> None:
    waiting = asyncio.ensure_future(in_thread(s.blpop, ["l"], 0))
    await until(lambda: blocked(r, 1))
    await r.rpush("l", "x")
    assert await waiting == (b"l", b"x")


async def blocked(r: BurnerRedis, count: int) -> bool:
    return (await r.info("clients"))["blocked_clients"] == count


async def test_a_push_over_a_socket_wakes_a_blocked_connection(
    store: Store, r: BurnerRedis, s: Any
) -> None:
    """Over redis-py's own connection class, too."""
    async with BurnerRedis(store=store, single_connection_client=True) as wired:
        waiting = asyncio.ensure_future(wired.blpop(["l"], timeout=0))
        await until(lambda: blocked(r, 1))
        s.rpush("l", "x")
        assert await asyncio.wait_for(waiting, PATIENCE) == (b"l", b"x")


async def test_messages_cross_both_ways(r: BurnerRedis, s: Any) -> None:
    async with r.pubsub(ignore_subscribe_messages=True) as here:
        there = s.pubsub(ignore_subscribe_messages=True)
        await here.subscribe("news")
        await here.get_message(timeout=PATIENCE)
        there.subscribe("news")
        there.get_message(timeout=PATIENCE)
        assert await r.pubsub_numsub("news") == s.pubsub_numsub("news") == [(b"news", 2)]
        for n in range(20):
            waiting = asyncio.ensure_future(here.get_message(timeout=PATIENCE))
            await asyncio.sleep(0)
            assert s.publish("news", n) == 2
            message = await waiting
            assert message is not None
            assert message["data"] == b"%d" % n
            assert there.get_message(timeout=PATIENCE)["data"] == b"%d" % n
        assert await r.publish("news", "x") == 2
        assert there.get_message(timeout=PATIENCE)["data"] == b"x"
        there.close()


async def test_time_goes_by_on_both_sides(r: BurnerRedis, s: Any) -> None:
    """A deadline that one side set is heard of by the other, though neither calls."""
    await r.config_set("notify-keyspace-events", "Ex")
    async with r.pubsub(ignore_subscribe_messages=True) as here:
        await here.subscribe("__keyevent@0__:expired")
        await here.get_message(timeout=PATIENCE)
        there = s.pubsub(ignore_subscribe_messages=True)
        there.subscribe("__keyevent@0__:expired")
        there.get_message(timeout=PATIENCE)
        s.set("theirs", 1, px=5)
        message = await here.get_message(timeout=PATIENCE)
        assert message is not None
        assert message["data"] == b"theirs"
        assert there.get_message(timeout=PATIENCE)["data"] == b"theirs"
        await r.set("mine", 1, px=5)
        # The loop stands still here, so that the server's thread has to look at the time.
        assert there.get_message(timeout=PATIENCE)["data"] == b"mine"
        there.close()


async def test_a_blocked_call_times_out_while_nobody_calls(
    r: BurnerRedis, listener: Listener
) -> None:
    assert await asyncio.wait_for(r.blpop(["l"], timeout=0.01), PATIENCE) is None


async def test_a_moved_clock_is_everybodys() -> None:
    store = Store(clock=ManualClock(1_000))
    with store.listen("127.0.0.1:0") as listener:
        r = BurnerRedis(store=store)
        with redis.Redis.from_url(listener.url, socket_timeout=PATIENCE) as s:
            waiting = asyncio.ensure_future(in_thread(s.blpop, ["l"], 5))
            await until(lambda: blocked(r, 1))
            store.advance(5.001)
            assert await waiting is None
        await r.aclose()


async def test_cancelled_calls_lose_nothing_that_a_socket_pushed(r: BurnerRedis, s: Any) -> None:
    total = 2_000
    pushing = asyncio.ensure_future(in_thread(push_all, s, total))
    got: list[bytes] = []
    rounds = 0
    while not pushing.done() or await r.exists("l"):
        call = asyncio.ensure_future(r.blpop(["l"], timeout=1))
        for _ in range(rounds % 4):
            await asyncio.sleep(0)
        rounds += 1
        call.cancel()
        try:
            if answer := await call:
                got.append(answer[1])
        except asyncio.CancelledError:
            if rounds % 8 == 0 and (element := await r.lpop("l")):  # or it would take long
                got.append(element)
    assert sorted(map(int, got)) == list(range(total))


def push_all(s: Any, count: int) -> None:
    for n in range(count):
        s.rpush("l", n)


# The store's lock


async def test_the_loop_runs_on_beside_a_long_command(r: BurnerRedis, s: Any) -> None:
    await r.set("k", "v")
    endless = asyncio.ensure_future(asyncio.to_thread(until_killed, s))
    turns = 0
    killed = False
    calls: list[asyncio.Future[Any]] = []
    deadline = time.monotonic() + PATIENCE
    while not killed:
        assert time.monotonic() < deadline
        turns += 1
        await asyncio.sleep(0)
        calls.append(asyncio.ensure_future(r.get("k")))
        if turns < 100:
            continue
        try:
            killed = bool(await r.script_kill())
        except redis.ResponseError:  # it does not run yet
            turns = 0
    assert await asyncio.wait_for(asyncio.gather(*calls), PATIENCE) == [b"v"] * len(calls)
    assert "killed" in await asyncio.wait_for(endless, PATIENCE)


def until_killed(s: Any) -> str:
    with pytest.raises(redis.ResponseError) as caught:
        s.eval("while true do end", 0)
    return str(caught.value).lower()


async def test_a_transaction_in_parts_is_one_to_a_socket(r: BurnerRedis, s: Any) -> None:
    """A long one pauses for its loop: nobody may see what is between."""
    done = threading.Event()

    def look() -> int:
        looks = 0
        while not done.is_set():
            a, b = s.mget("a", "b")
            assert a == b
            looks += 1
        return looks

    looking = asyncio.ensure_future(in_thread(look))
    try:
        for n in range(5):
            async with r.pipeline(transaction=True) as pipe:
                pipe.set("a", n)
                for _ in range(20_000):
                    pipe.incr("n")
                pipe.set("b", n)
                await pipe.execute()
    finally:
        done.set()
    assert await looking > 0
    assert await r.get("n") == b"100000"


async def test_calls_and_connections_beside_a_busy_socket(
    store: Store, r: BurnerRedis, s: Any
) -> None:
    done = threading.Event()

    def load() -> None:
        while not done.is_set():
            with s.pipeline(transaction=False) as pipe:
                for n in range(200):
                    pipe.zadd("z", {f"member:{n}": n})
                pipe.execute()

    loading = asyncio.ensure_future(in_thread(load))
    try:
        async with BurnerRedis(store=store, single_connection_client=True) as wired:
            for n in range(300):
                assert await r.incr("n") == n + 1
                assert await wired.get("n") == b"%d" % (n + 1)
                async with r.pipeline() as pipe:
                    assert await pipe.get("n").get("n").execute() == [b"%d" % (n + 1)] * 2
                await asyncio.sleep(0)
    finally:
        done.set()
        await loading


def test_two_loops_and_two_sockets_share_a_store(store: Store, listener: Listener) -> None:
    each = 200
    failed: list[BaseException] = []

    async def pass_on(own: str, to: str) -> None:
        r = BurnerRedis(store=store)
        for _ in range(each):
            _, n = await asyncio.wait_for(r.blpop([own], timeout=0), PATIENCE)  # type: ignore
            await r.rpush(to, int(n) + 1)
        await r.aclose()

    def loop(own: str, to: str) -> None:
        try:
            asyncio.run(pass_on(own, to))
        except BaseException as error:
            failed.append(error)
            raise

    def client(own: str, to: str) -> None:
        with redis.Redis.from_url(listener.url, socket_timeout=PATIENCE) as s:
            for _ in range(each):
                _, n = s.blpop([own], 0)  # type: ignore
                s.rpush(to, int(n) + 1)

    ring = [(loop, ("a", "b")), (client, ("b", "c")), (loop, ("c", "d")), (client, ("d", "a"))]
    threads = [threading.Thread(target=run, args=args, daemon=True) for run, args in ring]
    for thread in threads:
        thread.start()
    with redis.Redis.from_url(listener.url, socket_timeout=PATIENCE) as s:
        s.rpush("a", 0)
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        assert not failed
        assert s.lrange("a", 0, -1) == [b"%d" % (4 * each)]


# The two kinds of clients are one server's clients


async def test_client_list_and_kill(r: BurnerRedis, s: Any) -> None:
    await r.client_setname("here")
    s.client_setname("there")
    ids = {client["name"]: client["id"] for client in await r.client_list()}
    assert {"here", "there"} <= ids.keys()
    assert {client["name"] for client in s.client_list()} >= {"here", "there"}
    waiting = asyncio.ensure_future(r.blpop(["l"], timeout=0))
    await until(lambda: blocked(r, 1))
    victim = next(client for client in s.client_list() if client["cmd"] == "blpop")
    assert s.client_kill_filter(_id=victim["id"]) == 1
    with pytest.raises(redis.ConnectionError):
        await asyncio.wait_for(waiting, PATIENCE)
    assert await r.client_kill_filter(_id=ids["there"]) == 1
    assert "there" not in {client["name"] for client in await r.client_list()}


async def test_client_unblock(r: BurnerRedis, s: Any) -> None:
    waiting = asyncio.ensure_future(r.blpop(["l"], timeout=0))
    await until(lambda: blocked(r, 1))
    victim = next(client for client in s.client_list() if client["cmd"] == "blpop")
    assert s.client_unblock(victim["id"])
    assert await asyncio.wait_for(waiting, PATIENCE) is None


async def test_monitor_sees_both(r: BurnerRedis, s: Any) -> None:
    async with r.monitor() as monitor:
        s.set("there", 1)
        await r.set("here", 1)
        seen: list[str] = []
        while "SET here 1" not in seen:
            command = await asyncio.wait_for(monitor.next_command(), PATIENCE)
            seen.append(command["command"])
    assert seen.index("SET there 1") < seen.index("SET here 1")


async def test_a_monitor_on_a_socket_sees_calls_here(r: BurnerRedis, listener: Listener) -> None:
    with connected(listener) as monitor, monitor.makefile("rb") as lines:
        monitor.sendall(b"MONITOR\r\n")
        assert lines.readline() == b"+OK\r\n"
        await r.set("here", 1)
        while not (line := lines.readline()).endswith(b'"SET" "here" "1"\r\n'):
            assert line.startswith(b"+")


async def test_a_socket_hears_that_a_key_it_read_was_changed_here(
    r: BurnerRedis, listener: Listener
) -> None:
    with connected(listener) as there, there.makefile("rb") as lines:
        there.sendall(b"HELLO 3\r\nCLIENT TRACKING ON\r\nGET k\r\n")
        while lines.readline() != b"_\r\n":
            pass
        await r.set("k", 1)
        heard = b"".join(lines.readline() for _ in range(6))
    assert heard == b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n"


async def test_a_client_here_hears_that_a_key_it_read_was_changed_over_a_socket(
    store: Store, s: Any
) -> None:
    wire = MemoryConnectionPool(store=store, protocol=3).make_connection()
    await wire.connect()
    for command in (["CLIENT", "TRACKING", "ON"], ["GET", "k"]):
        await wire.send_command(*command)
        await wire.read_response()
    reader: Any = wire._reader  # pyright: ignore
    expected = b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n"
    waiting = asyncio.ensure_future(reader.readexactly(len(expected)))
    await asyncio.sleep(0)
    s.set("k", 1)
    assert await asyncio.wait_for(waiting, PATIENCE) == expected
    await wire.disconnect()


async def test_shutdown_over_a_socket_ends_the_clients_and_not_the_store(
    r: BurnerRedis, s: Any, listener: Listener
) -> None:
    await r.set("k", "v")
    waiting = asyncio.ensure_future(r.blpop(["l"], timeout=0))
    await until(lambda: blocked(r, 1))
    s.shutdown(nosave=True)
    with pytest.raises(redis.ConnectionError):
        await asyncio.wait_for(waiting, PATIENCE)
    assert await r.get("k") is None
    with redis.Redis.from_url(listener.url, socket_timeout=PATIENCE) as again:
        assert again.dbsize() == 0


# Unexpected ends


async def test_the_loop_is_left_as_it_was(store: Store) -> None:
    """No descriptor stays behind, in the loop or in the process."""
    r = BurnerRedis(store=store)
    before = len(os.listdir("/dev/fd"))
    for _ in range(3):
        with store.listen("127.0.0.1:0") as listener:
            waiting = asyncio.ensure_future(r.blpop(["l"], timeout=0))
            await asyncio.sleep(0)
            with redis.Redis.from_url(listener.url, socket_timeout=PATIENCE) as s:
                s.rpush("l", "x")
            assert await asyncio.wait_for(waiting, PATIENCE) == (b"l", b"x")
        del listener
    await until(lambda: descriptors_are(before))
    await r.aclose()


async def descriptors_are(count: int) -> bool:
    return len(os.listdir("/dev/fd")) <= count  # what earlier tests left may go meanwhile


async def test_a_call_that_sleeps_already_when_the_store_begins_to_listen(store: Store) -> None:
    r = BurnerRedis(store=store)
    waiting = asyncio.ensure_future(r.blpop(["l"], timeout=0))
    await asyncio.sleep(0)

    def push() -> None:
        with store.listen("127.0.0.1:0") as listener, client_of(listener) as s:
            s.rpush("l", "x")

    await in_thread(push)
    assert await asyncio.wait_for(waiting, PATIENCE) == (b"l", b"x")
    await r.aclose()


def test_a_loop_without_add_reader_is_told_so(store: Store) -> None:
    class Loop(asyncio.SelectorEventLoop):
        def add_reader(self, *_: Any) -> None:  # type: ignore[override]
            raise NotImplementedError

    async def main() -> None:
        r = BurnerRedis(store=store)
        early = asyncio.ensure_future(r.blpop(["l"], timeout=0))
        await asyncio.sleep(0)
        with store.listen("127.0.0.1:0"):
            assert await r.set("k", "v")
            for call in (r.blpop(["l"], timeout=0), early):
                with pytest.raises(RuntimeError, match="has no add_reader"):
                    await asyncio.wait_for(call, PATIENCE)
        await r.aclose()

    loop = Loop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


def test_a_store_that_nobody_uses_does_not_listen() -> None:
    store = Store()
    url = store.listen("127.0.0.1:0").url  # the listener itself is forgotten at once
    with socket.create_connection(("127.0.0.1", port_of(url)), PATIENCE) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(100) == b"+PONG\r\n"
        del store
        assert connection.recv(100) == b""
    assert is_refused(url)


def test_a_listener_keeps_its_store_in_use() -> None:
    with Store().listen("127.0.0.1:0") as listener, client_of(listener) as s:
        assert s.ping() is True
    assert is_refused(listener.url)


@pytest.mark.parametrize("started", [False, True])
def test_a_store_that_goes_while_a_script_runs_over_a_socket(started: bool) -> None:
    listener = Store().listen("127.0.0.1:0")
    url = listener.url
    with socket.create_connection(("127.0.0.1", port_of(url)), PATIENCE) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(100) == b"+PONG\r\n"
        connection.sendall(b"EVAL 'while true do end' 0\r\n")
        if started:
            time.sleep(0.2)  # nobody is told that a script has begun
        del listener
    assert is_refused(url)


def run(code: str, *args: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code), *args],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.mark.parametrize(
    "script",
    ["return 1", "while true do end", "redis.call('SET', 'k', 1) while true do end"],
    ids=["nothing", "a script", "a script that wrote"],
)
def test_the_interpreter_exits_with_a_listener_open(tmp_path: Path, script: str) -> None:
    """With clients connected, one blocked, and a command of another still running."""
    done = run(
        """
        import asyncio, socket, sys
        from burner_redis import BurnerRedis, Store
        store = Store()
        listener = store.listen("127.0.0.1:0", f"unix:{sys.argv[1]}/s")
        port = int(listener.url.rsplit(":", 1)[1])
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
        async def main():
            r = BurnerRedis(store=store)
            waiting = asyncio.ensure_future(r.blpop(["l"], timeout=0))
            await asyncio.sleep(0)
            clients[0].sendall(b"BLPOP l 0\\r\\n")
            clients[1].sendall(b"PING\\r\\n")
            assert clients[1].recv(100) == b"+PONG\\r\\n"
            print("leaving", flush=True)
            clients[1].sendall(f'EVAL "{sys.argv[2]}" 0\\r\\n'.encode())
            waiting.cancel()
        asyncio.run(main())
        for client in clients: client.detach()
        """,
        str(tmp_path),
        script,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "leaving\n", "")
    if script == "return 1":
        assert not (tmp_path / "s").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_forked_child_has_a_store_without_listeners() -> None:
    done = run(
        """
        import asyncio, os, socket, traceback, warnings
        from burner_redis import BurnerRedis, Store
        warnings.simplefilter("ignore", DeprecationWarning)
        store = Store()
        listener = store.listen("127.0.0.1:0")

        def connect(to):
            port = int(to.url.rsplit(":", 1)[1])
            client = socket.create_connection(("127.0.0.1", port), 30)
            return client, client.makefile("rb")

        def ask(client, line):
            client[0].sendall(line)
            return client[1].readline()

        async def in_child():
            r = BurnerRedis(store=store)
            assert await r.get("k") == b"v"
            await r.rpush("l", "y")
            assert await r.llen("l") == 1
            assert (await r.info("clients"))["connected_clients"] == 1
            with store.listen("127.0.0.1:0") as own:
                client = connect(own)
                assert ask(client, b"LPOP l\\r\\n") == b"$1\\r\\n"
                client[1].close(), client[0].close()
            await r.aclose()

        client, blocked = connect(listener), connect(listener)
        assert ask(client, b"SET k v\\r\\n") == b"+OK\\r\\n"
        blocked[0].sendall(b"BLPOP l 0\\r\\n")
        ready, go = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                for each in (client, blocked):
                    each[1].close(), each[0].close()
                assert listener.closed
                listener.close()
                asyncio.run(in_child())
                os.write(ready[1], b"x")
                os.read(go[0], 1)  # it lives longer than the parent's listener
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os.write(ready[1], b"!")
                os._exit(1)
        assert os.read(ready[0], 1) == b"x"
        assert ask(client, b"RPUSH l x\\r\\n") == b":1\\r\\n"
        assert blocked[1].readline() == b"*2\\r\\n"
        listener.close()
        assert client[1].read() == b""  # the child holds no end of the connection
        try:
            connect(listener)
        except ConnectionRefusedError:
            print("closed")
        os.write(go[1], b"x")
        assert os.waitpid(pid, 0)[1] == 0
        for each in (client, blocked):
            each[1].close(), each[0].close()
        """
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "closed\n", "")
