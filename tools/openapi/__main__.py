"""Prints the contract as an OpenAPI document: `python -m tools.openapi`."""

import json
import sys

from tools.openapi.contract import document

json.dump(document(), sys.stdout, indent=1, ensure_ascii=False)
sys.stdout.write("\n")
