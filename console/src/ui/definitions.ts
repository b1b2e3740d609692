import { timestampDate } from "@bufbuild/protobuf/wkt";
import { html, nothing, type TemplateResult } from "lit-html";
import { keyed } from "lit-html/directives/keyed.js";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import type { KeptTarget } from "shadower-client/gen/shadower/notifications/v1/target_pb";
import {
  type KeptReportDefinition,
  type ReportDefinition,
  ReportDefinitionSchema,
  ReportFormat,
} from "shadower-client/gen/shadower/reports/v1/report_definition_pb";
import { ReportsService } from "shadower-client/gen/shadower/reports/v1/reports_service_pb";
import { act } from "../actions.ts";
import type { Context } from "../app.ts";
import { changed } from "../data/changed.ts";
import { periodIn, scheduleIn } from "../data/definitions.ts";
import { listed, PAGE } from "../data/paging.ts";
import { targetsOf } from "../data/targets.ts";
import { ABSENT, when } from "../format.ts";
import { idOf, randomId } from "../ids.ts";
import { Loading } from "../loading.ts";
import { pressing } from "./button.ts";
import { card } from "./card.ts";
import { DefinitionForm } from "./defining.ts";
import { named, table } from "./table.ts";

/** What is reported at times, or whenever somebody asks for it. */
export class Definitions {
  readonly #context: Context;
  /** When a report was asked for. */
  readonly #asked: () => Promise<unknown>;
  readonly #told: Loading<KeptReportDefinition[]>;
  readonly #targets: Loading<KeptTarget[]>;
  #form: DefinitionForm | undefined;
  #edited: KeptReportDefinition | undefined;

  constructor(context: Context, asked: () => Promise<unknown>) {
    const { signal } = context;
    this.#context = context;
    this.#asked = asked;
    const ask = (pageToken: string) =>
      this.#client.listDefinitions({ pageSize: PAGE, pageToken }, { signal });
    this.#told = new Loading(
      async () => (await listed(ask, ({ definitions }) => definitions)).all,
      context,
    );
    this.#targets = new Loading(() => targetsOf(context), context);
  }

  get #client() {
    return this.#context.shadower.service(ReportsService);
  }

  #act(event: Event, done: string, work: () => Promise<unknown>): Promise<unknown> {
    return act(this.#context, event, done, work, () => this.#told.again());
  }

  render(): TemplateResult {
    const title = this.#edited ? `Change ${this.#edited.definition?.title}` : "New definition";
    return html`${card(
      "Definitions",
      this.#told.show((all) => this.#shown(all)),
    )}
      ${this.#form ? card(title, keyed(this.#form, this.#form.render())) : nothing}`;
  }

  #shown(all: readonly KeptReportDefinition[]): TemplateResult {
    const button = html`<p class="buttons">
      <button type="button" class="primary" @click=${() => this.#open(undefined)}>New definition</button>
    </p>`;
    return html`${table("Definitions", this.#columns(), all, "Nothing is reported at times. Make a definition, and it is.", (one) => one.definitionId)}
      ${this.#context.may(Permission.REPORTS_WRITE) ? button : nothing}`;
  }

  #open(kept: KeptReportDefinition | undefined): void {
    this.#edited = kept;
    this.#form = new DefinitionForm(this.#context, {
      kept,
      targets: this.#targets,
      load: async ({ definitionId }) =>
        (await this.#client.getDefinition({ definitionId })).definition,
      save: (event, definition, kept) => this.#save(event, kept, definition),
      leave: () => this.#leave(),
    });
    this.#context.update();
  }

  #leave(): void {
    this.#form = undefined;
    this.#context.update();
  }

  #save(event: Event, kept: KeptReportDefinition | undefined, definition: ReportDefinition) {
    return this.#act(event, kept ? "Saved" : "The definition is made", async () => {
      const definitionId = kept?.definitionId ?? idOf(definition.title, "report");
      const asked = { definitionId, definition };
      if (kept) await this.#client.updateDefinition({ ...asked, etag: kept.etag });
      else await this.#client.createDefinition(asked);
      this.#form = undefined;
    });
  }

  #columns() {
    const { zone } = this.#context.range;
    const name = (id: string) =>
      this.#targets.value?.find((one) => one.targetId === id)?.target?.name ?? id;
    return [
      {
        label: "Title",
        cell: (one: KeptReportDefinition) => named(one.definition?.title ?? "", one.definitionId),
      },
      { label: "About", cell: (one: KeptReportDefinition) => periodIn(one.definition) },
      {
        label: "As",
        cell: (one: KeptReportDefinition) =>
          one.definition?.formats.map((format) => ReportFormat[format]).join(", "),
      },
      { label: "Made", cell: scheduleIn },
      {
        label: "Next",
        cell: (one: KeptReportDefinition) => when(one.dueTime && timestampDate(one.dueTime), zone),
      },
      {
        label: "Told",
        cell: (one: KeptReportDefinition) =>
          html`<bdi>${one.definition?.recipients.map(name).join(", ") || ABSENT}</bdi>`,
      },
      { label: "Do", cell: (one: KeptReportDefinition) => this.#handling(one) },
    ];
  }

  #handling(kept: KeptReportDefinition): TemplateResult {
    if (!this.#context.may(Permission.REPORTS_WRITE)) return html`${ABSENT}`;
    const { definitionId, definition } = kept;
    const title = definition?.title ?? definitionId;
    const isOff = definition?.disabled ?? false;
    const turn = (event: Event) => this.#turn(event, kept, !isOff);
    return html`${pressing("Run now", title, (event) => this.#run(event, definitionId))}
      ${pressing("Change", title, () => this.#open(kept))}
      ${definition?.schedule ? pressing(isOff ? "Resume" : "Pause", title, turn) : nothing}
      ${pressing("Delete", title, (event) => this.#delete(event, definitionId, title))}`;
  }

  #run(event: Event, definitionId: string): void {
    const source = { case: "definitionId" as const, value: definitionId };
    const reportId = randomId();
    const work = () => this.#client.generateReport({ reportId, source });
    void act(this.#context, event, "The report is being made", work, this.#asked);
  }

  #turn(event: Event, { definitionId, definition, etag }: KeptReportDefinition, disabled: boolean) {
    if (!definition) return;
    const turned = changed(ReportDefinitionSchema, definition, { disabled });
    const asked = { definitionId, definition: turned, etag };
    const done = disabled ? "Paused" : "Resumed";
    void this.#act(event, done, () => this.#client.updateDefinition(asked));
  }

  #delete(event: Event, definitionId: string, title: string): void {
    if (!confirm(`Delete the definition ${title}? Reports that it made stay until they expire.`))
      return;
    void this.#act(event, "Deleted", async () => {
      await this.#client.deleteDefinition({ definitionId });
      if (this.#edited?.definitionId === definitionId) this.#form = undefined;
    });
  }
}
