"""Tokens, so that what is part of what is the same whoever emitted them."""

from dataclasses import dataclass

from services.ingest.otlp import dialects
from services.ingest.otlp.attributes import Attributes


@dataclass(frozen=True)
class Usage:
    """Cache reads and writes are parts of input, reasoning is a part of output."""

    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None


def usage_of(attributes: Attributes, scope: str) -> Usage:
    count = attributes.count
    read, write = count(dialects.CACHE_READ_TOKENS), count(dialects.CACHE_WRITE_TOKENS)
    reasoning = count(dialects.REASONING_TOKENS)
    leaves_cache_out = scope.startswith(dialects.SCOPES_WITHOUT_CACHE)
    whole_input = _whole(count(dialects.INPUT_TOKENS), read, write, leaves_out=leaves_cache_out)
    whole_output = _whole(count(dialects.OUTPUT_TOKENS), reasoning)
    return Usage(
        input_tokens=whole_input,
        output_tokens=whole_output,
        cache_read_tokens=None if whole_input is None else read,
        cache_write_tokens=None if whole_input is None else write,
        reasoning_tokens=None if whole_output is None else reasoning,
    )


def _whole(told: int | None, *parts: int | None, leaves_out: bool = False) -> int | None:
    """A whole that is less than its parts has left them out, as Anthropic's own input does."""
    of_parts = sum(part or 0 for part in parts)
    if told is None:
        return None
    return told + of_parts if leaves_out or of_parts > told else told
