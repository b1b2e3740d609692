"""An agent that reports by OpenTelemetry alone: nothing in it knows of Shadower.

Where to send to, and as whom, stands in OpenTelemetry's own environment variables; see README.md.
"""

from openai import OpenAI
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

AGENT = {
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.name": "greeter",
    "gen_ai.conversation.id": "conversation-1",
    "user.id": "ann",
}
TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "clock"}


def main() -> None:
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    OpenAIInstrumentor().instrument()
    greet(OpenAI(), trace.get_tracer("greeter"))
    provider.shutdown()


def greet(client: OpenAI, tracer: trace.Tracer) -> None:
    with tracer.start_as_current_span("invoke_agent greeter", attributes=AGENT):
        ask(client, "What would you need to know to greet me?")
        with tracer.start_as_current_span("execute_tool clock", attributes=TOOL):
            pass
        ask(client, "It is noon. Greet me.")


def ask(client: OpenAI, question: str) -> None:
    messages = [{"role": "user", "content": question}]
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    print(answer.choices[0].message.content)  # noqa: T201


if __name__ == "__main__":
    main()
