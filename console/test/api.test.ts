/** What becomes of a call whose token is refused. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Code } from "shadower-client";
import { MetricsService } from "shadower-client/gen/shadower/metrics/v1/metrics_service_pb";
import { shadowerOf } from "../src/api.ts";

/** An edge that refuses the token "old", and denies all else. */
function refusing(context: TestContext, hasAnother: (refused: string) => string | undefined) {
  const brought: (string | null)[] = [];
  Object.assign(globalThis, { location: { origin: "http://edge.test" } });
  context.mock.method(globalThis, "fetch", async (_: string, init: RequestInit) => {
    const authorization = new Headers(init.headers).get("authorization");
    brought.push(authorization);
    return new Response(null, { status: authorization === "Bearer old" ? 401 : 403 });
  });
  let token = "old";
  const asked = async (refused: string) => {
    const next = hasAnother(refused);
    token = next ?? token;
    return next !== undefined;
  };
  const shadower = shadowerOf(() => token, "w", asked);
  return { brought, client: shadower.service(MetricsService) };
}

test("a call whose token is refused is made once more with the next one", async (context) => {
  const { brought, client } = refusing(context, () => "new");
  await assert.rejects(client.listMetrics({}), { code: Code.PermissionDenied });
  assert.deepEqual(brought, ["Bearer old", "Bearer new"]);
});

test("without another token it is not", async (context) => {
  const { brought, client } = refusing(context, () => undefined);
  await assert.rejects(client.listMetrics({}), { code: Code.Unauthenticated });
  assert.deepEqual(brought, ["Bearer old"]);
});
