"""What callers are told of a database that cannot do what it was asked for."""

from datetime import timedelta

import asyncpg
import pytest

from services.runtime.faults import Fault, Unavailable
from services.warehouse.database import driver_errors_as_faults

CASES = {
    asyncpg.DiskFullError: ("STORAGE_FULL", timedelta(seconds=10)),
    asyncpg.TooManyConnectionsError: ("DATABASE_UNAVAILABLE", timedelta(seconds=1)),
    asyncpg.CannotConnectNowError: ("DATABASE_UNAVAILABLE", timedelta(seconds=1)),
    ConnectionRefusedError: ("DATABASE_UNAVAILABLE", timedelta(seconds=1)),
}


@pytest.mark.parametrize("error", CASES, ids=lambda error: error.__name__)
def test_what_passes_may_be_tried_again(error: type[Exception]) -> None:
    with pytest.raises(Fault) as caught, driver_errors_as_faults():
        raise error("as it came")
    reason, delay = CASES[error]
    assert isinstance(caught.value, Unavailable)
    assert (caught.value.reason, caught.value.retry_after) == (reason, delay)
