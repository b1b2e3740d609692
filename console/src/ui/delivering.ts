import { timestampDate } from "@bufbuild/protobuf/wkt";
import { html, nothing, type TemplateResult } from "lit-html";
import { toSeconds } from "shadower-client";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import { EventType } from "shadower-client/gen/shadower/ingest/v1/event_pb";
import {
  type Delivery,
  type DeliveryAttempt,
  DeliveryState,
} from "shadower-client/gen/shadower/notifications/v1/delivery_pb";
import { NotificationsService } from "shadower-client/gen/shadower/notifications/v1/notifications_service_pb";
import type { KeptTarget } from "shadower-client/gen/shadower/notifications/v1/target_pb";
import { act } from "../actions.ts";
import type { Context } from "../app.ts";
import { type Listed, listed } from "../data/paging.ts";
import { ABSENT, clock, count, seconds, when, words } from "../format.ts";
import { Loading } from "../loading.ts";
import { pressing } from "./button.ts";
import { card } from "./card.ts";
import { type Choices, choice } from "./fields.ts";
import { lacking } from "./lacking.ts";
import { named, table } from "./table.ts";

const PAGE = 50;
const STATES: Choices = [
  [DeliveryState.UNSPECIFIED, "in any state"],
  [DeliveryState.WAITING, "waiting"],
  [DeliveryState.DELIVERED, "delivered"],
  [DeliveryState.FAILED, "failed"],
];

/** What targets were told, the latest first. Which ones stands in the address. */
export class Deliveries {
  readonly #context: Context;
  readonly #target: string;
  readonly #state: DeliveryState;
  readonly #told: Loading<Listed<Delivery>>;
  #pages = 1;
  #looked: { delivery: Delivery; attempts: readonly DeliveryAttempt[] } | undefined;

  constructor(context: Context) {
    const { params } = context.route;
    this.#context = context;
    this.#target = params.get("target") ?? "";
    this.#state = Number(params.get("state")) || DeliveryState.UNSPECIFIED;
    this.#told = new Loading(() => this.#ask(), context);
  }

