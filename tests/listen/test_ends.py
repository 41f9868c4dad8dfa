"""Ends that nobody announced: stores that are forgotten, interpreters that exit, forks."""

import os
import time
from pathlib import Path

import pytest
from burner_redis import Store

from ..helpers import connected, is_refused, run_python
from .sockets import client_of


def test_a_store_that_nobody_uses_does_not_listen() -> None:
    store = Store()
    url = store.listen("127.0.0.1:0").url  # the listener itself is forgotten at once
    with connected(url) as connection:
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
    with connected(url) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(100) == b"+PONG\r\n"
        connection.sendall(b"EVAL 'while true do end' 0\r\n")
        if started:
            time.sleep(0.2)  # nobody is told that a script has begun
        del listener
    assert is_refused(url)


@pytest.mark.parametrize(
    "script",
    ["return 1", "while true do end", "redis.call('SET', 'k', 1) while true do end"],
    ids=["nothing", "a script", "a script that wrote"],
)
def test_the_interpreter_exits_with_a_listener_open(tmp_path: Path, script: str) -> None:
    """With clients connected, one blocked, and a command of another still running."""
    done = run_python(
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
    done = run_python(
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
