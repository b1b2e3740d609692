"""Whose budgets a request is charged to."""

from datetime import UTC, datetime

import pytest
from google.api import annotations_pb2

from gateway.limits.asked import MOST_WORKSPACES, asked_by, budgets_of, meant_workspace
from gateway.limits.counters import name_of
from gateway.limits.limit import DEFAULTS, Budget, Limit, Scope
from services.runtime.faults import ResourceExhausted
from services.runtime.identity import Principal
from tests.support.contract import methods

BEARER = {"class": "reports", "authorization": "Bearer t"}


class Defaults:
    """A LimitSource."""

    def limit(self, workspace_id: str, limit_class: str, scope: Scope) -> Limit:
        return DEFAULTS[limit_class]


def caller(*workspaces: str, subject: str = "ann") -> Principal:
    end = datetime(2100, 1, 1, tzinfo=UTC)
    return Principal(subject, "t", frozenset(workspaces), frozenset(), end, 1)


def charged(who: Principal, **entries: str) -> list[tuple[str, str, str]]:
    budgets = budgets_of(asked_by({**BEARER, **entries}), who, Defaults())
    assert {budget.limit for budget in budgets} == {DEFAULTS["reports"]}
    return [(budget.workspace_id, budget.scope.value, budget.subject) for budget in budgets]


def of(workspace: str, subject: str = "ann", scope: str = "user") -> list[tuple[str, str, str]]:
    return [(workspace, "workspace", ""), (workspace, scope, subject)]


@pytest.mark.parametrize(
    "names",
    [
        {"workspace": "w2"},
        {"path": "/v1/workspaces/w2/metrics?metrics=cost"},
        {"path": "/v1/workspaces/w2"},
        {"path": "/v1/workspaces/w2?x=/v1/workspaces/w1"},
        {"path": "/v1/workspaces/%772/metrics"},
        {"path": "/api/v1/metrics/w2"},
        {"path": "/v1/workspaces/w2/executions:batch", "workspace": "w1"},
        {"path": "/v1/traces", "workspace": "w2"},
    ],
)
def test_the_workspace_that_is_named_is_charged(names: dict[str, str]) -> None:
    assert charged(caller("w1", "w2"), **names) == of("w2")


@pytest.mark.parametrize(
    "names",
    [
        {"workspace": "stranger"},
        {"path": "/v1/workspaces/stranger/metrics"},
        {"path": "/v1/workspaces/stranger/metrics", "workspace": "w1"},
        {"path": "/v1/workspaces/w1%2F/metrics"},
        {"workspace": "w1,w2"},
        {"workspace": "w1 "},
    ],
)
def test_strangers_are_charged_for_themselves_alone(names: dict[str, str]) -> None:
    assert charged(caller("w1", "w2"), **names) == [("", "user", "ann")]


def test_without_a_name_every_workspace_is_charged_up_to_some() -> None:
    assert charged(caller("w2", "w1", "")) == of("w1") + of("w2")
    names = [f"w{number:02}" for number in range(MOST_WORKSPACES + 1)]
    most = charged(caller(*names[:MOST_WORKSPACES]))
    assert most == [one for name in names[:MOST_WORKSPACES] for one in of(name)]


def test_of_more_workspaces_one_must_be_named() -> None:
    many = caller(*(f"w{number:02}" for number in range(MOST_WORKSPACES + 1)))
    with pytest.raises(ResourceExhausted) as refused:
        charged(many)
    assert refused.value.reason == "WORKSPACE_AMBIGUOUS"
    assert refused.value.metadata == {"header": "x-shadower-workspace"}
    assert "x-shadower-workspace" in refused.value.message
    assert charged(many, workspace="w10") == of("w10")
    assert charged(many, path="/v1/workspaces/w10/metrics") == of("w10")
    assert charged(many, workspace="stranger") == [("", "user", "ann")]


@pytest.mark.parametrize(
    ("covered", "named", "meant"),
    [
        (("w1",), "", "w1"),
        (("w1", ""), "", "w1"),
        (("w1", "w2"), "", ""),
        (("w1", "w2"), "w2", "w2"),
        (("w1", "w2"), "w3", ""),
        ((), "", ""),
    ],
)
def test_quotas_are_about_what_is_surely_meant(
    covered: tuple[str, ...], named: str, meant: str
) -> None:
    assert meant_workspace(named, caller(*covered)) == meant


def test_who_has_no_workspace_is_charged_all_the_same() -> None:
    assert charged(caller()) == [("", "user", "ann")]


@pytest.mark.parametrize("strange", ["", "w 1", "w/1", "{w1}", "w\n", "\ud800", "w" * 65])
def test_what_no_service_takes_for_a_workspace_is_none(strange: str) -> None:
    assert charged(caller(strange)) == [("", "user", "ann")]
    assert charged(caller(strange, "w1")) == of("w1")
    assert charged(caller(strange, "w1"), workspace=strange) == (
        [("", "user", "ann")] if strange else of("w1")
    )


def test_names_of_budgets_differ_and_are_short() -> None:
    limit = DEFAULTS["reports"]
    subjects = ["", "ann", "a" * 128, "a" * 129, "a" * 130, "a" * 10_000]
    names = {
        name_of(Budget(workspace, scope, subject, limit_class, limit))
        for workspace in ("", "w1", "w2")
        for scope in Scope
        for limit_class in ("reports", "exports")
        for subject in subjects
    }
    assert len(names) == 3 * 3 * 2 * len(subjects)
    assert max(map(len, names)) < 200


def test_a_key_has_budgets_of_its_own() -> None:
    key = "api-key:7"
    assert charged(caller("w1", subject=key)) == of("w1", key, "api_key")


@pytest.mark.parametrize("entries", [{}, {"class": "of tomorrow"}, {"class": ""}])
def test_what_has_no_class_that_is_known_is_charged_all_the_same(entries: dict[str, str]) -> None:
    assert asked_by(entries).limit_class == "other"


@pytest.mark.parametrize(
    ("authorization", "token"),
    [("Bearer t", "t"), ("bearer  t ", "t"), ("Basic t", ""), ("t", ""), ("", "")],
)
def test_only_bearers_have_tokens(authorization: str, token: str) -> None:
    assert asked_by({"authorization": authorization}).token == token


def paths() -> list[str]:
    rules = [method.GetOptions().Extensions[annotations_pb2.http] for method in methods()]
    bindings = [one for rule in rules for one in (rule, *rule.additional_bindings)]
    return sorted({one.get or one.post for one in bindings} - {""})


def test_every_path_of_the_contract_tells_its_workspace() -> None:
    named = [path for path in paths() if "{workspace_id}" in path]
    assert len(named) > 20
    for path in named:
        told = path.replace("{workspace_id}", "acme-1")
        assert asked_by({"path": told, "workspace": "another"}).named == "acme-1", path
    for path in set(paths()) - set(named):
        assert asked_by({"path": path}).named == "", path
