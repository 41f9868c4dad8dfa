"""Bitmaps, and strings as arrays of integers."""

from __future__ import annotations

from ..case import case
from ..generate import each, integers, missing_and_expired, table, wrong_arity, wrong_type

_OFFSETS = (
    "0", "1", "7", "8", "9", "63", "64", "1000", "-1", "-0", "+1", "01", "' 1'", "1.0", "''",
    "abc", "#0", "#1", "#x", "#", "4294967296", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "18446744073709551616", '"1\\x00"',
)  # fmt: skip
"""Offsets, and texts that are none; none of them asks for much memory."""

_FIELD_OFFSETS = (
    *_OFFSETS, "#2", "#10", "#-1", "#-0", "#01", "##1", "#536870912", "#4611686018427387904",
    "#9223372036854775807", "#9223372036854775808",
)  # fmt: skip

_FIELDS = (
    "u1", "u2", "u7", "u8", "u9", "u31", "u32", "u33", "u62", "u63", "u64", "u0", "u-1", "u", "u08",
    "i1", "i2", "i7", "i8", "i9", "i32", "i33", "i63", "i64", "i65", "i0", "i-1", "i", "i ", "U8",
    "I8", "8", "x8", "''", "u8x", "u18446744073709551624", '"u8\\x00"', "8u", "ui8",
)  # fmt: skip

_NUMBERS = (
    "0", "1", "-1", "2", "-2", "127", "128", "-128", "-129", "255", "256", "-255", "-256", "-257",
    "32767", "32768", "2147483648", "4294967295", "4294967296", "4611686018427387903",
    "4611686018427387904", "9223372036854775806", "9223372036854775807", "9223372036854775808",
    "-9223372036854775807", "-9223372036854775808", "-9223372036854775809", "+1", "1.0", "''", "x",
)  # fmt: skip

_SECTIONS = ("0 0", "0 -1", "1 1", "1 -1", "-1 -1", "-2 -1", "-1 -2", "-3 -100", "-100 -200",
             "-100 -99", "-200 -100", "2 1", "5 30", "30 40", "0 100", "3 17", "9 9", "-9 -3",
             "9223372036854775807 9223372036854775807", "-9223372036854775808 9223372036854775807",
             "-9223372036854775808 -9223372036854775808", "0 9223372036854775807",
             "9223372036854775807 -9223372036854775808")  # fmt: skip

_STRINGS = {
    "empty": 'SET k ""',
    "zeros": r'SET k "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"',
    "ones": r'SET k "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"',
    "text": "SET k foobar",
    "number": "SET k 1234567890",
    "last": r'SET k "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"',
    "hole": r'SET k "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff"',
    "middle": r'SET k "\x00\x0f\xf0\x00"',
    "missing": "DEL k",
}

_OVERFLOWS = ("", "OVERFLOW WRAP ", "OVERFLOW SAT ", "OVERFLOW FAIL ")

_LONG = 'redis.call("SET",KEYS[1],string.rep(ARGV[1],tonumber(ARGV[2])))'


def _made(*lines: str) -> list[tuple[str, ...]]:
    """Steps that make long strings: ``key text times``."""
    return [("EVAL", _LONG, "1", *line.split()) for line in lines]