  get #client() {
    return this.#context.shadower.service(NotificationsService);
  }

  #ask(): Promise<Listed<Delivery>> {
    const { signal } = this.#context;
    const asked = { target: this.#target, states: this.#state ? [this.#state] : [] };
    const ask = (pageToken: string) =>
      this.#client.listDeliveries({ ...asked, pageSize: PAGE, pageToken }, { signal });
    return listed(ask, ({ deliveries }) => deliveries, this.#pages);
  }

  #act(event: Event, done: string, work: () => Promise<unknown>): void {
    void act(this.#context, event, done, work, () => this.#told.again());
  }

  render(targets: readonly KeptTarget[]): TemplateResult {
    return html`${card("Deliveries", html`${this.#filter(targets)} ${this.#told.show((one) => this.#shown(one, targets))}`)}
      ${this.#looked ? card("Attempts", this.#attempts(this.#looked)) : nothing}`;
  }

  #filter(targets: readonly KeptTarget[]): TemplateResult {
    const { change } = this.#context;
    const known = targets.map((one): [string, string] => [one.targetId, one.target?.name ?? ""]);
    const others = known.some(([id]) => id === this.#target) ? [] : [this.#target].filter(Boolean);
    const all: Choices = [
      ["", "all targets"],
      ...known,
      ...others.map((one) => [one, one] as const),
    ];
    const reads = (event: Event) => {
      event.preventDefault();
      void this.#told.again();
    };
    return html`<form class="form" @submit=${reads}>
      ${choice("target", "To", all, this.#target, (target) => change({ target }, "replace"))}
      ${choice("state", "State", STATES, this.#state, (state) => change({ state: state === "0" ? "" : state }, "replace"))}
      <button>Look again</button>
    </form>`;
  }

  #shown({ all, isWhole }: Listed<Delivery>, targets: readonly KeptTarget[]): TemplateResult {
    const more = () => {
      this.#pages += 1;
      void this.#told.again();
    };
    return html`${table("Deliveries", this.#columns(targets), all, "Nothing was told. What is, stands here for a month.", (one) => one.deliveryId)}
      ${lacking(this.#context, Permission.NOTIFICATION_DELIVERIES_WRITE, "have anything delivered again")}
      ${isWhole ? nothing : html`<p class="buttons"><button type="button" @click=${more}>Show earlier ones</button></p>`}
      ${this.#recovering()}`;
  }

  #recovering(): TemplateResult | typeof nothing {
    const may = this.#context.may(Permission.NOTIFICATION_DELIVERIES_WRITE);
    if (!may || !this.#target) return nothing;
    const targetId = this.#target;
    const recover = async () => {
      const { deliveries, remaining } = await this.#client.recoverTarget({ targetId });
      const left = remaining ? `; ${count(remaining)} are left, so press again` : "";
      this.#context.say(`${count(deliveries)} are tried again${left}`);
    };
    const work = (event: Event) => this.#act(event, "", recover);
    return html`<p class="buttons"><button type="button" @click=${work}>Try again all that this target missed</button></p>`;
  }

  #columns(targets: readonly KeptTarget[]) {
    const { zone } = this.#context.range;
    const name = (id: string) => targets.find((one) => one.targetId === id)?.target?.name ?? "";
    return [
      {
        label: "When",
        cell: (one: Delivery) => when(one.eventTime && timestampDate(one.eventTime), zone),
      },
      { label: "To", cell: (one: Delivery) => named(name(one.targetId), one.targetId) },
      { label: "What", cell: (one: Delivery) => words(EventType[one.eventType]) },
      { label: "State", cell: (one: Delivery) => this.#standing(one) },
      { label: "Attempts", isNumber: true, cell: (one: Delivery) => count(one.attempts) },
      { label: "Error", cell: (one: Delivery) => html`<bdi>${errorOf(one)}</bdi>` },
      { label: "Do", cell: (one: Delivery) => this.#handling(one) },
    ];
  }

  #standing({ state, dueTime, endTime }: Delivery): string {
    const { zone } = this.#context.range;
    const at = dueTime ?? endTime;
    const time = at ? clock(timestampDate(at), zone) : "";
    if (state === DeliveryState.WAITING) return `waiting, next at ${time}`;
    return `${words(DeliveryState[state])} at ${time}`;
  }

  #handling(delivery: Delivery): TemplateResult {
    const { deliveryId } = delivery;
    const retry = (event: Event) =>
      this.#act(event, "It is delivered as soon as may be", () =>
        this.#client.retryDelivery({ deliveryId }),
      );
    const about = `what was told at ${this.#standing(delivery)}`;
    const may = this.#context.may(Permission.NOTIFICATION_DELIVERIES_WRITE);
    return html`${pressing("Attempts", about, (event) => this.#look(event, delivery))}
      ${may ? pressing("Retry", about, retry) : nothing}`;
  }

  #look(event: Event, { deliveryId }: Delivery): void {
    const { signal } = this.#context;
    this.#act(event, "", async () => {
      const { delivery, attempts } = await this.#client.getDelivery({ deliveryId }, { signal });
      if (delivery) this.#looked = { delivery, attempts };
    });
  }

  #attempts({ attempts }: { attempts: readonly DeliveryAttempt[] }): TemplateResult {
    const { zone } = this.#context.range;
    const columns = [
      {
        label: "When",
        cell: (one: DeliveryAttempt) =>
          when(one.attemptTime && timestampDate(one.attemptTime), zone),
      },
      {
        label: "What came of it",
        cell: (one: DeliveryAttempt) => html`<bdi>${attempted(one)}</bdi>`,
      },
    ];
    return table("Attempts", columns, attempts, "It was not tried yet.");
  }
}

function errorOf({ error, statusCode }: Delivery): string {
  return [error, statusCode ? `(${statusCode})` : ""].filter(Boolean).join(" ") || ABSENT;
}

/** What came of an attempt, in words. */
export function attempted(one: DeliveryAttempt | undefined): string {
  if (!one) return ABSENT;
  const took = one.duration ? ` after ${seconds(toSeconds(one.duration))}` : "";
  const said = one.statusCode ? `, status ${one.statusCode}` : "";
  const response = one.response ? `. It answered: ${one.response}` : "";
  const came = one.delivered ? "taken" : `failed: ${one.error}`;
  return `${came}${said}${took}${response}`;
}
