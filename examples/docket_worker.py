"""A docket and its worker in one process, on a store that lives in that process too.

No server runs anywhere: `memory://demo` is burner-redis. Tasks are run at once, at a time, again
after a failure, or not at all; one reports progress and one gives a result.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import datetime, timedelta, timezone

from docket import Docket, Execution, Progress, Retry, Worker

STARTED = time.monotonic()


def tell(what: str) -> None:
    """Prints what happened, and when."""
    print(f"{time.monotonic() - STARTED:6.2f} s  {what}", flush=True)


async def greet(name: str) -> None:
    """A task that is run as soon as a worker is free."""
    tell(f"greet: hello, {name}")


async def remind(what: str) -> None:
    """A task that is run at a time."""
    tell(f"remind: {what}")


async def fetch(url: str, retry: Retry = Retry(attempts=3, delay=timedelta(seconds=0.3))) -> None:
    """A task that fails twice and is run again."""
    if retry.attempt < 3:
        tell(f"fetch: attempt {retry.attempt} at {url} failed")
        raise ConnectionError(url)
    tell(f"fetch: attempt {retry.attempt} at {url} succeeded")


async def launch() -> None:
    """A task that is called off before its time."""
    tell("launch: this should not have happened")


async def count_words(pages: int, progress: Progress = Progress()) -> int:
    """A task that says how far it has come, and gives a result."""
    await progress.set_total(pages)
    for page in range(1, pages + 1):
        await asyncio.sleep(0.2)
        await progress.set_message(f"page {page}")
        await progress.increment()
    return pages * 250


async def watch(execution: Execution) -> None:
    """Tells of the progress that the task publishes."""
    async for event in execution.subscribe():
        if event["type"] == "progress" and event["message"]:
            tell(f"count_words: {event['message']} ({event['current']} of {event['total']})")


async def main() -> None:
    """Schedules the tasks, runs a worker until none is left, and asks for the result."""
    async with Docket(name="demo", url="memory://demo") as docket:
        now = datetime.now(timezone.utc)
        await docket.add(greet)("docket")
        await docket.add(remind, when=now + timedelta(seconds=1.5))("a second and a half is over")
        await docket.add(fetch)("https://example.com")
        await docket.add(launch, when=now + timedelta(seconds=1), key="the-launch")()
        counting = await docket.add(count_words)(pages=4)
        tell("five tasks are on the docket")
        await docket.cancel("the-launch")
        tell("launch: cancelled")

        watching = asyncio.create_task(watch(counting))
        async with Worker(docket, minimum_check_interval=timedelta(milliseconds=20)) as worker:
            await worker.run_until_finished()
        watching.cancel()

        tell(f"count_words: its result is {await counting.get_result()} words")
        tell("nothing is left to do")


if __name__ == "__main__":
    # What docket logs of the failures is what the demonstration is about to print.
    logging.getLogger("docket").setLevel(logging.CRITICAL)
    asyncio.run(main())
