import { timestampDate } from "@bufbuild/protobuf/wkt";
import { html, type TemplateResult } from "lit-html";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import {
  type Job,
  type JobRun,
  RunOutcome,
  RunReason,
} from "shadower-client/gen/shadower/scheduler/v1/job_pb";
import { SchedulerService } from "shadower-client/gen/shadower/scheduler/v1/scheduler_service_pb";
import { act } from "../actions.ts";
import type { Context, OpenPage } from "../app.ts";
import { LATEST, listed } from "../data/paging.ts";
import { ABSENT, count, seconds, when, words } from "../format.ts";
import { Loading } from "../loading.ts";
import { SYSTEM_WORKSPACE } from "../session.ts";
import { card } from "../ui/card.ts";
import { further } from "../ui/further.ts";
import { lacking, permitted } from "../ui/lacking.ts";
import { table } from "../ui/table.ts";

/** What is done at times, and what became of it. Of the whole deployment, so only for operators. */
export const open: OpenPage = (context) => {
  if (!context.workspaces.includes(SYSTEM_WORKSPACE))
    return { title: "Jobs", render: forOperators };
  const page = permitted(context, Permission.JOBS_READ, () => shown(context));
  return { title: "Jobs", render: () => page.show((one) => one.render()) };
};

function forOperators(): TemplateResult {
  return html`<section class="card nothing">
    <h2>Jobs are for operators</h2>
    <p>
      They are of the whole deployment. Sign in with a token that is good for ${SYSTEM_WORKSPACE}
      and names what no role has:
    </p>
    <pre tabindex="0"><code>shadower token --workspace ${SYSTEM_WORKSPACE} \\
  --permission jobs:read --permission jobs:write</code></pre>
  </section>`;
}

function shown(context: Context): { render: () => TemplateResult } {
  const { shadower, signal, range } = context;
  const client = shadower.service(SchedulerService);
  const workspaceId = SYSTEM_WORKSPACE;
  const page = (pageToken: string) =>
    client.listJobRuns({ workspaceId, pageSize: LATEST, pageToken }, { signal });
  const told = new Loading(async () => {
    const [{ jobs }, runs] = await Promise.all([
      client.listJobs({ workspaceId }, { signal }),
      listed(page, (answer) => answer.runs, 1),
    ]);
    return { jobs, runs };
  }, context);
  const press = (label: string, name: string, done: string, work: () => Promise<unknown>) =>
    html`<button type="button" aria-label="${label} ${name}" @click=${(event: Event) => act(context, event, done, work, () => told.again())}>
      ${label}
    </button>`;
  const mayWrite = context.may(Permission.JOBS_WRITE);
  const buttons = ({
    name: jobName,
    paused,
  }: Job) => html`${press("Run now", jobName, "It begins within seconds", () => client.runJob({ workspaceId, jobName }))}
    ${
      paused
        ? press("Resume", jobName, "Resumed", () => client.resumeJob({ workspaceId, jobName }))
        : press("Pause", jobName, "Paused", () => client.pauseJob({ workspaceId, jobName }))
    }`;
  return {
    render: () =>
      told.show(
        ({ jobs, runs }) =>
          html`${card(
            "Jobs",
            table(
              "Jobs",
              jobColumns(range.zone, mayWrite ? buttons : () => ABSENT),
              jobs,
              "There are no jobs.",
              (one) => one.name,
            ),
          )}
            ${lacking(context, Permission.JOBS_WRITE, "run, pause or resume jobs")}
            ${card("Runs", html`${table("Runs", runColumns(range.zone), runs.all, "No job has run yet.")} ${further(workspaceId, runs, "runs", "jobRuns")}`)}`,
      ),
  };
}

function jobColumns(zone: string, buttons: (job: Job) => TemplateResult | string) {
  return [
    {
      label: "Job",
      cell: (one: Job) => html`<strong>${words(one.name)}</strong><br />${one.description}`,
    },
    { label: "Schedule", cell: (one: Job) => html`<code>${one.schedule}</code> ${one.timeZone}` },
    {
      label: "Next",
      cell: (one: Job) =>
        one.paused ? "paused" : when(one.nextRunTime && timestampDate(one.nextRunTime), zone),
    },
    { label: "Last", cell: (one: Job) => (one.lastRun ? outcome(one.lastRun) : "never") },
    { label: "Do", cell: buttons },
  ];
}

function runColumns(zone: string) {
  return [
    { label: "Job", cell: (one: JobRun) => words(one.job) },
    {
      label: "Planned",
      cell: (one: JobRun) => when(one.plannedTime && timestampDate(one.plannedTime), zone),
    },
    { label: "Why", cell: (one: JobRun) => words(RunReason[one.reason]) },
    { label: "Took", isNumber: true, cell: took },
    { label: "Attempts", isNumber: true, cell: (one: JobRun) => count(one.attempts) },
    { label: "Outcome", cell: (one: JobRun) => outcome(one) },
    { label: "Error", cell: (one: JobRun) => one.error || ABSENT },
  ];
}

function took({ startTime, endTime }: JobRun): string {
  if (!startTime || !endTime) return ABSENT;
  return seconds((timestampDate(endTime).getTime() - timestampDate(startTime).getTime()) / 1000);
}

function outcome(run: JobRun): string {
  if (run.outcome !== RunOutcome.UNSPECIFIED) return words(RunOutcome[run.outcome]);
  return run.startTime ? "running" : "planned";
}
