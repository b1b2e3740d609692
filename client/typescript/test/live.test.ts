import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import {
  MetricsService,
  StreamMetricsResponseSchema,
} from "../gen/shadower/metrics/v1/metrics_service_pb.js";
import { followMetrics, LiveTable, Shadower } from "../src/index.ts";

type Message = MessageInitShape<typeof StreamMetricsResponseSchema>;

function series(...points: [minute: number, value: bigint | undefined][]) {
  return {
    metric: "executions",
    labels: {},
    points: points.map(([minute, value]) => ({
      startTime: { seconds: BigInt(minute * 60), nanos: 0 },
      ...(value !== undefined && { value: { kind: { case: "integer" as const, value } } }),
    })),
  };
}

const SNAPSHOT: Message = {
  cursor: "1",
  payload: { case: "snapshot", value: { timeSeries: [series([1, 5n], [2, 6n])] } },
};

function taken(...messages: Message[]): [number, number][] {
  const table = new LiveTable();
  for (const message of messages) table.take(create(StreamMetricsResponseSchema, message));
  const [only] = table.series.values();
  return [...(only?.points ?? [])].map(([time, value]) => [time / 60_000, value]);
}

test("a change replaces a point, and one without a value takes it away", () => {
  const delta: Message = {
    payload: { case: "delta", value: { timeSeries: [series([1, undefined], [2, 7n], [3, 1n])] } },
  };
  assert.deepEqual(taken(SNAPSHOT, delta), [
    [2, 7],
    [3, 1],
  ]);
});

test("what was replaced and is not told again is gone", () => {
  const replaced = { startTime: { seconds: 120n, nanos: 0 }, endTime: { seconds: 240n, nanos: 0 } };
  const delta: Message = {
    payload: { case: "delta", value: { timeSeries: [series([3, 9n])], replaced } },
  };
  assert.deepEqual(taken(SNAPSHOT, delta), [
    [1, 5],
    [3, 9],
  ]);
});

test("a snapshot begins anew", () => {
  const again: Message = {
    payload: { case: "snapshot", value: { timeSeries: [series([4, 1n])] } },
  };
  assert.deepEqual(taken(SNAPSHOT, again), [[4, 1]]);
});

test("a stream that breaks goes on from its cursor", async () => {
  const cursors: string[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(MetricsService, {
      async *streamMetrics({ cursor }) {
        cursors.push(cursor);
        if (cursor === "") yield SNAPSHOT;
        if (cursors.length === 2) throw new ConnectError("away", Code.Unavailable);
        if (cursor !== "") yield { cursor: "2", payload: { case: "heartbeat", value: {} } };
        const code = cursors.length === 1 ? Code.Unavailable : 0;
        yield { cursor: "", payload: { case: "status", value: { code, message: "" } } };
      },
    });
  });
  const broken: number[] = [];
  const heard: (string | undefined)[] = [];
  const options = { onBroken: (_: ConnectError, attempt: number) => broken.push(attempt) };
  for await (const one of followMetrics(new Shadower(transport), { workspaceId: "w" }, options))
    heard.push(one.payload.case);
  assert.deepEqual(cursors, ["", "1", "1"]);
  assert.deepEqual(heard, ["snapshot", "heartbeat", "status"]);
  assert.deepEqual(broken, [1, 2]);
});

test("what no new attempt helps against is thrown", async () => {
  const transport = createRouterTransport(({ service }) => {
    service(MetricsService, {
      // biome-ignore lint/correctness/useYield: it fails before it says anything
      async *streamMetrics() {
        throw new ConnectError("no", Code.PermissionDenied);
      },
    });
  });
  await assert.rejects(followMetrics(new Shadower(transport), {}).next(), {
    code: Code.PermissionDenied,
  });
});

test("a stream whose token has ended goes on with the next one, once", async () => {
  const cursors: string[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(MetricsService, {
      async *streamMetrics({ cursor }) {
        cursors.push(cursor);
        if (cursors.length === 1) yield SNAPSHOT;
        if (cursors.length === 2) yield { cursor: "2", payload: { case: "heartbeat", value: {} } };
        throw new ConnectError("expired", Code.Unauthenticated);
      },
    });
  });
  const shadower = new Shadower(transport, () => (cursors.length === 0 ? "old" : "new"));
  const heard: (string | undefined)[] = [];
  await assert.rejects(
    async () => {
      for await (const one of followMetrics(shadower, {})) heard.push(one.payload.case);
    },
    { code: Code.Unauthenticated },
  );
  assert.deepEqual(heard, ["snapshot", "heartbeat"]);
  assert.deepEqual(cursors, ["", "1"]);
});

test("tokens that are all refused are not tried for ever", async () => {
  let opened = 0;
  const transport = createRouterTransport(({ service }) => {
    service(MetricsService, {
      // biome-ignore lint/correctness/useYield: it fails before it says anything
      async *streamMetrics() {
        opened += 1;
        throw new ConnectError("no", Code.Unauthenticated);
      },
    });
  });
  let tokens = 0;
  const shadower = new Shadower(transport, () => `token-${tokens++}`);
  await assert.rejects(followMetrics(shadower, {}).next(), { code: Code.Unauthenticated });
  assert.equal(opened, 2);
});

test("a stream in which no heartbeat comes is opened anew", async () => {
  const cursors: string[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(MetricsService, {
      async *streamMetrics({ cursor }, { signal }) {
        cursors.push(cursor);
        if (cursor === "") {
          yield SNAPSHOT;
          await new Promise((ended) => signal.addEventListener("abort", ended));
        } else yield { cursor: "2", payload: { case: "heartbeat", value: {} } };
      },
    });
  });
  const heartbeatInterval = { seconds: 0n, nanos: 20_000_000 };
  const codes: Code[] = [];
  const options = { onBroken: ({ code }: ConnectError) => codes.push(code) };
  for await (const _ of followMetrics(new Shadower(transport), { heartbeatInterval }, options));
  assert.deepEqual(cursors, ["", "1"]);
  assert.deepEqual(codes, [Code.Unavailable]);
});
