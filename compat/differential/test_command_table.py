"""Our command table says of each command what a real server's COMMAND says of it.

The facts are in ``compat/reference``; no server is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from . import docs, page
from .engine import open_installed
from .facts import COMMANDS, Facts
from .sides import Side
from .wire import Reply

# The engine may have to be built first.
pytestmark = pytest.mark.timeout(60, func_only=True)

_REQUIRED = """
    ping echo select hello auth quit reset client|id client|getname client|setname client|setinfo
    client|info client|list client|unblock command command|count command|list command|info
    command|docs command|getkeys info config|get config|set dbsize flushdb flushall time
    del unlink exists type keys scan rename renamenx expire pexpire expireat pexpireat ttl pttl
    expiretime pexpiretime persist object|encoding
    get set mget mset incr decr incrby decrby incrbyfloat append strlen getrange setrange getex
    getdel getset setnx setex psetex msetnx
    hset hmset hsetnx hget hmget hdel hlen hstrlen hexists hkeys hvals hgetall hincrby hincrbyfloat
    hrandfield hscan
    lpush rpush lpushx rpushx lpop rpop llen lrange lindex lset linsert lrem ltrim lmove rpoplpush
    lpos lmpop blpop brpop blmove brpoplpush blmpop
    sadd srem smembers sismember smismember scard spop srandmember smove sscan sinter sunion sdiff
    zadd zrem zscore zmscore zincrby zcard zcount zrange zrangebyscore zrevrange zrevrangebyscore
    zrangestore zremrangebyscore zremrangebyrank zrank zrevrank zpopmin zpopmax bzpopmin bzpopmax
    zscan
    xadd xlen xrange xrevrange xdel xtrim xsetid xread xreadgroup xack xclaim xautoclaim xpending
    xgroup|create xgroup|createconsumer xgroup|delconsumer xgroup|destroy xgroup|setid xinfo|stream
    xinfo|groups xinfo|consumers
    subscribe unsubscribe psubscribe punsubscribe publish ssubscribe sunsubscribe spublish
    pubsub|channels pubsub|numsub pubsub|numpat pubsub|shardchannels pubsub|shardnumsub
    multi exec discard watch unwatch
    eval evalsha eval_ro evalsha_ro script|load script|exists script|flush
"""
"""The commands that a first release has."""


def _texts(reply: Reply) -> list[str]:
    return sorted(part.text.decode() for part in reply.parts)


def _plain(reply: Reply) -> Any:
    """A reply as Python values, an array that alternates names and values as a dict."""
    if reply.kind == ":":
        return int(reply.text)
    if not isinstance(reply.value, tuple):
        return reply.text.decode()
    keys = reply.value[::2]
    alternates = len(reply.value) % 2 == 0 and bool(keys) and all(key.kind == "$" for key in keys)
    if alternates:
        return {
            key.text.decode(): _plain(value)
            for key, value in zip(keys, reply.value[1::2], strict=True)
        }
    return [_plain(part) for part in reply.value]


def _key_spec(reply: Reply) -> Facts:
    """A key specification of COMMAND INFO in the shape of the facts."""
    told = _plain(reply)
    out: Facts = {"flags": sorted(told["flags"] or [])}
    for part in ("begin_search", "find_keys"):
        spec = told[part]["spec"] or {}
        out[part] = {"type": told[part]["type"], **spec}
    return out


def _row(reply: Reply) -> tuple[str, Facts]:
    name, arity, flags, first, last, step, acl, tips, specs = reply.parts[:9]
    told: Facts = {
        "arity": int(arity.text),
        "flags": _texts(flags),
        "first_key": int(first.text),
        "last_key": int(last.text),
        "key_step": int(step.text),
        "acl": _texts(acl),
        "tips": _texts(tips),
        "key_specs": [_key_spec(spec) for spec in specs.parts],
    }
    return name.text.decode(), told


def _rows(reply: Reply) -> Iterator[tuple[str, Facts]]:
    for row in reply.parts:
        yield _row(row)
        yield from _rows(row.parts[9])


@pytest.fixture(scope="session")
def told() -> dict[str, Facts]:
    """What our engine's COMMAND and COMMAND DOCS say, by full name."""
    side = open_installed()
    try:
        side.begin(2)
        listed, docs = side.ask([[b"COMMAND"], [b"COMMAND", b"DOCS"]])
    finally:
        side.close()
    rows = dict(_rows(listed))
    _add_docs(rows, docs)
    return rows


def _add_docs(rows: dict[str, Facts], docs: Reply) -> None:
    for name, doc in zip(docs.parts[::2], docs.parts[1::2], strict=True):
        values = dict(zip((key.text for key in doc.parts[::2]), doc.parts[1::2], strict=True))
        row = rows.setdefault(name.text.decode(), {})
        row.update((part, values[part.encode()].text.decode()) for part in ("group", "since"))
        if b"subcommands" in values:
            _add_docs(rows, values[b"subcommands"])


def test_every_command_of_ours_is_one_of_redis(told: dict[str, Facts]) -> None:
    assert set(told) <= set(COMMANDS)


def test_no_command_is_missing(told: dict[str, Facts]) -> None:
    assert set(_REQUIRED.split()) <= set(told)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_row_says_what_redis_says(name: str, told: dict[str, Facts]) -> None:
    if name not in told:
        pytest.skip("not a command of ours yet")
    ours = told[name]
    facts = dict(COMMANDS[name])
    for key in ("acl", "flags", "tips"):
        facts[key] = sorted(facts[key])
    assert ours == facts


def test_arguments_that_are_kept_are_the_server_s(theirs: Side) -> None:
    assert docs.as_kept(docs.read(theirs)) == docs.REFERENCE.read_text()


def test_the_page_of_commands_is_current(told: dict[str, Facts]) -> None:
    assert page.PAGE.read_text() == page.page(set(told)), "make docs writes it anew"


def test_remarks_are_about_commands_of_ours(told: dict[str, Facts]) -> None:
    assert set(page.REMARKS) <= set(told)
