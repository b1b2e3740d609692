import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { html, nothing, type TemplateResult } from "lit-html";
import { keyed } from "lit-html/directives/keyed.js";
import { AccessService } from "shadower-client/gen/shadower/access/v1/access_service_pb";
import type { ApiKey } from "shadower-client/gen/shadower/access/v1/api_key_pb";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import { act } from "../actions.ts";
import type { Context } from "../app.ts";
import {
  allPermissions,
  CHOSEN,
  endOf,
  LIVES,
  lastEnd,
  OVERLAPS,
  PURPOSES,
  secretsIn,
  USUAL_OVERLAP,
} from "../data/keys.ts";
import { listed, PAGE } from "../data/paging.ts";
import { when } from "../format.ts";
import { Loading } from "../loading.ts";
import { own } from "../own.ts";
import { nameOf } from "../permissions.ts";
import { pressing } from "./button.ts";
import { card } from "./card.ts";
import { boxes, choice, Filled, line } from "./fields.ts";
import { focused } from "./focus.ts";
import { lacking } from "./lacking.ts";
import { type Secret, secretOnce } from "./secret.ts";
import { named, table } from "./table.ts";

/** Keys by which programs come in. */
export class ApiKeys {
  readonly #context: Context;
  readonly #told: Loading<ApiKey[]>;
  #purpose = Object.keys(PURPOSES)[0] ?? "";
  #rotated: ApiKey | undefined;
  #secret: Secret | undefined;
  #made = 0;

