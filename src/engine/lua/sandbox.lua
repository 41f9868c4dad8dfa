-- What scripts see, as far as Lua says it best: tables that refuse writes, checks of arguments, and the
-- functions around a script. Runs once for each interpreter, before any script.
--
-- `host` holds the engine's functions. One that can fail gives an error text, or nil, before its results.
-- An error is raised here and not there because a Lua function can raise any value, at any level.

local host, globals = ...

local error, pcall, xpcall, type, tostring, tonumber = error, pcall, xpcall, type, tostring, tonumber
local select, next, rawset, rawget = select, next, rawset, rawget
local getmetatable, setmetatable = getmetatable, setmetatable
local load, loadstring, pairs, floor, insert = load, loadstring, pairs, math.floor, table.insert
local resume, collectgarbage, concat = coroutine.resume, collectgarbage, table.concat
local byte, find, match, gmatch, gsub = string.byte, string.find, string.match, string.gmatch, string.gsub

-- Tables that refuse writes ---------------------------------------------------------------------------

local READONLY = 'Attempt to modify a readonly table'
local behind = {} -- what stands behind each stand-in
local shown = {} -- the metatable that scripts are told it has

local function refuse() error(READONLY, 2) end

-- An empty stand-in through which `real` can be read and not written.
local function protect(real, meta)
  local stand_in = {}
  behind[stand_in], shown[stand_in] = real, meta
  return setmetatable(stand_in, {__index = real, __newindex = refuse})
end

local function missing(_, name)
  if type(name) ~= 'string' and type(name) ~= 'number' then
    error('Second argument to luaProtectedTableError must be a string or number', 2)
  end
  error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
end

-- Raises a complaint about an argument as the function's own caller would hear it.
local function complain(position, name, what)
  error('bad argument #' .. position .. " to '" .. name .. "' (" .. what .. ')', 3)
end

-- What the standard functions do raw must not reach behind a stand-in, nor write into it.

local function seen_next(t, key)
  return next(behind[t] or t, key)
end

globals.next = seen_next

function globals.pairs(...)
  local t = ...
  if behind[t] then return seen_next, t, nil end
  return pairs(...)
end

function globals.rawget(t, key)
  return rawget(behind[t] or t, key)
end

function globals.rawset(t, key, value)
  if behind[t] then error(READONLY, 0) end
  return rawset(t, key, value)
end

function globals.getmetatable(...)
  local t = ...
  if behind[t] then return shown[t] end
  return getmetatable(...)
end

function globals.setmetatable(t, meta)
  if behind[t] then error(READONLY, 0) end
  return setmetatable(t, meta)
end

function globals.table.insert(t, ...)
  if behind[t] then error(READONLY, 0) end
  return insert(t, ...)
end

-- Errors ----------------------------------------------------------------------------------------------

local HERE = '^sandbox:%d+: ' -- how an error begins that a standard function raised when called from here

-- The engine's own errors are userdata: a script that was killed cannot go on by catching that.
local function is_final(problem)
  return type(problem) == 'userdata' and problem ~= host.null
end

-- How an error begins that says that an argument of `redis.call` has no text.
local NO_TEXT = "sandbox:%d+: attempt to [%a ]+ local 'argument%d+'"

-- The error as scripts are to see it.
local function in_words(problem)
  if type(problem) == 'string' and find(problem, NO_TEXT) then
    return {err = host.argument_type, ignore_error_stats_update = true}
  end
  return problem
end

-- An error that `redis.call` raised reaches the caller of `pcall` as its text.
local function settle(fine, problem, ...)
  if not fine then
    if is_final(problem) then error(problem, 0) end
    problem = in_words(problem)
    if type(problem) == 'table' then
      local text = rawget(problem, 'err')
      if type(text) == 'string' or type(text) == 'number' then return false, text end
    elseif type(problem) == 'string' then
      return false, (gsub(problem, HERE, ''))
    end
  end
  return fine, problem, ...
end

function globals.pcall(...)
  return settle(pcall(...))
