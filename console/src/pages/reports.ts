import { timestampDate } from "@bufbuild/protobuf/wkt";
import { html, type TemplateResult } from "lit-html";
import {
  type KeptReportDefinition,
  ReportFormat,
  ReportPeriod,
  ReportSection,
} from "shadower-client/gen/shadower/reports/v1/report_definition_pb";
import {
  type Report,
  type ReportFile,
  ReportState,
} from "shadower-client/gen/shadower/reports/v1/report_pb";
import { ReportsService } from "shadower-client/gen/shadower/reports/v1/reports_service_pb";
import { act } from "../actions.ts";
import type { Context, OpenPage } from "../app.ts";
import { decimal, when, words } from "../format.ts";
import { randomId } from "../ids.ts";
import { Loading } from "../loading.ts";
import { card } from "../ui/card.ts";
import { named, table } from "../ui/table.ts";

const AGAIN_MS = 2_000;
const MOST_MS = 30_000;
const UNDER_WAY = new Set([ReportState.PENDING, ReportState.RUNNING]);

/** What was reported, what will be, and a report to have at once. */
export const open: OpenPage = (context) => {
  const page = new Reports(context);
  return { title: "Reports", render: () => page.render() };
};

interface Told {
  readonly reports: Report[];
  readonly definitions: KeptReportDefinition[];
}

class Reports {
  readonly #context: Context;
  readonly #told: Loading<Told>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = AGAIN_MS;

  constructor(context: Context) {
    this.#context = context;
    this.#told = new Loading(() => this.#ask(), context.update);
  }

  get #client() {
    return this.#context.shadower.service(ReportsService);
  }

  /** Again while one is being made. */
  async #ask(): Promise<Told> {
    const { signal } = this.#context;
    const [{ reports }, { definitions }] = await Promise.all([
      this.#client.listReports({ pageSize: 100 }, { signal }),
      this.#client.listDefinitions({ pageSize: 100 }, { signal }),
    ]);
    this.#lookAgain(reports.some((one) => UNDER_WAY.has(one.state)));
    return { reports, definitions };
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
    const form = new FormData(event.target as HTMLFormElement);
    const definition = {
      title: String(form.get("title")),
      sections: [
        ReportSection.SUMMARY,
        ReportSection.AGENTS,
        ReportSection.COST,
        ReportSection.TRENDS,
      ],
      period: Number(form.get("period")) as ReportPeriod,
      formats: [Number(form.get("format")) as ReportFormat],
      timeZone: this.#context.range.zone,
    };
    const source = { case: "definition" as const, value: definition };
    const reportId = randomId();
    const work = () => this.#client.generateReport({ reportId, source });
    void act(this.#context, event, "The report is being made", work, () => this.#told.again());
  }

  render(): TemplateResult {
    return this.#told.show(
      ({ reports, definitions }) =>
        html`${card("Have a report made", this.#form())}
          ${card("Reports", table("Reports", this.#reports(), reports, "No report was made yet. Have one made above."))}
          ${card("Made at times", table("Definitions", this.#definitions(), definitions, "Nothing is reported at times. CreateDefinition sets it up."))}`,
    );
  }

  #form(): TemplateResult {
    const periods = [
      ReportPeriod.LAST_DAY,
      ReportPeriod.LAST_WEEK,
      ReportPeriod.LAST_MONTH,
      ReportPeriod.LAST_QUARTER,
    ];
    const formats = [
      ReportFormat.HTML,
      ReportFormat.PDF,
      ReportFormat.CSV,
      ReportFormat.JSON,
      ReportFormat.XLSX,
      ReportFormat.PARQUET,
    ];
    return html`<form class="form" @submit=${(event: SubmitEvent) => this.#generate(event)}>
      <label><span>Title</span><input name="title" required maxlength="200" value="Report" /></label>
      ${choice(
        "period",
        "About",
        periods.map((one) => [one, words(ReportPeriod[one])]),
      )}
      ${choice(
        "format",
        "As",
        formats.map((one) => [one, ReportFormat[one]]),
      )}
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

  #definitions() {
    const { zone } = this.#context.range;
    return [
      {
        label: "Title",
        cell: (one: KeptReportDefinition) => named(one.definition?.title ?? "", one.definitionId),
      },
      {
        label: "About",
        cell: (one: KeptReportDefinition) => words(ReportPeriod[one.definition?.period ?? 0]),
      },
      {
        label: "Next",
        cell: (one: KeptReportDefinition) => when(one.dueTime && timestampDate(one.dueTime), zone),
      },
    ];
  }
}

function stateOf(report: Report): string {
  if (report.state === ReportState.RUNNING) return `running, ${report.progress} %`;
  return [words(ReportState[report.state]), report.failureMessage].filter(Boolean).join(": ");
}

function choice(name: string, label: string, all: [number, string | undefined][]): TemplateResult {
  return html`<label
    ><span>${label}</span>
    <select name=${name}>${all.map(([value, text]) => html`<option value=${value}>${text}</option>`)}</select></label
  >`;
}

function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), AGAIN_MS);
}
