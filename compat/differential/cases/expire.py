"""Times to live."""

from __future__ import annotations

from ..case import case, command, pause
from ..compare import any_order, near
from ..generate import INTEGERS, TYPES, each, missing_and_expired, table, wrong_arity

_COMMANDS = ("EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT")
_FLAGS = ("NX", "XX", "GT", "LT")
_FAR = {"EXPIRE": 1000, "PEXPIRE": 1000000, "EXPIREAT": 4102444800, "PEXPIREAT": 4102444800000}
_LIVES = [number for number in INTEGERS if number not in ("1", "2")]

CASES = [
    *(
        case(f"no result in the place of what is over: {line}", "DEBUG SET-ACTIVE-EXPIRE 0",
             "SADD k a", "PEXPIRE k 1", pause(20), line, "EXISTS k")
        for line in ("SDIFFSTORE k j", "SINTERSTORE k j", "SUNIONSTORE k j", "ZUNIONSTORE k 1 j",
                     "ZINTERSTORE k 1 j", "ZDIFFSTORE k 1 j", "ZRANGESTORE k j 0 -1",
                     "GEOSEARCHSTORE k j FROMLONLAT 1 1 BYRADIUS 1 km", "SORT j STORE k",
                     "GEORADIUS j 1 1 1 km STORE k", "BITOP AND k j", "SUNIONSTORE k k",
                     "BITOP NOT k k", "ZUNIONSTORE k 1 k")
    ),
    *wrong_arity(
        *(f"{name}{rest}" for name in _COMMANDS for rest in ("", " k")),
        *(f"{name}{rest}" for name in ("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME", "PERSIST")
          for rest in ("", " k j")),
    ),
    *[
        each(f"{name} k {{}}", _LIVES, "SET k v", after=["PTTL k"], compare=near(2000), state=False)
        for name in _COMMANDS
    ],
    *[
        each(f"{name} none {{}}", _LIVES)
        for name in _COMMANDS
    ],
    *missing_and_expired("SET k v", """
        EXPIRE k 100
        PEXPIRE k 100000
        EXPIREAT k 4102444800
        PEXPIREAT k 4102444800000
        EXPIRE k 0
        EXPIRE k -1
        EXPIRE k abc
        EXPIRE k 100 XX
        EXPIRE k 100 NX
        EXPIRE k 100 GT
        EXPIRE k 100 LT
        EXPIRE k 100 NOSUCH
        TTL k
        PTTL k
        EXPIRETIME k
        PEXPIRETIME k
        PERSIST k
    """),
    *[
        case(f"{name.lower()} {' '.join(flags) or 'without flags'}",
             "SET k v", f"{name} k {far} {' '.join(flags)}", command("PTTL k", near(1000)),
             f"{name} k {far} {' '.join(flags)}", f"{name} k {far + 5000} {' '.join(flags)}",
             command("PTTL k", near(1000)), f"{name} k {far - 500} {' '.join(flags)}",
             command("PTTL k", near(1000)), "PERSIST k",
             f"{name} k 1 {' '.join(flags)}" if "AT" in name else f"{name} k -1 {' '.join(flags)}",
             "EXISTS k", state=False)
        for name, far in _FAR.items()
        for flags in [(), *((flag,) for flag in _FLAGS), ("NX", "XX"), ("NX", "GT"), ("NX", "LT"),
                      ("GT", "LT"), ("XX", "GT"), ("XX", "LT"), ("XX", "XX"), ("xx",), ("NOSUCH",),
                      ("NX", "NOSUCH"), ("GT", "GT")]
    ],
    *table(r"""
        = no time to live
        SET k v
        TTL k
        PTTL k
        EXPIRETIME k
        PEXPIRETIME k
        PERSIST k
        TTL none
        PTTL none
        EXPIRETIME none
        PEXPIRETIME none
        PERSIST none
        = the moment is kept
        SET k v
        EXPIREAT k 4102444800
        EXPIRETIME k
        PEXPIRETIME k
        PEXPIREAT k 4102444800499
        EXPIRETIME k
        PEXPIRETIME k
        PEXPIREAT k 4102444800500
        EXPIRETIME k
        PERSIST k
        PERSIST k
        EXPIRETIME k
        = the past deletes
        SET k v
        EXPIRE k 0
        EXISTS k
        SET k v
        EXPIRE k -1
        SET k v
        PEXPIRE k -5
        SET k v
        EXPIREAT k 1
        SET k v
        PEXPIREAT k 1
        SET k v
        EXPIREAT k -1
        EXISTS k
        = the past with a flag that holds
        SET k v
        EXPIRE k -1 GT
        EXISTS k
        EXPIRE k -1 XX
        EXISTS k
        EXPIRE k -1 LT
        EXISTS k
    """),
    case("each type expires", *TYPES.values(), *(f"PEXPIRE {name} 15" for name in TYPES), pause(20),
         "DBSIZE", *(f"TYPE {name}" for name in TYPES), events=any_order),
    case("ttl is rounded", "SET k v PX 1700", "TTL k", "SET k v PX 1300", "TTL k",
         "SET k v PX 700", "TTL k", "SET k v PX 300", "TTL k"),
    case("ttl and pttl tell the same", "SET k v EX 100", command("TTL k", near(1)),
         command("PTTL k", near(100)), command("EXPIRETIME k", near(1)),
         command("PEXPIRETIME k", near(100))),
    case("a write makes the key anew after its time", "SET k v PX 15", pause(20), "APPEND k w",
         "PTTL k", "GET k"),
    case("an expired key is gone for all", "SET k v PX 15", "b> GET k", pause(20), "b> GET k",
         "EXISTS k", "b> SET k w NX"),
    case("time is up in a transaction", "SET k v PX 15", "MULTI", "GET k", pause(20), "EXEC"),
    case("an expiry is a change for who watches", "SET k v PX 15", "WATCH k", "MULTI", "PING",
         pause(20), "EXEC"),
]
