"""An agent with OpenLLMetry's instrumentations of both clients, over HTTP."""

import sys

from anthropic import Anthropic
from openai import OpenAI
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(compression=Compression.Gzip)))
trace.set_tracer_provider(provider)
OpenAIInstrumentor().instrument(tracer_provider=provider)
AnthropicInstrumentor().instrument(tracer_provider=provider)

messages = [{"role": "user", "content": "Greet me."}]
tracer = trace.get_tracer("test")
with tracer.start_as_current_span(
    "helper.agent", attributes={"traceloop.span.kind": "agent", "traceloop.entity.name": "helper"}
):
    if "openai" in sys.argv:
        OpenAI().chat.completions.create(model="gpt-4o-mini", messages=messages)
    if "anthropic" in sys.argv:
        Anthropic().messages.create(model="claude-sonnet-4-5", max_tokens=99, messages=messages)
provider.shutdown()
