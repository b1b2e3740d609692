"""How a call ends that raised."""

import asyncio
from typing import Any

import grpc
import pytest

from services.runtime.call import Call
from services.runtime.contract import MethodContract
from services.runtime.interceptors.errors import Errors

CONTRACT = MethodContract("/a.B/C", "", 0, streams_replies=False, streams_requests=False)


class HungUp:
    """A context whose caller is gone: nothing can be sent any more."""

    async def abort(self, *_: Any) -> None:
        raise grpc.aio.InternalError("execute_batch")


async def test_a_caller_who_is_gone_is_no_error_of_ours() -> None:
    context: Any = HungUp()
    with pytest.raises(asyncio.CancelledError):
        await Errors().fail(Call(CONTRACT, context, {}), TimeoutError())
