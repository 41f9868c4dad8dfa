"""OpenTelemetry's redis instrumentation, and redis-py's own metrics, see every call, short cuts or not."""

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


async def test_redis_pys_own_metrics_count_every_call(monkeypatch: pytest.MonkeyPatch) -> None:
    providers = pytest.importorskip(
        "redis.observability.providers", reason="redis-py takes metrics of its own since version 8"
    )
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from redis.asyncio.observability import recorder
    from redis.observability.config import MetricGroup, OTelConfig

    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader])
    manager = providers.OTelProviderManager
    monkeypatch.setattr(manager, "get_meter_provider", lambda self: provider)
    providers.get_observability_instance().init(OTelConfig(metric_groups=[MetricGroup.COMMAND]))
    try:
        r = BurnerRedis()
        await r.set("k", "v")
        assert await r.get("k") == b"v"
        await r.aclose()
    finally:
        providers.get_observability_instance().shutdown()
        providers.reset_observability_instance()
        recorder.reset_collector()
    told = reader.get_metrics_data()
    assert told is not None
    metrics = [m for r in told.resource_metrics for s in r.scope_metrics for m in s.metrics]
    points = [p for m in metrics if "duration" in m.name for p in m.data.data_points]
    seen = {str(value) for p in points for value in (p.attributes or {}).values()}
    assert {"SET", "GET"} <= seen, seen
