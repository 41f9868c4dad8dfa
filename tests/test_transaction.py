"""Long transactions: they pause for the event loop, and nobody gets in between.

With ``yield_every=1`` one pauses after each of its commands.
"""

import asyncio
import gc
import os
import subprocess
import textwrap
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from burner_redis import BurnerRedis, ManualClock, Store
from redis.asyncio.client import Pipeline

from .helpers import run_python

#: More commands than are run without a look at whether to pause.
LONG = 200


@pytest.fixture
def store() -> Store:
    return Store(seed=1)


@pytest.fixture
def r(store: Store) -> BurnerRedis:
    """The client whose transactions pause at each command."""
    return BurnerRedis(store=store, yield_every=1)


@pytest.fixture
def other(store: Store) -> BurnerRedis:
    """Somebody else on the same store."""
    return BurnerRedis(store=store)


def counting(r: BurnerRedis, by: int = LONG) -> Pipeline:
    """A transaction that counts ``n`` up, one by one."""
    pipe = r.pipeline(transaction=True)
    for _ in range(by):
        pipe.incr("n")
    return pipe


def native(r: BurnerRedis, pipe: Pipeline) -> Any:
    """The pipeline's awaitable without the coroutine of redis-py's around it."""
    return r._execute_pipeline(pipe, pipe.command_stack, True, True)


def is_busy(other: BurnerRedis) -> bool:
    """Whether a call would have to wait for a transaction to end."""
    call: Any = other.get("n")
    try:
        waits_for = call.send(None)
    except StopIteration:
        return False
    call.close()
    return waits_for is not None


async def until(condition: Callable[[], bool]) -> None:
    """Lets the event loop turn until something is so."""
    while not condition():  # noqa: ASYNC110 - each turn is a step of the transaction
        await asyncio.sleep(0)


async def begin(r: BurnerRedis, other: BurnerRedis) -> "asyncio.Task[list[Any]]":
    """A counting transaction that is half-way."""
    task = asyncio.ensure_future(counting(r).execute())
    await until(lambda: is_busy(other))
    return task


def replies() -> list[int]:
    return list(range(1, LONG + 1))


async def test_others_see_all_of_it_or_nothing(r: BurnerRedis, other: BurnerRedis) -> None:
    task, seen, turns = asyncio.ensure_future(counting(r).execute()), set[Any](), 0
    while not task.done():
        seen.add(await other.get("n"))
        turns += 1
        await asyncio.sleep(0)
    assert await task == replies()
    assert seen <= {None, str(LONG).encode()}
    assert turns > LONG, "queueing it takes pauses, in which others may use the store"


async def test_another_thread_sees_all_of_it_or_nothing(store: Store, r: BurnerRedis) -> None:
    seen, ready = set[Any](), threading.Event()

    async def look() -> None:
        other = BurnerRedis(store=store)
        while b"%d" % LONG not in seen:
            seen.add(await other.get("n"))
            ready.set()
        await other.aclose()

    thread = threading.Thread(target=lambda: asyncio.run(look()))
    thread.start()
    await until(ready.is_set)
    assert await counting(r).execute() == replies()
    await until(lambda: not thread.is_alive())
    assert seen == {None, b"%d" % LONG}


def stack(pipe: Pipeline) -> Pipeline:
    """More commands than are run at once, of every kind of reply."""
    for _ in range(20):
        pipe.set("k", "v").get("k").lpush("k", "x").hset("h", mapping={"f": "v", "g": "w"}).hgetall(
            "h"
        )
        pipe.zadd("z", {"a": 1.5}).zrange("z", 0, -1, withscores=True).smembers("nokey").get(
            "nokey"
        )
        pipe.execute_command("PING").config_get("maxmemory")
        pipe.eval("return {1, {2, 'x'}}", 0).xadd("s", {"f": "v"}, id="*").xlen("s").select(
            1
        ).select(0)
    pipe.execute_command("DEBUG", "PANIC")
    return pipe


