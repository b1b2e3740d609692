"""Calls that block: with an identity, a deadline, and again if that can help."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc

from shadower_client.credentials import Identity
from shadower_client.errors import ShadowerError, of_rpc
from shadower_client.method import Defaults, Header, Method, R, Values, headers, new_id
from shadower_client.pages import Pages
from shadower_client.retrying import Attempts


@dataclass
class Caller:
    """Makes calls over one channel, from any thread."""

    channel: grpc.Channel
    credentials: Identity
    defaults: Defaults
    opened: dict[str, Callable[..., Any]] = field(default_factory=dict)

    def unary(
        self, method: Method[R], values: Values, workspace: str | None, timeout: float | None
    ) -> R:
        request = self.defaults.request(method, values, workspace)
        return method.read(self.send(method, request, timeout))

    def send(self, method: Method[Any], request: Any, timeout: float | None = None) -> Any:
        """For messages of protobuf."""
        attempts, request_id = self.defaults.attempts(method, timeout), new_id()
        while True:
            try:
                return self._open(method, self.channel.unary_unary)(
                    request,
                    timeout=attempts.left(),
                    metadata=self._headers(request, request_id, attempts),
                )
            except grpc.RpcError as error:
                self._wait(attempts, of_rpc(error, request_id))

    def stream(
        self, method: Method[R], values: Values, workspace: str | None, timeout: float | None
    ) -> Iterator[R]:
        """Without a deadline, unless told. What fails before the first message is tried again."""
        request = self.defaults.request(method, values, workspace)
        attempts, has_begun = self.defaults.attempts(method, timeout), False
        while True:
            try:
                left = None if timeout is None else attempts.left()
                for message in self._messages(method, request, attempts, left):
                    has_begun = True
                    yield message
                return
            except ShadowerError as error:
                if has_begun:
                    raise
                self._wait(attempts, error)

    def resumed(
        self, method: Method[Any], values: Values, workspace: str | None, timeout: float | None
    ) -> Iterator[Any]:
        """One whose messages have cursors, and which goes on behind the last of them, until
        the server says that all is told. A deadline holds for all attempts together."""
        request = self.defaults.request(method, values, workspace)
        attempts = self.defaults.resumptions(method, timeout)
        while True:
            try:
                for message in self._messages(method, request, attempts, attempts.deadline()):
                    if message.status and message.status.code is grpc.StatusCode.OK:
                        return
                    if message.status:
                        raise message.status
                    attempts.hear()
                    request.cursor = message.cursor
                    yield message
                return
            except ShadowerError as error:
                self._wait(attempts, error)

    def _messages(
        self, method: Method[R], request: Any, attempts: Attempts, timeout: float | None
    ) -> Iterator[R]:
        request_id = new_id()
        call = self._open(method, self.channel.unary_stream)(
            request, timeout=timeout, metadata=self._headers(request, request_id, attempts)
        )
        try:
            yield from map(method.read, call)
        except grpc.RpcError as error:
            raise of_rpc(error, request_id) from None
        finally:
            call.cancel()

    def pages(
        self,
        method: Method[R],
        values: Values,
        workspace: str | None,
        timeout: float | None,
        items: str,
    ) -> Pages[R, Any]:
        def fetch(token: str) -> R:
            asked = {**values, "page_token": token} if token else values
            return self.unary(method, asked, workspace, timeout)

        return Pages(fetch, items)

    def _open(self, method: Method[Any], kind: Callable[..., Any]) -> Callable[..., Any]:
        if method.path not in self.opened:
            self.opened[method.path] = kind(method.path, **method.coding())
        return self.opened[method.path]

    def _headers(self, request: Any, request_id: str, attempts: Attempts) -> tuple[Header, ...]:
        attempts.identity = self.credentials.header()
        return headers(request, attempts.identity, request_id)

    def _wait(self, attempts: Attempts, error: ShadowerError) -> None:
        """Until the next attempt; raises the error if there is none."""
        if not (attempts.wants_renewal(error) and self.credentials.renew(attempts.identity)):
            time.sleep(attempts.pause(error))
