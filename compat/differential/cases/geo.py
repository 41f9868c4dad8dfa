"""Places on Earth: scores, distances to the last digit, and searches in their own order."""

from __future__ import annotations

import random

from ..case import Case, case
from ..generate import FLOATS, each, integers, missing_and_expired, table, wrong_arity, wrong_type

_random = random.Random(5)

_SICILY = "GEOADD k 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.496366 41.902783 Rome"

_UNITS = ("m", "km", "ft", "mi", "M", "KM", "Ft", "mI", "x", "''", "mm", "k")

_PLACES = (
    "0 0", "180 0", "-180 0", "0 85.05112878", "0 -85.05112878", "180 85.05112878",
    "-180 -85.05112878", "180 -85.05112878", "-180 85.05112878", "0.0000001 0.0000001", "-0.0 -0.0",
    "179.9999999 85.05", "2.2945 48.8584", "151.2153 -33.8568", "-0.1246 51.5007",
    "5e-324 -5e-324", "1e1 2e1", "0x10 0x1p3", "180.0000001 0", "0 85.05112879", "0 -90", "inf 0",
    "0 -inf", "nan 0", "0 nan", "1e300 0", "-1e300 0", "1,5 0", "'' 0", "a 0", "0 a", "' 1' 0",
)  # fmt: skip

_OPTIONS = (
    "", "ASC", "DESC", "WITHDIST", "WITHCOORD", "WITHHASH", "WITHHASH WITHCOORD WITHDIST", "COUNT 2",
    "COUNT 2 DESC", "COUNT 2 ANY", "ANY COUNT 2", "COUNT 1 ANY ASC", "COUNT 10", "COUNT 2 COUNT 1",
    "ASC DESC", "DESC ASC", "ANY", "COUNT", "COUNT 0", "COUNT -1", "COUNT x", "COUNT 2 ANY ANY",
    "COUNT 9223372036854775807", "COUNT 9223372036854775808", "STORE", "STORE d", "STOREDIST",
    "STOREDIST d", "STORE d STOREDIST e", "STOREDIST d STORE e", "STORE d WITHDIST",
    "WITHCOORD STORE d", "STORE d COUNT 1", "STOREDIST d DESC COUNT 1", "NOSUCH", "''", "withdist asc",
    "FROMMEMBER Rome", "FROMLONLAT 1 1", "BYRADIUS 1 m", "BYBOX 1 1 m", "BYBOX 1 1",
    "WITHDIST WITHDIST", "STORE k", "ASC 1",
)  # fmt: skip

_SEARCHES = (
    "GEORADIUS k 15 37 200 km {}",
    "GEORADIUS_RO k 15 37 200 km {}",
    "GEORADIUSBYMEMBER k Palermo 500 km {}",
    "GEORADIUSBYMEMBER_RO k Palermo 500 km {}",
    "GEOSEARCH k FROMLONLAT 15 37 BYRADIUS 200 km {}",
    "GEOSEARCH k FROMMEMBER Palermo BYBOX 900 1000 km {}",
    "GEOSEARCHSTORE d k FROMLONLAT 15 37 BYBOX 400 500 km {}",
    "GEOSEARCHSTORE d k FROMMEMBER Palermo BYRADIUS 500 km {}",
)


def _scattered(count: int, west: float, east: float, south: float, north: float) -> tuple[str, ...]:
    """One GEOADD of so many places."""
    places = (
        (f"{_random.uniform(west, east):.7f}", f"{_random.uniform(south, north):.7f}", f"m{number}")
        for number in range(count)
    )
    return ("GEOADD", "k", *(word for place in places for word in place))


