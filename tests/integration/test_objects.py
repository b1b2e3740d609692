"""Files are kept alike in a folder and in a store that speaks S3."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from services.runtime.faults import NotFound, Unavailable
from services.runtime.objects import PART_BYTES, Objects, open_objects
from services.runtime.process import CannotStartError
from services.runtime.settings import Settings
from tests.support.ports import free_port
from tests.support.s3 import BUCKET, running_s3

LARGE = bytes(range(256)) * 4 * 6000
Opened = Callable[[], AbstractAsyncContextManager[Objects]]


def settings(url: str, endpoint: str = "") -> Settings:
    return Settings(
        DATABASE_URL="postgresql://unused",
        jwks_file=Path("unused"),
        objects_url=url,
        AWS_ENDPOINT_URL=endpoint,
    )


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_s3(tmp_path_factory.mktemp("s3")) as endpoint:
        yield endpoint


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("ACCESS_KEY_ID", "a"),
        ("SECRET_ACCESS_KEY", "b"),
        ("REGION", "us-east-1"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)


@pytest.fixture(params=["folder", "s3"])
async def objects(
    request: pytest.FixtureRequest, credentials: None, tmp_path: Path
) -> AsyncIterator[Objects]:
    if request.param == "folder":
        chosen = settings((tmp_path / "not" / "there yet").as_uri())
    else:
        name = tmp_path.name.replace("[", "-").replace("]", "")
        chosen = settings(f"s3://{BUCKET}/{name}", request.getfixturevalue("s3"))
    async with open_objects(chosen) as opened:
        yield opened


async def content(objects: Objects, key: str) -> bytes:
    return b"".join([part async for part in objects.read(key)])


async def keys(objects: Objects, prefix: str) -> list[str]:
    return sorted([one.key async for page in objects.list(prefix) for one in page])


async def test_what_is_put_is_read(objects: Objects) -> None:
    await objects.put("reports/acme/r-1/1.pdf", b"first")
    await objects.put("reports/acme/r-1/1.pdf", LARGE)
    parts = [part async for part in objects.read("reports/acme/r-1/1.pdf")]
    assert b"".join(parts) == LARGE
    assert len(parts) > 4
    assert max(map(len, parts)) < 4 * PART_BYTES
    await objects.put("reports/acme/r-1/empty", b"")
    assert await content(objects, "reports/acme/r-1/empty") == b""


async def test_a_slow_reader_is_waited_for(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long: between two parts nothing of the store is held that could run out."""
    await objects.put("reports/acme/r-1/1.pdf", LARGE)
    parts = objects.read("reports/acme/r-1/1.pdf")
    found = await anext(parts)
    await objects.delete(["reports/acme/r-1/1.pdf"])
    with pytest.raises(NotFound):
        await anext(parts)
    await objects.put("reports/acme/r-1/1.pdf", LARGE)
    parts = objects.read("reports/acme/r-1/1.pdf")
    assert found + b"".join([part async for part in parts][1:]) == LARGE


async def test_folders_are_of_what_lies_in_them(objects: Objects) -> None:
    for key in ("reports/acme/a/1", "reports/acme/b/1", "reports/other/a/1", "exports/x/1"):
        await objects.put(key, b"content")
    assert sorted(await objects.folders("reports/")) == ["reports/acme", "reports/other"]
    await objects.delete(["reports/other/a/1"])
    assert await objects.folders("reports/") == ["reports/acme"]
    assert await objects.folders("none/") == []


async def test_a_prefix_is_of_whole_parts(objects: Objects) -> None:
    for key in ("reports/acme/a/1", "reports/acme/b/1", "reports/acme-2/a/1", "exports/acme/1"):
        await objects.put(key, b"content")
    assert await keys(objects, "reports/acme/") == ["reports/acme/a/1", "reports/acme/b/1"]
    assert await keys(objects, "reports/acme") == ["reports/acme/a/1", "reports/acme/b/1"]
    assert await keys(objects, "reports/nobody/") == []
    found = [one async for page in objects.list("exports/") for one in page]
    assert [one.size for one in found] == [len(b"content")]
    assert abs(datetime.now(UTC) - found[0].written_at) < timedelta(minutes=1)


async def test_what_is_deleted_is_gone_and_nothing_else(objects: Objects) -> None:
    for number in range(5):
        await objects.put(f"reports/acme/r/{number}", b"")
    await objects.delete(["reports/acme/r/none", "reports/acme/r/1", "reports/acme/r/3"])
    await objects.delete([])
    assert await keys(objects, "reports") == [f"reports/acme/r/{n}" for n in (0, 2, 4)]
    with pytest.raises(NotFound):
        await content(objects, "reports/acme/r/1")


async def test_keys_do_not_lead_out(objects: Objects) -> None:
    with pytest.raises(ValueError, match="path"):
        await objects.put("../outside", b"")


async def test_others_find_it_by_the_protocol(s3: str, credentials: None) -> None:
    async with open_objects(settings(f"s3://{BUCKET}/some/prefix", s3)) as objects:
        await objects.put("reports/acme/1.txt", b"content")
    async with httpx.AsyncClient(trust_env=False) as client:
        found = await client.get(f"{s3}/{BUCKET}/some/prefix/reports/acme/1.txt")
    assert found.content == b"content"


@pytest.mark.parametrize("url", [f"s3://{BUCKET}/p", "s3://nowhere/p"])
async def test_a_store_that_is_away_is_unavailable(
    url: str, credentials: None, request: pytest.FixtureRequest
) -> None:
    is_there = "nowhere" in url
    endpoint = request.getfixturevalue("s3") if is_there else f"http://127.0.0.1:{free_port()}"
    async with open_objects(settings(url, endpoint)) as objects:
        with pytest.raises(Unavailable) as put:
            await objects.put("reports/acme/1", b"")
        assert put.value.reason == "OBJECTS_UNAVAILABLE"
        with pytest.raises(Unavailable):
            await keys(objects, "reports/")
    if not is_there:
        async with open_objects(settings(url, endpoint)) as objects:
            with pytest.raises(Unavailable):
                await content(objects, "reports/acme/1")


async def test_who_keeps_files_says_where() -> None:
    with pytest.raises(CannotStartError, match="objects_url"):
        async with open_objects(settings("")):
            pass