def comparable(replies: list[Any]) -> list[Any]:
    return [
        (type(reply), str(reply)) if isinstance(reply, Exception) else reply for reply in replies
    ]


@pytest.mark.parametrize("yield_every", [None, 1, 7])
@pytest.mark.parametrize(
    "options", [{}, {"decode_responses": True}, {"protocol": 3}, {"protocol": 2}], ids=str
)
async def test_replies_and_errors_are_those_of_its_commands(
    options: dict[str, Any], yield_every: int | None
) -> None:
    results = list[Any]()
    for transaction in (True, False):
        store = Store(seed=1, clock=ManualClock(1_000))
        r = BurnerRedis(store=store, yield_every=yield_every, **options)
        pipe = stack(r.pipeline(transaction=transaction))
        results.append(comparable(await pipe.execute(raise_on_error=False)))
        await r.aclose()
    # Within a transaction all see one instant, and so does a clock that stands still.
    assert results[0] == results[1]


async def test_it_raises_its_first_error(r: BurnerRedis) -> None:
    pipe = r.pipeline(transaction=True)
    for number in range(LONG):
        pipe.set("k", number) if number != 150 else pipe.lpush("k", "x")
    with pytest.raises(
        redis.ResponseError,
        match=r"Command # 151 \(LPUSH k x\) of pipeline caused error: .*WRONGTYPE",
    ):
        await pipe.execute()
    assert await r.get("k") == b"199"


async def test_a_command_that_is_refused_aborts_it(r: BurnerRedis) -> None:
    pipe = counting(r)
    pipe.execute_command("NOSUCH")
    with pytest.raises(redis.ResponseError, match="unknown command"):
        await pipe.execute()
    assert await r.get("n") is None
    assert await counting(r).execute() == replies()


async def test_what_redis_py_answers_itself_has_its_place(r: BurnerRedis) -> None:
    pipe = counting(r, 100)
    pipe.execute_command("MGET", EMPTY_RESPONSE=[])
    for _ in range(100):
        pipe.incr("n")
    assert await pipe.execute() == [*range(1, 101), [], *range(101, 201)]


@pytest.mark.parametrize("changed", [False, True])
async def test_a_watched_key_undoes_it(r: BurnerRedis, other: BurnerRedis, changed: bool) -> None:
    assert await r.execute_command("WATCH", "k")
    await other.set("k" if changed else "another", "1")
    if changed:
        with pytest.raises(redis.WatchError):
            await counting(r).execute()
        assert await other.get("n") is None
    # The watch is over, one way or the other.
    assert await counting(r).execute() == replies()


async def test_it_leaves_no_transaction_behind(
    store: Store, r: BurnerRedis, other: BurnerRedis
) -> None:
    task = await begin(r, other)
    assert await task == replies()
    with pytest.raises(redis.ResponseError, match="EXEC without MULTI"):
        await r.execute_command("EXEC")
    await r.aclose()
    await other.aclose()
    assert store.sessions() == 0


async def test_events_come_in_their_order_and_at_its_end(
    r: BurnerRedis, other: BurnerRedis
) -> None:
    await other.config_set("notify-keyspace-events", "KA")
    async with other.pubsub() as pubsub:
        await pubsub.psubscribe("__keyspace@0__:*")
        await pubsub.get_message(timeout=1)
        pipe = r.pipeline(transaction=True)
        for number in range(LONG):
            pipe.set(f"k{number}", "v")
        task = asyncio.ensure_future(pipe.execute())
        await until(lambda: is_busy(other))
        assert await pubsub.get_message(timeout=0) is None
        assert all(await task)
        heard = [await pubsub.get_message(timeout=1) for _ in range(LONG)]
        assert [message["channel"] for message in heard if message] == [
            b"__keyspace@0__:k%d" % number for number in range(LONG)
        ]


