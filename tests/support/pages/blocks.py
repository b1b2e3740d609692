"""Blocks of code in Markdown, with what an HTML comment right before one says of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.support.stack import ROOT

COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.DOTALL)
NOT_RUN = re.compile(r"not run \((?P<kind>\w+)\): (?P<reason>.+)", re.DOTALL)
CONTINUES = "continues"
# Written by programs, from what other tests prove.
GENERATED = {"docs/reference/grpc.md", "docs/reference/cli.md"}

KINDS = {
    "tested": "Another test runs it: the reason begins with that test's file.",
    "stack": "It starts or stops what all other blocks of the page are asked of.",
    "docker": "It needs an engine for containers.",
    "kubernetes": "It needs a Kubernetes.",
    "servers": "It needs machines, servers or disks to administer.",
    "account": "It needs an account, or a program, of somebody else.",
    "minutes": "It takes minutes.",
    "form": "It shows how something looks, and is no program.",
}
"""Why a block is not run here."""


@dataclass(frozen=True)
class Block:
    """A block, and where it is."""

    page: str
    line: int
    language: str
    text: str
    comment: str = ""
    follows: bool = False
    """Whether another block stands before it on the page."""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def excuse(self) -> re.Match[str] | None:
        return NOT_RUN.fullmatch(self.comment)

    @property
    def continues(self) -> bool:
        """Whether it is the rest of the program that the block of its language before began."""
        return self.comment == CONTINUES


def pages() -> list[str]:
    """All that people read, by their paths."""
    documents = sorted((ROOT / "docs").rglob("*.md"))
    others = ("README.md", "client/python/README.md", "client/typescript/README.md")
    named = [*others, "examples/producers/README.md"]
    return [*named, *(str(path.relative_to(ROOT)) for path in documents)]


def blocks_of(page: str) -> list[Block]:
    return list(_blocks(page, (ROOT / page).read_text()))


def _blocks(page: str, text: str) -> Iterator[Block]:
    tokens = MarkdownIt().parse(text)
    before: Token | None = None
    follows = False
    for token in tokens:
        if token.type in ("fence", "code_block"):
            yield Block(page, _line(token), token.info, token.content, _comment(before), follows)
            follows = True
        before = token


def _line(token: Token) -> int:
    return (token.map or [0])[0] + 1


def _comment(token: Token | None) -> str:
    if token is None or token.type != "html_block":
        return ""
    found = COMMENT.fullmatch(token.content.strip())
    return " ".join(found[1].split()) if found else ""


def links_of(page: str) -> Iterator[str]:
    """Where a page leads to, but for other sites."""
    for token in MarkdownIt().enable("table").parse((ROOT / page).read_text()):
        for child in token.children or []:
            target = str(child.attrGet("href") or "")
            if target and "://" not in target:
                yield target


@cache
def headings_of(path: Path) -> set[str]:
    """As links name them."""
    tokens = MarkdownIt().parse(path.read_text())
    texts = (after.content for one, after in pairwise(tokens) if _opens(one))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}


def _opens(token: Token) -> bool:
    return token.type == "heading_open"
