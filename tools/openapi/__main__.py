"""Prints the contract as an OpenAPI document: `python -m tools.openapi`."""

import sys

from tools.reference.openapi import openapi

sys.stdout.write(openapi())
