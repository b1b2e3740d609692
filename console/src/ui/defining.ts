import { timestampDate } from "@bufbuild/protobuf/wkt";
import { html, nothing, type TemplateResult } from "lit-html";
import { datesOf } from "shadower-client";
import type { KeptTarget } from "shadower-client/gen/shadower/notifications/v1/target_pb";
import {
  type KeptReportDefinition,
  type ReportDefinition,
  ReportFormat,
  ReportPeriod,
} from "shadower-client/gen/shadower/reports/v1/report_definition_pb";
import {
  type DueReport,
  ReportsService,
} from "shadower-client/gen/shadower/reports/v1/reports_service_pb";
import { pressed } from "../actions.ts";
import type { Context } from "../app.ts";
import {
  daysKept,
  definitionOf,
  FORMATS,
  FREQUENCIES,
  hasDay,
  hasMonth,
  hasWeekday,
  PERIODS,
  SECTIONS,
  USUAL_SECTIONS,
  WEEKDAYS,
  withFilter,
} from "../data/definitions.ts";
import { recipientsOf } from "../data/escalation.ts";
import { when } from "../format.ts";
import type { Loading } from "../loading.ts";
import { zones } from "../zones.ts";
import { type AskedOf, Draft } from "./draft.ts";
import { boxes, choice, Filled, line, stillAsked } from "./fields.ts";

interface Asked extends AskedOf<KeptReportDefinition, ReportDefinition> {
  readonly targets: Loading<KeptTarget[]>;
}

/** Says what is reported, when, and to whom. */
export class DefinitionForm {
  readonly #context: Context;
  readonly #asked: Asked;
  readonly #draft: Draft<KeptReportDefinition, ReportDefinition>;
  #frequency = 0;
  #period = ReportPeriod.LAST_WEEK;
  #due: readonly DueReport[] = [];

  constructor(context: Context, asked: Asked) {
    this.#context = context;
    this.#asked = asked;
    this.#draft = new Draft({
      ...asked,
      messageOf: ({ definition }) => definition && withFilter(definition),
      read: (form, definition) => definitionOf(new Filled(form), definition),
      begin: (definition) => this.#begin(definition),
      update: context.update,
    });
  }

  #begin(said: ReportDefinition | undefined): void {
    this.#frequency = said?.schedule?.frequency ?? 0;
    this.#period = said?.period ?? ReportPeriod.LAST_WEEK;
    this.#due = [];
  }

  render(): TemplateResult {
    const content = html`${this.#content()} ${this.#times()} ${this.#told()} ${this.#buttons()}`;
    return html`${this.#draft.render("form", content, (event) => void this.#submitted(event))}
      ${this.#due.length ? this.#preview() : nothing}`;
  }

  #buttons(): TemplateResult {
    return html`<p class="buttons wide">
      <button class="primary">${this.#draft.kept ? "Save" : "Make the definition"}</button>
      ${this.#frequency ? html`<button name="preview" value="1">When would it be made?</button>` : nothing}
      <button type="button" @click=${this.#asked.leave}>Cancel</button>
    </p>`;
  }

  #content(): TemplateResult {
    const { said } = this.#draft;
    const turn = (period: string) => {
      this.#period = Number(period);
      this.#context.update();
    };
    return html`${line("title", "Title", { value: said?.title, isRequired: true, most: 200 })}
      ${choice("period", "About", PERIODS, this.#period, turn)}
      ${this.#period === ReportPeriod.LAST_DAYS ? line("periodDays", "So many days", { value: said?.periodDays || 30, type: "number", least: 1, most: 366, isRequired: true }) : nothing}
      ${line("agents", "Only agents", { value: said?.filter?.agentIds.join(", "), placeholder: "all; or a, b" })}
      ${line("models", "Only models", { value: said?.filter?.models.join(", "), placeholder: "all; or a, b" })}
      ${line("kept", "Kept for days", { value: said && daysKept(said), type: "number", least: 0.05, most: 366, step: "any", placeholder: "30" })}
      ${boxes("sections", "Chapters", SECTIONS, said?.sections ?? USUAL_SECTIONS)}
      ${boxes("formats", "As", FORMATS, said?.formats ?? [ReportFormat.PDF])}`;
  }

  #times(): TemplateResult {
    const { said } = this.#draft;
    const schedule = said?.schedule;
    const { zone } = this.#context.range;
    const chosen = said ? said.timeZone || "UTC" : zone;
    const named = [...new Set([chosen, ...zones()])].map((one) => [one, one] as const);
    const turn = (frequency: string) => {
      this.#frequency = Number(frequency);
      this.#due = [];
      this.#context.update();
    };
    const day = { type: "number", least: 1, isRequired: true } as const;
    return html`${choice("frequency", "Made", FREQUENCIES, this.#frequency, turn)}
      ${hasWeekday(this.#frequency) ? choice("weekday", "On", WEEKDAYS, schedule?.weekday || 1) : nothing}
      ${hasDay(this.#frequency) ? line("dayOfMonth", "On day", { ...day, value: schedule?.dayOfMonth || 1, most: 31 }) : nothing}
      ${hasMonth(this.#frequency) ? line("monthOfQuarter", "Of month of the quarter", { ...day, value: schedule?.monthOfQuarter || 1, most: 3 }) : nothing}
      ${this.#frequency ? line("localTime", "At", { value: schedule?.localTime ?? "08:00", type: "time", isRequired: true }) : nothing}
      ${choice("timeZone", "On the clock of", named, chosen)}`;
  }

  #told(): TemplateResult {
    const named = this.#draft.said?.recipients ?? [];
    const { targets } = this.#asked;
    const all = recipientsOf(targets.value, named);
    const none = html`<p class="help wide">Make targets on the page Notifications, and they can be told here.</p>`;
    return html`${stillAsked(targets)}
      ${all.length ? boxes("recipients", "Told when it is there", all, named) : nothing}
      ${targets.value && all.length === 0 ? none : nothing}`;
  }

  async #submitted(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const draft = this.#draft;
    const definition = draft.read(event.target as HTMLFormElement);
    if (event.submitter?.getAttribute("name") === "preview")
      await pressed(event, () => this.#look(definition));
    else draft.error = await this.#asked.save(event, definition, draft.kept);
    this.#context.update();
  }

  async #look({ schedule, timeZone, period, periodDays }: ReportDefinition): Promise<void> {
    const { shadower, signal } = this.#context;
    const asked = { schedule, timeZone, period, periodDays };
    const client = shadower.service(ReportsService);
    try {
      this.#draft.error = undefined;
      this.#due = (await client.previewSchedule(definite(asked), { signal })).dueReports;
    } catch (error) {
      this.#draft.error = error;
    }
  }

  #preview(): TemplateResult {
    const { zone } = this.#context.range;
    return html`<div role="status">
      <p>It would be made at these times, on the clock of ${zone}:</p>
      <ul>
        ${this.#due.map(({ dueTime, interval }) => {
          const [start, end] = datesOf(interval) ?? [];
          return html`<li>
            ${when(dueTime && timestampDate(dueTime), zone)}, about ${when(start, zone)} to ${when(end, zone)}
          </li>`;
        })}
      </ul>
    </div>`;
  }
}

/** Without what is not said. */
function definite<T extends object>(asked: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const said = Object.entries(asked).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as { [K in keyof T]: Exclude<T[K], undefined> };
}
