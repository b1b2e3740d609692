"""Every block of code in the documentation is run, read, or says why not; every link leads
somewhere. Those that are run, tests/e2e/test_docs.py runs.
"""

import ast
import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest
import typer.main

from bench.__main__ import FIGURES
from cli.__main__ import app
from cli.home import StackState
from cli.stack.screen import welcome
from tests.support.pages.blocks import (
    CONTINUES,
    GENERATED,
    KINDS,
    Block,
    blocks_of,
    headings_of,
    links_of,
    pages,
)
from tests.support.pages.outputs import agrees
from tests.support.pages.reading import READERS
from tests.support.stack import ROOT

RUN = ("sh", "python")
OUTPUTS = ("", "json")
BLOCKS = [block for page in pages() if page not in GENERATED for block in blocks_of(page)]


def trouble_with(block: Block) -> str:
    """Empty if there is none."""
    if excuse := block.excuse:
        return _trouble_with_excuse(excuse["kind"], excuse["reason"])
    if block.comment and block.comment != CONTINUES:
        return ""
    if block.language in (*RUN, *READERS):
        return ""
    if block.language == "" and block.follows:
        return ""
    return f"nothing runs {block.language or 'it'}; say <!-- not run (KIND): REASON -->"


def _trouble_with_excuse(kind: str, reason: str) -> str:
    if kind not in KINDS:
        return f"{kind} is none of {', '.join(KINDS)}"
    first, _, _ = reason.partition(" ")
    if kind == "tested" and not (ROOT / first.rstrip(",;:.")).is_file():
        return f"{first} is no file"
    return "" if len(reason) > 10 else "the reason says nothing"


def test_every_block_is_run_or_says_why_not() -> None:
    told = [(block.place, trouble_with(block)) for block in BLOCKS]
    assert [one for one in told if one[1]] == []


@pytest.mark.parametrize(
    ("language", "comment"),
    [
        ("", ""),
        ("rust", ""),
        ("sh", "not run (tested): tests/none.py"),
        ("sh", "not run (whim): it is too hard to do"),
        ("sh", "not run (docker): no"),
    ],
)
def test_a_block_without_a_good_excuse_is_found(language: str, comment: str) -> None:
    assert trouble_with(Block("page.md", 1, language, "text", comment))


def test_blocks_are_fenced_so_that_their_language_is_known() -> None:
    indented = re.compile(r"^(?: {4}|\t)\S", re.MULTILINE)
    found = [
        block.place
        for block in BLOCKS
        if block.language == "" and not block.comment and indented.match(block.text)
    ]
    assert found == []


def test_what_is_not_run_is_well_formed_all_the_same() -> None:
    for block in BLOCKS:
        if block.language == "python":
            compile(block.text, block.place, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if block.language == "sh":
            told = subprocess.run(
                ["bash", "-n"], input=block.text, text=True, capture_output=True, check=False
            )
            assert told.stderr == "", block.place


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere(page: str) -> None:
    broken = []
    for link in links_of(page):
        name, _, heading = link.partition("#")
        path = ((ROOT / page).parent / name) if name else ROOT / page
        known = path.exists() and (
            not heading or path.suffix != ".md" or heading in headings_of(path)
        )
        if not known:
            broken.append(link)
    assert broken == []


def test_the_tutorial_shows_what_is_printed_at_the_start() -> None:
    [shown] = [block for block in blocks_of("docs/tutorial.md") if "Shadower listens" in block.text]
    said = welcome(StackState("http://127.0.0.1:8080", ""), "eyJ…", Path("token"))
    assert shown.text.strip() in said


def test_every_benchmark_is_on_the_page_of_figures() -> None:
    page = (ROOT / "docs/performance.md").read_text()
    listed = re.findall(r"^\| `B=(\w+)` \|", page, re.MULTILINE)
    assert sorted(listed) == sorted(FIGURES)


def commands_in(text: str) -> list[list[str]]:
    pieces = (re.split(r"\||&&|>", line)[0] for line in text.splitlines())
    return [shlex.split(piece)[1:] for piece in pieces if piece.startswith("shadower ")]


def test_the_examples_of_commands_are_commands() -> None:
    root = typer.main.get_command(app)
    examples = [
        words
        for block in blocks_of("docs/reference/cli.md")
        if block.language == "sh"
        for words in commands_in(block.text)
    ]
    assert len(examples) > 40
    for words in examples:
        parsed(root, words)


def parsed(command: click.Command, words: list[str]) -> None:
    """Raises UsageError."""
    with command.make_context("shadower", list(words)) as context:
        if isinstance(command, click.Group):
            rest = [*context._protected_args, *context.args]
            _, inner, after = command.resolve_command(context, rest)
            assert inner is not None
            parsed(inner, after)


@pytest.mark.parametrize(
    ("shown", "came", "fits"),
    [
        ('{"a": 1}', '{"a":  1}\n', True),
        ('{"a": 1}', '{"a": 2}', False),
        ("at 2026-11-24T09:35:38.05Z", "at 2027-01-02T00:00:00Z", True),
        ("at 2026-01-02T00:00:00Z", "at 2026-01-03T00:00:00Z", False),
        ("a … z", "a b c z", True),
        ("a … z", "a b c y", False),
        ("01234567-89ab-4def-8123-456789abcdef", "11234567-89ab-4def-8123-456789abcdef", True),
    ],
)
def test_outputs_agree_but_for_ids_and_times(shown: str, came: str, fits: bool) -> None:
    assert agrees(shown, came) is fits
