"""redis-py's pipeline, run as one call to the engine."""

from typing import TYPE_CHECKING, Any

from redis.asyncio.client import Pipeline

from burner_redis import _native

if TYPE_CHECKING:
    from burner_redis.client import BurnerRedis

#: redis-py's own, to see when an instrumentation library has put another in its place.
_PLAIN_EXECUTE = Pipeline.execute


class BurnerPipeline(_native.Stack, Pipeline):
    """redis-py's ``Pipeline``; whatever needs a connection (WATCH and what follows it) goes over one."""

    def __init__(self, client: "BurnerRedis", transaction: bool, shard_hint: str | None) -> None:
        super().__init__(client.connection_pool, client.response_callbacks, transaction, shard_hint)
        self._client = client
        if client._direct:
            self._bind(seam=BurnerPipeline)

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Runs the stacked commands; their answers in order.

        Raises what redis-py's pipeline raises: ``WatchError``, and the first command's error if
        ``raise_on_error``; otherwise errors stand among the answers.
        """
        if self.watching or self.connection is not None or not self._runs_directly():
            return await super().execute(raise_on_error)
        try:
            if not self.command_stack:
                return []
            for script in self.scripts:
                script.sha = await self._client._execute(("SCRIPT LOAD", script.script))
            transaction = self.is_transaction or self.explicit_transaction
            return await self._client._execute_pipeline(
                self, self.command_stack, transaction, raise_on_error
            )
        finally:
            await self.reset()

    def _runs_directly(self) -> bool:
        return (
            self._client._direct
            and Pipeline.execute is _PLAIN_EXECUTE
            and "parse_response" not in self.__dict__
        )