end

local function hand_on(fine, problem, ...)
  if fine then return fine, problem, ... end
  if is_final(problem) then error(problem, 0) end
  return fine, in_words(problem)
end

function globals.xpcall(run, handler)
  local final
  local function handle(problem)
    if is_final(problem) then
      final = problem
      return problem
    end
    return handler(in_words(problem))
  end
  local function settled(...)
    if final then error(final, 0) end
    return ...
  end
  return settled(xpcall(run, handle))
end

function globals.coroutine.resume(...)
  return hand_on(resume(...))
end

-- Gives an uncaught error the form of an error reply, and says where it was raised.
local function catch(problem)
  local source, line = host.where()
  problem = in_words(problem)
  if type(problem) ~= 'table' then
    problem = {err = 'ERR ' .. gsub(tostring(problem), HERE, source:sub(2) .. ':' .. line .. ': ')}
  end
  problem.source = source
  problem.line = line
  return problem
end

-- Code from text only: the interpreter trusts compiled code ----------------------------------------------

local COMPILED = 27

function globals.loadstring(text, name)
  if type(text) == 'string' and byte(text) == COMPILED then
    return loadstring(' ' .. text, name or text)
  end
  return loadstring(text, name)
end

function globals.load(reader, name)
  if type(reader) ~= 'function' then return load(reader) end
  local begun = false
  return load(function()
    local piece = reader()
    if not begun and type(piece) == 'string' and piece ~= '' then
      begun = true
      if byte(piece) == COMPILED then return ' ' .. piece end
    end
    return piece
  end, name)
end

-- Patterns match by recursion in C, one level for each of their items --------------------------------------

local LONGEST_PATTERN = 1000

local function bound(pattern)
  if type(pattern) == 'string' and #pattern > LONGEST_PATTERN and find(pattern, '[%^%$%*%+%?%.%(%[%%%-]') then
    error('pattern too complex', 3)
  end
end

function globals.string.find(text, pattern, init, plain)
  if not plain then bound(pattern) end
  return find(text, pattern, init, plain)
end

function globals.string.match(text, pattern, init)
  bound(pattern)
  return match(text, pattern, init)
end

function globals.string.gmatch(text, pattern)
  bound(pattern)
  return gmatch(text, pattern)
end

globals.string.gfind = globals.string.gmatch

function globals.string.gsub(text, pattern, ...)
  bound(pattern)
  return gsub(text, pattern, ...)
end

-- The collector serves all scripts: one may look at it and use it, not stop or tune it ----------------------

local UNTUNED = {stop = 0, restart = 0, setpause = 200, setstepmul = 200}

function globals.collectgarbage(...)
  local option = ...
  if option and UNTUNED[option] then return UNTUNED[option] end
  return collectgarbage(...)
end

-- Random numbers ----------------------------------------------------------------------------------------

local function integer(value, position, name)
  local number = tonumber(value)
  if not number then complain(position, name, 'number expected, got ' .. (value == nil and 'no value' or type(value))) end
  return number < 0 and -floor(-number) or floor(number)
end

function globals.math.random(...)
  local throw = host.random()
  local count = select('#', ...)
  if count == 0 then return throw end
  if count > 2 then error('wrong number of arguments', 2) end
  local low, high = ...
  if count == 1 then low, high = 1, low end
  low = integer(low, 1, 'random')
  high = integer(high, count, 'random')
  if low > high then complain(count, 'random', 'interval is empty') end
  return floor(throw * (high - low + 1)) + low
end

function globals.math.randomseed(seed)
  host.randomseed(integer(seed, 1, 'randomseed'))
end

-- redis.* -------------------------------------------------------------------------------------------------

local redis = {}
local ERROR = 2 -- a kind of answer; 1 is a status, and a plain value has none

local function fail(text) error({err = text, ignore_error_stats_update = true}, 0) end

