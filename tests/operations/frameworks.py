"""Agents of other people's frameworks, as the pages of docs/how-to have them: each page's packages
are installed into an environment of its own, its program is run before a stand-in for OpenAI's
models, and what became of it is asked of `shadower up`.

    python -m tests.operations.frameworks [PAGE...]

Installs packages by pip. Takes some minutes; CrewAI alone is most of them.
"""

import json
import os
import re
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.operations.client_wheel import new_environment, run, running
from tests.operations.ground import check, say
from tests.support.model_server import OPENAI_USAGE, running_model_server
from tests.support.pages.blocks import Block, blocks_of
from tests.support.stack import ROOT

PAGES = ("langchain", "openai-agents", "pydantic-ai", "crewai")
TOKENS = OPENAI_USAGE["total_tokens"]


def main() -> None:
    wanted = sys.argv[1:] or PAGES
    with tempfile.TemporaryDirectory(dir="/tmp") as made, running_model_server() as models:
        folder = Path(made)
        folder.chmod(0o755)
        with running(folder) as port:
            for page in wanted:
                tried(page, folder, port, models)


def tried(page: str, folder: Path, port: int, models: str) -> None:
    blocks = [block for block in blocks_of(f"docs/how-to/{page}.md") if block.excuse]
    [packages], [program] = of_language(blocks, "sh"), of_language(blocks, "python")
    python = installed(folder / page, packages.text)
    # Not named as what it imports.
    file = folder / "program.py"
    file.write_text(program.text)
    environment = told(folder, port, page, models)
    said = run(python, file, cwd=folder, **environment)
    check("Good day." in said, f"{page} says what the model said")
    looked_at(page, folder, port)


def of_language(blocks: list[Block], language: str) -> list[Block]:
    return [block for block in blocks if block.language == language]


def installed(folder: Path, command: str) -> Path:
    python = new_environment(folder)
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:2] == ["pip", "install"]
    run(python, "-m", "pip", "install", "-q", *words[2:], cwd=folder)
    frozen = run(python, "-m", "pip", "freeze", cwd=folder)
    names = "|".join(re.escape(word.partition("[")[0]) for word in words[2:])
    say(" ".join(re.findall(rf"^(?:{names})==\S+", frozen, re.MULTILINE)))
    return python


def told(folder: Path, port: int, workspace: str, models: str) -> dict[str, str]:
    """As the page says, and where the stand-in is."""
    bearer = f"Bearer%20{shadower(folder, 'token', '--workspace', workspace).strip()}"
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={bearer}",
        "OTEL_SERVICE_NAME": "shop",
        "OPENAI_BASE_URL": f"{models}/v1",
        "OPENAI_API_BASE": f"{models}/v1",
        "OPENAI_API_KEY": "none",
        "NO_PROXY": "127.0.0.1",
        "HOME": str(folder),
        # Nobody needs to hear of a trial.
        "CREWAI_DISABLE_TELEMETRY": "true",
        "CREWAI_TRACING_ENABLED": "false",
        "OPENAI_AGENTS_DISABLE_TRACING": "0",
    }


def looked_at(page: str, folder: Path, port: int) -> None:
    address = ("--address", f"http://127.0.0.1:{port}", "--workspace", page, "--since", "1h")
    listed = json.loads(shadower(folder, "agents", *address, "--json"))["agents"]
    say(json.dumps([summed(agent) for agent in listed]))
    totals = [int(agent.get("tokens", {}).get("totalTokens", 0)) for agent in listed]
    check(bool(listed), f"{page} has executions")
    check(sum(totals) == TOKENS, f"{page} has each token once")


def summed(agent: dict[str, Any]) -> dict[str, Any]:
    return {name: agent.get(name) for name in ("agentId", "executions", "tokens", "cost")}


def shadower(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "cli", *words]
    home = str(folder / "home")
    return run(*command, cwd=ROOT, SHADOWER_HOME=home, PYTHONPATH=os.environ["PYTHONPATH"])


if __name__ == "__main__":
    main()
