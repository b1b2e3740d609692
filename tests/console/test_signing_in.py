"""Who gets in, who does not, and what becomes of somebody whose token ends."""

import base64
import hashlib
import json
import time
from urllib.parse import parse_qs, urlsplit

import httpx
from playwright.async_api import Route, expect

from tests.console.conftest import WORKSPACE
from tests.support.console import Visitor
from tests.support.keys import ISSUER, KeyRing


async def test_what_is_no_token_is_said_to_be_none(visitor: Visitor) -> None:
    await visitor.go(WORKSPACE)
    await visitor.sign_in("nonsense")
    await expect(visitor.page.get_by_role("alert")).to_contain_text("This is not a token")


async def test_a_forged_token_gets_nobody_in(visitor: Visitor) -> None:
    await visitor.go(WORKSPACE)
    await visitor.sign_in(KeyRing("test-key").token(WORKSPACE))
    await expect(visitor.page.get_by_role("alert")).to_contain_text("not good any more")
    # Nothing but what the edge said.
    assert {"401" in one for one in visitor.complaints} == {True}
    visitor.complaints.clear()


async def test_a_workspace_of_others_is_denied(visitor: Visitor, workspace: str) -> None:
    await visitor.go("somebody-elses")
    await visitor.sign_in(visitor.keys.token(workspace))
    failure = visitor.page.locator("[data-reason=WORKSPACE_DENIED]").first
    await expect(failure).to_contain_text("This workspace is not yours")


async def test_who_lacks_a_permission_is_told(visitor: Visitor, workspace: str) -> None:
    await visitor.go(workspace, "access")
    await visitor.sign_in(visitor.keys.token(workspace, role="viewer"))
    await expect(visitor.page.locator(".failure").first).to_contain_text("You may not see this")


async def test_a_token_that_ends_leaves_somebody_where_they_were(
    visitor: Visitor, workspace: str
) -> None:
    await visitor.go(workspace, "explorer", metric="cost", zone="UTC")
    await visitor.sign_in(visitor.keys.token(workspace, exp=int(time.time()) + 8))
    await expect(visitor.page.get_by_label("Metric")).to_have_value("cost")
    await expect(visitor.page.get_by_role("alert")).to_contain_text("has expired")
    await visitor.sign_in(visitor.keys.token(workspace))
    await expect(visitor.page.get_by_label("Metric")).to_have_value("cost")
    await visitor.page.reload()
    await expect(visitor.page.get_by_label("Metric")).to_have_value("cost")
    await visitor.page.get_by_role("button", name="Sign out").click()
    await expect(visitor.page.get_by_label("Token")).to_be_visible()


async def test_openid_connect_with_pkce(visitor: Visitor, workspace: str) -> None:
    asked: dict[str, list[str]] = {}
    told: dict[str, list[str]] = {}

    async def issuer(route: Route) -> None:
        place = urlsplit(route.request.url)
        origin = {"access-control-allow-origin": "*"}
        if place.path.endswith("openid-configuration"):
            found = {"authorization_endpoint": f"{ISSUER}/go", "token_endpoint": f"{ISSUER}/token"}
            await route.fulfill(json=found, headers=origin)
        elif place.path == "/go":
            asked.update(parse_qs(place.query))
            back = f"{asked['redirect_uri'][0]}?code=abc&state={asked['state'][0]}"
            await route.fulfill(status=302, headers={"location": back})
        else:
            told.update(parse_qs(route.request.post_data or ""))
            content = {"access_token": visitor.keys.token(workspace), "token_type": "Bearer"}
            await route.fulfill(json=content, headers=origin)

    await visitor.page.route(f"{ISSUER}/**", issuer)
    await visitor.go(workspace, "alerts")
    await visitor.page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(visitor.page.locator("main h1")).to_have_text("Alerts")
    digest = hashlib.sha256(told["code_verifier"][0].encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert asked["code_challenge"] == [challenge]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["client_id"] == told["client_id"] == ["console"]
    assert told["code"] == ["abc"]
    assert "?" not in visitor.page.url.split("#")[0]


async def test_files_are_served_to_be_kept_and_paths_of_nobody_are_404(address: str) -> None:
    async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
        page = await client.get("/")
        assert page.status_code == 200
        policy = page.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-cache"
        again = await client.get("/", headers={"if-none-match": page.headers["etag"]})
        assert again.status_code == 304
        script = page.text.partition('src="')[2].partition('"')[0]
        kept = await client.get(script, headers={"accept-encoding": "br"})
        assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert kept.headers["content-encoding"] == "br"
        told = (await client.get("/console.json")).json()
        assert told["openId"]["issuer"] == ISSUER
        missing = await client.get("/assets/nothing.js")
        assert (missing.status_code, missing.json()["code"]) == (404, 3)
        for path in ("/nothing", "/index.html", "/assets", "/v1/nothing"):
            answer = await client.get(path)
            assert answer.status_code in (401, 404), path
            assert json.loads(answer.text)["details"], path
