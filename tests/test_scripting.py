"""Lua scripts through the client: EVAL, EVALSHA, registered scripts, cjson, errors and runaways."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

import pytest
from burner_redis import BurnerRedis, Store
from redis.exceptions import NoScriptError, ResponseError

RATE_LIMIT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, count <= tonumber(ARGV[2])}
"""


async def test_a_registered_script_loads_itself_and_takes_keys_and_arguments(
    r: BurnerRedis,
) -> None:
    limit = r.register_script(RATE_LIMIT)
    assert await limit(keys=["k"], args=[1000, 1]) == [1, 1]
    assert await limit(keys=["k"], args=[1000, 1]) == [2, None]
    assert 0 < await r.pttl("k") <= 1000
    await r.script_flush()
    assert await limit(keys=["k"], args=[1000, 9]) == [3, 1]


async def test_script_commands_have_redis_pys_shapes(r: BurnerRedis) -> None:
    sha = await r.script_load("return ARGV[1]")
    assert await r.evalsha(sha, 0, "x") == b"x"
    assert await r.evalsha_ro(sha, 0, "x") == b"x"
    assert await r.script_exists(sha, "f" * 40) == [True, False]
    assert await r.script_flush() is True
    assert await r.script_exists(sha) == [False]
    with pytest.raises(NoScriptError):
        await r.evalsha(sha, 0)


async def test_scripts_within_pipelines(r: BurnerRedis) -> None:
    double = r.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1]) * 2")
    async with r.pipeline() as pipe:
        pipe.set("n", 1)
        await double(keys=["n"], args=[4], client=pipe)
        pipe.eval("return redis.call('GET', KEYS[1])", 1, "n")
        assert await pipe.execute() == [True, 10, b"5"]


async def test_bytes_that_are_no_text_pass_unchanged(r: BurnerRedis) -> None:
    blob = bytes(range(256))
    assert await r.eval("return {KEYS[1], ARGV[1], #ARGV[1]}", 1, blob, blob) == [blob, blob, 256]
    await r.eval("return redis.call('SET', KEYS[1], ARGV[1])", 1, blob, blob)
    assert await r.get(blob) == blob


async def test_errors_have_redis_pys_classes_and_the_servers_words(r: BurnerRedis) -> None:
    await r.rpush("list", "a")
    with pytest.raises(
        ResponseError, match=r"^WRONGTYPE .* script: [0-9a-f]{40}, on @user_script:2\.$"
    ):
        await r.eval("local k = KEYS[1]\nreturn redis.call('GET', k)", 1, "list")
    with pytest.raises(ResponseError, match="nonexistent global variable 'x'"):
        await r.eval("return x", 0)
    with pytest.raises(ResponseError, match="Error compiling script"):
        await r.script_load("return (")
    with pytest.raises(ResponseError, match="Write commands are not allowed"):
        await r.eval_ro("return redis.call('SET', 'a', 'b')", 0)
    assert await r.eval("return redis.pcall('GET', KEYS[1])['err']", 1, "list") == (
        b"WRONGTYPE Operation against a key holding the wrong kind of value"
    )


async def test_json_goes_in_and_out(r: BurnerRedis) -> None:
    script = """
    local task = cjson.decode(ARGV[1])
    task.attempt = task.attempt + 1
    return cjson.encode({task.attempt, task.name, cjson.null, {}})
    """
    assert await r.eval(script, 0, '{"name": "\\u00fc/\\"", "attempt": 2}') == (
        '[3,"ü\\/\\"",null,{}]'.encode()
    )


async def test_a_scripts_effects_reach_subscribers_in_order(r: BurnerRedis) -> None:
    async with r.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe("c")
        await r.eval("for i = 1, 3 do redis.call('PUBLISH', KEYS[1], i) end", 1, "c")
        heard = [await pubsub.get_message(timeout=1) for _ in range(4)]
    assert [message and message["data"] for message in heard] == [None, b"1", b"2", b"3"]


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("local s = 'x' while true do s = s .. s end", "not enough memory"),
        ("local function f() return 1 + f() end return f()", "stack overflow"),
        ("return unpack({}, 1, 1e7)", "too many results to unpack"),
        ("return cjson.encode(setmetatable({}, nil), 1)", "expected 1 argument"),
    ],
)
async def test_a_script_that_wants_too_much_fails_alone(
    r: BurnerRedis, script: str, error: str
) -> None:
    with pytest.raises(ResponseError, match=error):
        await r.eval(script, 0)
    assert await r.eval("return 1", 0) == 1


@pytest.fixture
def runaway() -> Iterator[tuple[Store, list[str]]]:
    """A store that another thread keeps busy with an endless script, and what that thread was told."""
    store, told = Store(), []
    begun = threading.Event()

    async def run() -> None:
        client = BurnerRedis(store=store)
        begun.set()
        with pytest.raises(ResponseError) as raised:
            await client.eval("while true do pcall(function() while true do end end) end", 0)
        told.append(str(raised.value))
        await client.aclose()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    begun.wait()
    yield store, told
    thread.join()


async def test_script_kill_reaches_a_script_on_another_thread(
    runaway: tuple[Store, list[str]],
) -> None:
    store, told = runaway
    client = BurnerRedis(store=store)
    while not told:
        with contextlib.suppress(ResponseError):  # it may not have begun, or be over
            await client.script_kill()
    assert told[0].startswith("Script killed by user with SCRIPT KILL... script: ")
    assert await client.set("k", "v") is True
    await client.aclose()


async def test_killing_nothing_says_so(r: BurnerRedis) -> None:
    with pytest.raises(ResponseError, match="No scripts in execution right now"):
        await r.script_kill()
