"""DUMP's payloads: sealing a body of one's own, opening one up to compare it."""

from __future__ import annotations

VERSION = 10
"""The format's version in the oldest of the servers, redis-server 7.0: all of them read it."""

_POLYNOMIAL = 0x95AC9329AC4BC9B5


def crc64(data: bytes) -> int:
    """The checksum of Redis' files: CRC-64 of Jones, reflected, from 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc


def sealed(body: bytes, version: int = VERSION) -> bytes:
    """A payload of this body, with the right checksum."""
    payload = body + version.to_bytes(2, "little")
    return payload + crc64(payload).to_bytes(8, "little")


def body(payload: bytes) -> bytes:
    """A payload without its version and checksum."""
    return payload[:-10]


def version(payload: bytes) -> bytes:
    """The version of a payload's format."""
    return payload[-10:-8]


_TABLES = {2, 4, 24}
"""Values whose encoding has no order: sets and hashes as tables."""
_SET_LISTPACK = 20
_LISTPACK_EX = 25
_STREAM = 21


def comparable(payload: bytes, *, deadlines: bool = True) -> bytes:
    """What of a payload is the same on every server that holds the same value.

    A table's is only its type, and so is a small set's, which may have come out of a table. A
    stream's stands without what differs without being seen: whether deleted entries are still in
    its blocks, and when things happened to its groups; so it is only its type too, and XINFO
    compares the rest. The first deadline that a hash notes may be one that
    it had before; without ``deadlines`` nothing is told of a hash that has any.
    """
    value = body(payload)
    if value and value[0] in _TABLES | {_SET_LISTPACK, _STREAM}:
        return value[:1]
    if value and value[0] == _LISTPACK_EX:
        return value[:1] + value[9:] if deadlines else value[:1]
    return value
