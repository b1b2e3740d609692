import { html, nothing, type TemplateResult } from "lit-html";
import { Dimension } from "shadower-client/gen/shadower/common/v1/dimension_pb";
import { Granularity } from "shadower-client/gen/shadower/common/v1/granularity_pb";
import type { Metric, TimeSeries } from "shadower-client/gen/shadower/metrics/v1/metric_pb";
import type { Context, OpenPage } from "../app.ts";
import {
  asCurl,
  asPython,
  type Exploration,
  explorationOf,
  metricsOf,
  questionOf,
} from "../data/explorer.ts";
import { type Answer, answerOf, chartOf, type Values, valuesOf } from "../data/series.ts";
import { count, when, writerOf } from "../format.ts";
import { Loading } from "../loading.ts";
import { bucketOf } from "../range.ts";
import { card } from "../ui/card.ts";
import { copying } from "../ui/copying.ts";
import { explorerForm } from "../ui/exploring.ts";
import { figure } from "../ui/figure.ts";
import { named, table } from "../ui/table.ts";

const COLORS = ["--accent", "--good", "--bad", "--c4", "--c5", "--c6", "--c7", "--c8"];
const MOST_ROWS = 200;

/** Any metric, by any group, in any buckets. What is asked stands in the URL. */
export const open: OpenPage = (context) => {
  const { shadower, range, signal, route } = context;
  const asked = explorationOf(route.params, bucketOf(range).granularity);
  const question = questionOf(asked, range, route.workspace);
  const metrics = new Loading(() => metricsOf(shadower, signal), context);
  // What is drawn is the beginning of it, however much there is.
  const answer = new Loading(
    () => answerOf(shadower, range, question, signal, COLORS.length),
    context,
  );
  return {
    title: "Explorer",
    render: () =>
      // The form stays, whatever is asked for, and so does the place of the keyboard in it.
      html`${explorerForm(context, asked, metrics.value)}
        ${metrics.value ? nothing : metrics.show(() => html``)}
        <p class="buttons">
          ${copying("Copy as curl", () => asCurl(question), context.say)}
          ${copying("Copy as Python", () => asPython(question), context.say)}
        </p>
        ${answer.show((told) =>
          drawn(
            context,
            told,
            metrics.value?.all.find((one) => one.name === asked.metric),
            asked,
          ),
        )}`,
  };
};

function drawn(
  context: Context,
  { series, isWhole }: Answer,
  metric: Metric | undefined,
  asked: Exploration,
): TemplateResult {
  const known = series.filter((one) => one.points.length > 0);
  if (known.length === 0)
    return html`<p class="card empty">
      Nothing is known of this in this time. Choose a longer time, another metric or a wider filter.
    </p>`;
  const write = writerOf(metric?.unit ?? "", metric?.kind);
  const groups = known.map((one) => ({ label: labelled(one, asked), values: valuesOf([one]) }));
  return html`${asked.bucket === Granularity.UNSPECIFIED ? nothing : chart(context, groups, write, asked.bucket)}
    ${isWhole ? nothing : leftOut(groups.length)} ${card("Values", values(context, groups, write))}`;
}

function leftOut(groups: number): TemplateResult {
  return html`<p class="as-of" role="status">
    There are more groups than these ${count(groups)}, which are the first by name. Narrow the filter,
    or copy the question and ask for all.
  </p>`;
}

interface Group {
  readonly label: string;
  readonly values: Values;
}

function chart(
  context: Context,
  groups: readonly Group[],
  write: (value: number) => string,
  bucket: Granularity,
): TemplateResult {
  const lines = groups.slice(0, COLORS.length).map((one, at) => ({
    ...one,
    color: COLORS[at] ?? "--accent",
    shape: groups.length === 1 ? ("bars" as const) : ("line" as const),
  }));
  const more = groups.length - lines.length;
  return html`${figure("Over time", chartOf(context.range, lines, write, bucket))}
    ${more > 0 ? html`<p class="as-of">${count(more)} more groups are in the table only.</p>` : nothing}`;
}

/** Runs of which the group is not known have no label. */
function labelled(series: TimeSeries, { group }: Exploration): string {
  const unlabelled = group === Dimension.UNSPECIFIED ? "All" : "not known";
  return Object.values(series.labels).join(", ") || unlabelled;
}

interface Row {
  readonly group: string;
  readonly time: number;
  readonly value: number;
}

function values(
  { range }: Context,
  groups: readonly Group[],
  write: (value: number) => string,
): TemplateResult {
  const rows: Row[] = groups.flatMap(({ label, values }) =>
    [...values].map(([time, value]) => ({ group: label, time, value })),
  );
  const columns = [
    { label: "Group", cell: (row: Row) => named(row.group) },
    { label: "From", cell: (row: Row) => when(new Date(row.time), range.zone) },
    { label: "Value", isNumber: true, cell: (row: Row) => write(row.value) },
  ];
  const more = rows.length - MOST_ROWS;
  return html`${table("Values", columns, rows.slice(0, MOST_ROWS), "")}
    ${more > 0 ? html`<p class="as-of">${count(more)} more rows: copy the question and ask for all.</p>` : nothing}`;
}
