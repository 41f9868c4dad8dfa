"""What the client's tests share."""

from collections.abc import AsyncIterator

import pytest
from burner_redis import BurnerRedis


@pytest.fixture
async def r() -> AsyncIterator[BurnerRedis]:
    """A client over a private store."""
    client = BurnerRedis()
    yield client
    await client.aclose()
