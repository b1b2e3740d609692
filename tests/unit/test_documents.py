"""Rules and definitions in files, as people write them."""

import json
import os
import subprocess
import sys
from inspect import signature
from pathlib import Path

import pytest

from cli.asking.documents import Named, id_of, named_in
from cli.commands import alert_rules, report_definitions
from cli.commands.alert_rules import RULE
from cli.failures import CommandError, ExitCode, UsageError
from services.warehouse.alerts.rules import MOST_RULES
from services.warehouse.reports.definitions import MOST_DEFINITIONS

ROOT = Path(__file__).parents[2]
RULE_ALONE = """
name: Agents fail
severity: SEVERITY_CRITICAL
metric: error_rate
absence: {}
"""


def read(tmp_path: Path, *contents: str) -> list[Named]:
    files = [tmp_path / f"{number}.yaml" for number in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        file.write_text(content, encoding="utf-8")
    return named_in(files, RULE)


def refusal(tmp_path: Path, content: str) -> str:
    with pytest.raises(CommandError) as refused:
        read(tmp_path, content)
    assert refused.value.exit_code == ExitCode.REFUSED
    assert str(tmp_path) in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    ("title", "made"),
    # What the page makes of the same names: console/test/ids.test.ts.
    json.loads((ROOT / "tests/data/ids.json").read_text(encoding="utf-8")),
)
def test_an_id_is_made_of_what_people_say(title: str, made: str) -> None:
    assert id_of(title) == made


def test_one_file_says_the_same_in_json_and_yaml(tmp_path: Path) -> None:
    as_json = json.dumps(
        {
            "name": "Agents fail",
            "severity": "SEVERITY_CRITICAL",
            "metric": "error_rate",
            "absence": {},
        }
    )
    assert read(tmp_path, RULE_ALONE) == read(tmp_path, as_json)


def test_ids_may_be_given_and_several_may_be_in_a_file(tmp_path: Path) -> None:
    whole = 'ruleId: one\nrule: {name: "2026-11-01", metric: cost}'
    listed = json.dumps({"rules": [{"ruleId": "two", "etag": "7", "rule": {"name": "x"}}]})
    found = read(tmp_path, f"{whole}\n---\n{RULE_ALONE}", listed)
    assert [one.id for one in found] == ["one", "agents-fail", "two"]
    assert [one.content.name for one in found] == ["2026-11-01", "Agents fail", "x"]


@pytest.mark.parametrize("name", ["nextPageToken", "next_page_token"])
def test_a_list_that_is_not_whole_is_refused(tmp_path: Path, name: str) -> None:
    rules = [{"ruleId": "one", "rule": {"name": "x"}}]
    assert len(read(tmp_path, json.dumps({"rules": rules, name: ""}))) == 1
    said = refusal(tmp_path, json.dumps({"rules": rules, name: "more"}))
    assert "some of the rules only" in said
    assert "--limit" in said


@pytest.mark.parametrize(
    ("command", "most"), [("list_rules", MOST_RULES), ("list_definitions", MOST_DEFINITIONS)]
)
def test_what_files_say_is_listed_whole(command: str, most: int) -> None:
    listing = getattr(alert_rules, command, None) or getattr(report_definitions, command)
    assert signature(listing).parameters["limit"].default >= most


@pytest.mark.parametrize("word", ["2026-11-01", "17:30", "no", "0x10", "1_000", ".5"])
def test_what_is_nothing_else_in_json_is_a_text(tmp_path: Path, word: str) -> None:
    [one] = read(tmp_path, f"ruleId: one\nrule: {{name: {word}}}")
    assert one.content.name == word


def test_numbers_and_truths_are_those_of_json(tmp_path: Path) -> None:
    [one] = read(tmp_path, "name: x\ndisabled: true\nthreshold: {threshold: -1.5e3}")
    assert (one.content.disabled, one.content.threshold.threshold) == (True, -1500.0)


def test_two_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="agents-fail"):
        read(tmp_path, RULE_ALONE, RULE_ALONE)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name: [unclosed", "while parsing"),
        ("[1, 2]", "is no rule"),
        ("nmae: x", 'no field named "nmae"'),
        ("name: 7", "name"),
        ("severity: SEVERITY_BAD", "SEVERITY_BAD"),
        ("metric: cost", "neither ruleId nor name"),
        ("name: 監視", "name '監視' has nothing of a-z and 0-9 to make an id of: give ruleId"),
        ("name: x\nmetric: cost\nname: y", "more than one name"),
        ('{"rule": {"name": "x"}, "ruleId": "a", "ruleId": "b"}', "more than one ruleId"),
        ("name: x\nthreshold: {threshold: 1, threshold: 2}", "more than one threshold"),
    ],
)
def test_what_is_no_rule_is_told_with_its_file(tmp_path: Path, content: str, said: str) -> None:
    assert said in refusal(tmp_path, content)


def test_files_are_in_utf_8_wherever_one_is(tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text("ruleId: one\nrule: {name: 監視}", encoding="utf-8")
    program = """
import pathlib, sys
from cli.asking.documents import named_in
from cli.commands.alert_rules import RULE
print(ascii(named_in([pathlib.Path(sys.argv[1])], RULE)[0].content.name))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "rule.yaml"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )
    assert ran.stdout.strip() == ascii("監視"), ran.stderr


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        named_in([tmp_path / "absent.yaml"], RULE)
