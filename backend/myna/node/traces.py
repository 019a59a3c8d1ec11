"""Switches traces on where the settings say so; spans go by OTLP to where OpenTelemetry's own variables lead."""

from myna.node.brokers import process_name
from myna.protocol.errors import StartupError
from myna.settings import Settings
from myna.telemetry import tracing


def start_traces(settings: Settings, service: str) -> None:
    """Make and send spans as this service from now on, if CHAT_TRACES is on. Raises `StartupError` without the libraries."""
    if not settings.traces:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise StartupError("CHAT_TRACES needs the libraries of OpenTelemetry: pip install 'myna[otel]'.") from None
    named = Resource.create({"service.name": service, "service.instance.id": process_name()})
    provider = TracerProvider(resource=named)  # which sends what waits when the process ends
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracing.switch_on(provider.get_tracer("myna"))
