"""Lua scripts: EVAL and its kin, SCRIPT, what scripts see, conversions both ways, cjson, bit."""

from __future__ import annotations

import hashlib

from ..case import Case, case
from ..generate import table, wrong_arity

_DUMP = """
local function dump(v)
  if type(v) ~= 'table' then return type(v) .. ':' .. tostring(v) end
  local o = {}
  for k, x in pairs(v) do o[#o + 1] = tostring(k) .. '=' .. dump(x) end
  table.sort(o)
  return '{' .. table.concat(o, ', ') .. '}'
end
"""
"""A function for scripts that shows any value as text."""


def _each(topic: str, *scripts: str) -> list[Case]:
    """One case a script, on an interpreter that no other case has touched."""
    return [
        case(f"{topic}: {_short(script)} #{number}", "SCRIPT FLUSH", ("EVAL", script, "0"))
        for number, script in enumerate(scripts)
    ]


def _dumped(topic: str, *expressions: str) -> list[Case]:
    """One case an expression, shown as text."""
    return [
        case(
            f"{topic}: {_short(expression)} #{number}",
            "SCRIPT FLUSH",
            ("EVAL", f"{_DUMP} return dump({expression})", "0"),
        )
        for number, expression in enumerate(expressions)
    ]


def _sha(script: str) -> str:
    return hashlib.sha1(script.encode()).hexdigest()


def _short(script: str) -> str:
    return script.replace("\n", " ")[:60]


def _on_keys(topic: str, *scripts: str) -> list[Case]:
    """One case a script that finds a key of each type."""
    return [
        case(
            f"{topic}: {_short(script)} #{number}",
            "SET string v", "RPUSH list a b", "HSET hash f v", "ZADD zset 1 a 2.5 b",
            "SADD set a", "XADD stream 1-1 f v", ("EVAL", script, "0"),
        )
        for number, script in enumerate(scripts)
    ]  # fmt: skip


