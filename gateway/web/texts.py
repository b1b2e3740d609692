"""Messages of streams as text. Many readers are told the same, so each is written out once."""

from collections import OrderedDict

import orjson
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsResponse

from gateway.web.messages import message_json

# What came a while ago does not come again; and one text may be long.
MOST_BYTES = 16 * 1024 * 1024


class Texts:
    """The last ones. That two readers are told the same says nothing of whether they may be: each
    has a stream of its own, by which it came."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._texts: OrderedDict[bytes, str] = OrderedDict()

    def of(self, message: StreamMetricsResponse) -> str:
        encoded = message.SerializeToString()
        text = self._texts.get(encoded)
        if text is None:
            text = orjson.dumps(message_json(message)).decode()
            self._keep(encoded, text)
        return text

    def _keep(self, encoded: bytes, text: str) -> None:
        self._texts[encoded] = text
        self._bytes += len(encoded) + len(text)
        while self._bytes > self._most_bytes:
            self._bytes -= sum(map(len, self._texts.popitem(last=False)))
