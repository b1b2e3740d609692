"""Of reports that are gone nothing is left, whoever failed over that."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.reports.cleaning import Cleaner
from services.reports.definitions import write
from services.reports.erasing import Eraser
from services.runtime.faults import Unavailable
from services.runtime.objects import Objects, open_objects
from services.runtime.pool import REPORTER_ROLE, open_pool
from services.runtime.settings import Settings
from services.warehouse.database import Database
from services.warehouse.reports.everywhere import ReportsEverywhere
from services.warehouse.reports.reports import NewReport, create_report
from tests.support.bus import settings_of
from tests.support.oracle import by_sql
from tests.support.postgres import Server
from tests.support.reports import definition

DAY = timedelta(days=1)
END = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass
class Shelf:
    """Reports, and the store in which they lie."""

    database: Database
    everywhere: ReportsEverywhere
    objects: Objects
    folder: Path

    async def file(self, workspace: str, name: str, *, names_users: bool = False) -> None:
        """A report that is being made, which has an object already."""
        said = write(definition())
        new = NewReport(name, "", said, END - DAY, END, None, 0, "a", names_users, DAY)
        async with self.database.writing(workspace) as session:
            await create_report(session, new)
        await self.put(workspace, name)

    async def put(self, workspace: str, name: str) -> None:
        await self.objects.put(f"reports/{workspace}/{name}/1.json", b"{}")

    def left(self) -> set[str]:
        """Files and folders."""
        root = self.folder / "reports"
        return {str(path.relative_to(root)) for path in root.rglob("*")}


@pytest.fixture(scope="module")
def url(postgres: Server, template: str) -> Iterator[str]:
    created = postgres.create(template)
    yield created
    postgres.drop(created)


@pytest.fixture
async def shelf(url: str, tmp_path: Path) -> AsyncIterator[Shelf]:
    by_sql(url, "delete from reports returning 1")
    async with AsyncExitStack() as stack:
        settings = settings_of(url)
        database = Database(await stack.enter_async_context(open_pool(settings)))
        pool = await stack.enter_async_context(open_pool(settings, REPORTER_ROLE))
        store = Settings(
            DATABASE_URL="postgresql://unused", jwks_file=tmp_path, objects_url=tmp_path.as_uri()
        )
        objects = await stack.enter_async_context(open_objects(store))
        yield Shelf(database, ReportsEverywhere(pool), objects, tmp_path)


class Away(Objects):
    """A store that fails as soon as anything is to be deleted."""

    async def delete(self, keys: Sequence[str]) -> None:
        raise Unavailable("OBJECTS_UNAVAILABLE", "away")


@pytest.mark.parametrize("user", ["u", ""])
async def test_an_erasure_whose_store_was_away_is_done_by_the_next(shelf: Shelf, user: str) -> None:
    await shelf.file("w", "naming", names_users=True)
    await shelf.file("w", "silent")
    away = Away(shelf.objects._store, shelf.objects._threads)
    with pytest.raises(Unavailable):
        await Eraser(shelf.database, away).erase("w", user)
    assert "w/naming/1.json" in shelf.left()
    erased = await Eraser(shelf.database, shelf.objects).erase("w", user)
    assert erased.objects == (1 if user else 2)
    assert shelf.left() == ({"w", "w/silent", "w/silent/1.json"} if user else set())


async def test_what_an_erasure_did_not_see_is_cleaned_up_however_young_it_is(shelf: Shelf) -> None:
    await shelf.file("w", "made")
    await shelf.put("w", "gone")
    cleaner = Cleaner(shelf.database, shelf.everywhere, shelf.objects)
    assert (await cleaner.clean("w", 1)).objects == 1
    assert shelf.left() == {"w", "w/made", "w/made/1.json"}


async def test_a_round_goes_on_where_there_was_no_more_time(shelf: Shelf) -> None:
    for number in (2, 1, 3):
        await shelf.file(f"w-{number}", "made")
        await shelf.put(f"w-{number}", "gone")
    cleaner = Cleaner(shelf.database, shelf.everywhere, shelf.objects, timedelta())
    for number in (1, 2, 3):
        cleaned = await cleaner.clean(None, 1)
        assert (cleaned.objects, cleaned.workspaces_left) == (1, 3 - number)
        assert f"w-{number}/gone" not in shelf.left()
    await shelf.put("w-1", "gone")
    assert (await cleaner.clean(None, 1)).objects == 1


async def test_what_has_expired_leaves_no_folder_and_is_deleted_as_long_as_there_is_time(
    shelf: Shelf, url: str
) -> None:
    await shelf.file("w", "made")
    by_sql(url, "update reports set expires_at = now() returning 1")
    hasty = Cleaner(shelf.database, shelf.everywhere, shelf.objects, timedelta(seconds=-1))
    assert ((await hasty.clean("w", 9)).reports, await hasty.count("w")) == (0, 1)
    cleaner = Cleaner(shelf.database, shelf.everywhere, shelf.objects)
    assert (await cleaner.clean("w", 9)).reports == 1
    assert shelf.left() == set()
