"""What may be said of a run when it begins."""

from collections.abc import Mapping
from typing import TypedDict


class Description(TypedDict, total=False):
    """Fields of an execution, each of which may also be set later, on the run."""

    execution_id: str
    agent_name: str
    agent_version: str
    user_id: str
    conversation_id: str
    model: str
    provider: str
    metadata: Mapping[str, str]
