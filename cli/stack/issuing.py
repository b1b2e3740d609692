"""Whose tokens count in a stack: those of its own key, or of an issuer who publishes his."""

import os
from collections.abc import Mapping

from cli.home import Home
from cli.tokens.keys import jwks_file

FILE, ADDRESS = "SHADOWER_JWKS_FILE", "SHADOWER_JWKS_URL"


def address_of_keys() -> str:
    """Where the issuer publishes his keys; empty if tokens are signed here."""
    return os.environ.get(ADDRESS, "")


def told_of_keys(home: Home) -> Mapping[str, str]:
    """What a process is told of them. It takes one of the two alone."""
    address = address_of_keys()
    return {ADDRESS: address} if address else {FILE: str(jwks_file(home))}
