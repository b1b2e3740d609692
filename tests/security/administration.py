"""Attacks at what administers, and while nobody who judges is there."""

import httpx

from tests.security.attacks import (
    ALONE,
    USUAL,
    Attack,
    Target,
    Trial,
    status_of,
    was_refused,
)
from tests.support.edge_calls import SUMMARY
from tests.support.edge_mutation import Configuration

REPLAY = "/v1/workspaces/acme/deadLetters:replay"
ADMINISTRATION = (
    ("GET", "/config_dump"),
    ("GET", "/runtime"),
    ("GET", "/server_info"),
    ("POST", "/logging?level=trace"),
    # Last, since a mutant has ended after it.
    ("POST", "/quitquitquit"),
)


async def administration_that_nobody_counts(target: Target) -> bool:
    body = {"deadLetterIds": ["3b241101-e2bb-4255-8caf-4136c566a962"]}
    return was_refused((await target.edge.rest.post(REPLAY, json=body)).status_code, 503)


async def a_key_that_nobody_judges(target: Target) -> bool:
    return was_refused(await status_of(target, SUMMARY, **{"x-api-key": "shk_nobody"}), 503)


def of_the_administrator(method: str, path: str) -> Trial:
    async def trial(target: Target) -> bool:
        base = f"http://127.0.0.1:{target.edge.model.admin_port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
            return was_refused((await client.request(method, path)).status_code, 403)

    return trial


def administers_uncounted(configuration: Configuration) -> None:
    configuration.filter("ratelimit.1")["failure_mode_deny"] = False


def lets_keys_in_unjudged(configuration: Configuration) -> None:
    extension = configuration.filter("api-keys")["extension_config"]
    extension["typed_config"]["failure_mode_allow"] = True


def is_administered_by_anybody(configuration: Configuration) -> None:
    del configuration.edge["admin"]["allow_paths"]


ATTACKS = (
    Attack(
        "administration that nobody counts",
        administration_that_nobody_counts,
        administers_uncounted,
        ALONE,
    ),
    Attack("a key that nobody judges", a_key_that_nobody_judges, lets_keys_in_unjudged, ALONE),
    *(
        Attack(
            path.lstrip("/").partition("?")[0],
            of_the_administrator(method, path),
            is_administered_by_anybody,
            USUAL,
        )
        for method, path in ADMINISTRATION
    ),
)
