"""A server that speaks like OpenAI's and Anthropic's, and always says the same.

Also a program: prints its address and serves until it is told to end.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

OPENAI_USAGE = {
    "prompt_tokens": 1000,
    "completion_tokens": 50,
    "total_tokens": 1050,
    "prompt_tokens_details": {"cached_tokens": 400},
    "completion_tokens_details": {"reasoning_tokens": 20},
}
RESPONSES_USAGE = {
    "input_tokens": 1000,
    "output_tokens": 50,
    "total_tokens": 1050,
    "input_tokens_details": {"cached_tokens": 400},
    "output_tokens_details": {"reasoning_tokens": 20},
}
# Anthropic counts what the cache has to do with beside the input, not in it.
ANTHROPIC_USAGE = {
    "input_tokens": 100,
    "output_tokens": 30,
    "cache_read_input_tokens": 800,
    "cache_creation_input_tokens": 200,
}

ANSWERS = count(1)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        status, answer = _answer(self.path, asked)
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def _answer(path: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    if asked["model"] == "busy":
        return 429, {"error": {"message": "too many", "type": "rate_limit_error", "code": None}}
    if path.endswith("/messages"):
        return 200, _message(asked["model"])
    if path.endswith("/chat/completions"):
        return 200, _completion(asked["model"])
    if path.endswith("/responses"):
        return 200, _response(asked["model"])
    return 404, {"error": {"message": "no such path", "type": "not_found_error"}}


def _completion(model: str) -> dict[str, Any]:
    choice = {"role": "assistant", "content": "Good day."}
    return {
        "id": f"chatcmpl-{next(ANSWERS)}",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": f"{model}-2024-07-18" if model == "gpt-4o-mini" else model,
        "choices": [{"index": 0, "message": choice, "finish_reason": "stop"}],
        "usage": OPENAI_USAGE,
    }


def _response(model: str) -> dict[str, Any]:
    number = next(ANSWERS)
    content = {"type": "output_text", "text": "Good day.", "annotations": []}
    message = {
        "id": f"item-{number}",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [content],
    }
    return {
        "id": f"resp-{number}",
        "object": "response",
        "created_at": 1_700_000_000,
        "status": "completed",
        "model": model,
        "output": [message],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": RESPONSES_USAGE,
    }


def _message(model: str) -> dict[str, Any]:
    return {
        "id": f"msg_{next(ANSWERS)}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": "Good day."}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": ANTHROPIC_USAGE,
    }


@contextmanager
def running_model_server() -> Iterator[str]:
    """Its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    with running_model_server() as address:
        print(address, flush=True)  # noqa: T201
        threading.Event().wait()
