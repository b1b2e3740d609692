"""The token that a call brings, wherever it is looked for."""


def bearer_of(authorization: str) -> str:
    """That of the header `authorization`; "" if it has none (RFC 6750)."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