async def test_a_blocked_call_is_served_at_its_end(r: BurnerRedis, other: BurnerRedis) -> None:
    blocked = asyncio.ensure_future(other.blpop(["l"], timeout=0))
    await asyncio.sleep(0)
    pipe = r.pipeline(transaction=True)
    for number in range(LONG):
        pipe.rpush("l", number).lpop("l")
    pipe.rpush("l", "last")
    await pipe.execute()
    assert await blocked == (b"l", b"last")


async def test_several_at_once_run_one_after_the_other(store: Store) -> None:
    clients = [BurnerRedis(store=store, yield_every=1) for _ in range(3)]
    plain = clients[0].pipeline(transaction=False)
    for _ in range(LONG):
        plain.incr("n")
    *transactions, counted = await asyncio.gather(
        *(counting(client).execute() for client in clients), plain.execute()
    )
    for numbers in transactions:
        assert numbers == list(range(numbers[0], numbers[0] + LONG))
    assert sorted(sum(transactions, counted)) == list(range(1, 4 * LONG + 1))


async def over_a_connection(store: Store) -> Any:
    async with BurnerRedis(store=store).client() as single:
        return await single.get("n")


async def by_a_tick(store: Store) -> Any:
    store.tick()
    return await BurnerRedis(store=store).get("n")


async def by_a_subscription(store: Store) -> Any:
    other = BurnerRedis(store=store)
    async with other.pubsub() as pubsub:
        await pubsub.subscribe("c")
        return await other.get("n")


async def by_counting_sessions(store: Store) -> Any:
    assert store.sessions() > 0
    return await BurnerRedis(store=store).get("n")


@pytest.mark.parametrize(
    "look", [over_a_connection, by_a_tick, by_a_subscription, by_counting_sessions]
)
async def test_who_cannot_wait_runs_the_rest(
    store: Store, r: BurnerRedis, other: BurnerRedis, look: Callable[[Store], Awaitable[Any]]
) -> None:
    task = await begin(r, other)
    sleeper = asyncio.ensure_future(other.get("n"))
    await asyncio.sleep(0)
    assert await look(store) == b"%d" % LONG
    assert not task.done()
    assert await task == replies()
    assert await sleeper == b"%d" % LONG


