"""schemathesis over the edge: JSON that the OpenAPI document allows, and JSON that it does not."""

import copy
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pool

from tools.fuzzing.callers import WORKSPACES
from tools.fuzzing.rpcs import rpcs_of_the_contract
from tools.openapi.contract import document

# What is wrong with a body that has too much is nothing: unknown fields are ignored there. And a
# rule over several fields has no words in JSON Schema, so that a refusal may be as good.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "ignored_auth",
)
# Links between operations are not described.
PHASES = ("examples", "coverage", "fuzzing")
KNOWN = {"workspace_id": WORKSPACES, "agent_id": ("agent-1", "a", "Müller")}
SECONDS = 45


@dataclass(frozen=True)
class EdgeVerdict:
    """What schemathesis said in the end."""

    is_good: bool
    said: str

    @property
    def counted(self) -> str:
        """The line that says how many requests there were."""
        return "".join(re.findall(r"^ +(\d+ generated.*)$", self.said, re.MULTILINE))


@dataclass(frozen=True)
class EdgeRun:
    """How much is tried of each operation, and what of."""

    address: str
    token: str
    inputs: int
    seed: int
    phases: Sequence[str] = PHASES


def fuzz_edge(folder: Path, run: EdgeRun) -> EdgeVerdict:
    """Everything but streams that never end."""
    file = folder / "openapi.json"
    file.write_text(json.dumps(leading_further(document(), KNOWN)))
    command = [
        _program(),
        *("run", str(file), "--url", run.address, "--no-color"),
        *("--header", f"Authorization: Bearer {run.token}"),
        *("--checks", ",".join(CHECKS), "--phases", ",".join(run.phases)),
        *("--max-examples", str(run.inputs), "--seed", str(run.seed), "--workers", "2"),
        *("--request-timeout", str(SECONDS), "--suppress-health-check", "all"),
        *("--warnings", "off", "--continue-on-failure"),
        *(word for name in _endless() for word in ("--exclude-operation-id", name)),
    ]
    ran = subprocess.run(  # noqa: S603 - of a program of ours
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    return EdgeVerdict(ran.returncode == 0, ran.stdout + ran.stderr)


def leading_further(
    document: Mapping[str, Any], known: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """The document, but what is right in a path are names that lead to something; and callers come
    by a token, not by a key."""
    narrowed = copy.deepcopy(dict(document)) | {"security": [{"bearer": []}]}
    for path in narrowed["paths"].values():
        for operation in path.values():
            for parameter in operation["parameters"]:
                if parameter["in"] == "path" and parameter["name"] in known:
                    parameter["schema"] = {"enum": list(known[parameter["name"]])}
    return narrowed


def _endless() -> list[str]:
    """Reading RPCs that stream: what was asked for goes on as long as somebody listens."""
    find = descriptor_pool.Default().FindMethodByName
    return [
        f"{rpc.service.rpartition('.')[2]}.{rpc.name}"
        for rpc in rpcs_of_the_contract()
        if rpc.streams_replies
        and find(f"{rpc.service}.{rpc.name}").GetOptions().idempotency_level == 1
    ]


def _program() -> str:
    beside = str(Path(sys.executable).parent)
    found = shutil.which("schemathesis", path=beside) or shutil.which("schemathesis")
    if found is None:
        raise FileNotFoundError("schemathesis is neither beside this Python nor on the PATH")
    return found
