"""OpenTelemetry's redis instrumentation sees every call, short cuts or not."""

import pytest
from burner_redis import BurnerRedis
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


@pytest.mark.parametrize("made_before", [True, False])
async def test_every_call_makes_a_span(made_before: bool) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    early = BurnerRedis()
    instrumentor = RedisInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        r = early if made_before else BurnerRedis()
        await r.set("k", "v")
        assert await r.get("k") == b"v"
        await r.pipeline().set("a", 1).get("a").execute()
    finally:
        instrumentor.uninstrument()
    assert await r.get("k") == b"v"
    names = [span.name for span in exporter.get_finished_spans()]
    assert names[:2] == ["SET", "GET"] and len(names) == 3, names
    await r.aclose()
    await early.aclose()
