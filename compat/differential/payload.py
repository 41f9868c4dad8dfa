"""DUMP's payloads: sealing a body of one's own, opening one up to compare it."""

from __future__ import annotations

VERSION = 12
"""The format's version in redis-server 8.0."""

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