-- A function that takes so many arguments and calls with their texts. An argument that is not equal to its
-- text is a number, of which Redis has a text of its own unless it is a whole one. One that is neither string
-- nor number fails, as NO_TEXT tells.
local function way_of(count)
  local arguments, texts, made, corrected = {}, {}, {}, {}
  for i = 1, count do
    local argument, text = 'argument' .. i, 'text' .. i
    arguments[i], texts[i], made[i] = argument, text, argument .. " .. ''"
    corrected[i] = gsub(
      "if T ~= A and (A % 1 ~= 0 or A <= -1e14 or A >= 1e14 or T == '-0') then T = number_text(A) end", '%u',
      {A = argument, T = text}
    )
  end
  local source = gsub([[
    local call, number_text = ...
    return function(ARGUMENTS)
      local TEXTS = MADE
      CORRECTED
      return call(TEXTS)
    end]], '%u+', {
    ARGUMENTS = concat(arguments, ', '), TEXTS = concat(texts, ', '), MADE = concat(made, ', '),
    CORRECTED = concat(corrected, ' '),
  })
  return loadstring(source, '@sandbox')(host.callers[count], host.number_text)
end

-- How to call with so many arguments.
local ways = setmetatable({}, {__index = function(ways, count)
  if not host.callers[count] then return host.call_with_values end
  ways[count] = way_of(count)
  return ways[count]
end})

function redis.call(...)
  local value, kind = ways[select('#', ...)](...)
  if not kind then return value end
  if kind == ERROR then fail(value) end
  return {ok = value or 'OK'}
end

local function keep_error(fine, value, kind)
  if not fine then
    local problem = in_words(value)
    if type(problem) ~= 'table' then error(problem, 0) end
    return problem
  end
  if not kind then return value end
  if kind == ERROR then return {err = value, ignore_error_stats_update = true} end
  return {ok = value or 'OK'}
end

function redis.pcall(...)
  return keep_error(pcall(ways[select('#', ...)], ...))
end

local function single_text(field, ...)
  local text = ...
  if select('#', ...) ~= 1 or type(text) ~= 'string' then
    return {err = 'ERR wrong number or type of arguments'}
  end
  if field == 'err' then
    if byte(text) == 45 then text = text:sub(2) end -- a leading '-' is the protocol's, not the text's
    if not text:find(' ', 1, true) then text = 'ERR ' .. text end
  end
  return {[field] = text}
end

function redis.error_reply(...) return single_text('err', ...) end
function redis.status_reply(...) return single_text('ok', ...) end

function redis.sha1hex(...)
  if select('#', ...) ~= 1 then fail('ERR wrong number of arguments') end
  local text = ...
  if type(text) ~= 'string' and type(text) ~= 'number' then text = '' end
  return host.sha1hex(text)
end

function redis.log(...)
  if select('#', ...) < 2 then fail('ERR redis.log() requires two arguments or more.') end
  local level = tonumber((...))
  if not level then fail('ERR First argument must be a number (log level).') end
  if level < redis.LOG_DEBUG or level > redis.LOG_WARNING then fail('ERR Invalid log level.') end
end

function redis.setresp(...)
  if select('#', ...) ~= 1 then fail('ERR redis.setresp() requires one argument.') end
  local version = floor(tonumber((...)) or 0)
  if version ~= 2 and version ~= 3 then fail('ERR RESP version must be 2 or 3.') end
  host.setresp(version)
end

function redis.set_repl(...)
  if select('#', ...) ~= 1 then fail('ERR redis.set_repl() requires one argument.') end
  local flags = floor(tonumber((...)) or 0)
  if flags < redis.REPL_NONE or flags > redis.REPL_ALL then
    fail('ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.')
  end
end

function redis.acl_check_cmd(...)
  local problem, allowed = host.acl_check_cmd(...)
  if problem then fail(problem) end
  return allowed
end

function redis.replicate_commands() return true end
function redis.breakpoint() return false end
function redis.debug() end

redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING = 0, 1, 2, 3
redis.REPL_NONE, redis.REPL_AOF, redis.REPL_REPLICA, redis.REPL_SLAVE, redis.REPL_ALL = 0, 1, 2, 2, 3
redis.REDIS_VERSION, redis.REDIS_VERSION_NUM = host.version, host.version_number

-- cjson, bit ----------------------------------------------------------------------------------------------

local function raise_or(problem, ...)
  if problem then error(problem, 3) end
  return ...
end

local function checked(run)
  return function(...) return raise_or(run(...)) end
end

local function new_cjson(raw)
  local cjson = {_NAME = 'cjson', _VERSION = '2.1.0', null = raw.null}

  function cjson.encode(...)
    if select('#', ...) ~= 1 then complain(1, 'encode', 'expected 1 argument') end
    local value = ...
    local problem, text = raw.encode(behind[value] or value)
    if problem then error(problem, 2) end
    return text
  end

  function cjson.decode(...)
    if select('#', ...) ~= 1 then complain(1, 'decode', 'expected 1 argument') end
    local text = ...
    local kind = type(text)
    if kind ~= 'string' and kind ~= 'number' then complain(1, 'decode', 'string expected, got ' .. kind) end
    local problem, value = raw.decode(text)
    if problem then error(problem, 2) end
    return value
  end

  for name, run in next, raw.settings do cjson[name] = checked(run) end

  function cjson.new() return new_cjson(host.cjson()) end

  return cjson
end

local bit = {}
for name, run in next, host.bit do bit[name] = checked(run) end

-- The globals as scripts see them -----------------------------------------------------------------------

for _, name in next, {'dofile', 'loadfile', 'newproxy', 'print', 'setfenv', 'getfenv', 'require', 'module'} do
  globals[name] = nil
end
globals.os = {clock = os.clock}
globals.redis, globals.cjson, globals.bit = redis, new_cjson(host.cjson()), bit
globals.__redis__err__handler = catch

local strings = getmetatable('')
for _, name in next, {'redis', 'cjson', 'bit', 'os', 'string', 'table', 'math', 'coroutine'} do
  globals[name] = protect(globals[name])
end
strings.__metatable = protect({__index = globals.string})

setmetatable(globals, {__index = missing})
local scope = protect(globals, protect({__index = missing}))
globals._G = scope

local arm = host.arm

-- Says beside a script's result whether it is an array and nothing else, which is quicker to see here.
local function finish(fine, value)
  if type(value) ~= 'table' or not fine or getmetatable(value) then return fine, value, false end
  local other = value.err or value.ok or value.double or value.map or value.set or value.big_number
    or value.verbatim_string
  return fine, value, other == nil
end

-- Runs a script on keys and arguments few enough to be passed as such.
local function run(script, key_count, ...)
  local keys = {}
  for i = 1, key_count do keys[i] = (select(i, ...)) end
  globals.KEYS, globals.ARGV = keys, {select(key_count + 1, ...)}
  arm()
  return finish(xpcall(script, catch))
end

-- As `run`, on so many keys: written out, for each look into `...` copies all of it.
local function runner_on(key_count)
  local names = {}
  for i = 1, key_count do names[i] = 'key' .. i end
  local keys = concat(names, ', ')
  local source = [[
    local globals, arm, finish, xpcall, catch = ...
    return function(script, PARAMETERS...)
      globals.KEYS, globals.ARGV = {KEY_NAMES}, {...}
      arm()
      return finish(xpcall(script, catch))
    end]]
  source = source:gsub('PARAMETERS', key_count > 0 and keys .. ', ' or ''):gsub('KEY_NAMES', keys)
  return loadstring(source, '@sandbox')(globals, arm, finish, xpcall, catch)
end

local MOST_KEYS = 10
local runners = {}
for key_count = 0, MOST_KEYS do runners[key_count + 1] = runner_on(key_count) end

-- As `run`, on more than fit on the stack.
local function run_on_tables(script, keys, arguments)
  globals.KEYS, globals.ARGV = keys, arguments
  arm()
  return finish(xpcall(script, catch))
end

return scope, runners, run, run_on_tables
