/** Before a real edge: SHADOWER_ADDRESS, SHADOWER_TOKEN and SHADOWER_WORKSPACE say which. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { ExecutionStatus } from "../gen/shadower/common/v1/execution_pb.js";
import { Granularity } from "../gen/shadower/common/v1/granularity_pb.js";
import { IngestService } from "../gen/shadower/ingest/v1/ingest_service_pb.js";
import { MetricsService } from "../gen/shadower/metrics/v1/metrics_service_pb.js";
import {
  openShadower as byWeb,
  followMetrics,
  LiveTable,
  reasonOf,
  toNumber,
} from "../src/index.ts";
import { openShadower as byHttp2 } from "../src/node.ts";

const {
  SHADOWER_ADDRESS: address = "",
  SHADOWER_TOKEN: token = "",
  SHADOWER_WORKSPACE: workspace = "",
} = process.env;
const skip = address === "" && "no edge was named";

for (const [way, openShadower] of [
  ["gRPC-Web", byWeb],
  ["HTTP/2", byHttp2],
] as const) {
  test(`by ${way}: what is recorded is counted, and seen live`, {
    skip,
    timeout: 20_000,
  }, async () => {
    const shadower = openShadower({ address, token, workspace });
    const ended = new AbortController();
    const table = new LiveTable();
    const agentId = `node-${way.replace("/", "")}`;
    const question = {
      metrics: ["executions"],
      granularity: Granularity.MINUTE,
      filter: { agentIds: [agentId] },
    };
    for await (const message of followMetrics(shadower, question, { signal: ended.signal })) {
      table.take(message);
      if (message.payload.case === "snapshot") await record(shadower, agentId);
      const told = [...table.series.values()].flatMap((one) => [...one.points.values()]);
      if (told.includes(1)) break;
    }
    ended.abort();
    const { timeSeries } = await shadower.service(MetricsService).getMetrics({
      metrics: ["executions"],
      filter: { agentIds: [agentId] },
      maxStaleness: { seconds: 0n, nanos: 0 },
    });
    assert.equal(toNumber(timeSeries[0]?.points[0]?.value), 1);
  });

  test(`by ${way}: a refusal says its reason`, { skip }, async () => {
    const shadower = openShadower({ address, token, workspace: "somebody-elses" });
    await assert.rejects(shadower.service(MetricsService).listMetrics({}), (error: unknown) => {
      assert.equal(reasonOf(error), "WORKSPACE_DENIED");
      assert.equal((error as { code: Code }).code, Code.PermissionDenied);
      return true;
    });
  });
}

async function record(shadower: ReturnType<typeof byWeb>, agentId: string): Promise<void> {
  const now = timestampFromDate(new Date());
  const execution = {
    executionId: `run-${agentId}`,
    agentId,
    status: ExecutionStatus.SUCCEEDED,
    startTime: now,
    endTime: now,
  };
  const { counts } = await shadower
    .service(IngestService)
    .recordExecutions({ executions: [execution] });
  assert.equal(Number(counts?.stored) + Number(counts?.accepted), 1);
}
