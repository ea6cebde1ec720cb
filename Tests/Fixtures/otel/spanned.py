"""A plugin with a span of its own, made by OpenTelemetry's SDK under what TRACEPARENT names."""
import json
import os
import sys

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
parent = propagate.extract({"traceparent": os.environ["TRACEPARENT"]})
with trace.get_tracer("spanned").start_as_current_span("plugin's own", context=parent):
    given = json.load(sys.stdin)
provider.shutdown()
print(json.dumps(given))
