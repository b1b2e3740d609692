import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { IngestService } from "../gen/shadower/ingest/v1/ingest_service_pb.js";
import { MetricsService } from "../gen/shadower/metrics/v1/metrics_service_pb.js";
import { ReportsService } from "../gen/shadower/reports/v1/reports_service_pb.js";
import { openShadower, reasonOf, Shadower } from "../src/index.ts";
import { interceptorsOf } from "../src/interceptors.ts";

const RETRY = create(RetryInfoSchema, { retryDelay: { seconds: 0n, nanos: 30_000_000 } });

/** A server that fails so often before it answers, and what it was asked. */
function failing(times: number, error: () => ConnectError, attempts = 4) {
  const asked: { workspaceId: string; authorization: string | null; at: number }[] = [];
  const note = (workspaceId: string, header: Headers) => {
    asked.push({ workspaceId, authorization: header.get("authorization"), at: performance.now() });
    if (asked.length <= times) throw error();
  };
  const options = { address: "", token: () => `t${asked.length}`, workspace: "w", attempts };
  const transport = createRouterTransport(
    ({ service }) => {
      service(MetricsService, {
        listMetrics: (request, { requestHeader }) => {
          note(request.workspaceId, requestHeader);
          return { metrics: [{ name: "executions" }] };
        },
      });
      service(ReportsService, {
        createReportLink: (request, { requestHeader }) => {
          note(request.workspaceId, requestHeader);
          return {};
        },
      });
      service(IngestService, {});
    },
    { transport: { interceptors: interceptorsOf(options) } },
  );
  return { asked, shadower: new Shadower(transport) };
}

const full = () =>
  new ConnectError("full", Code.ResourceExhausted, undefined, [
    { desc: RetryInfoSchema, value: RETRY },
  ]);

test("what may be repeated is, after the delay that the server names", async () => {
  const { asked, shadower } = failing(2, full);
  const answer = await shadower.service(MetricsService).listMetrics({});
  assert.equal(answer.metrics[0]?.name, "executions");
  assert.equal(asked.length, 3);
  for (const [at, one] of asked.slice(1).entries())
    assert.ok(one.at - (asked[at]?.at ?? 0) >= 29, "waited");
});

test("each attempt brings a token of its own, and the workspace that none was named for", async () => {
  const { asked, shadower } = failing(1, full);
  await shadower.service(MetricsService).listMetrics({});
  assert.deepEqual(
    asked.map((one) => one.authorization),
    ["Bearer t0", "Bearer t1"],
  );
  assert.deepEqual(
    asked.map((one) => one.workspaceId),
    ["w", "w"],
  );
  await shadower.service(MetricsService).listMetrics({ workspaceId: "other" });
  assert.equal(asked.at(-1)?.workspaceId, "other");
});

test("attempts are bounded", async () => {
  const { asked, shadower } = failing(9, () => new ConnectError("away", Code.Unavailable), 2);
  await assert.rejects(shadower.service(MetricsService).listMetrics({}), {
    code: Code.Unavailable,
  });
  assert.equal(asked.length, 2);
});

test("a deadline ends the waiting, and what went wrong is told", async () => {
  const { asked, shadower } = failing(99, () => new ConnectError("away", Code.Unavailable), 99);
  const call = shadower.service(MetricsService).listMetrics({}, { timeoutMs: 120 });
  await assert.rejects(call, (error) =>
    [Code.Unavailable, Code.DeadlineExceeded].includes(ConnectError.from(error).code),
  );
  assert.ok(asked.length < 20);
});

test("what the contract does not call repeatable is not", async () => {
  const { asked, shadower } = failing(1, full);
  await assert.rejects(shadower.service(ReportsService).createReportLink({}), {
    code: Code.ResourceExhausted,
  });
  assert.equal(asked.length, 1);
});

test("without a delay, a limit that is used up is not tried again", async () => {
  const { asked, shadower } = failing(1, () => new ConnectError("quota", Code.ResourceExhausted));
  await assert.rejects(shadower.service(MetricsService).listMetrics({}));
  assert.equal(asked.length, 1);
});

test("an error says its reason", async () => {
  const value = create(ErrorInfoSchema, { reason: "WORKSPACE_DENIED", domain: "shadower.dev" });
  const denied = () =>
    new ConnectError("no", Code.PermissionDenied, undefined, [{ desc: ErrorInfoSchema, value }]);
  const { shadower } = failing(1, denied);
  await assert.rejects(
    shadower.service(MetricsService).listMetrics({}),
    (error) => reasonOf(error) === "WORKSPACE_DENIED",
  );
});

test("a network that is away is named, and tried again", async () => {
  let attempts = 0;
  const token = () => `t${attempts++}`;
  const shadower = openShadower({ address: "http://127.0.0.1:1", token, attempts: 2 });
  await assert.rejects(shadower.service(MetricsService).listMetrics({}), {
    code: Code.Unavailable,
  });
  assert.equal(attempts, 2);
});

test("a network that goes while an answer comes is named as well", async (context) => {
  const body = new ReadableStream({
    start: (control) => control.error(new TypeError("network error")),
  });
  const headers = { "content-type": "application/grpc-web+proto" };
  context.mock.method(globalThis, "fetch", async () => new Response(body, { headers }));
  const shadower = openShadower({ address: "http://edge.test", token: "t" });
  const answer = shadower.service(ReportsService).downloadReport({});
  await assert.rejects(answer[Symbol.asyncIterator]().next(), { code: Code.Unavailable });
});
