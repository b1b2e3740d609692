"""Who calls: mostly somebody who may do everything, sometimes somebody who may not."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from shadower.common.v1.permission_pb2 import Permission

from services.runtime.contract import permission_name

Metadata = tuple[tuple[str, str | bytes], ...]
Sign = Callable[[tuple[str, ...], str, tuple[str, ...]], str]
"""Makes a token for workspaces, of a role, with permissions beside it."""

WORKSPACES = ("fuzz-a", "fuzz-b")
OTHERS = "fuzz-of-others"
STRANGE = (
    ("authorization", "Bearer"),
    ("authorization", "Bearer a.b.c"),
    ("authorization", "Basic eDp5"),
    ("authorization", "Bearer " + "e30." * 3_000),
    ("authorization-bin", b"\xff\x00"),
)
BESIDE = (
    ("traceparent", "00-" + "0" * 32 + "-0000000000000000-zz"),
    ("x-request-id", "x" * 5_000),
    ("x-shadower-workspace", OTHERS),
    ("x-shadower-workspace", WORKSPACES[0]),
    ("x-shadower-workspace", "../%00"),
    ("grpc-internal-encoding-request", "gzip"),
    ("odd-bin", b"\x00\xff\xfe"),
)


@dataclass(frozen=True)
class Callers:
    """Tokens of some callers, made once."""

    usual: Metadata
    of_one_workspace: Metadata
    """For calls that do not name theirs."""
    others: tuple[Metadata, ...]

    @classmethod
    def signed_by(cls, sign: Sign) -> "Callers":
        everything = tuple(map(permission_name, Permission.values()[1:]))
        return cls(
            usual=_bearer(sign(WORKSPACES, "owner", everything)),
            of_one_workspace=_bearer(sign(WORKSPACES[:1], "owner", everything)),
            others=(
                _bearer(sign((OTHERS,), "owner", ())),
                _bearer(sign(WORKSPACES, "viewer", ())),
                _bearer(sign(WORKSPACES, "nobody", ("none:at_all",))),
                _bearer(sign(("shadower-system",), "owner", everything)),
                *((one,) for one in STRANGE),
                (),
            ),
        )

    def some(self, dice: Random, *, is_named: bool) -> Metadata:
        """Of a call whose message can name its workspace, or cannot."""
        usual = self.usual if is_named else self.of_one_workspace
        who = usual if dice.random() < 0.95 else dice.choice(self.others)
        return who if dice.random() < 0.95 else (*who, dice.choice(BESIDE))


def _bearer(token: str) -> Metadata:
    return (("authorization", f"Bearer {token}"),)
