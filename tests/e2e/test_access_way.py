"""Who administers access does it over JSON too."""

from typing import Any

from tests.e2e.conftest import WholeWay


async def test_keys_tokens_and_the_log_over_json(whole_way: WholeWay, workspace: str) -> None:
    room = f"/v1/workspaces/{workspace}"
    headers = whole_way.bearer(workspace)

    async def got(path: str) -> Any:
        answer = await whole_way.http.get(room + path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def posted(path: str, **body: Any) -> Any:
        answer = await whole_way.http.post(room + path, headers=headers, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    made = await posted("/apiKeys", displayName="robot", permissions=["PERMISSION_METRICS_READ"])
    key_id = made["apiKey"]["apiKeyId"]
    assert [one["apiKeyId"] for one in (await got("/apiKeys"))["apiKeys"]] == [key_id]
    rotated = await posted(f"/apiKeys/{key_id}:rotate", gracePeriod="3600s")
    assert len(rotated["apiKey"]["secrets"]) == 2
    assert await posted(f"/apiKeys/{key_id}:delete") == {}
    await posted("/revokedTokens", tokenId="t-7", reason="lost")
    revoked = (await got("/revokedTokens"))["revokedTokens"]
    assert [one["tokenId"] for one in revoked] == ["t-7", f"api-key:{key_id}"]
    page = await got("/auditEntries?filter.code=0&pageSize=3")
    rpcs = [one["rpc"].rpartition("/")[2] for one in page["auditEntries"]]
    assert rpcs == ["RevokeToken", "DeleteApiKey", "RotateApiKey"]
    rest = await got(f"/auditEntries?filter.code=0&pageSize=3&pageToken={page['nextPageToken']}")
    assert [one["rpc"].rpartition("/")[2] for one in rest["auditEntries"]] == ["CreateApiKey"]
    assert made["secret"] not in str((page, rest, revoked))
