"""Examples below a command's help."""


def examples(*lines: str) -> str:
    """As an epilogue, of which each paragraph stays a line."""
    return "\n\n".join(("Examples:", *(f"  $ {line}" for line in lines)))
