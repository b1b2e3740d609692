"""The OpenAPI document as it is served."""

import json

from tools.openapi.contract import document


def openapi() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
