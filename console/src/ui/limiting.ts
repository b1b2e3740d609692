import { html, nothing, type TemplateResult } from "lit-html";
import { keyed } from "lit-html/directives/keyed.js";
import { toSeconds } from "shadower-client";
import { LimitClass } from "shadower-client/gen/shadower/common/v1/limit_class_pb";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import type { Limit } from "shadower-client/gen/shadower/limits/v1/limit_pb";
import {
  type GetUsageResponse,
  LimitsService,
} from "shadower-client/gen/shadower/limits/v1/limits_service_pb";
import { QuotaKind, type QuotaUsage } from "shadower-client/gen/shadower/limits/v1/quota_pb";
import { act } from "../actions.ts";
import type { Context } from "../app.ts";
import { joined, limitsOf, periodIn, periodsWith, SCOPES, type Used } from "../data/limits.ts";
import { ABSENT, count, seconds, words } from "../format.ts";
import { failure, Loading } from "../loading.ts";
import { pressing } from "./button.ts";
import { card } from "./card.ts";
import { box, choice, Filled, line } from "./fields.ts";
import { focused } from "./focus.ts";
import { lacking } from "./lacking.ts";
import { share } from "./share.ts";
import { table } from "./table.ts";

const MOST_REQUESTS = 1_000_000_000;
const MOST_OF_QUOTA = 1_000_000_000_000;

/** How much may be asked how often, and how much a workspace may have: with what is used of it. */
export class Limits {
  readonly #context: Context;
  readonly #limits: Loading<Limit[]>;
  readonly #usage: Loading<GetUsageResponse>;
  #changed: Limit | QuotaUsage | undefined;

  constructor(context: Context) {
    const { shadower, signal } = context;
    this.#context = context;
    this.#limits = new Loading(() => limitsOf(shadower, signal), context);
    this.#usage = new Loading(() => this.#client.getUsage({}, { signal }), context);
  }

