"""What a client in the process waits for while clients on sockets keep the store busy.

``python benches/beside_sockets.py`` prints, for each kind of neighbour, how long `await r.get(…)` takes and by how much
a 1 ms timer of the same event loop is late, in microseconds. The neighbours are processes of their own.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from burner_redis import BurnerRedis, Store

#: Sends the same bytes over and over, and reads until so many replies have come: sys.argv has the port, the bytes, how
#: many commands those are, and how many connections to use in turn.
NEIGHBOUR = r"""
import socket, sys
port, sent, count, links = int(sys.argv[1]), sys.argv[2].encode("latin-1"), int(sys.argv[3]), int(sys.argv[4])
links = [socket.create_connection(("127.0.0.1", port)) for _ in range(links)]
print("ready", flush=True)
while True:
    for link in links:
        link.sendall(sent)
    for link in links:
        tail, seen = b"", 0
        while seen < count:
            tail = tail[-6:] + link.recv(1 << 20)
            seen += tail.count(b"+OK\r\n") - tail[:6].count(b"+OK\r\n")
            tail = tail[-6:]
"""


def command(*words: str) -> str:
    return f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)


MARK = command("SET", "mark", "x")
SCRIPT = "for i = 1, 5e6 do end return 1"
#: Each with what is sent, how many +OK come back, and over how many connections.
NEIGHBOURS: dict[str, tuple[str, int, int] | None] = {
    "nobody": None,
    "SET, one at a time, 1 client": (MARK, 1, 1),
    "SET, 16 at a time, 50 clients": (MARK * 16, 16, 50),
    "ZADD, 1000 at a time, 10 clients": (command("ZADD", "z", "1", "m") * 999 + MARK, 1, 10),
    "a script of some milliseconds": (command("EVAL", SCRIPT, "0") + MARK, 1, 1),
    "SORT of 100,000": (command("SORT", "list", "LIMIT", "0", "1") + MARK, 1, 1),
    "KEYS of 1,000,000": (command("KEYS", "no*") + MARK, 1, 1),
}


async def gets(r: BurnerRedis, until: float) -> list[float]:
    took: list[float] = []
    while time.perf_counter() < until:
        began = time.perf_counter()
        await r.get("k")
        took.append(time.perf_counter() - began)
        await asyncio.sleep(0.0002)
    return took


async def timers(until: float) -> list[float]:
    late: list[float] = []
    while time.perf_counter() < until:
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        late.append(time.perf_counter() - began - 0.001)
    return late


def told(took: Sequence[float]) -> str:
    ordered = sorted(took)
    shares = [
        ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.99, 1.0)
    ]
    return " | ".join(f"{share * 1e6:9,.1f}" for share in shares)


@contextmanager
def busy(port: str, neighbour: tuple[str, int, int] | None) -> Iterator[None]:
    """Has a neighbour at work meanwhile."""
    if neighbour is None:
        yield
        return
    sent, count, links = neighbour
    arguments = [sys.executable, "-c", NEIGHBOUR, port, sent, str(count), str(links)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.kill()


async def measure(seconds: float) -> None:
    store = Store()
    r = BurnerRedis(store=store)
    await r.set("k", "v")
    for start in range(0, 1_000_000, 10_000):
        await r.mset({f"key:{n}": n for n in range(start, start + 10_000)})
    await r.rpush("list", *range(100_000))
    with store.listen("127.0.0.1:0") as listener:
        port = listener.url.rsplit(":", 1)[1]
        print("| neighbour | GET: half | 99 % | longest | timer late: half | 99 % | longest |")
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        for name, neighbour in NEIGHBOURS.items():
            with busy(port, neighbour):
                await asyncio.sleep(0.2)
                until = time.perf_counter() + seconds
                got, late = await asyncio.gather(gets(r, until), timers(until))
            print(f"| {name} | {told(got)} | {told(late)} |", flush=True)
    await r.aclose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3, help="for each neighbour")
    asyncio.run(measure(parser.parse_args().seconds))


if __name__ == "__main__":
    main()
