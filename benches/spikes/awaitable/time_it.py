"""Times awaitables beside each other, interleaved: `python time_it.py DIR...`, a directory a build.

Each directory holds one extension module, `ready` (the C prototype) or `ready_rust` (the PyO3 one).
"""

import asyncio
import collections.abc
import gc
import importlib.machinery
import importlib.util
import inspect
import pathlib
import sys
import time
import warnings

ROUNDS, CALLS = 15, 50_000


def load(directory):
    path = next(pathlib.Path(directory).glob("*.so"))
    name = path.name.split(".")[0]
    loader = importlib.machinery.ExtensionFileLoader(name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module.Client()


async def check(client):
    """The manners, which a fast build must not have lost."""
    spare = client.get("k")
    assert (
        isinstance(spare, collections.abc.Coroutine)
        and inspect.iscoroutine(spare)
        and asyncio.iscoroutine(spare)
    )
    assert await asyncio.create_task(spare) == b"0123456789abcdef"
    try:
        spare.send(None)
    except RuntimeError as error:
        assert "already awaited" in str(error)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        cycle = []
        cycle.append(client.get(cycle))
        del cycle
        assert gc.collect() > 0 and "never awaited" in str(warned[0].message)


async def main():
    clients = {directory: load(directory) for directory in sys.argv[1:]}
    best = {}
    for client in clients.values():
        await client.set("k", b"0123456789abcdef")
        await check(client)
    for _ in range(ROUNDS):
        for directory, client in clients.items():
            start = time.perf_counter()
            for _ in range(CALLS):
                await client.get("k")
            middle = time.perf_counter()
            for _ in range(CALLS):
                await client.set("k", b"0123456789abcdef")
            for what, seconds in (("get", middle - start), ("set", time.perf_counter() - middle)):
                best[directory, what] = min(best.get((directory, what), 1), seconds / CALLS)
    for (directory, what), seconds in sorted(best.items()):
        print(f"{pathlib.Path(directory).name:20}{what:6}{seconds * 1e9:6.0f} ns")


asyncio.run(main())
