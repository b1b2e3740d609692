"""`shadower keys`."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import RenderableType
from shadower.access.v1 import access_service_pb2 as pb
from shadower.access.v1.access_service_pb2_grpc import AccessServiceStub
from shadower.access.v1.api_key_pb2 import ApiKey
from shadower.common.v1.permission_pb2 import Permission

from cli.asking.filters import enum_value
from cli.asking.pages import LimitOption, listed
from cli.asking.session import Session, asking
from cli.asking.times import timestamp_of
from cli.durations import parse_duration
from cli.rendering.console import tell
from cli.rendering.examples import examples
from cli.rendering.tables import facts, table, zoned
from cli.rendering.values import time, time_if
from services.runtime.contract import permission_name

keys = typer.Typer(name="keys", no_args_is_help=True, add_completion=False)

KeyId = Annotated[str, typer.Argument(metavar="ID", help="The key's id: 24 hexadecimal digits.")]


@keys.callback()
def about() -> None:
    """Give programs keys of a workspace, and take them back."""


@keys.command("list", epilog=examples("shadower keys list", "shadower keys list -w acme --json"))
@asking
async def list_keys(session: Session, *, limit: LimitOption = 50) -> None:
    """List the workspace's keys, the latest first. Secrets are not kept, and not shown."""
    request = pb.ListApiKeysRequest(workspace_id=session.workspace)
    rpc = session.stub(AccessServiceStub).ListApiKeys
    session.show(
        await listed(session, rpc, request, limit), lambda told, zone: _keys(told.api_keys, zone)
    )


@keys.command(
    "create",
    epilog=examples(
        "shadower keys create importer",
        "shadower keys create dashboard --permission metrics:read --expires 90d",
        "shadower keys create importer --json | jq -r .secret > importer.key",
    ),
)
@asking
async def create_key(
    session: Session,
    *,
    name: Annotated[str, typer.Argument(help="What people call it.")],
    permission: Annotated[
        list[str] | None,
        typer.Option(
            help="What it may do, such as ingest:write.", show_default="what services may"
        ),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(help="How long it is good: 90d.", show_default="until it is revoked"),
    ] = None,
) -> None:
    """Make a key, and print its secret: this once."""
    request = pb.CreateApiKeyRequest(
        workspace_id=session.workspace,
        display_name=name,
        permissions=[_permission(one) for one in permission or ()],
        expire_time=_expiry(expires),
    )
    answer = await session.ask(session.stub(AccessServiceStub).CreateApiKey, request)
    session.show(answer, _secret_view)
    tell("The secret is not told again.")


@keys.command("rotate", epilog=examples("shadower keys rotate 0123456789abcdef01234567 --grace 1h"))
@asking
async def rotate_key(
    session: Session,
    *,
    key_id: KeyId,
    grace: Annotated[
        str | None, typer.Option(help="How long the secrets before stay good.", show_default="24h")
    ] = None,
) -> None:
    """Give a key another secret, and print it: this once."""
    request = pb.RotateApiKeyRequest(
        workspace_id=session.workspace, api_key_id=key_id, grace_period=_duration(grace)
    )
    answer = await session.ask(session.stub(AccessServiceStub).RotateApiKey, request)
    session.show(answer, _secret_view)
    tell("The secret is not told again.")


@keys.command("revoke", epilog=examples("shadower keys revoke 0123456789abcdef01234567"))
@asking
async def revoke_key(session: Session, *, key_id: KeyId) -> None:
    """Delete a key: within two seconds nobody comes in by it."""
    request = pb.DeleteApiKeyRequest(workspace_id=session.workspace, api_key_id=key_id)
    rpc = session.stub(AccessServiceStub).DeleteApiKey
    session.show(await session.ask(rpc, request), lambda _, __: [f"{key_id} is revoked."])


def _permission(name: str) -> "Permission.ValueType":
    """`ingest:write` is PERMISSION_INGEST_WRITE. Raises UsageError."""
    number: Permission.ValueType = enum_value(Permission, "PERMISSION_", name.replace(":", "_"))
    return number


def _expiry(given: str | None) -> Timestamp | None:
    return timestamp_of(datetime.now(UTC) + parse_duration(given)) if given else None


def _duration(given: str | None) -> Duration | None:
    if given is None:
        return None
    duration = Duration()
    duration.FromTimedelta(parse_duration(given))
    return duration


def _secret_view(
    answer: pb.CreateApiKeyResponse | pb.RotateApiKeyResponse, zone: ZoneInfo
) -> Iterator[RenderableType]:
    key = answer.api_key
    yield facts(
        (
            ("secret", answer.secret),
            ("id", key.api_key_id),
            ("name", key.display_name),
            ("may", _permissions(key)),
            ("expires", time_if(key, "expire_time", zone)),
        )
    )
    yield zoned(zone)


def _keys(told: Iterable[ApiKey], zone: ZoneInfo) -> Iterator[RenderableType]:
    rows = (
        (
            one.api_key_id,
            one.display_name,
            time(one.create_time, zone),
            time_if(one, "expire_time", zone),
            time_if(one, "last_use_time", zone),
            str(len(one.secrets)),
            one.created_by,
            _permissions(one),
        )
        for one in told
    )
    yield table(("id", "name", "made", "expires", "last used", ">secrets", "by", "may"), rows)
    yield zoned(zone)


def _permissions(key: ApiKey) -> str:
    return ", ".join(
        permission_name(one) if one in Permission.values() else str(one) for one in key.permissions
    )