  constructor(context: Context) {
    const { signal } = context;
    this.#context = context;
    const ask = (pageToken: string) =>
      this.#client.listApiKeys({ pageSize: PAGE, pageToken }, { signal });
    this.#told = new Loading(
      async () => (await listed(ask, ({ apiKeys }) => apiKeys)).all,
      context,
    );
  }

  get #client() {
    return this.#context.shadower.service(AccessService);
  }

  #act(event: Event, done: string, work: () => Promise<unknown>): Promise<unknown> {
    return act(this.#context, event, done, work, () => this.#told.again());
  }

  render(): TemplateResult {
    const may = this.#context.may(Permission.API_KEYS_WRITE);
    const none = may ? "There is no key yet. Make one above." : "There is no key yet.";
    return html`${card(
      "API keys",
      html`${may ? keyed(this.#made, this.#form()) : nothing}
        ${secretOnce(this.#context, "key", this.#secret)}
        ${this.#told.show((all) => table("API keys", this.#columns(), all, none, (one) => one.apiKeyId))}
        ${lacking(this.#context, Permission.API_KEYS_WRITE, "make, rotate or delete keys")}`,
    )}
    ${this.#rotated ? card(`Another secret for ${this.#rotated.displayName}`, keyed(this.#rotated, this.#rotation(this.#rotated))) : nothing}`;
  }

  #form(): TemplateResult {
    const purposes = Object.keys(PURPOSES).map((one) => [one, one] as const);
    const turn = (purpose: string) => {
      this.#purpose = purpose;
      this.#context.update();
    };
    return html`<form class="form" @submit=${(event: SubmitEvent) => this.#create(event)}>
      ${line("name", "Name", { isRequired: true, most: 100 })}
      ${choice("purpose", "To", purposes, this.#purpose, turn)}
      ${choice("days", "Good for", LIVES)}
      ${this.#purpose === CHOSEN ? this.#scopes() : nothing}
      <button class="primary">Make a key</button>
    </form>`;
  }

  /** Nobody gives what they do not hold. */
  #scopes(): TemplateResult {
    const held = allPermissions().filter((one) => this.#context.may(one));
    const all = held.map((one): [number, string] => [one, nameOf(one)]);
    return boxes("permissions", "It may", all, []);
  }

  #create(event: SubmitEvent): void {
    event.preventDefault();
    const form = new Filled(event.target as HTMLFormElement);
    const chosen = form.numbers("permissions");
    const asked = chosen.length ? chosen : [...(own(PURPOSES, this.#purpose) ?? [])];
    // Without any, a key would get what the role "service" has.
    if (asked.length === 0) this.#context.say("Choose what the key may do.");
    else this.#make(event, form.text("name"), asked, form.number("days"));
  }

  #make(event: Event, displayName: string, permissions: Permission[], days: number): void {
    void this.#act(event, "The key is made", async () => {
      const { secret } = await this.#client.createApiKey({
        displayName,
        permissions,
        ...(days && { expireTime: timestampFromDate(endOf(days, new Date())) }),
      });
      this.#secret = { value: secret, advice: "" };
      this.#made += 1;
    });
  }

  #rotation(key: ApiKey): TemplateResult {
    const leave = () => this.#rotate(undefined);
    return html`<form class="form" tabindex="-1" ${focused()} @submit=${(event: SubmitEvent) => this.#renew(event, key)}>
      ${choice("overlap", "Secrets of before stay good for", OVERLAPS, USUAL_OVERLAP)}
      <button class="primary">Rotate</button>
      <button type="button" @click=${leave}>Cancel</button>
      <p class="help wide">
        Programs go on with the secret that they have until then: give them the new one meanwhile.
      </p>
    </form>`;
  }

  #rotate(key: ApiKey | undefined): void {
    this.#rotated = key;
    this.#context.update();
  }

  #renew(event: SubmitEvent, { apiKeyId }: ApiKey): void {
    event.preventDefault();
    const overlap = new Filled(event.target as HTMLFormElement).number("overlap");
    void this.#act(event, "The key has another secret", async () => {
      const gracePeriod = { seconds: BigInt(overlap), nanos: 0 };
      const { apiKey, secret } = await this.#client.rotateApiKey({ apiKeyId, gracePeriod });
      this.#secret = { value: secret, advice: this.#overlapOf(apiKey) };
      this.#rotated = undefined;
    });
  }

  #overlapOf(key: ApiKey | undefined): string {
    const last = key && lastEnd(key);
    if (!last) return "Those before it are of no use any more.";
    return `Those before it are good until ${when(last, this.#context.range.zone)}.`;
  }

  #columns() {
    const { zone } = this.#context.range;
    return [
      { label: "Name", cell: (one: ApiKey) => named(one.displayName, one.apiKeyId) },
      { label: "Begins with", cell: (one: ApiKey) => html`<code>${one.prefix}</code>` },
      { label: "May", cell: (one: ApiKey) => one.permissions.map(nameOf).join(", ") },
      {
        label: "Made",
        cell: (one: ApiKey) =>
          html`${when(one.createTime && timestampDate(one.createTime), zone)} by ${named(one.createdBy)}`,
      },
      {
        label: "Good until",
        cell: (one: ApiKey) =>
          one.expireTime ? when(timestampDate(one.expireTime), zone) : "it is deleted",
      },
      {
        label: "Last used",
        cell: (one: ApiKey) =>
          one.lastUseTime ? when(timestampDate(one.lastUseTime), zone) : "never",
      },
      { label: "Secrets", cell: (one: ApiKey) => secretsIn(one, zone) },
      { label: "Do", cell: (one: ApiKey) => this.#handling(one) },
    ];
  }

  #handling(key: ApiKey): TemplateResult | typeof nothing {
    if (!this.#context.may(Permission.API_KEYS_WRITE)) return nothing;
    return html`${pressing("Rotate", key.displayName, () => this.#rotate(key))}
      ${pressing("Delete", key.displayName, (event) => this.#delete(event, key))}`;
  }

  #delete(event: Event, { apiKeyId, displayName }: ApiKey): void {
    if (!confirm(`Delete the key ${displayName}? Programs that use it are refused then.`)) return;
    void this.#act(event, "Deleted", async () => {
      await this.#client.deleteApiKey({ apiKeyId });
      if (this.#rotated?.apiKeyId === apiKeyId) this.#rotated = undefined;
    });
  }
}
