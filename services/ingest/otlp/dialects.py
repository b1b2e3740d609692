"""What the dialects of conventions for agents call the same thing.

For each field the attributes that hold it, newest first: the conventions of GenAI of their own,
OpenTelemetry's from 1.37, from before 1.37, OpenLLMetry's (llm.*, traceloop.*), aliases that
frameworks use, and OpenInference's.
"""

TEXTS: dict[str, tuple[int, tuple[str, ...]]] = {
    "agent_id": (128, ("gen_ai.agent.id",)),
    "agent_version": (64, ("gen_ai.agent.version",)),
    "user_id": (
        128,
        (
            "user.id",
            "enduser.id",
            "gen_ai.user",
            "llm.user",
            "traceloop.association.properties.user_id",
        ),
    ),
    "conversation_id": (
        128,
        ("gen_ai.conversation.id", "session.id", "traceloop.association.properties.session_id"),
    ),
    "provider": (64, ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system")),
    "request_model": (
        128,
        ("gen_ai.request.model", "llm.request.model", "llm.model_name", "embedding.model_name"),
    ),
    "response_model": (128, ("gen_ai.response.model", "llm.response.model")),
    "response_id": (128, ("gen_ai.response.id",)),
    "tool_type": (64, ("gen_ai.tool.type",)),
    "tool_call_id": (128, ("gen_ai.tool.call.id", "tool_call.id")),
    "error_type": (128, ("error.type", "exception.type")),
}
AGENT_NAME = (
    "gen_ai.agent.name",
    "gen_ai.workflow.name",
    "traceloop.entity.name",
    "traceloop.workflow.name",
    "agent.name",
    "graph.node.id",  # OpenInference, of frameworks that draw agents as a graph: CrewAI, AutoGen.
)
# In OpenLLMetry an entity is whatever the span is of; elsewhere agents are named beside calls.
AGENT_NAME_BESIDE = ("gen_ai.agent.name", "agent.name")
TOOL_NAME = ("gen_ai.tool.name", "tool.name", "traceloop.entity.name")
FINISH_REASONS = (
    "gen_ai.response.finish_reasons",
    "gen_ai.response.finish_reason",
    "gen_ai.response.stop_reason",
    "llm.response.finish_reason",
    "llm.response.stop_reason",
)
OPERATION = ("gen_ai.operation.name",)
TRACELOOP_KIND = ("traceloop.span.kind",)
OPENINFERENCE_KIND = ("openinference.span.kind",)
REQUEST_TYPE = ("llm.request.type",)

INPUT_TOKENS = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.usage.prompt_tokens",
    "llm.token_count.prompt",
)
OUTPUT_TOKENS = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.usage.completion_tokens",
    "llm.token_count.completion",
)
CACHE_READ_TOKENS = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.cache_read_tokens",
    "gen_ai.usage.input_cached_tokens",
    "gen_ai.usage.input_tokens.cached",
    "llm.usage.cache_read_input_tokens",
    "llm.token_count.prompt_details.cache_read",
)
CACHE_WRITE_TOKENS = (
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.cache_write_input_tokens",
    "gen_ai.usage.cache_write_tokens",
    "gen_ai.usage.input_tokens.cache_write",
    "llm.usage.cache_creation_input_tokens",
    "llm.token_count.prompt_details.cache_write",
)
REASONING_TOKENS = (
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.output_tokens.reasoning",
    "llm.usage.reasoning_tokens",
    "llm.token_count.completion_details.reasoning",
)

KEYS = frozenset(
    {key for _, keys in TEXTS.values() for key in keys}.union(
        AGENT_NAME,
        TOOL_NAME,
        FINISH_REASONS,
        OPERATION,
        TRACELOOP_KIND,
        OPENINFERENCE_KIND,
        REQUEST_TYPE,
        INPUT_TOKENS,
        OUTPUT_TOKENS,
        CACHE_READ_TOKENS,
        CACHE_WRITE_TOKENS,
        REASONING_TOKENS,
    )
)

# Emitters whose input_tokens leave out what came from a cache or went into it, by the beginning
# of their scope's name. All others are taken at the conventions' word.
SCOPES_WITHOUT_CACHE = ("opentelemetry.instrumentation.bedrock", "strands.telemetry")

# Names of providers that the conventions had before, or that emitters have of their own.
PROVIDERS = {
    "az.ai.openai": "azure.ai.openai",
    "azure": "azure.ai.openai",
    "az.ai.inference": "azure.ai.inference",
    "aws": "aws.bedrock",
    "bedrock": "aws.bedrock",
    "amazon": "aws.bedrock",
    "vertex_ai": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "gcp.gen_ai": "gcp.gemini",
    "mistralai": "mistral_ai",
    "xai": "x_ai",
}