  get #client() {
    return this.#context.shadower.service(LimitsService);
  }

  get #may(): boolean {
    return this.#context.may(Permission.LIMITS_WRITE);
  }

  #act(event: Event, done: string, work: () => Promise<unknown>): void {
    const again = () => Promise.all([this.#limits.again(), this.#usage.again()]);
    const changes = async () => {
      await work();
      this.#changed = undefined;
    };
    void act(this.#context, event, done, changes, again);
  }

  render(): TemplateResult {
    return html`${card(
      "Limits",
      this.#limits.show((all) => this.#shown(all)),
    )}
      ${card(
        "Quotas",
        this.#usage.show(({ quotas }) =>
          table("Quotas", this.#quotas(), quotas, "There are no quotas.", (one) => `${one.kind}`),
        ),
      )}
      ${this.#changed ? keyed(this.#changed, this.#form(this.#changed)) : nothing}`;
  }

  #shown(all: readonly Limit[]): TemplateResult {
    const { error, value } = this.#usage;
    return html`${error && !value ? failure(error, () => void this.#usage.again()) : nothing}
      ${table("Limits", this.#columns(), joined(all, value), "Nothing is limited.", ({ limit }) => `${limit.limitClass} ${limit.scope}`)}
      ${lacking(this.#context, Permission.LIMITS_WRITE, "change limits or quotas")}`;
  }

  #form(changed: Limit | QuotaUsage): TemplateResult {
    return "limitClass" in changed ? this.#limitForm(changed) : this.#quotaForm(changed);
  }

  #change(changed: Limit | QuotaUsage | undefined): void {
    this.#changed = changed;
    this.#context.update();
  }

  #columns() {
    return [
      { label: "For", cell: ({ limit }: Used) => words(LimitClass[limit.limitClass]) },
      { label: "Of", cell: ({ limit }: Used) => SCOPES[limit.scope] },
      {
        label: "Used",
        isNumber: true,
        cell: ({ usage }: Used) => (usage ? count(usage.used) : ABSENT),
      },
      { label: "Of so many", isNumber: true, cell: ({ limit }: Used) => count(limit.amount) },
      {
        label: "Share",
        cell: ({ usage, limit }: Used) => (usage ? share(usage.used, limit.amount) : nothing),
      },
      { label: "In each", cell: ({ limit }: Used) => periodIn(limit) },
      {
        label: "More room in",
        isNumber: true,
        cell: ({ usage }: Used) => seconds(usage?.untilMore && toSeconds(usage.untilMore)),
      },
      {
        label: "Set",
        cell: ({ limit }: Used) => (limit.isDefault ? "as usual" : "for this workspace"),
      },
      ...(this.#may ? [{ label: "Do", cell: ({ limit }: Used) => this.#handling(limit) }] : []),
    ];
  }

  #handling(limit: Limit): TemplateResult {
    const { limitClass, scope, isDefault } = limit;
    const about = nameOf(limit);
    const rest = (event: Event) =>
      this.#act(event, "It is as usual again", () =>
        this.#client.deleteLimit({ limitClass, scope }),
      );
    return html`${pressing("Change", about, () => this.#change(limit))}
      ${isDefault ? nothing : pressing("As usual", about, rest)}`;
  }

  #limitForm(limit: Limit): TemplateResult {
    const { limitClass, scope, amount, period } = limit;
    const save = (event: SubmitEvent) => {
      event.preventDefault();
      const form = new Filled(event.target as HTMLFormElement);
      this.#act(event, "The limit is set", async () => {
        const amount = BigInt(form.number("amount"));
        const period = { seconds: BigInt(form.number("period")), nanos: 0 };
        await this.#client.updateLimit({ limitClass, scope, amount, period });
      });
    };
    return card(
      `Limit of ${nameOf(limit)}`,
      html`<form class="form" tabindex="-1" ${focused()} @submit=${save}>
        ${line("amount", "Requests", { value: `${amount}`, type: "number", least: 1, most: MOST_REQUESTS, step: "1", isRequired: true })}
        ${choice("period", "In each", periodsWith(limit), period ? toSeconds(period) : 60)}
        ${this.#buttons()}
      </form>`,
    );
  }

  #buttons(): TemplateResult {
    return html`<button class="primary">Save</button>
      <button type="button" @click=${() => this.#change(undefined)}>Cancel</button>`;
  }

  #quotas() {
    return [
      { label: "What", cell: (one: QuotaUsage) => KINDS[one.kind] },
      { label: "Used", isNumber: true, cell: (one: QuotaUsage) => count(one.used) },
      {
        label: "Of so many",
        isNumber: true,
        cell: (one: QuotaUsage) => (one.quota ? count(one.quota.amount) : "no quota"),
      },
      {
        label: "Share",
        cell: (one: QuotaUsage) => (one.quota ? share(one.used, one.quota.amount) : nothing),
      },
      { label: "When it is reached", cell: (one: QuotaUsage) => reached(one) },
      ...(this.#may ? [{ label: "Do", cell: (one: QuotaUsage) => this.#keeping(one) }] : []),
    ];
  }

  #keeping(usage: QuotaUsage): TemplateResult {
    const { kind, quota } = usage;
    const about = `the quota of ${KINDS[kind]}`;
    const remove = (event: Event) =>
      this.#act(event, "There is no quota any more", () => this.#client.deleteQuota({ kind }));
    return html`${pressing(quota ? "Change" : "Set", about, () => this.#change(usage))}
      ${quota ? pressing("Remove", about, remove) : nothing}`;
  }

  #quotaForm(usage: QuotaUsage): TemplateResult {
    const { kind, quota } = usage;
    const save = (event: SubmitEvent) => {
      event.preventDefault();
      const form = new Filled(event.target as HTMLFormElement);
      this.#act(event, "The quota is set", async () => {
        const amount = BigInt(form.number("amount"));
        await this.#client.updateQuota({ kind, amount, refuses: form.has("refuses") });
      });
    };
    return card(
      `Quota of ${KINDS[kind]}`,
      html`<form class="form" tabindex="-1" ${focused()} @submit=${save}>
        ${line("amount", "At most", { value: quota ? `${quota.amount}` : "", type: "number", least: 1, most: MOST_OF_QUOTA, step: "1", isRequired: true })}
        ${box("refuses", "Refuse to record more when it is reached", quota?.refuses ?? false)}
        ${this.#buttons()}
      </form>`,
    );
  }
}

const KINDS: Readonly<Record<QuotaKind, string>> = {
  [QuotaKind.UNSPECIFIED]: "",
  [QuotaKind.EXECUTIONS]: "executions this month",
  [QuotaKind.STORED_DAYS]: "days of stored facts",
};

function nameOf({ limitClass, scope }: Limit): string {
  return `${words(LimitClass[limitClass])}, ${SCOPES[scope]}`;
}

function reached({ quota }: QuotaUsage): string {
  if (!quota) return ABSENT;
  return quota.refuses ? "nothing more is recorded" : "it is told";
}
