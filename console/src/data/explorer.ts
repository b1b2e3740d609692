import { create, toJson } from "@bufbuild/protobuf";
import { interval, type Shadower } from "shadower-client";
import { Dimension } from "shadower-client/gen/shadower/common/v1/dimension_pb";
import { type Filter, FilterSchema } from "shadower-client/gen/shadower/common/v1/filter_pb";
import { Granularity } from "shadower-client/gen/shadower/common/v1/granularity_pb";
import type { Metric } from "shadower-client/gen/shadower/metrics/v1/metric_pb";
import {
  GetMetricsRequestSchema,
  MetricsService,
} from "shadower-client/gen/shadower/metrics/v1/metrics_service_pb";
import { own } from "../own.ts";
import type { Range } from "../range.ts";
import { type Listed, listed } from "./paging.ts";

/** As many buckets of groups as one answer may have. */
const MOST = 10_000;

/** What somebody asks for, as the URL holds it. */
export interface Exploration {
  readonly metric: string;
  readonly group: Dimension;
  readonly bucket: Granularity;
  readonly filter: Filter;
}

export const GROUPS: Readonly<Record<string, Dimension>> = {
  agent: Dimension.AGENT,
  version: Dimension.AGENT_VERSION,
  user: Dimension.USER,
  model: Dimension.MODEL,
  provider: Dimension.PROVIDER,
  status: Dimension.STATUS,
  error: Dimension.ERROR_TYPE,
};

export const BUCKETS: Readonly<Record<string, Granularity>> = {
  none: Granularity.UNSPECIFIED,
  minute: Granularity.MINUTE,
  hour: Granularity.HOUR,
  day: Granularity.DAY,
  week: Granularity.WEEK,
  month: Granularity.MONTH,
};

/** Fields of a filter, by their name in the URL. */
export const FILTERS = {
  agents: "agentIds",
  models: "models",
  providers: "providers",
  users: "userIds",
} as const;

export function explorationOf(params: URLSearchParams, usual: Granularity): Exploration {
  const values = Object.entries(FILTERS).map(([name, field]) => [
    field,
    separated(params.get(name)),
  ]);
  return {
    metric: params.get("metric") ?? "executions",
    group: own(GROUPS, params.get("group") ?? "") ?? Dimension.UNSPECIFIED,
    bucket: own(BUCKETS, params.get("bucket") ?? "") ?? usual,
    filter: create(FilterSchema, Object.fromEntries(values)),
  };
}

function separated(text: string | null): string[] {
  return (text ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
}

/** The question as the contract has it. */
export function questionOf(asked: Exploration, range: Range, workspaceId: string) {
  return create(GetMetricsRequestSchema, {
    workspaceId,
    metrics: [asked.metric],
    interval: interval(range.start, range.end),
    granularity: asked.bucket,
    timeZone: range.zone,
    filter: asked.filter,
    groupBy: asked.group === Dimension.UNSPECIFIED ? [] : [asked.group],
    pageSize: MOST,
  });
}

const METRICS = 1_000;

/** Metrics that are built in or recorded. */
export function metricsOf(shadower: Shadower, signal: AbortSignal): Promise<Listed<Metric>> {
  const client = shadower.service(MetricsService);
  const ask = (pageToken: string) =>
    client.listMetrics({ pageSize: METRICS, pageToken }, { signal });
  return listed(ask, ({ metrics }) => metrics);
}

/** A line for a shell that asks the same, for the first page of it; the token comes from $TOKEN. */
export function asCurl(question: ReturnType<typeof questionOf>): string {
  const path = `${location.origin}/v1/workspaces/${question.workspaceId}/metrics`;
  const lines = parameters(question).map(
    ([name, value]) => ` \\\n  --data-urlencode ${quoted(`${name}=${value}`)}`,
  );
  const more =
    "# What is more than one answer may have follows with pageToken=, its nextPageToken.";
  return `curl -sSG -H "Authorization: Bearer $TOKEN" ${quoted(path)}${lines.join("")}\n${more}`;
}

/** A program that asks the same. */
export function asPython(question: ReturnType<typeof questionOf>): string {
  const path = `${location.origin}/v1/workspaces/${question.workspaceId}/metrics`;
  const lines = parameters(question).map(
    ([name, value]) => `    (${JSON.stringify(name)}, ${JSON.stringify(value)}),`,
  );
  return [
    "import os",
    "",
    "import httpx",
    "",
    `PATH = ${JSON.stringify(path)}`,
    'HEADERS = {"Authorization": f"Bearer {os.environ[\'TOKEN\']}"}',
    "QUESTION = [",
    ...lines,
    "]",
    "",
    'token = ""',
    "while True:",
    '    asked = [*QUESTION, ("pageToken", token)]',
    "    answer = httpx.get(PATH, headers=HEADERS, params=asked)",
    "    answer.raise_for_status()",
    '    for series in answer.json()["timeSeries"]:',
    '        print(series["labels"], series["points"])',
    '    token = answer.json()["nextPageToken"]',
    "    if not token:",
    "        break",
    "",
  ].join("\n");
}

/** Fields of the question as REST has them. */
function parameters(question: ReturnType<typeof questionOf>): [string, string][] {
  const { workspaceId: _, ...fields } = toJson(GetMetricsRequestSchema, question) as Record<
    string,
    unknown
  >;
  return flattened("", fields);
}

function flattened(name: string, value: unknown): [string, string][] {
  if (Array.isArray(value)) return value.flatMap((one) => flattened(name, one));
  if (typeof value !== "object" || value === null) return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) =>
    flattened(name ? `${name}.${key}` : key, inner),
  );
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
