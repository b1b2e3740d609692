import { timestampDate } from "@bufbuild/protobuf/wkt";
import { html, nothing, type TemplateResult } from "lit-html";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import {
  ReportFormat,
  ReportPeriod,
} from "shadower-client/gen/shadower/reports/v1/report_definition_pb";
import {
  type Report,
  type ReportFile,
  ReportState,
} from "shadower-client/gen/shadower/reports/v1/report_pb";
import { ReportsService } from "shadower-client/gen/shadower/reports/v1/reports_service_pb";
import { act } from "../actions.ts";
import type { Context, OpenPage } from "../app.ts";
import { FORMATS, PERIODS, USUAL_SECTIONS } from "../data/definitions.ts";
import { LATEST, type Listed, listed } from "../data/paging.ts";
import { decimal, when, words } from "../format.ts";
import { randomId } from "../ids.ts";
import { Loading } from "../loading.ts";
import { card } from "../ui/card.ts";
import { Definitions } from "../ui/definitions.ts";
import { choice, Filled, line } from "../ui/fields.ts";
import { further } from "../ui/further.ts";
import { lacking, permitted } from "../ui/lacking.ts";
import { named, table } from "../ui/table.ts";

const AGAIN_MS = 2_000;
const MOST_MS = 30_000;
const UNDER_WAY = new Set([ReportState.PENDING, ReportState.RUNNING]);

/** What was reported, what will be, and a report to have at once. */
export const open: OpenPage = (context) => {
  const page = permitted(context, Permission.REPORTS_READ, () => new Reports(context));
  return { title: "Reports", render: () => page.show((one) => one.render()) };
};

class Reports {
  readonly #context: Context;
  readonly #told: Loading<Listed<Report>>;
  readonly #definitions: Definitions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = AGAIN_MS;

  constructor(context: Context) {
    this.#context = context;
    this.#told = new Loading(() => this.#ask(), context);
    this.#definitions = new Definitions(context, () => this.#told.again());
  }

  get #client() {
    return this.#context.shadower.service(ReportsService);
  }

  /** Again while one is being made. */
  async #ask(): Promise<Listed<Report>> {
    const { signal } = this.#context;
    const ask = (pageToken: string) =>
      this.#client.listReports({ pageSize: LATEST, pageToken }, { signal });
    const reports = await listed(ask, (answer) => answer.reports, 1);
    this.#lookAgain(reports.all.some((one) => UNDER_WAY.has(one.state)));
    return reports;
  }

  #lookAgain(isUnderWay: boolean): void {
    const { signal } = this.#context;
    clearTimeout(this.#timer);
    if (!isUnderWay) this.#pause = AGAIN_MS;
    if (!isUnderWay || signal.aborted) return;
    this.#timer = setTimeout(() => signal.aborted || void this.#told.again(), this.#pause);
    this.#pause = Math.min(MOST_MS, this.#pause * 1.5);
  }

  #generate(event: SubmitEvent): void {
    event.preventDefault();
    const form = new Filled(event.target as HTMLFormElement);
    const definition = {
      title: form.text("title"),
      sections: USUAL_SECTIONS,
      period: form.number("period"),
      formats: form.numbers("format"),
      timeZone: this.#context.range.zone,
    };
    const source = { case: "definition" as const, value: definition };
    const reportId = randomId();
    const work = () => this.#client.generateReport({ reportId, source });
    void act(this.#context, event, "The report is being made", work, () => this.#told.again());
  }

  render(): TemplateResult {
    const may = this.#context.may(Permission.REPORTS_WRITE);
    const none = may ? "No report was made yet. Have one made above." : "No report was made yet.";
    return html`${may ? card("Have a report made", this.#form()) : nothing}
      ${card("Reports", html`${this.#told.show((told) => html`${table("Reports", this.#reports(), told.all, none, (one) => one.reportId)} ${further(this.#context.route.workspace, told, "reports", "reports")}`)} ${lacking(this.#context, Permission.REPORTS_WRITE, "have reports made")}`)}
      ${this.#definitions.render()}`;
  }

  #form(): TemplateResult {
    // So many days are for definitions alone.
    const periods = PERIODS.filter(([one]) => one !== ReportPeriod.LAST_DAYS);
    return html`<form class="form" @submit=${(event: SubmitEvent) => this.#generate(event)}>
      ${line("title", "Title", { value: "Report", isRequired: true, most: 200 })}
      ${choice("period", "About", periods)} ${choice("format", "As", FORMATS)}
      <button class="primary">Make it</button>
    </form>`;
  }

  #reports() {
    const { zone } = this.#context.range;
    return [
      { label: "Title", cell: (one: Report) => named(one.title, one.reportId) },
      { label: "State", cell: (one: Report) => stateOf(one) },
      {
        label: "Asked for",
        cell: (one: Report) => when(one.createTime && timestampDate(one.createTime), zone),
      },
      { label: "Files", cell: (one: Report) => one.files.map((file) => this.#file(one, file)) },
    ];
  }

  #file({ reportId, title }: Report, file: ReportFile): TemplateResult {
    const name = ReportFormat[file.format];
    const { signal } = this.#context;
    const load = async () => {
      const parts: BlobPart[] = [];
      const asked = { reportId, format: file.format };
      for await (const { body } of this.#client.downloadReport(asked, { signal, timeoutMs: 0 }))
        if (body) parts.push(new Uint8Array(body.data));
      save(new Blob(parts, { type: file.contentType }), `${reportId}.${name.toLowerCase()}`);
    };
    return html`<button type="button" aria-label="Download ${title} as ${name}"
      @click=${(event: Event) => act(this.#context, event, "Downloaded", load, async () => undefined)}>
      ${name} (${decimal(Number(file.sizeBytes) / 1024, 0)} KiB)
    </button> `;
  }
}

function stateOf(report: Report): string {
  if (report.state === ReportState.RUNNING) return `running, ${report.progress} %`;
  return [words(ReportState[report.state]), report.failureMessage].filter(Boolean).join(": ");
}

function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), AGAIN_MS);
}
