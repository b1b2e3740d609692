"""What `up` tells the person who started it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from rich.console import Console
from rich.status import Status

from cli.home import StackState

RUN = (
    '{{"executions":[{{"executionId":"hello-1","agentId":"greeter",'
    '"status":"EXECUTION_STATUS_SUCCEEDED","startTime":"{at}","endTime":"{at}"}}]}}'
)
LOOK = "Look at it: open {address} in a browser and sign in with the token.\n"
METRICS = "metrics=executions&metrics=success_rate&metrics=duration_p95"


@dataclass
class Screen:
    """A line that lives while parts start, and lines that stay."""

    console: Console = field(default_factory=lambda: Console(highlight=False))
    _status: Status | None = None

    def waiting_for(self, names: Iterable[str]) -> None:
        text = f"waiting for {', '.join(names)}"
        if not self.console.is_terminal:
            return
        if self._status is None:
            self._status = self.console.status(text)
            self._status.start()
        self._status.update(text)

    def settled(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def say(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)


def welcome(state: StackState, token: str, token_file: Path) -> str:
    """The address, a token if there is one, and lines to paste."""
    lines = [
        f"\nShadower listens on {state.address}",
        *(_token_lines(state.address, token, token_file) if token else []),
        "\nServices, for buf curl and grpcurl:\n",
        *(f"  {part.address}  {part.service}" for part in state.parts if part.service),
        "\nCtrl-C stops everything.",
    ]
    return "\n".join(lines)


def _token_lines(address: str, token: str, token_file: Path) -> list[str]:
    return [
        f"\nA token for workspace demo, good for 12 hours:\n\n{token}\n",
        *([LOOK.format(address=address)] if _has_page() else []),
        "Try it:\n",
        *_curl_lines(address, token_file),
    ]


def _has_page() -> bool:
    """Whether the console was built here, which wants npm's registry."""
    return files("gateway.web").joinpath("page", "index.html").is_file()


def _curl_lines(address: str, token_file: Path) -> list[str]:
    curl = f"curl -sS -H \"Authorization: Bearer $(cat '{token_file}')\""
    workspace = f"{address}/v1/workspaces/demo"
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        f"{curl} '{workspace}/summary'",
        f"{curl} '{workspace}/metrics?{METRICS}'",
        f"{curl} -d '{RUN.format(at=now)}' '{workspace}/executions:batch'",
    ]
