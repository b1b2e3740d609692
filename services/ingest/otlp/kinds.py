"""What a span is of, in the words of each dialect."""

from typing import TypeAlias

from shadower.ingest.v1.span_pb2 import SpanKind

from services.ingest.otlp import dialects
from services.ingest.otlp.attributes import Attributes

Kind: TypeAlias = "SpanKind.ValueType"
MAX_WORD = 64

OPERATIONS: dict[str, Kind] = {
    "invoke_agent": SpanKind.SPAN_KIND_AGENT,
    "invoke_workflow": SpanKind.SPAN_KIND_WORKFLOW,
    "execute_tool": SpanKind.SPAN_KIND_TOOL_CALL,
    **dict.fromkeys(
        ("chat", "generate_content", "text_completion", "completion", "embeddings"),
        SpanKind.SPAN_KIND_MODEL_CALL,
    ),
    **dict.fromkeys(
        (
            *("plan", "retrieval", "create_agent", "fetch_response"),
            *("create_memory", "update_memory", "upsert_memory", "delete_memory", "search_memory"),
            *("create_memory_store", "delete_memory_store"),
        ),
        SpanKind.SPAN_KIND_STEP,
    ),
}
TRACELOOP: dict[str, Kind] = {
    "agent": SpanKind.SPAN_KIND_AGENT,
    "workflow": SpanKind.SPAN_KIND_WORKFLOW,
    "tool": SpanKind.SPAN_KIND_TOOL_CALL,
    "task": SpanKind.SPAN_KIND_STEP,
}
OPENINFERENCE: dict[str, Kind] = {
    "agent": SpanKind.SPAN_KIND_AGENT,
    "llm": SpanKind.SPAN_KIND_MODEL_CALL,
    "embedding": SpanKind.SPAN_KIND_MODEL_CALL,
    "tool": SpanKind.SPAN_KIND_TOOL_CALL,
    **dict.fromkeys(
        ("chain", "retriever", "reranker", "guardrail", "evaluator"), SpanKind.SPAN_KIND_STEP
    ),
}
REQUEST_TYPES: dict[str, Kind] = {
    **dict.fromkeys(("chat", "completion", "embedding"), SpanKind.SPAN_KIND_MODEL_CALL),
    "rerank": SpanKind.SPAN_KIND_STEP,
}
# The first that a span has decides; a word that nobody knows is something else.
WORDS = (
    (dialects.OPERATION, OPERATIONS),
    (dialects.TRACELOOP_KIND, TRACELOOP),
    (dialects.OPENINFERENCE_KIND, OPENINFERENCE),
    (dialects.REQUEST_TYPE, REQUEST_TYPES),
)


def kind_of(attributes: Attributes) -> Kind:
    for keys, kinds in WORDS:
        word = attributes.text(keys, MAX_WORD).lower()
        if word:
            return kinds.get(word, SpanKind.SPAN_KIND_OTHER)
    return _unnamed(attributes)


def _unnamed(attributes: Attributes) -> Kind:
    """The oldest emitters name no operation; who tells a model and tokens has called one."""
    _, model = dialects.TEXTS["request_model"]
    is_call = attributes.text(model, 1) and attributes.count(dialects.INPUT_TOKENS) is not None
    return SpanKind.SPAN_KIND_MODEL_CALL if is_call else SpanKind.SPAN_KIND_OTHER