CASES = [
    *wrong_arity(
        "EVAL", "EVAL a", "EVALSHA", "EVALSHA a", "EVAL_RO", "EVAL_RO a", "EVALSHA_RO a", "SCRIPT",
        "SCRIPT LOAD", "SCRIPT LOAD a b", "SCRIPT EXISTS", "SCRIPT KILL a", "SCRIPT DEBUG",
        "SCRIPT HELP a",
    ),
    *table(r"""
        = numbers of keys
        EVAL "return {KEYS[1],KEYS[2],ARGV[1],ARGV[2],#KEYS,#ARGV}" 0
        EVAL "return {#KEYS,#ARGV,ARGV[1]}" 0 a
        EVAL "return {KEYS[1],ARGV[1],ARGV[2],#KEYS,#ARGV}" 1 k a b
        EVAL "return {KEYS[1],KEYS[2],ARGV[1],#KEYS,#ARGV}" 2 k l b
        EVAL "return {KEYS[3],#KEYS,#ARGV}" 3 k l b
        EVAL "return KEYS" 2 "\x00\xff" ""
        EVAL "return ARGV" 1 "" "\xfe" ""
        EVAL "return 1" x
        EVAL "return 1" -1
        EVAL "return 1" 1
        EVAL "return 1" 2 a
        EVAL "return 1" 9223372036854775807
        EVAL "return 1" 9223372036854775808
        EVAL "return (" -1
        = evalsha
        EVALSHA x 0
        EVALSHA "" 0
        EVALSHA ffffffffffffffffffffffffffffffffffffffff 0
        EVALSHA ffffffffffffffffffffffffffffffffffffffff -1
        EVALSHA ffffffffffffffffffffffffffffffffffffffff 5
        EVALSHA_RO ffffffffffffffffffffffffffffffffffffffff 0
        SCRIPT LOAD "return 1"
        EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
        EVALSHA E0E1F9FABFC9D4800C877A703B823AC0578FF8DB 0
        EVALSHA_RO e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
        SCRIPT FLUSH
        EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
        EVAL "return 1" 0
        EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
        = script
        SCRIPT FLUSH
        SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db
        SCRIPT LOAD "return 1"
        SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db E0E1F9FABFC9D4800C877A703B823AC0578FF8DB x ""
        SCRIPT LOAD "return ("
        SCRIPT FLUSH ASYNC
        SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db
        SCRIPT FLUSH SYNC
        SCRIPT FLUSH X
        SCRIPT FLUSH SYNC X
        SCRIPT KILL
        SCRIPT HELP
        SCRIPT DEBUG NO
        SCRIPT DEBUG X
        b> SCRIPT DEBUG YES
        b> SCRIPT DEBUG SYNC
        b> SCRIPT DEBUG NO
        SCRIPT NOSUCH
        SCRIPT SHOW x
        = in a transaction
        MULTI
        EVAL "return redis.call('set','a','b')" 0
        EVAL "return redis.call('nosuch')" 0
        EVALSHA ffffffffffffffffffffffffffffffffffffffff 0
        EXEC
        GET a
        = what ran before an error stays
        EVAL "redis.call('set','a','1') redis.call('nosuch')" 0
        GET a
        = select is the script's own
        EVAL "redis.call('select','3') redis.call('set','a','1') return redis.call('get','a')" 0
        GET a
        EVAL "return redis.call('get','a')" 0
        SELECT 3
        GET a
        = blocking commands do not wait
        EVAL "return redis.call('blpop','x',0)" 0
        EVAL "return redis.call('blmove','x','y','left','left',0)" 0
        EVAL "return redis.call('bzpopmin','x',0)" 0
        EVAL "return redis.call('xread','block',0,'streams','x','$')" 0
        = a script wakes a waiter when it has ended
        b> BLPOP l 0
        EVAL "redis.call('rpush','l','1','2') return redis.call('lrange','l',0,-1)" 0
        LRANGE l 0 -1
        = effects in order
        b> SUBSCRIBE c
        EVAL "redis.call('set','a','1') redis.call('publish','c','m') redis.call('del','a') return 1" 0
        = read-only
        EVAL_RO "return redis.call('set','a','b')" 0
        EVAL_RO "return redis.pcall('set','a','b')" 0
        EVAL_RO "return redis.call('get','a')" 1 a
        EVAL_RO "return redis.call('publish','a','b')" 0
        EVAL_RO "return redis.call('spublish','a','b')" 0
        EVAL_RO "return redis.call('expire','a','1')" 0
        EVAL_RO "return redis.call('ping')" 0
        EVAL_RO "#!lua\nreturn redis.call('get','a')" 1 a
        EVAL_RO "#!lua flags=no-writes\nreturn redis.call('get','a')" 1 a
        EVAL "#!lua flags=no-writes\nreturn redis.call('publish','a','b')" 0
        EVAL "#!lua flags=no-writes\nreturn redis.call('set','a','b')" 0
        EVALSHA_RO e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
    """),
    case(
        "scripts of EVAL make room for others, those of SCRIPT LOAD stay",
        "SCRIPT FLUSH",
        ("EVAL", "return 'evaled'", "0"),
        ("EVAL", "return 'used'", "0"),
        ("SCRIPT", "LOAD", "return 'loaded'"),
        ("EVAL", "return 'both'", "0"),
        ("SCRIPT", "LOAD", "return 'both'"),
        *[("EVAL", f"return {number}", "0") for number in range(498)],
        ("EVAL", "return 'used'", "0"),
        ("EVAL", "return 498", "0"),
        ("EVAL", "return 499", "0"),
        (
            "SCRIPT", "EXISTS",
            *[
                _sha(f"return {body}")
                for body in ("'evaled'", "'used'", "'loaded'", "'both'", "0", "1", "2", "498", "499")
            ],
        ),
        ("EVALSHA", _sha("return 'used'"), "0"),
        ("EVALSHA", _sha("return 'evaled'"), "0"),
    ),
    *_each(
        "compile",
        "return (", "x", "return 1 return 2", "return 'a", "--[[", "return '\\300'", "return [[x",
        "goto x", "return 1 --", "", "\n\n(", "return 08", "return 0x", "if", "for i=1", "a.b.c = ",
        "= 1", "return {", "'" * 301 + "x", "return " + "(" * 250 + "1" + ")" * 250,
        "local " + ",".join(f"a{n}" for n in range(201)), "return 1e", "break", "x = = 1",
        "return 'a\nb'", "\x1bLua", "#!lua", "return \x001", "return redis.call('get'", "::",
        "local function f() return redis.call('a') end end", "return 1;", "return 1;;", ";",
    ),
    *_each(
        "shebang",
        "#!lua\nreturn 1", "#!lua \nreturn 1", "#!lua name=x\nreturn 1",
        "#!lua name=x flags=no-writes\nreturn 1", "#!lua flags=no-writes,allow-oom\nreturn 1",
        "#!lua flags=bad\nreturn 1", "#!lua bad=1\nreturn 1", "#!foo\nreturn 1", "#!lua\n",
        "#!lua flags=\nreturn 1", "#!lua flags=no-writes,\nreturn 1",
        "#!lua flags=no-writes flags=allow-oom\nreturn 1", "#!lua name=x name=y\nreturn 1",
        "#!lua  flags=no-writes\nerror('x')", "#!\nreturn 1", "#! lua\nreturn 1", "#!LUA\nreturn 1",
        "#!lua flags=allow-oom,no-writes,allow-stale,no-cluster,allow-cross-slot-keys\nreturn 1",
        "#!lua flags\nreturn 1", "#!luax\nreturn 1", "#!lua Flags=no-writes\nreturn 1",
        "#!lua flags=No-Writes\nreturn 1", "#!lua flags=no-writes\r\nreturn 1",
        "#!lua 'flags=no-writes'\nreturn 1", "#!lua 'flags=no-writes\nreturn 1", "#! \nreturn 1",
        "#!lua flags=no-writes\n#!lua\nreturn 1", "#lua\nreturn 1", " #!lua\nreturn 1",
        "#!lua flags=no-writes\nreturn (", "#!lua\n\nerror('x')", "#!lua\n\nreturn redis.call('foo')",
        "#!lua flags=no-writes\nreturn redis.call('set','a','b')",
    ),
    *_each(
        "globals",
        "local t = {} for k, v in pairs(_G) do if k ~= 'struct' and k ~= 'cmsgpack' then "
        "t[#t+1] = tostring(k) .. ':' .. type(v) end end "
        "table.sort(t) return t",
        *[
            f"local t = {{}} for k, v in pairs({library}) do t[#t+1] = tostring(k) .. ':' .. type(v) "
            ".. (type(v) ~= 'function' and '=' .. tostring(v) or '') end table.sort(t) return t"
            for library in (
                "redis", "os", "string", "table", "math", "cjson", "bit", "coroutine",
            )
        ],
        "x = 1", "return x", "redis.call = 1", "rawset(_G, 'x', 1)", "rawset(redis, 'call', 1)",
        "setmetatable(_G, {})", "setmetatable(redis, {})", "getmetatable(_G).__index = nil",
        "return type(getmetatable(_G))", "return type(getmetatable(redis))",
        "local t = {} for k, v in pairs(getmetatable(_G)) do t[#t+1] = k .. type(v) end return t",
        "table.insert(redis, 1)", "table.insert(_G, 1)", "table.sort(_G)", "table.remove(redis)",
        "return type(getmetatable(''))", "getmetatable('').__index = nil", "string.x = 1",
        "_G.x = 1", "return _G.x", "return rawget(_G, 'x')", "return type(rawget(_G, 'redis'))",
        "local t = redis t.y = 1", "KEYS[1] = 1 return KEYS", "KEYS = nil", "ARGV = 1",
        "setfenv(1, {})", "return getfenv(0)", "print('x')", "return tostring(dofile)",
        "return tostring(newproxy)", "return loadstring('return 1+1')()",
        "return tostring(loadstring(string.dump(function() return 7 end)))",
        "local f, e = loadstring(string.dump(function() return 7 end)) return e",
        "local f, e = loadstring('return (') return e", "return loadstring('x = 1')()",
        "local f, e = load(function() return nil end) return type(f)",
        "local n = 0 return load(function() n = n + 1 return ({'return ', '5'})[n] end)()",
        "return type(os.clock())", "return tostring(os.time)", "return type(collectgarbage('count'))",
        "return _VERSION", "return tostring(next(_G) ~= nil)", "module('x')", "require('x')",
        "f = function() end", "function f() end", "return _G == _G._G", "return type(gcinfo())",
        "local f, t = pairs(redis) return t == redis", "return _G[1]", "return _G[{}] == nil",
        "return next({})", "return next(nil)", "return pairs()", "for k in pairs(nil) do end",
        "local x <const> = 1", "return bit.band(1)",
        "return tostring(debug)", "return tostring(io)", "return tostring(package)",
        "return #_G", "return #redis", "return type(__redis__err__handler)",
        "return tostring(table.getn({1, 2, 3}))", "return unpack({1, 2})", "return select('#', unpack({}, 1, 3))",
        "local t = setmetatable({}, {__index = redis}) return type(t.call)",
    ),
    *_each(
        "errors",
        "error('x')", "error({err='x'})", "error({err='ERR x'})", "error({err='MY x', extra=1})",
        "error()", "error(nil)", "error(12)", "error(true)", "error({err=12})", "error('x', 0)",
        "error('x', 2)", "error('a\\nb\\r\\nc')", "error({err='a\\nb'})", "error({err=''})",
        "error('')", "error({err='-FOO bar'})", "error('-FOO bar', 0)",
        "local a = nil; a.b = 1", "return nil + 1", "return {} .. 'x'", "foo()", "return #nil",
        "local x = {} x.y.z = 1", "return 1 < 'x'", "redis.foo()", "return tostring(redis.foo)",
        "('x'):foo()", "string.rep()", "string.rep('x')", "('x'):rep({})",
        "return tonumber('z', 99)", "for i = 1, 'x' do end", "local x = 1; x()",
        "\n\n\nerror('x')", "local function f() error('x') end\nf()",
        "local function f() error('x', 2) end\n\nf()", "local function f() return redis.call('foo') end\n\nreturn f()",
        "local f = redis.call\n\nreturn f('foo'), 1", "return ('x'):find('['), 1",
        "local ok, e = pcall(error, 'x') return e", "local ok, e = pcall(error, {err='x'}) return e",
        "local ok, e = pcall(error, {1, 2}) return e", "local ok, e = pcall(error) return {ok, e}",
        "local ok, e = pcall(redis.call, 'foo') return e", "return {pcall(redis.call, 'ping')}",
        "return {xpcall(function() error('x') end, function(e) return e .. '!' end)}",
        "return {xpcall(function() redis.call('foo') end, function(e) return type(e) end)}",
        "local ok, e = pcall(redis.call, 'foo') error(e)", "local ok, e = pcall(redis.call, 'foo') error({err=e})",
        "local t = redis.pcall('foo') error(t)", "local t = redis.pcall('foo') return t",
        "local c = coroutine.create(function() return redis.call('ping') end) return {coroutine.resume(c)}",
        "local c = coroutine.create(function() error('x') end) local ok, e = coroutine.resume(c) return e",
        "local f = coroutine.wrap(function() redis.call('foo') end) f()",
        "local function f() local ok, e = coroutine.resume(coroutine.create(f)) return e end return f()",
        "return unpack({}, 1, 1e7)", "local t = {} for i = 1, 7990 do t[i] = i end return select('#', unpack(t))",
        "local t = {} for i = 1, 8100 do t[i] = i end return unpack(t)", "return ('x'):find(('a*'):rep(300))",
        "return ('x'):find(('a'):rep(3000)) == nil", "return ('x'):rep(5000):find(('x'):rep(5000))",
        "return {collectgarbage('collect'), collectgarbage('step', 1), collectgarbage('stop'), collectgarbage('restart')}",
        "return collectgarbage('x')", "local f = coroutine.wrap(function() coroutine.yield(1) return 2 end) return {f(), f()}",
        "assert(false)", "assert(false, 'x')", "assert(nil, {err='x'})", "assert()", "return assert(1)",
        "local function f() return 1 + f() end return f()", "return ('x'):rep(-1)",
        "return string.format('%d', 'x')", "string.format('%y', 1)", "return ('x'):gsub('(', '')",
        "local t = setmetatable({}, {__index = function(t, k) error('no ' .. k) end}) return t.x",
    ),
    *_each(
        "what a call is given",
        "return redis.call('SET','k',true)",
        "return redis.call('SET','k',nil)",
        "return redis.call('SET','k',{})",
        "return redis.call('SET',print,1)",
        "return redis.call('SET','k',function() end)",
        "return redis.call('GET','k',nil)",
        "return redis.call(nil)",
        "return redis.call()",
        "return redis.call('GET',nil,nil)",
        "return {pcall(redis.call,'SET','k',true)}",
        "return {pcall(redis.call,'SET','k',nil)}",
        "return redis.pcall('SET','k',true)",
        "return redis.pcall('SET','k',{})['err']",
        "return redis.pcall()",
        "return redis.pcall('SET','k',nil)['err']",
        "local ok,e=pcall(redis.call,'SET','k',true) return tostring(type(e))",
        "local ok,e=pcall(redis.call,'SET','k',true) return {err=e}",
        "local ok,e=xpcall(function() return redis.call('SET','k',true) end, function(e) return type(e) end) return e",
        "local ok,e=xpcall(function() return redis.call('SET','k',true) end, function(e) return e end) return e",
        "local ok,e=xpcall(function() return redis.call('SET','k',true) end, function(e) return e.err end) return e",
        "local c=coroutine.create(function() redis.call('SET','k',true) end) local ok,e=coroutine.resume(c) return {tostring(ok),type(e)}",
        "local c=coroutine.create(function() redis.call('SET','k',true) end) local ok,e=coroutine.resume(c) return e",
        "local f=coroutine.wrap(function() redis.call('SET','k',true) end) local ok,e=pcall(f) return {tostring(ok), tostring(e)}",
        "local f=coroutine.wrap(function() redis.call('SET','k',true) end) return f()",
        "\nlocal x = 1\nreturn redis.call('SET','k',true)",
        "local function f() return redis.call('SET','k',true) end return f()",
        "redis.call('SET','k',cjson.null)",
        "redis.call('SET','k',1) return redis.call('GET','k')",
        "redis.call('SET','k',0) return redis.call('GET','k')",
        "redis.call('SET','k',-0) return redis.call('GET','k')",
        "redis.call('SET','k',0.1+0.2) return redis.call('GET','k')",
        "redis.call('SET','k',3.0000000000000004) return redis.call('GET','k')",
        "redis.call('SET','k',1e14) return redis.call('GET','k')",
        "redis.call('SET','k',1e15) return redis.call('GET','k')",
        "redis.call('SET','k',99999999999999) return redis.call('GET','k')",
        "redis.call('SET','k',-99999999999999) return redis.call('GET','k')",
        "redis.call('SET','k',100000000000000) return redis.call('GET','k')",
        "redis.call('SET','k',-1e14) return redis.call('GET','k')",
        "redis.call('SET','k',2^53) return redis.call('GET','k')",
        "redis.call('SET','k',2^63) return redis.call('GET','k')",
        "redis.call('SET','k',-2^63) return redis.call('GET','k')",
        "redis.call('SET','k',1/0) return redis.call('GET','k')",
        "redis.call('SET','k',-1/0) return redis.call('GET','k')",
        "redis.call('SET','k',0/0) return redis.call('GET','k')",
        "redis.call('SET','k',-(0/0)) return redis.call('GET','k')",
        "redis.call('SET','k',1e-5) return redis.call('GET','k')",
        "redis.call('SET','k',123.456) return redis.call('GET','k')",
        "redis.call('SET',12,3.5) return redis.call('GET','12')",
        "redis.call('SET','k','-0') return redis.call('GET','k')",
        "redis.call('SET','k','3.0') return redis.call('GET','k')",
        "redis.call('SET','k','') return redis.call('GET','k')",
        "redis.call('SET','k','a\\0b') return redis.call('GET','k')",
        "redis.call('SET','k','\\255') return redis.call('GET','k')",
        "return redis.call(5)",
        "return redis.call('set',1.5,2.5)",
        "redis.pcall('SET','k',1.1) return redis.call('GET','k')",
        "return redis.pcall('SET','k')",
        "return redis.pcall('GET','k')",
        "return redis.pcall('NOPE')['err']",
        "redis.call('SET','k','x') return redis.pcall('INCR','k')",
        "redis.call('SET','k','x') return redis.call('INCR','k')",
        "return redis.pcall('SET','k','v')",
        "return {redis.pcall('LPUSH','k','v'), redis.pcall('PING')}",
        "local t={} for i=1,12 do t[i]='f'..i end redis.call('HSET','h',unpack(t)) return redis.call('HGETALL','h')",
        "local t={} for i=1,18 do t[i]='f'..i end redis.call('HSET','h',unpack(t)) return redis.call('HGETALL','h')",
        "local t={} for i=1,20 do t[i]=i end redis.call('HSET','h',unpack(t)) return redis.call('HGETALL','h')",
        "local t={} for i=1,17 do t[i]=i+0.5 end redis.call('RPUSH','h','x',unpack(t)) return redis.call('LRANGE','h', 0, -1)",
        "local t={} for i=1,300 do t[i]=i/3 end redis.call('RPUSH','h',unpack(t)) return redis.call('LRANGE','h', 0, -1)",
        "local t={} for i=1,18 do t[i]='f'..i end t[10]=true redis.call('HSET','h',unpack(t))",
        "local t={} for i=1,40 do t[i]='f'..i end t[10]=true redis.call('HSET','h',unpack(t))",
        "local t={} for i=1,20 do t[i]='f'..i end return redis.call('RPUSH','h',unpack(t)) ",
        "for n=1,24 do local t={} for i=1,n do t[i]=n*100+i end redis.call('RPUSH','l'..n,unpack(t)) end local r={} for n=1,24 do r[n]=redis.call('LRANGE','l'..n,0,-1) end return r",
        "return redis.call('EXPIRE','k',10.5)",
        "return redis.call('SET','k','v','EX','10')",
        "local t=setmetatable({},{__concat=function() return 'x' end}) return redis.call('SET','k',t)",
        "local t=setmetatable({},{__concat=function() return 'x' end}) return redis.pcall('SET','k',t)",
        "return redis.pcall('SET','k',coroutine.create(function() end))['err']",
        "return {pcall(error, {err='X y'})}",
        "return {pcall(error, 'X y')}",
        "local a = nil .. 'x'",
        "local argument1 = true; return argument1 .. ''",
        "local argument1 = true; return {pcall(function() return argument1 .. '' end)}",
    ),
    *_each(
        "call",
        "return redis.call('foo')", "redis.call('foo')", "return redis.call()", "return redis.pcall()",
        "return redis.call('set', nil)", "return redis.call('set', 'a', {})", "return redis.call(true)",
        "return redis.call('get', 'a', nil)", "return redis.call('mget', 'a', nil)",
        "return redis.call('mget', 'a', nil, 'b')", "return redis.call('mget', 'a', print)",
        "return redis.call(nil)", "return redis.call('set', 'a', 'b', 'c', 'd', 'e', 'f', 'g', nil)",
        "return redis.call('mget', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', {})",
        "return redis.call('mget', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', 11)",
        "return redis.call('get')", "return redis.call('eval', 'return 1', 0)", "return redis.call('multi')",
        "return redis.call('subscribe', 'a')", "return redis.call('script', 'flush')",
        "return redis.call('client')", "return redis.call('client', 'id')", "return redis.call('config', 'get', 'x')",
        "return redis.call('watch', 'a')", "return redis.call('hello', '3')", "return redis.call('auth', 'x')",
        "return redis.call('config', 'foo')", "return redis.call('xinfo')", "return redis.call('object', 'encoding')",
        "return redis.call('object', 'help')", "return redis.call('PING')", "return redis.call('Ping', 'x')",
        "return redis.pcall('foo')", "return redis.pcall('get')", "return redis.pcall('eval')",
        "return redis.call('exec')", "return redis.call('discard')", "return redis.call('unwatch')",
        "return redis.call('psubscribe', 'a')", "return redis.call('unsubscribe')", "return redis.call('reset')",
        "return redis.call('quit')", "return redis.call('script', 'exists', 'a')", "return redis.call('script', 'help')",
        "return redis.call('select', '99')", "return redis.call('echo', '')", "return redis.call('time', 1)",
        "return redis.call('', 'a')", "return redis.call('get', '')", "return redis.call('set', '', '')",
    ),
    *_on_keys(
        "call on keys",
        "return redis.call('lpush', 'string', '1')", "redis.call('get', 'list')", "return redis.pcall('get', 'list')",
        "return redis.call('get', 'string')", "return redis.call('get', 'none')", "return redis.call('lrange', 'list', 0, -1)",
        "return redis.call('hgetall', 'hash')", "redis.setresp(3) return redis.call('hgetall', 'hash')",
        "return redis.call('smembers', 'set')", "redis.setresp(3) return redis.call('smembers', 'set')",
        "return redis.call('zscore', 'zset', 'b')", "redis.setresp(3) return redis.call('zscore', 'zset', 'b')",
        "return redis.call('zrange', 'zset', 0, -1, 'withscores')",
        "redis.setresp(3) return redis.call('zrange', 'zset', 0, -1, 'withscores')",
        "return redis.call('xrange', 'stream', '-', '+')", "return redis.call('type', 'zset')",
        "return redis.call('mget', 'string', 'none', 'list')", "redis.setresp(3) return redis.call('mget', 'none', 'string')",
        "redis.setresp(3) return redis.call('get', 'none')", "return redis.call('hmget', 'hash', 'f', 'g')",
        "return redis.call('xread', 'streams', 'stream', '0')", "redis.setresp(3) return redis.call('xread', 'streams', 'stream', '0')",
        "return redis.call('exists', 'string')", "return redis.call('expire', 'string', 100)",
        "redis.setresp(3) return redis.call('sismember', 'set', 'a')", "return redis.call('incr', 'string')",
    ),
    *[
        case(f"called: {_short(expression)} #{number}", "SET string v", "RPUSH list a b", "HSET hash f v",
             "ZADD zset 1 a 2.5 b", "SADD set a", ("EVAL", f"{_DUMP} {before} return dump({expression})", "0"))
        for number, (before, expression) in enumerate(
            (before, expression)
            for before in ("", "redis.setresp(3)")
            for expression in (
                "redis.call('ping')", "redis.call('get', 'none')", "redis.call('get', 'string')",
                "redis.call('mget', 'none', 'string')", "redis.call('lrange', 'list', 0, -1)", "redis.call('blpop', 'none', 0)",
                "redis.call('hgetall', 'hash')", "redis.call('smembers', 'set')", "redis.call('zscore', 'zset', 'a')",
                "redis.call('zrange', 'zset', 0, -1, 'withscores')", "redis.pcall('foo')", "redis.pcall('get', 'list')",
                "{pcall(redis.call, 'foo')}", "redis.call('config', 'get')", "redis.call('set', 'x', 1)", "redis.call('strlen', 'string')",
                "redis.call('zadd', 'zset', 'incr', '1', 'a')", "redis.call('set', 'string', 'x', 'nx')", "redis.call('hrandfield', 'hash', 1, 'withvalues')",
            )
        )
    ],  # fmt: skip
    *_each(
        "number arguments",
        *[
            f"redis.call('set', 'k', {number}) return redis.call('get', 'k')"
            for number in (
                "3", "3.1", "1e15", "1e20", "-0.0", "1/0", "-1/0", "0/0", "-(0/0)", "1/3", "0.1", "2^53+2",
                "2^63", "-2^63", "1e300", "123456.789e-10", "-1.5", "1e17", "'3.10'", "'1e5'", "'inf'", "'-0'",
                "'007'", "'1.0'", "'nan'", "99999999999999", "2.9999999999999996", "43272012050550.03", "0.1+0.2", "1-0.9", "1e14", "123456789012345", "2^62", "5e18", "0x10",
            )
        ],
        "redis.call('set', 2.9999999999999996, 1) return redis.call('keys', '*')", "return redis.call('echo', 2.9999999999999996)",
        "redis.call('rpush', 'l', 1, 2.5, 'x', 3, 4, 5.5, 2.9999999999999996, '8', 9) return redis.call('lrange', 'l', 0, -1)",
        "return redis.call('echo', 12)", "return redis.call('set', 1, 2.5)", "return redis.call('incrby', 'a', 3)",
        "return redis.call('incrbyfloat', 'a', 0.1)", "return redis.call('zadd', 'z', 1.5, 'a')",
    ),
    *_each(
        "answers",
        *[
            f"return {value}"
            for value in (
                "nil", "true", "false", "1", "1.9", "-1.9", "1e20", "-1e20", "0/0", "1/0", "'x'", "''", "'\\0\\255'",
                "{}", "{1,2,nil,4}", "{1,'a',{2,{3}},true,false}", "{1,2,x=3}", "{x=3}", "{ok='fine'}", "{err='bad'}",
                "{ok=1}", "{err=1}", "{ok={}}", "{err={}}", "{ok=true}", "{double=3.5}", "{double=3}", "{double='3.5'}",
                "{double='x'}", "{double=0/0}", "{double=1/0}", "{double=-1/0}", "{double=1e20}", "{double=0.1}",
                "{double=-0.0}", "{double=1e17}", "{double=1/3}", "{map={}}", "{map={a=1}}", "{map={a={map={b=2}}}}",
                "{map={[1]='x'}}", "{map={[true]='x'}}", "{map=1}", "{map={a=false}}", "{set={}}", "{set={a=true}}",
                "{set={a=false}}", "{set={[1]=true}}", "{set={'x'}}", "{set=1}", "{big_number='123'}", "{big_number=123}",
                "{big_number='x\\r\\ny'}", "{big_number={}}", "{verbatim_string={string='x',format='txt'}}",
                "{verbatim_string={string='x'}}", "{verbatim_string={format='txt'}}",
                "{verbatim_string={string=1,format='txt'}}", "{verbatim_string={string='x',format='toolong'}}",
                "{verbatim_string={string='x',format='t'}}", "{verbatim_string='x'}", "{ok='a',err='b'}",
                "{err='b',double=1}", "{double=1,map={}}", "{map={},set={}}", "{set={},big_number='1'}",
                "{map={},big_number='1'}", "{ok='x',double=1}", "{map={},verbatim_string={string='x',format='txt'}}",
                "{big_number='1',verbatim_string={string='x',format='txt'}}", "{double=1,big_number='1'}",
                "{'a','5',5,1.9,true,false,'nan',0/0,'inf',1/0,'-0','x',{1},'y'}", "{'a','b','c','d',nil,'e'}",
                "{{'a','b','5',5,'c',-1.9,'1e5',1e5,{},'z'},'x'}", "{'a',cjson.null,print,'d','e'}",
                "function() end", "cjson.null", "{cjson.null}", "coroutine.create(function() end)", "{function() end,1}",
                "{ok='a\\r\\nb'}", "{err='a\\r\\nb'}", "{err='-x'}", "{err='-x y'}", "{{err='in'},{ok='in'}}", "{err=''}",
                "{ok=''}", "1,2", "{1,{err='x'},2}", "{{double=1.5},{map={a={1}}}}", "{{set={}},{big_number='1'}}",
                "{setmetatable({},{__index=function() return 1 end})}", "setmetatable({},{__index={ok='z'}})",
                "setmetatable({1},{__index={ok='z'}})", "{1,2,3,err=false}", "{'a','b',ok=false}",
            )
        ],
        "", "return", "redis.setresp(3) return true", "redis.setresp(3) return {true,false}", "redis.setresp(3) return nil",
        "redis.setresp(3) return {map={a=true}}", "local t={} for i=1,100 do t={t} end return t",
        "local t={} t[1]=t return 1",
        "local t={} for i=1,2000 do t[i]=i end return t",
    ),
    *_each(
        "redis",
        "return redis.error_reply('x')", "return redis.error_reply('MY x')", "return redis.error_reply('-MY x')",
        "return redis.error_reply('')", "return redis.error_reply()", "return redis.error_reply(1)",
        "return redis.error_reply({})", "return redis.error_reply('x','y')", "return redis.error_reply('a\\r\\nb')",
        "return redis.error_reply('- x')", "return redis.error_reply('-')", "return redis.status_reply('x')",
        "return redis.status_reply('')", "return redis.status_reply()", "return redis.status_reply(1)",
        "return redis.status_reply('a\\r\\nb')", "return redis.sha1hex('')", "return redis.sha1hex('a')",
        "return redis.sha1hex()", "return redis.sha1hex(1,2)", "return redis.sha1hex(12)", "return redis.sha1hex(nil)",
        "return redis.sha1hex({})", "return redis.log(redis.LOG_WARNING,'x')", "return redis.log(1)",
        "return redis.log('x','y')", "return redis.log(10,'y')", "return redis.log(-1,'y')", "return redis.log()",
        "return redis.log(1,2,3)", "return redis.log(1,{})", "return redis.log('1','x')", "return redis.setresp(2)",
        "return redis.setresp(3)", "return redis.setresp(1)", "return redis.setresp()", "return redis.setresp('3')",
        "return redis.setresp(2.5)", "return redis.setresp('x')", "return redis.setresp(2,3)",
        "return redis.replicate_commands()", "return redis.breakpoint()", "return redis.debug('x')", "return redis.debug()",
        "return redis.set_repl(redis.REPL_ALL)", "return redis.set_repl(9)", "return redis.set_repl()",
        "return redis.set_repl('x')", "return redis.set_repl(-1)", "return redis.set_repl(4)",
        "return redis.acl_check_cmd('get','x')", "return redis.acl_check_cmd('foo')", "return redis.acl_check_cmd()",
        "return redis.acl_check_cmd('get')", "return redis.acl_check_cmd(nil)",
        "return {redis.REDIS_VERSION_NUM >= 0x00080000}",
    ),
    *_dumped(
        "redis tables",
        "redis.error_reply('x y')", "redis.error_reply('x')", "redis.error_reply('-x')", "redis.status_reply('x')",
        "redis.error_reply()", "redis.error_reply('- x')", "redis.status_reply({})",
    ),
    *_each(
        "random",
        "math.randomseed(0) return {tostring(math.random()), tostring(math.random())}",
        "math.randomseed(0) return {math.random(10), math.random(10), math.random(5, 9), math.random(-5, 5)}",
        *[
            f"math.randomseed({seed}) return {{tostring(math.random()), tostring(math.random(100))}}"
            for seed in ("0", "1", "5", "-1", "2^31", "2^32 + 5", "1.9", "-1.9", "'7'", "1e15")
        ],
        "return math.random(0)", "return math.random(2, 1)", "return math.random(1, 2, 3)", "return math.random('x')",
        "return math.random({})", "return math.random(1.9)", "return math.random(1, 1)", "math.randomseed('x')",
        "math.randomseed()", "math.randomseed(0) return math.random(2^31 - 1)",
    ),
    *_each(
        "cjson.encode",
        *[
            f"return cjson.encode({value})"
            for value in (
                "{}", "{1,2,3}", "{a=1}", "{1,nil,3}", "{[1]=1,a=2}", "{[0]=1}", "{[1.5]=1}", "{[-1]=1}", "{[true]=1}",
                "{[{}]=1}", "nil", "", "1,2", "true", "false", "'a\\n\\t\\\"\\\\/\\0\\127\\128x'", "'\\1\\2\\8\\12\\13\\31'",
                "'\\255\\254'", "'é€😀'", "1.5", "0.1", "1e15", "123456789012345678", "-0.0", "1/0", "-1/0", "0/0", "1/3",
                "1e100", "1e14", "99999999999999", "-1", "1e-5", "0.0001", "123456.789", "5e-324", "function() end",
                "{function() end}", "{a={b=function() end}}", "cjson.null", "{cjson.null}", "redis", "coroutine.create(function() end)",
                "{x=1,y={1,2,{z='a'}}}", "{{},{{}},{{},{}}}", "{a={}}", "{['']=1}", "{[10]=1}", "{[11]=1}", "{[1]=1,[20]=2}",
                "{1,1,1,[7]=2}", "{[2]=1}", "{[2^31]=1}", "{[1e300]=1}", "{1,2,[2.5]=3}", "{['a\"b']='c/d'}",
                "cjson.decode('{\"b\":1,\"a\":[true,false,null,{}],\"c\":\"x\",\"zz\":{\"y\":[]},\"d\":1.5}')",
            )
        ],
        "local t={} for i=1,1000 do t={t} end return #cjson.encode(t)", "local t={} for i=1,999 do t={t} end return #cjson.encode(t)",
        "local t={} for i=1,1000 do t={a=t} end return #cjson.encode(t)", "local t={} for i=1,999 do t={a=t,b=1} end return #cjson.encode(t)",
        "local t={} t.t=t return cjson.encode(t)", "local t={} t[1]=t return cjson.encode(t)",
        "local t={} for i=1,200 do t={{i},x={t}} end return #cjson.encode(t)",
        "local t={} for i=1,500 do t['k'..i]=i end return redis.sha1hex(cjson.encode(t))",
        "local t={} for i=1,9000 do t[i]={i} end return redis.sha1hex(cjson.encode(t))",
        "local t={} for i=1,9000 do t['k'..i]={v='x'..i} end return redis.sha1hex(cjson.encode(t))",
    ),
    *_dumped(
        "cjson.decode",
        *[
            f"cjson.decode({value})"
            for value in (
                "'[1,2,3]'", "'{\"a\":1}'", "'x'", "''", "' '", "'[1,]'", "'[1'", "'{\"a\"'", "'{\"a\":'", "'{a:1}'", "'{1:1}'", "'[1 2]'",
                "'{\"a\":1 \"b\"}'", "'{\"a\":1,}'", "'\"abc'", "'\"a\\\\x\"'", "'\"\\\\u12\"'", "'\"\\\\ud800\"'", "'\"\\\\ud83d\\\\ude00\"'",
                "'\"\\\\udc00\"'", "'\"\\\\ud83d\\\\u0041\"'", "'\"\\\\u0000x\"'", "'\"\\\\u00e9\\\\u20ac\"'", "'\"\\n\"'", "'\"\\1\"'", "'\"a\\0b\"'", "'nul'", "'null'",
                "'true'", "'false'", "'tru'", "'truex'", "'1x'", "'[1]x'", "'[1] '", "' [1]'", "'{}{}'", "'1.5'", "'-1'", "'01'", "'-'", "'+1'", "'+'",
                "'.5'", "'1.'", "'1e5'", "'1e'", "'0x10'", "'0x'", "'nan'", "'NaN'", "'inf'", "'Infinity'", "'-inf'", "'-nan'", "'-Infinity'", "'infx'",
                "'1e400'", "'12345678901234567890'", "'-x'", "'-0'", "'-01'", "'00'", "'1.2.3'", "'0e1'", "'1.e3'", "'[-]'", "'i'", "'n'", "'N'", "'I'",
                "'0X1p4'", "'1e+'", "'[1\\0]'", "'\\0\\0'", "'\\0a'", "'[\\255]'", "", "nil", "12", "{}", "'1','2'", "'{\"a\":1,\"a\":2}'",
                "'[null,1,null]'", "'{\"1\":2}'", "'{\"a\" 1}'", "'[1:2]'", "'{\"a\",1}'", "','", "':'", "']'", "'}'", "'\\n\\t\\r 1'", "'\\v1'", "'1\\0'",
                "'[[],{},[{}],{\"a\":[]}]'", "'[\"a\",\"b\"]'", "'{\"a\":\"b\",\"c\":\"d\"}'", "'[\"\\255\"]'", "'[1,2'", "'{\"a\":1'", "'{\"a\":[1,{\"b\":'",
                "'-0x1'", "'0x1.8p1'", "'1E5'", "'1e-5'", "'[true,false]'", "'\"\\\\\"\\\\\\\\\\\\/\\\\b\\\\f\\\\n\\\\r\\\\t\"'", "'[\"\\\\u00zz\"]'", "'nan(12)'", "'INF'",
            )
        ],
    ),
    *_each(
        "cjson.decode deep",
        "return cjson.decode(string.rep('[',1000)..string.rep(']',1000)) and 1",
        "return cjson.decode(string.rep('[',1001)..string.rep(']',1001)) and 1",
        "return cjson.decode(string.rep('{\"a\":',1001)..'1'..string.rep('}',1001)) and 1",
        "return cjson.decode(string.rep('[',1000)) and 1",
        "local t = cjson.decode('[' .. string.rep('[1],', 9999) .. '[2]]') return {#t, t[10000][1]}",
        "return cjson.encode(cjson.decode('{\"k3\":1,\"k1\":2,\"k2\":{\"x\":[1,2,{\"q\":null}]},\"k9\":\"a\",\"k5\":5,\"k4\":0}'))",
    ),
    *_dumped(
        "cjson settings",
        "{cjson.encode_sparse_array()}", "{cjson.encode_sparse_array(true,3,5)}", "cjson.encode_max_depth()", "cjson.encode_max_depth(5)",
        "cjson.encode_max_depth(0)", "cjson.decode_max_depth()", "cjson.encode_number_precision()", "cjson.encode_number_precision(17)",
        "cjson.encode_number_precision(0)", "cjson.encode_number_precision(1,2)", "cjson.encode_keep_buffer()", "cjson.encode_keep_buffer(false)",
        "cjson.encode_keep_buffer(1)", "cjson.encode_invalid_numbers()", "cjson.encode_invalid_numbers('null')", "cjson.encode_invalid_numbers('x')",
        "cjson.encode_invalid_numbers(true)", "cjson.decode_invalid_numbers()", "cjson.decode_invalid_numbers(false)", "cjson.encode_max_depth('x')",
        "cjson.encode_max_depth(1.5)", "cjson.encode_sparse_array(1)", "cjson.encode_sparse_array(true,-1)", "cjson.encode_sparse_array('x')",
        "cjson.encode_sparse_array(true,1,2,3)", "cjson.encode_max_depth('5')", "cjson.encode_keep_buffer('on')", "cjson.encode_max_depth({})",
        "cjson.encode_keep_buffer({})", "{type(cjson.new), cjson._NAME, cjson._VERSION}", "type(cjson.new().encode)", "cjson.encode_max_depth(nil)",
    ),
    *_each(
        "cjson set",
        "cjson.encode_max_depth(2) local ok, e = pcall(cjson.encode, {{{}}}) return {cjson.encode({{1}}), e}",
        "cjson.decode_max_depth(2) local ok, e = pcall(cjson.decode, '[[[]]]') return {#cjson.decode('[[1]]'), e}",
        "cjson.encode_number_precision(3) return cjson.encode({3.14159, 12345, 1/3})",
        "cjson.encode_sparse_array(true) return cjson.encode({[1000]=1})", "cjson.encode_sparse_array(false, 0) return #cjson.encode({[1000]=1})",
        "cjson.encode_invalid_numbers(true) return cjson.encode({1/0, -1/0, 0/0})", "cjson.encode_invalid_numbers('null') return cjson.encode({1/0})",
        "cjson.decode_invalid_numbers(false) local o = {} for i, s in ipairs({'01','0x1','nan','inf','-inf','+1','-01','1','0','-0.5'}) do "
        "local ok, e = pcall(cjson.decode, s) o[i] = tostring(e) end return o",
        "local c = cjson.new() c.encode_max_depth(1) return {cjson.encode_max_depth(), c.encode_max_depth(), cjson.encode({{1}})}",
        "local c = cjson.new() c.x = 1 return c.x", "return cjson.encode(cjson.new().null)",
    ),
    *_dumped(
        "bit",
        "bit.tobit(0xffffffff)", "bit.tobit(2^32+1)", "bit.tobit(1.5)", "bit.tobit(2.5)", "bit.tobit(-1)", "bit.bnot(0)", "bit.band(0xff, 0x0f)",
        "bit.band(1, 2, 3)", "bit.bor(1, 2, 4)", "bit.bxor(5, 1)", "bit.lshift(1, 31)", "bit.lshift(1, 32)", "bit.rshift(-1, 1)", "bit.arshift(-8, 1)",
        "bit.rol(0x12345678, 8)", "bit.ror(0x12345678, 8)", "bit.bswap(0x12345678)", "bit.tohex(255)", "bit.tohex(255, 4)", "bit.tohex(255, -4)",
        "bit.tohex(-1, 20)", "bit.tohex(1, 0)", "bit.band()", "bit.band('x')", "bit.band('5', 1)", "bit.lshift(1)", "bit.lshift(1, -1)", "bit.tobit(1e300)",
        "bit.tobit(0/0)", "bit.bor({})", "bit.tohex()", "bit.tobit(2^53)",
    ),
]