CASES = [
    *wrong_arity(
        "SETBIT", "SETBIT k", "SETBIT k 1", "SETBIT k 1 1 1", "GETBIT", "GETBIT k", "GETBIT k 1 1",
        "BITCOUNT", "BITPOS", "BITPOS k", "BITOP", "BITOP AND", "BITOP AND d", "BITOP NOSUCH d",
        "BITFIELD", "BITFIELD_RO",
    ),
    *wrong_type("string", """
        SETBIT {} 0 1
        SETBIT {} -1 1
        SETBIT {} 0 2
        GETBIT {} 0
        GETBIT {} -1
        BITCOUNT {}
        BITCOUNT {} 0
        BITCOUNT {} 0 -1
        BITCOUNT {} a b
        BITCOUNT {} 0 0 NOSUCH
        BITPOS {} 1
        BITPOS {} 2
        BITPOS {} 0 1 2 NOSUCH
        BITOP AND d {}
        BITOP AND d none {}
        BITOP NOT d {}
        BITOP NOT d {} {}
        BITOP NOSUCH d {}
        BITFIELD {}
        BITFIELD {} GET u8 0
        BITFIELD {} GET u65 0
        BITFIELD {} SET u8 0 1
        BITFIELD {} GET u8 0 SET u8 0 1
        BITFIELD {} INCRBY u8 0 x
        BITFIELD {} OVERFLOW SAT
        BITFIELD_RO {}
        BITFIELD_RO {} GET u8 0
        BITFIELD_RO {} SET u8 0 1
    """),
    *wrong_type("", "BITOP OR {} none\nBITOP OR {} source"),
    *[
        case(f"bitop writes over any type: {made}", made, "EXPIRE k 100", "SET s abc",
             "BITOP OR k s", "TTL k", made, "BITOP OR k none", "EXISTS k")
        for made in ("RPUSH k a", "HSET k f v", "SADD k a", "ZADD k 1 a", "XADD k 1-1 f v",
                     "SET k v")
    ],
    each("SETBIT k {} 1", _OFFSETS, "SET k abc", after=["GETBIT k {}"]),
    each("SETBIT k {} 1", _OFFSETS),
    each("SETBIT k {} 0", _OFFSETS),
    each("SETBIT k 5 {}", _NUMBERS, "SET k abc", what="bit"),
    each("GETBIT k {}", (*_OFFSETS, "4294967295"), "SET k abc"),
    each("GETBIT k {}", (*_OFFSETS, "4294967295"), "SET k 123"),
    *integers("BITCOUNT k {} -1\nBITCOUNT k 0 {}\nBITCOUNT k {} {}\nBITCOUNT k {} {} BIT\n"
              "BITPOS k {}\nBITPOS k 1 {}\nBITPOS k 0 {}\nBITPOS k 1 {} BIT\nBITPOS k 1 0 {}\n"
              "BITPOS k 0 {} 9 BIT\nBITPOS k 1 3 {} BIT", "SET k foobar"),
    *[
        case(f"{name}, section {line}: bitcount and bitpos", setup, *(
            f"{command} {section} {unit}".rstrip()
            for command in ("BITCOUNT k", "BITPOS k 0", "BITPOS k 1")
            for unit in ("", "BYTE", "BIT")
            for section in [line]
        ))
        for name, setup in _STRINGS.items()
        for line in _SECTIONS
    ],
    *[
        case(f"{name}: bitcount and bitpos without an end", setup, "BITCOUNT k", "BITPOS k 0",
             "BITPOS k 1", *(f"BITPOS k {bit} {start}" for bit in (0, 1)
                             for start in (0, 1, 5, 9, 11, 12, 100, -1, -2, -100)))
        for name, setup in _STRINGS.items()
    ],
    *missing_and_expired("SET k 12", """
        SETBIT k 1 0
        SETBIT k 1 1
        GETBIT k 3
        BITCOUNT k
        BITCOUNT k 0 -1
        BITPOS k 0
        BITPOS k 1
        BITPOS k 0 0 -1
        BITOP AND d k
        BITOP NOT d k
        BITOP OR k k
        BITFIELD k
        BITFIELD k GET u8 0
        BITFIELD k SET u8 0 1
        BITFIELD k SET u8 0 0
        BITFIELD k OVERFLOW FAIL SET u8 0 256
        BITFIELD k INCRBY u8 0 1
        BITFIELD_RO k GET u8 0
        BITFIELD_RO k
    """),
    *[each(f"BITFIELD k {overflow}SET {{}} 3 300", _FIELDS, r'SET k "\xa5\x5a\xc3\x3c\xff"',
           what=f"type, {overflow}") for overflow in _OVERFLOWS],
    *[each(f"BITFIELD k {overflow}INCRBY {{}} 5 -200", _FIELDS, r'SET k "\xa5\x5a\xc3\x3c\xff"',
           what=f"type, {overflow}") for overflow in _OVERFLOWS],
    each("BITFIELD k GET {} 0", _FIELDS, "SET k abcdefghi", what="type"),
    each("BITFIELD k GET {} 3", _FIELDS, "SET k abcdefghi", what="type"),
    each("BITFIELD_RO k GET {} #1", _FIELDS, "SET k abcdefghi", what="type"),
    each("BITFIELD k GET u8 {}", _FIELD_OFFSETS, "SET k abcdefghi", what="offset"),
    each("BITFIELD k GET u1 {}", _FIELD_OFFSETS, "SET k abcdefghi", what="offset"),
    each("BITFIELD k SET i5 {} -3", (*_OFFSETS, "#2", "#-1", "#x"), "SET k abc", what="offset"),
    each("BITFIELD k INCRBY u3 {} 2", (*_OFFSETS, "#2", "#-1", "#x"), "SET k abc", what="offset"),
    *[
        each(f"BITFIELD k {overflow}{operation} {field} 4 {{}}", _NUMBERS, setup,
             after=["BITFIELD_RO k GET i64 0 GET i64 8"], what=f"number {name}")
        for overflow in _OVERFLOWS
        for operation in ("SET", "INCRBY")
        for field in ("u8", "i8", "u63", "i64")
        for name, setup in (("fresh", "DEL k"), ("text", "SET k pqrstuvwxyz"))
    ],
    *table(r"""
        = setbit and getbit
        SETBIT k 7 1
        SETBIT k 7 1
        SETBIT k 7 0
        SETBIT k 0 1
        SETBIT k 100 0
        SETBIT k 90 0
        STRLEN k
        GETBIT k 0
        GETBIT k 100
        GETBIT k 101
        GETBIT k 104
        GETBIT none 0
        = setbit keeps the time to live
        SET k abc EX 100
        SETBIT k 0 1
        TTL k
        SETBIT k 100 1
        TTL k
        = setbit of what is no change
        SET k 123
        SETBIT k 0 0
        OBJECT ENCODING k
        SET k abc
        SETBIT k 0 0
        OBJECT ENCODING k
        SET k ""
        SETBIT k 0 0
        OBJECT ENCODING k
        = setbit wakes no transaction when nothing changes
        SET k abc
        WATCH k
        SETBIT k 0 0
        MULTI
        PING
        EXEC
        WATCH k
        SETBIT k 0 1
        MULTI
        PING
        EXEC
        WATCH k
        SETBIT k 50 0
        MULTI
        PING
        EXEC
        = bitfield and watch
        SET k abc
        WATCH k
        BITFIELD k SET u8 0 97
        MULTI
        PING
        EXEC
        WATCH k
        BITFIELD k GET u8 0
        MULTI
        PING
        EXEC
        WATCH k
        BITFIELD k OVERFLOW FAIL SET u8 0 256
        MULTI
        PING
        EXEC
        WATCH k
        BITFIELD k OVERFLOW FAIL SET u8 40 256
        MULTI
        PING
        EXEC
        WATCH k
        BITFIELD k INCRBY u8 0 0
        MULTI
        PING
        EXEC
        WATCH k
        BITFIELD k INCRBY u8 0 1
        MULTI
        PING
        EXEC
        = bitcount syntax
        SET k abc
        BITCOUNT k 0
        BITCOUNT k x
        BITCOUNT k 0 0 0
        BITCOUNT k 0 0 ""
        BITCOUNT k 0 0 BITS
        BITCOUNT k 0 0 bit
        BITCOUNT k 0 0 Byte
        BITCOUNT k 0 0 BIT BYTE
        BITCOUNT k x 0 BIT BYTE
        BITCOUNT k 0 x NOSUCH
        BITCOUNT k 0 x BIT
        BITCOUNT k x 0 0 BIT BYTE
        BITCOUNT none x 0 0 BIT
        BITCOUNT k x 0 NOSUCH
        BITCOUNT none 0
        BITCOUNT none 0 x
        BITCOUNT none 0 0 NOSUCH
        = bitpos syntax
        SET k abc
        BITPOS k 2
        BITPOS k -1
        BITPOS k 1 0 0 NOSUCH
        BITPOS k 1 0 0 BIT BYTE
        BITPOS k 1 x 0 BIT BYTE
        BITPOS k 2 x 0 BIT BYTE
        BITPOS k 1 1 x NOSUCH
        BITPOS k 1 1 x BIT
        BITPOS none 1 1 x NOSUCH
        BITPOS none 1 x 0 0 0
        BITPOS k 1 0 0 bit
        BITPOS k 1 0 0 byte
        BITPOS k 2 x
        BITPOS k 1 x y NOSUCH
        BITPOS k 1 BIT
        BITPOS none 2
        BITPOS none 1 x
        BITPOS none 1 0 -1 NOSUCH
        BITPOS none 0 5
        BITPOS none 0 5 6
        BITPOS none 1 5 6
        = bitop
        SET a abcdef
        SET b xyz
        SET c "\xff\x00\xff\x00\xff\x00\xff\x00"
        BITOP AND d a b c
        GET d
        BITOP OR d a b c
        GET d
        BITOP XOR d a b c
        GET d
        BITOP NOT d c
        GET d
        BITOP and d a
        GET d
        BITOP Or d b none
        GET d
        BITOP xor d none a
        GET d
        BITOP AND d a none
        GET d
        BITOP XOR d a a
        GET d
        BITOP NOT d none
        EXISTS d
        BITOP AND a a b
        GET a
        BITOP NOT a a
        GET a
        BITOP AND d none none2
        = bitop of numbers is no number
        SET n 12
        BITOP OR d n
        GET d
        OBJECT ENCODING d
        INCR d
        = bitop syntax
        SET a abc
        BITOP NOT d a a
        BITOP NOT d a none none
        BITOP NOSUCH d a
        BITOP "" d a
        BITOP DIFF d a a
        BITOP DIFF1 d a a
        BITOP ANDOR d a a
        BITOP ONE d a a
        BITOP DIFF d a
        BITOP AN d a
        = bitop deletes or drops the time to live
        SET d x EX 100
        SET a abc
        BITOP AND d a
        TTL d
        SET e ""
        BITOP OR d e
        EXISTS d
        BITOP OR d e
        BITOP OR none e
        = bitop looks at each type
        SET a abc
        RPUSH l x
        BITOP AND d a l
        BITOP OR d none l a
        BITOP AND l a
        TYPE l
        = bitfield syntax
        SET k abc
        BITFIELD k
        BITFIELD k NOSUCH
        BITFIELD k GET
        BITFIELD k GET u8
        BITFIELD k SET u8 0
        BITFIELD k INCRBY u8 0
        BITFIELD k OVERFLOW
        BITFIELD k OVERFLOW NOSUCH
        BITFIELD k OVERFLOW ""
        BITFIELD k OVERFLOW SAT
        BITFIELD k OVERFLOW wrap OVERFLOW Fail get u8 0
        BITFIELD k GET u8 0 NOSUCH
        BITFIELD k GET u8 0 SET u8 0
        BITFIELD k SET u8 0 1 GET u65 0
        BITFIELD k SET u8 0 1 GET u8 -1
        BITFIELD k SET u8 0 x GET u65 0
        BITFIELD k SET u65 x x
        BITFIELD k SET u8 x x
        BITFIELD k GET u8 0 0
        BITFIELD k set u8 0 1 incrby u8 0 2 get u8 0
        BITFIELD none
        BITFIELD none NOSUCH
        BITFIELD none GET u65 0
        = bitfield_ro syntax
        SET k abc
        BITFIELD_RO k
        BITFIELD_RO k NOSUCH
        BITFIELD_RO k SET u8 0 1
        BITFIELD_RO k SET u8 0
        BITFIELD_RO k SET u65 0 1
        BITFIELD_RO k INCRBY u8 0 1
        BITFIELD_RO k GET u8 0 SET u8 0 1
        BITFIELD_RO k GET u8 0 OVERFLOW SAT GET u8 8
        BITFIELD_RO k OVERFLOW NOSUCH GET u8 0
        BITFIELD_RO k GET u8 0 GET i8 #2 GET u16 100
        BITFIELD_RO none SET u8 0 1
        = bitfield steps see each other
        BITFIELD k SET u8 0 255 GET u4 2 INCRBY u8 0 1 GET u8 0 OVERFLOW SAT INCRBY u8 0 -5 INCRBY u8 0 10
        BITFIELD k OVERFLOW FAIL INCRBY u2 100 3 INCRBY u2 100 1 OVERFLOW WRAP INCRBY u2 100 1 GET u2 100
        BITFIELD k SET i64 0 -1 GET u63 1 GET i64 0 GET i8 60 SET u63 1 0
        GET k
        = bitfield grows the string whether it writes or not
        BITFIELD k OVERFLOW FAIL SET u8 300 256
        STRLEN k
        BITFIELD k OVERFLOW FAIL SET u8 299 256
        BITFIELD k GET u8 400
        STRLEN k
        BITFIELD k SET u8 400 0
        STRLEN k
        BITFIELD k GET u8 500 SET u1 0 0
        STRLEN k
        BITFIELD k SET i64 #7 -2 SET u1 0 1
        GET k
        = bitfield keeps the time to live
        SET k abc EX 100
        BITFIELD k SET u8 0 1
        TTL k
        BITFIELD k GET u8 0
        OBJECT ENCODING k
        = bitfield reading a number leaves it one
        SET k 12
        BITFIELD k GET u8 0
        OBJECT ENCODING k
        BITFIELD k OVERFLOW FAIL SET u8 0 256
        OBJECT ENCODING k
        = the limit moves with proto-max-bulk-len
        CONFIG SET proto-max-bulk-len 1048576
        SETBIT k 8388608 1
        SETBIT k 8388607 1
        STRLEN k
        GETBIT k 8388608
        BITFIELD k GET u8 8388608
        BITFIELD k GET u8 #1048576
        BITFIELD k GET u8 8388607
        BITFIELD k SET u8 8388608 1
        BITFIELD k SET u8 8388601 1
        STRLEN k
        CONFIG SET proto-max-bulk-len 536870912
        = in scripts and transactions
        EVAL "return redis.call('SETBIT',KEYS[1],7,1)" 1 k
        EVAL "return redis.call('BITFIELD',KEYS[1],'OVERFLOW','FAIL','SET','u8',0,256,'GET','u8',0)" 1 k
        EVAL "return redis.call('BITPOS',KEYS[1],2)" 1 k
        EVAL_RO "return redis.call('SETBIT',KEYS[1],0,1)" 1 k
        EVAL_RO "return redis.call('BITCOUNT',KEYS[1])" 1 k
        MULTI
        SETBIT k 3 1
        BITOP NOT d k
        BITFIELD k INCRBY i5 #3 -7
        BITCOUNT k
        EXEC
        = key positions
        COMMAND GETKEYS SETBIT k 1 1
        COMMAND GETKEYS BITOP AND d a b c
        COMMAND GETKEYS BITFIELD k GET u8 0
        COMMAND GETKEYSANDFLAGS BITOP AND d a b
        COMMAND GETKEYSANDFLAGS BITFIELD_RO k GET u8 0
        COMMAND GETKEYSANDFLAGS BITFIELD k
        COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0
        COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 SET u8 0 1
        COMMAND GETKEYSANDFLAGS BITFIELD k OVERFLOW SAT get u8 0
        COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 GET
        COMMAND GETKEYSANDFLAGS BITFIELD k GET SET SET
        COMMAND GETKEYSANDFLAGS BITFIELD k NOSUCH
    """),
    case(
        "counts and positions of long strings",
        *_made(r"a ab 5000", "b \x00 10001"),
        "BITCOUNT a", "BITCOUNT a 3 9000", "BITCOUNT a 3 9000 BIT", "BITCOUNT a -5000 -3 BIT",
        "BITPOS b 1", "BITPOS b 0 77", "SETBIT b 80000 1", "BITPOS b 1", "BITPOS b 1 9000",
        "BITPOS b 1 0 79999 BIT", "BITPOS b 1 80000 80000 BIT", "BITPOS b 1 80001 -1 BIT",
        "BITOP NOT c b", "BITPOS c 0", "BITPOS c 1 10000", "BITPOS c 0 80001 -1 BIT",
        "BITCOUNT c", "BITOP XOR d a c b", "BITCOUNT d", "BITOP AND d a c", "STRLEN d",
        "BITOP OR d a c b b", "BITCOUNT d 0 70000 BIT",
    ),
]  # fmt: skip