def _search(places: tuple[str, ...], radius: float) -> list[tuple[str, ...]]:
    """Searches around one of the places, in each way and order."""
    at = 2 + 3 * _random.randrange(len(places) // 3)
    longitude, latitude, member = places[at : at + 3]
    size, count = f"{radius:.3f}", str(_random.randrange(1, 30))
    height = f"{radius * _random.choice((0.1, 0.7, 1, 2)):.3f}"
    with_all = ("WITHCOORD", "WITHDIST", "WITHHASH")
    return [
        ("GEORADIUS", "k", longitude, latitude, size, "m"),
        ("GEORADIUSBYMEMBER", "k", member, size, "ft", "WITHDIST"),
        ("GEOSEARCH", "k", "FROMMEMBER", member, "BYRADIUS", size, "m", "ASC", *with_all),
        ("GEOSEARCH", "k", "FROMMEMBER", member, "BYBOX", size, height, "m", "WITHDIST"),
        ("GEOSEARCH", "k", "FROMMEMBER", member, "BYBOX", size, height, "km", "COUNT", count),
        ("GEOSEARCH", "k", "FROMLONLAT", longitude, latitude, "BYRADIUS", size, "mi", "COUNT", count,
         "ANY", "WITHDIST"),
        ("GEOSEARCHSTORE", "d", "k", "FROMMEMBER", member, "BYRADIUS", size, "mi", "STOREDIST",
         "COUNT", count, "DESC"),
        ("ZRANGE", "d", "0", "-1", "WITHSCORES"),
    ]  # fmt: skip


_AREAS = {
    "the world": (-180, 180, -85, 85),
    "a country": (5, 15, 45, 55),
    "a town": (2.2, 2.4, 48.8, 48.9),
    "the date line": (178, 180, -20, -10),
    "the other side of the date line": (-180, -178, 50, 60),
    "the far north": (-180, 180, 80, 85.05),
    "the far south": (-60, 60, -85.05, -60),
    "the equator": (-1, 1, -1, 1),
    "a room": (10, 10.0001, 20, 20.0001),
}


def _searches() -> list[Case]:
    out: list[Case] = []
    for name, (west, east, south, north) in _AREAS.items():
        places = _scattered(400, west, east, south, north)
        width = (east - west) * 111_000
        radii = [0, *(width / part for part in (1000, 100, 30, 10, 4, 2, 1)), 1e6, 5e6, 1e7, 3e7]
        out += [
            case(f"searches in {name}, radius {number}: {round(radius)} m", places,
                 *(step for _ in range(3) for step in _search(places, radius)))
            for number, radius in enumerate(radii)
        ]  # fmt: skip
    return out


CASES = [
    *wrong_arity(
        "GEOADD", "GEOADD k", "GEOADD k 1 1", "GEOADD k 1 1 a 2", "GEOPOS", "GEODIST", "GEODIST k",
        "GEODIST k a", "GEOHASH", "GEORADIUS", "GEORADIUS k 1 1 1", "GEORADIUS_RO k 1 1 1",
        "GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER k a 1", "GEORADIUSBYMEMBER_RO k a 1", "GEOSEARCH",
        "GEOSEARCH k FROMMEMBER a BYRADIUS 1", "GEOSEARCHSTORE d k FROMMEMBER a BYRADIUS 1",
    ),
    *wrong_type("zset", """
        GEOADD {} 1 1 a
        GEOADD {} XX 1 1 a
        GEOADD {} 200 1 a
        GEOADD {} NX XX 1 1 a
        GEOPOS {}
        GEOPOS {} a
        GEOHASH {} a
        GEODIST {} a b
        GEODIST {} a b x
        GEORADIUS {} 1 1 1 m
        GEORADIUS {} 1 1 1 x
        GEORADIUS {} 1 1 1 m STORE d
        GEORADIUS_RO {} 1 1 1 m NOSUCH
        GEORADIUSBYMEMBER {} a 1 m
        GEORADIUSBYMEMBER_RO {} a 1 x
        GEOSEARCH {} FROMMEMBER a BYRADIUS 1 m
        GEOSEARCH {} FROMLONLAT a 1 BYRADIUS 1 m
        GEOSEARCHSTORE d {} FROMMEMBER a BYRADIUS 1 m
    """),
    *wrong_type("", "GEOSEARCHSTORE {} source FROMLONLAT 1 1 BYRADIUS 1 m"),
    *[
        case(f"stores over any type: {made}", made, "EXPIRE d 100", _SICILY, line, "TTL d", made,
             "GEOSEARCHSTORE d none FROMLONLAT 15 37 BYRADIUS 1 m", "EXISTS d")
        for made in ("RPUSH d a", "HSET d f v", "SADD d a", "ZADD d 1 a", "XADD d 1-1 f v", "SET d v")
        for line in ["GEOSEARCHSTORE d k FROMLONLAT 15 37 BYRADIUS 200 km"]
    ],
    each("GEOADD k {} a", _PLACES, after=["ZRANGE k 0 -1 WITHSCORES", "GEOPOS k a", "GEOHASH k a"],
         what="place"),
    each("GEOSEARCH k FROMLONLAT {} BYRADIUS 10000 km WITHDIST", _PLACES, _SICILY, what="place"),
    each("GEORADIUS k {} 30000 km WITHDIST ASC", _PLACES, _SICILY, what="place"),
    each("GEODIST k Palermo Catania {}", _UNITS, _SICILY, what="unit"),
    each("GEODIST none a b {}", _UNITS, what="unit"),
    each("GEORADIUS k 15 37 300 {} WITHDIST", _UNITS, _SICILY, what="unit"),
    each("GEOSEARCH k FROMMEMBER Palermo BYBOX 300000 300000 {} WITHDIST", _UNITS, _SICILY,
         what="unit"),
    *[
        each(line, FLOATS, _SICILY, what="size")
        for line in ("GEORADIUS k 15 37 {} km", "GEORADIUSBYMEMBER k Palermo {} km WITHDIST",
                     "GEOSEARCH k FROMMEMBER Palermo BYRADIUS {} m",
                     "GEOSEARCH k FROMMEMBER Palermo BYBOX {} 500 km",
                     "GEOSEARCH k FROMMEMBER Palermo BYBOX 500 {} km")
    ],
    *integers("GEOSEARCH k FROMLONLAT 15 37 BYRADIUS 1000 km COUNT {}\n"
              "GEOSEARCH k FROMLONLAT 15 37 BYRADIUS 1000 km COUNT {} ANY\n"
              "GEORADIUS k 15 37 1000 km DESC COUNT {}", _SICILY),
    *[each(line, _OPTIONS, _SICILY, after=["ZRANGE d 0 -1 WITHSCORES"], what="option")
      for line in _SEARCHES],
    *[each(line.replace(" k ", " none "), _OPTIONS, "ZADD d 1 a", "ZADD e 1 a", what="option")
      for line in _SEARCHES],
    *missing_and_expired(_SICILY, """
        GEOADD k 1 1 a
        GEOADD k XX 1 1 a
        GEOPOS k Rome
        GEOPOS k
        GEOHASH k Rome none
        GEODIST k Rome Palermo
        GEORADIUS k 15 37 1000 km
        GEORADIUS k 15 37 1000 km STORE d
        GEORADIUS_RO k 15 37 1000 km
        GEORADIUSBYMEMBER k Rome 1000 km
        GEORADIUSBYMEMBER k Rome x y
        GEORADIUSBYMEMBER k Rome x y STORE d
        GEORADIUSBYMEMBER k Rome x y NOSUCH
        GEOSEARCH k FROMMEMBER Rome BYRADIUS 1000 km
        GEOSEARCH k FROMMEMBER Rome BYRADIUS x km
        GEOSEARCHSTORE d k FROMMEMBER Rome BYRADIUS 1000 km
    """),
    *table(r"""
        = geoadd
        GEOADD k 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        GEOADD k 13.361389 38.115556 Palermo
        GEOADD k NX 1 1 Palermo 2 2 new
        GEOADD k XX 3 3 new 4 4 newer
        GEOADD k CH 1 1 Palermo 5 5 newest
        GEOADD k NX CH 1 1 Palermo
        GEOADD k CH XX 2 2 Palermo 6 6 none
        GEOADD k nx ch 7 7 a
        GEOADD k NX NX 7 7 a
        GEOADD k NX XX 1 1 a
        GEOADD k XX CH NX 1 1 a
        GEOADD k NX
        GEOADD k NX CH 1 1
        GEOADD k GT 1 1 a
        GEOADD k INCR 1 1 a
        GEOADD k 1 1 a 2 2
        GEOADD k 1 1 a x 2 b
        GEOADD k 1 1 a 200 2 b
        GEOADD k 1 1 NX
        GEOADD k 8 8 NX 9 9 CH
        GEOADD k 1 1 a 2 2 a
        ZRANGE k 0 -1 WITHSCORES
        GEOADD none XX 1 1 a
        EXISTS none
        GEOADD k 0 0 "" 1 1 "\x00\xff"
        GEOPOS k "" "\x00\xff"
        = geodist
        GEOADD k 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 13.361389 -10 south 13.361389 20 north
        GEODIST k Palermo Catania
        GEODIST k Catania Palermo mi
        GEODIST k Palermo Palermo
        GEODIST k north south
        GEODIST k south north ft
        GEODIST k Palermo none
        GEODIST k none Palermo
        GEODIST k none none x
        GEODIST k Palermo Catania m m
        GEODIST k Palermo Catania m x
        GEODIST k Palermo Catania x x
        GEODIST none a b m m
        = geohash and geopos
        GEOADD k 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        GEOHASH k
        GEOPOS k
        GEOHASH k Palermo none Catania Palermo
        GEOPOS k Palermo none Catania Palermo
        GEOHASH none
        GEOPOS none
        GEOHASH none a b
        GEOPOS none a b
        = any score is a place
        ZADD k -5 neg 1e300 big 1.5 frac 4503599627370496 over inf inf -inf ninf 1.8446744073709552e19 x 9.3e18 y
        ZADD k 18446744073709549568 z 9223372036854775808 h -9223372036854775808 nh -1e300 nbig 0 zero
        GEOPOS k neg big frac over inf ninf x y z h nh nbig zero
        GEOHASH k neg big frac over inf ninf x y z h nh nbig zero
        GEODIST k neg frac
        GEOSEARCH k FROMLONLAT 0 0 BYRADIUS 30000 km WITHDIST WITHHASH WITHCOORD
        GEOSEARCH k FROMMEMBER inf BYRADIUS 30000 km WITHDIST WITHHASH
        GEOSEARCH k FROMMEMBER zero BYBOX 50000 50000 km WITHDIST WITHHASH
        = geosearch form
        GEOADD k 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        GEOSEARCH k WITHCOORD WITHDIST WITHHASH ASC DESC
        GEOSEARCH k FROMMEMBER Palermo WITHDIST ASC DESC
        GEOSEARCH k BYRADIUS 1 km WITHDIST ASC
        geosearch k BYBOX 1 1 km WITHDIST
        GEOSEARCHSTORE d k BYBOX 1 1 km ASC
        GEOSEARCHSTORE d k FROMMEMBER Palermo ASC ASC ASC
        GEOSEARCH k FROMMEMBER Palermo FROMMEMBER Catania BYRADIUS 1 km
        GEOSEARCH k FROMMEMBER Palermo FROMLONLAT 1 1 BYRADIUS 1 km
        GEOSEARCH k FROMLONLAT 1 1 FROMMEMBER Palermo BYRADIUS 1 km
        GEOSEARCH k FROMLONLAT 1 1 FROMLONLAT 13.361389 38.115556 BYRADIUS 1 km
        GEOSEARCH k FROMMEMBER Palermo BYRADIUS 1 km BYBOX 1 1 km
        GEOSEARCH k FROMMEMBER Palermo BYBOX 1 1 km BYRADIUS 1 km
        GEOSEARCH k FROMMEMBER Palermo BYRADIUS 1 m BYRADIUS 300 km
        GEOSEARCH k FROMMEMBER Palermo BYBOX 1 1 m BYBOX 900 900 km WITHDIST
        GEOSEARCH k BYRADIUS 300 km FROMMEMBER Palermo ASC
        GEOSEARCH k ASC BYBOX 900 900 km WITHDIST FROMLONLAT 13 38
        GEOSEARCH k FROMMEMBER none BYRADIUS x km
        GEOSEARCH k FROMMEMBER Palermo BYRADIUS 1 x NOSUCH
        GEOSEARCH k FROMMEMBER Palermo BYRADIUS -1 x
        GEOSEARCH k FROMMEMBER Palermo BYBOX -1 x x
        GEOSEARCH k FROMMEMBER Palermo BYBOX 1 -1 x
        GEOSEARCH k FROMMEMBER Palermo BYBOX x -1 x
        GEOSEARCH k FROMMEMBER Palermo BYBOX -1 1 x
        GEOSEARCH k FROMLONLAT 200 x BYRADIUS 1 m
        GEOSEARCH k FROMLONLAT 1 BYRADIUS 1 m ASC
        GEOSEARCH k FROMMEMBER BYRADIUS 1 m ASC ASC
        GEOSEARCH k BYRADIUS 1 m ASC FROMMEMBER
        GEOSEARCH k FROMMEMBER Palermo ASC BYRADIUS 1
        GEOSEARCH k FROMMEMBER Palermo BYBOX 1 1
        GEOSEARCH none FROMMEMBER Palermo FROMLONLAT 1 1 BYRADIUS 1 m
        GEOSEARCH none FROMMEMBER Palermo BYRADIUS 1 x
        GEOSEARCH none FROMMEMBER Palermo ANY BYRADIUS 1 m
        GEOSEARCH none BYRADIUS 1 m ASC ASC
        = georadius errors
        GEOADD k 13.361389 38.115556 Palermo
        GEORADIUS k x 37 200 km
        GEORADIUS k 200 37 x km
        GEORADIUS k 15 37 x x
        GEORADIUS k 15 37 -1 x
        GEORADIUS k 15 37 1 x NOSUCH
        GEORADIUS k 15 37 -0 m
        GEORADIUSBYMEMBER k none 1 m
        GEORADIUSBYMEMBER k none x x
        GEORADIUSBYMEMBER k Palermo x x
        GEORADIUSBYMEMBER k Palermo 1 m NOSUCH
        GEORADIUS none 15 37 x m
        GEORADIUS none 15 37 1 x
        GEORADIUS none 200 37 1 x
        = geosearchstore
        GEOADD k 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.496366 41.902783 Rome
        GEOSEARCHSTORE d k FROMMEMBER Palermo BYRADIUS 300 km
        ZRANGE d 0 -1 WITHSCORES
        GEOSEARCHSTORE d k FROMMEMBER Palermo BYRADIUS 300 km STOREDIST
        ZRANGE d 0 -1 WITHSCORES
        GEOSEARCHSTORE d k FROMMEMBER Palermo BYRADIUS 900 km COUNT 2 DESC
        ZRANGE d 0 -1
        GEOSEARCHSTORE k k FROMMEMBER Palermo BYRADIUS 300 mi
        ZRANGE k 0 -1 WITHSCORES
        GEOSEARCHSTORE k k FROMMEMBER Palermo BYRADIUS 1 ft
        ZRANGE k 0 -1
        GEOSEARCHSTORE k k FROMLONLAT 0 0 BYRADIUS 1 ft
        EXISTS k
        GEOSEARCHSTORE none k FROMLONLAT 0 0 BYRADIUS 1 ft
        = in scripts and transactions
        GEOADD k 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        EVAL "return redis.call('GEODIST',KEYS[1],'Palermo','Catania')" 1 k
        EVAL "return redis.call('GEOPOS',KEYS[1],'Palermo','none')" 1 k
        EVAL "redis.setresp(3) return redis.call('GEOSEARCH',KEYS[1],'FROMLONLAT',15,37,'BYRADIUS',200,'km','WITHCOORD')" 1 k
        EVAL_RO "return redis.call('GEORADIUS',KEYS[1],15,37,200,'km')" 1 k
        EVAL_RO "return redis.call('GEORADIUS_RO',KEYS[1],15,37,200,'km')" 1 k
        WATCH d
        GEOSEARCHSTORE d k FROMLONLAT 15 37 BYRADIUS 1 m
        MULTI
        PING
        EXEC
        WATCH d
        GEOSEARCHSTORE d k FROMLONLAT 15 37 BYRADIUS 200 km
        MULTI
        GEOADD k 1 1 a
        GEORADIUS k 1 1 1 km STORE e
        EXEC
        MULTI
        GEOADD k 1 1 a
        GEORADIUS k 1 1 1 km STORE e
        EXEC
        = key positions
        COMMAND GETKEYS GEOADD k 1 1 a
        COMMAND GETKEYSANDFLAGS GEORADIUS k 1 1 1 m
        COMMAND GETKEYSANDFLAGS GEORADIUS k 1 1 1 m STORE d STOREDIST e
        COMMAND GETKEYSANDFLAGS GEORADIUS k 1 1 1 m STOREDIST e store d
        COMMAND GETKEYSANDFLAGS GEORADIUS k 1 1 1 m STORE STORE
        COMMAND GETKEYSANDFLAGS GEORADIUS k 1 1 1 m STORE
        COMMAND GETKEYSANDFLAGS GEORADIUSBYMEMBER k STORE 1 m STORE d
        COMMAND GETKEYSANDFLAGS GEORADIUSBYMEMBER k STORE 1 m COUNT STORE x
        COMMAND GETKEYSANDFLAGS GEORADIUS_RO k 1 1 1 m STORE d
        COMMAND GETKEYSANDFLAGS GEOSEARCHSTORE d k FROMMEMBER m BYRADIUS 1 m
        = encodings of what is stored
        CONFIG SET zset-max-listpack-entries 2
        GEOADD k 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.496366 41.902783 Rome
        GEOSEARCHSTORE d k FROMMEMBER Palermo BYRADIUS 300 km
        OBJECT ENCODING d
        GEOSEARCHSTORE d k FROMMEMBER Palermo BYRADIUS 900 km
        OBJECT ENCODING d
        CONFIG SET zset-max-listpack-entries 128
        = the sign of a zero is stored where all members together are too many for a listpack
        CONFIG SET zset-max-listpack-entries 3
        ZADD z -inf "" 3 m5 1 a 2 c
        ZADD z -0 ""
        GEOSEARCHSTORE d z FROMMEMBER m5 BYRADIUS 1 FT
        ZRANGE d 0 -1 WITHSCORES
        GEOSEARCHSTORE d z FROMMEMBER m5 BYRADIUS 1 FT COUNT 3
        ZRANGE d 0 -1 WITHSCORES
        CONFIG SET zset-max-listpack-entries 128
    """),
    case("which of those equally far come first", *(
        step
        for number in range(60)
        for step in [("GEOADD", "k", str(number % 3), str(number % 2), f"m{number}")]
    ), *(
        f"GEOSEARCH k FROMLONLAT 0 0 BYRADIUS 1000 km {order} {count}"
        for order in ("", "ASC", "DESC")
        for count in ("", *(f"COUNT {count}" for count in (1, 2, 7, 10, 20, 30, 41, 59, 60, 61)))
    )),
    *_searches(),
]  # fmt: skip
