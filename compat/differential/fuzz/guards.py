"""Commands whose result may be up to a server's dice, sent so that they are left out only where it is.

Such a line goes as a script that looks at the keys first. Both sides hold the same, so both leave the
same lines out, and chance never gets into what the keys hold.
"""

from __future__ import annotations

from .commands import Words
from .repertoire import LEX

FEW_INTS = "set-max-intset-entries"
"""The setting that, once it is small, makes the encoding of a stored set a matter of chance."""

_BY_LEX = b"""\
if redis.call('object', 'encoding', KEYS[1]) == 'skiplist' then
  local told = redis.call('zrange', KEYS[1], 0, -1, 'withscores')
  for at = 4, #told, 2 do
    if tonumber(told[at]) ~= tonumber(told[2]) then return 'by chance' end
  end
end
return redis.call(unpack(ARGV))"""
"""A range by name of a big sorted set of different scores: what is found depends on the levels that a
skiplist has thrown for its members."""

_OF_INTS = b"""\
local told, ints = redis.pcall('sunion', unpack(KEYS)), 0
for _, member in ipairs(told) do
  if string.find(member, '^-?%d+$') then ints = ints + 1 end
end
if ints > 2 and ints < #told then return 'by chance' end
return redis.call(unpack(ARGV))"""
"""A stored set of more integers than an intset may have, and others: it is a table if all these
integers come first, and a listpack if not; they come as a server's tables have them."""

_ALPHA = b"""\
local kind, told, seen = redis.call('type', KEYS[1]).ok, {}, {}
if kind == 'set' then told = redis.call('smembers', KEYS[1]) end
if kind == 'list' then told = redis.call('lrange', KEYS[1], 0, -1) end
if kind == 'zset' then told = redis.call('zrange', KEYS[1], 0, -1) end
for _, member in ipairs(told) do
  local text = string.sub(member, 1, (string.find(member, '\\0', 1, true) or 0) - 1)
  if seen[text] and seen[text] ~= member then return 'by chance' end
  seen[text] = member
end
return redis.call(unpack(ARGV))"""
"""What is sorted as texts, where C takes two members for the same: they come as a server's table has
them."""


def guarded(name: str, line: Words, *, one_score: bool, few_ints: bool) -> Words:
    """The line, or the script that runs it unless its result is up to chance.

    ``one_score``: all sorted sets there can be have one score. ``few_ints``: `FEW_INTS` may be 2.
    """
    if not one_score and (name in LEX or b"BYLEX" in line):
        at = 2 if name == "zrangestore" else 1
        return _script(_BY_LEX, line[at : at + 1], line)
    if few_ints and name in ("sunionstore", "sdiffstore"):
        # What is stored of a difference is of the first set alone.
        sources = line[2:] if name == "sunionstore" else line[2:3]
        return _script(_OF_INTS, sources, line)
    if name in ("sort", "sort_ro") and b"ALPHA" in line:
        return _script(_ALPHA, line[1:2], line)
    return line


def _script(script: bytes, keys: Words, line: Words) -> Words:
    return (b"EVAL", script, b"%d" % len(keys), *keys, *line)