async def test_a_cancelled_one_is_run_to_its_end(
    store: Store, r: BurnerRedis, other: BurnerRedis
) -> None:
    task = await begin(r, other)
    sleeper = asyncio.ensure_future(other.get("n"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await sleeper == b"%d" % LONG
    assert await counting(r).execute() == list(range(LONG + 1, 2 * LONG + 1))


async def test_one_that_is_cancelled_before_exec_does_nothing(
    r: BurnerRedis, other: BurnerRedis
) -> None:
    task = asyncio.ensure_future(counting(r).execute())
    for _ in range(LONG + LONG // 2):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await other.get("n") is None


async def test_one_that_waits_for_another_can_be_cancelled(
    r: BurnerRedis, other: BurnerRedis
) -> None:
    task = await begin(r, other)
    waiting = asyncio.ensure_future(counting(other).execute())
    await asyncio.sleep(0)
    waiting.cancel()
    assert await task == replies()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await other.get("n") == b"%d" % LONG


async def test_who_is_gone_meanwhile_leaves_nothing(store: Store, r: BurnerRedis) -> None:
    blocked = asyncio.ensure_future(BurnerRedis(store=store).blpop(["l"], timeout=0))
    async with BurnerRedis(store=store) as gone:
        await gone.set("k", "v")
        task = await begin(r, gone)
    blocked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await blocked
    assert await task == replies()
    await r.rpush("l", "x")
    assert await r.llen("l") == 1
    await r.aclose()
    assert store.sessions() == 0


async def test_a_collected_one_is_run_to_its_end(r: BurnerRedis, other: BurnerRedis) -> None:
    awaitable = native(r, counting(r))
    while not is_busy(other):
        awaitable.send(None)
    # It sleeps, and nobody comes to wake it but the collector.
    sleeper = asyncio.ensure_future(other.get("n"))
    await asyncio.sleep(0)
    del awaitable
    gc.collect()
    assert await asyncio.wait_for(sleeper, 60) == b"%d" % LONG


def test_one_whose_loop_was_closed_is_run_to_its_end(r: BurnerRedis, other: BurnerRedis) -> None:
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # that its task was pending is what this is about
    task = loop.run_until_complete(begin(r, other))
    loop.close()
    assert not task.done()
    del task
    gc.collect()
    assert asyncio.run(got(other)) == b"%d" % LONG


def test_one_whose_loop_does_not_run_any_more_is_run_to_its_end_by_another(
    r: BurnerRedis, other: BurnerRedis
) -> None:
    loop = asyncio.new_event_loop()
    task = loop.run_until_complete(begin(r, other))
    assert asyncio.run(asyncio.wait_for(got(other), 60)) == b"%d" % LONG
    assert loop.run_until_complete(task) == replies()
    loop.close()


def test_one_whose_loop_is_blocked_keeps_no_other_thread_waiting(
    store: Store, r: BurnerRedis, other: BurnerRedis
) -> None:
    done = threading.Event()

    async def in_the_middle() -> Any:
        task = await begin(r, other)
        thread = threading.Thread(target=in_another_thread)
        thread.start()
        assert done.wait(60)
        thread.join()
        return await task

    def in_another_thread() -> None:
        client = BurnerRedis(store=store)
        seen.append(asyncio.run(got(client)))
        seen.append(asyncio.run(timed_out(client)))
        done.set()

    async def timed_out(client: BurnerRedis) -> Any:
        return await client.blpop(["empty"], timeout=0.001)

    seen: list[Any] = []
    assert asyncio.run(in_the_middle()) == replies()
    assert seen == [b"%d" % LONG, None]


async def got(r: BurnerRedis) -> Any:
    return await r.get("n")


def run(code: str) -> "subprocess.CompletedProcess[str]":
    """Runs a program that has a store, two clients of it and what begins a transaction here."""
    head = f"""
        import asyncio, os, sys, warnings
        sys.path.insert(0, {str(Path(__file__).parents[1])!r})
        warnings.simplefilter("ignore", DeprecationWarning)
        from burner_redis import BurnerRedis, Store
        from tests.test_transaction import LONG, begin, got, replies
        store = Store()
        r, other = BurnerRedis(store=store, yield_every=1), BurnerRedis(store=store)
        """
    return run_python(textwrap.dedent(head) + textwrap.dedent(code))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_fork_in_the_middle_has_all_of_it_on_both_sides() -> None:
    done = run(
        """
        async def main():
            task = await begin(r, other)
            sleeper = asyncio.ensure_future(other.get("n"))
            await asyncio.sleep(0)
            pid = os.fork()
            if pid == 0:
                asyncio.events._set_running_loop(None)
                os._exit(0 if asyncio.run(got(BurnerRedis(store=store))) == b"%d" % LONG else 1)
            assert os.waitpid(pid, 0)[1] == 0
            assert await sleeper == b"%d" % LONG
            assert not task.done()
            assert await task == replies()
            await r.aclose()
            await other.aclose()
        asyncio.run(main())
        print("done")
        """
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


@pytest.mark.parametrize("end", ["sys.exit(3)", "os._exit(3)"])
def test_the_interpreter_ends_in_the_middle(end: str) -> None:
    done = run(
        f"""
        async def main():
            task = await begin(r, other)
            print("leaving", flush=True)
            {end}
        asyncio.run(main())
        """
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "leaving\n", "")


def test_the_interpreter_ends_with_one_that_nobody_awaits() -> None:
    done = run(
        """
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda *_: None)
        task = loop.run_until_complete(begin(r, other))
        print("leaving")
        """
    )
    assert (done.returncode, done.stdout) == (0, "leaving\n")
