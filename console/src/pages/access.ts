import { timestampDate } from "@bufbuild/protobuf/wkt";
import { html, nothing, type TemplateResult } from "lit-html";
import { toSeconds } from "shadower-client";
import { AccessService } from "shadower-client/gen/shadower/access/v1/access_service_pb";
import type { ApiKey } from "shadower-client/gen/shadower/access/v1/api_key_pb";
import { LimitClass } from "shadower-client/gen/shadower/common/v1/limit_class_pb";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import { LimitScope, type LimitUsage } from "shadower-client/gen/shadower/limits/v1/limit_pb";
import {
  type GetUsageResponse,
  LimitsService,
} from "shadower-client/gen/shadower/limits/v1/limits_service_pb";
import { QuotaKind, type QuotaUsage } from "shadower-client/gen/shadower/limits/v1/quota_pb";
import { act } from "../actions.ts";
import type { Context, OpenPage } from "../app.ts";
import { count, seconds, when, words } from "../format.ts";
import { Loading } from "../loading.ts";
import { card } from "../ui/card.ts";
import { copying } from "../ui/copying.ts";
import { named, table } from "../ui/table.ts";

/** Keys of programs, and how much may be asked how often. */
export const open: OpenPage = (context) => {
  const page = new Access(context);
  return { title: "Keys and limits", render: () => page.render() };
};

/** What a key may be made for here; the contract has finer ones. */
const PURPOSES: Readonly<Record<string, readonly Permission[]>> = {
  "Record runs, points and events": [Permission.INGEST_WRITE],
  "Read metrics and agents": [
    Permission.METRICS_READ,
    Permission.AGENTS_READ,
    Permission.WORKSPACES_READ,
  ],
};

class Access {
  readonly #context: Context;
  readonly #keys: Loading<ApiKey[]>;
  readonly #usage: Loading<GetUsageResponse>;
  #secret = "";

  constructor(context: Context) {
    const { shadower, signal, update } = context;
    this.#context = context;
    this.#keys = new Loading(
      async () => (await this.#client.listApiKeys({ pageSize: 500 }, { signal })).apiKeys,
      update,
    );
    this.#usage = new Loading(
      () => shadower.service(LimitsService).getUsage({}, { signal }),
      update,
    );
  }

  get #client() {
    return this.#context.shadower.service(AccessService);
  }

  #act(event: Event, done: string, work: () => Promise<unknown>): void {
    void act(this.#context, event, done, work, () => this.#keys.again());
  }

  #delete(event: Event, { apiKeyId, displayName }: ApiKey): void {
    if (!confirm(`Delete the key ${displayName}? Programs that use it are refused then.`)) return;
    this.#act(event, "Deleted", () => this.#client.deleteApiKey({ apiKeyId }));
  }

  #create(event: SubmitEvent): void {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const permissions = [...(PURPOSES[String(form.get("purpose"))] ?? [])];
    this.#act(event, "The key is made", async () => {
      const asked = { displayName: String(form.get("name")), permissions };
      this.#secret = (await this.#client.createApiKey(asked)).secret;
    });
  }

  render(): TemplateResult {
    return html`${card("API keys", html`${this.#form()} ${this.#shown()} ${this.#keys.show((all) => table("API keys", this.#columns(), all, "There is no key yet. Make one above."))}`)}
    ${this.#usage.show(
      (
        told,
      ) => html`${card("Limits", table("Limits", LIMITS, [...told.workspace, ...told.caller], "Nothing is limited."))}
        ${card("Quotas", table("Quotas", QUOTAS, told.quotas, "There are no quotas."))}`,
    )}`;
  }

  #form(): TemplateResult {
    return html`<form class="form" @submit=${(event: SubmitEvent) => this.#create(event)}>
      <label><span>Name</span><input name="name" required maxlength="100" /></label>
      <label
        ><span>To</span>
        <select name="purpose">${Object.keys(PURPOSES).map((one) => html`<option>${one}</option>`)}</select></label
      >
      <button class="primary">Make a key</button>
    </form>`;
  }

  /** Once: nobody can look it up again. */
  #shown(): TemplateResult | typeof nothing {
    if (!this.#secret) return nothing;
    return html`<div class="hints" role="status">
      <p>Copy this key now. It is shown this once only.</p>
      <pre tabindex="0"><code>${this.#secret}</code></pre>
      <p class="buttons">${copying("Copy the key", () => this.#secret, this.#context.say)}</p>
    </div>`;
  }

  #columns() {
    const { zone } = this.#context.range;
    return [
      { label: "Name", cell: (one: ApiKey) => named(one.displayName, one.apiKeyId) },
      { label: "Begins with", cell: (one: ApiKey) => html`<code>${one.prefix}</code>` },
      {
        label: "May",
        cell: (one: ApiKey) => one.permissions.map((which) => words(Permission[which])).join(", "),
      },
      {
        label: "Last used",
        cell: (one: ApiKey) =>
          one.lastUseTime ? when(timestampDate(one.lastUseTime), zone) : "never",
      },
      {
        label: "Do",
        cell: (one: ApiKey) =>
          html`<button type="button" aria-label="Delete ${one.displayName}"
            @click=${(event: Event) => this.#delete(event, one)}>Delete</button>`,
      },
    ];
  }
}

const LIMITS = [
  { label: "Of", cell: (one: LimitUsage) => words(LimitScope[one.limit?.scope ?? 0]) },
  { label: "For", cell: (one: LimitUsage) => words(LimitClass[one.limit?.limitClass ?? 0]) },
  { label: "Used", isNumber: true, cell: (one: LimitUsage) => count(one.used) },
  { label: "Of so many", isNumber: true, cell: (one: LimitUsage) => count(one.limit?.amount) },
  {
    label: "In each",
    isNumber: true,
    cell: (one: LimitUsage) => seconds(one.limit?.period && toSeconds(one.limit.period)),
  },
];

const QUOTAS = [
  { label: "What", cell: (one: QuotaUsage) => words(QuotaKind[one.kind]) },
  { label: "Used", isNumber: true, cell: (one: QuotaUsage) => count(one.used) },
  {
    label: "Of so many",
    isNumber: true,
    cell: (one: QuotaUsage) => (one.quota ? count(one.quota.amount) : "no quota"),
  },
];
