"""Where a store listens, from its beginning to its end."""

import errno
import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
import redis
from burner_redis import BurnerRedis, Listener, Store

from ..helpers import PATIENCE, connected, is_refused, port_of
from .sockets import client_of


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
        assert client_of(listener).ping() is True


def test_close_ends_connections_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with store.listen("127.0.0.1:0", f"unix:{path}") as listener:
        connection = connected(listener.url)
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
            client_of(one).incr("n")
            last = client_of(other).get("n")
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
        store.listen(6379)


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
        assert client_of(listener).ping() is True


def test_a_socket_on_which_nobody_answers_is_replaced(store: Store, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(f"{tmp_path}/s")
    with store.listen(f"unix:{tmp_path}/s") as listener:
        assert client_of(listener).ping() is True


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
