"""Comments of the contract as docstrings."""

import textwrap

WIDTH = 88


def indented(text: str) -> str:
    return textwrap.indent(text, "    ")


def docstring(comment: str) -> str:
    """Of a method, with its parameters below: each is a paragraph of its own."""
    first, *others = (_filled(one) for one in _escaped(comment).split("\n\n"))
    text = first + ("\n\n" + "\n".join(others) if others else "")
    end = "\n" if "\n" in text or text.endswith('"') else ""
    return f'"""{text}{end}"""' if text else ""


def _escaped(comment: str) -> str:
    return comment.replace("\\", "\\\\").replace('"""', "'''")


def _filled(paragraph: str) -> str:
    hanging = "    " if paragraph.startswith(":param") else ""
    return textwrap.fill(paragraph, WIDTH, subsequent_indent=hanging)
