import { html, nothing, type TemplateResult } from "lit-html";
import { keyed } from "lit-html/directives/keyed.js";
import type { KeptAlertRule } from "shadower-client/gen/shadower/alerts/v1/alert_rule_pb";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import type { DeliveryAttempt } from "shadower-client/gen/shadower/notifications/v1/delivery_pb";
import { NotificationsService } from "shadower-client/gen/shadower/notifications/v1/notifications_service_pb";
import type { KeptTarget, Target } from "shadower-client/gen/shadower/notifications/v1/target_pb";
import { act } from "../actions.ts";
import type { Context, OpenPage } from "../app.ts";
import { rulesOf } from "../data/alerts.ts";
import { kindName, standingOf, subjectOf, targetsOf, turned } from "../data/targets.ts";
import { idOf } from "../ids.ts";
import { Loading } from "../loading.ts";
import { pressing } from "../ui/button.ts";
import { card } from "../ui/card.ts";
import { attempted, Deliveries } from "../ui/delivering.ts";
import { lacking, permitted } from "../ui/lacking.ts";
import { type Secret, secretOnce } from "../ui/secret.ts";
import { named, table } from "../ui/table.ts";
import { TargetForm } from "../ui/targeting.ts";

const SIGNED = "By it, whoever is told finds that a message came from here.";
const BOTH = `${SIGNED} For a day, messages are signed by the secret before it, too.`;

/** Who is told of alerts and reports, and what they were told. */
export const open: OpenPage = (context) => {
  const page = permitted(context, Permission.NOTIFICATIONS_READ, () => new Notifications(context));
  return { title: "Notifications", render: () => page.show((one) => one.render()) };
};

class Notifications {
  readonly #context: Context;
  readonly #targets: Loading<KeptTarget[]>;
  readonly #rules: Loading<KeptAlertRule[]>;
  readonly #deliveries: Deliveries;
  #form: TargetForm | undefined;
  #edited: KeptTarget | undefined;
  #secret: Secret | undefined;
  #tried: { target: KeptTarget; attempt: DeliveryAttempt | undefined } | undefined;

  constructor(context: Context) {
    const { shadower, signal } = context;
    this.#context = context;
    this.#targets = new Loading(() => targetsOf(context), context);
    this.#rules = new Loading(async () => {
      if (!context.may(Permission.ALERTS_READ)) return [];
      return (await rulesOf(shadower, signal)).all;
    }, context);
    this.#deliveries = new Deliveries(context);
  }

  get #client() {
    return this.#context.shadower.service(NotificationsService);
  }

  #act(event: Event, done: string, work: () => Promise<unknown>): Promise<unknown> {
    return act(this.#context, event, done, work, () => this.#targets.again());
  }

  render(): TemplateResult {
    return html`${card(
      "Targets",
      this.#targets.show((all) => this.#shown(all)),
    )}
      ${this.#form ? card(this.#title(), keyed(this.#form, this.#form.render())) : nothing}
      ${this.#deliveries.render(this.#targets.value ?? [])}`;
  }

  #title(): string {
    return this.#edited ? `Change ${this.#edited.target?.name}` : "New target";
  }

  #shown(all: readonly KeptTarget[]): TemplateResult {
    const mayWrite = this.#context.may(Permission.NOTIFICATIONS_WRITE);
    const isNew = () => this.#open(undefined);
    return html`${secretOnce(this.#context, "secret", this.#secret)}
      ${table("Targets", this.#columns(), all, "Nobody is told of anything yet. Make a target: a webhook, a channel, or people by mail.", (one) => one.targetId)}
      ${this.#tried ? tried(this.#tried) : nothing}
      ${lacking(this.#context, Permission.NOTIFICATIONS_WRITE, "make, change or delete targets")}
      ${mayWrite ? html`<p class="buttons"><button type="button" class="primary" @click=${isNew}>New target</button></p>` : nothing}`;
  }

  #open(kept: KeptTarget | undefined): void {
    const { update } = this.#context;
    this.#edited = kept;
    this.#form = new TargetForm({
      kept,
      rules: this.#rules,
      update,
      load: async ({ targetId }) => (await this.#client.getTarget({ targetId })).target,
      save: (event, target, kept) => this.#save(event, kept, target),
      leave: () => this.#leave(),
    });
    update();
  }

  #leave(): void {
    this.#form = undefined;
    this.#context.update();
  }

  #save(event: Event, kept: KeptTarget | undefined, target: Target): Promise<unknown> {
    return this.#act(event, kept ? "Saved" : "The target is made", async () => {
      const { secret } = kept
        ? await this.#client.updateTarget({ targetId: kept.targetId, target, etag: kept.etag })
        : await this.#client.createTarget({ targetId: idOf(target.name, "target"), target });
      if (secret) this.#secret = { value: secret, advice: SIGNED };
      this.#form = undefined;
    });
  }

  #columns() {
    return [
      { label: "Name", cell: (one: KeptTarget) => named(one.target?.name ?? "", one.targetId) },
      { label: "Kind", cell: (one: KeptTarget) => kindName(one.target) },
      { label: "Where", cell: (one: KeptTarget) => named(one.host) },
      { label: "Told of", cell: (one: KeptTarget) => html`<bdi>${subjectOf(one)}</bdi>` },
      { label: "State", cell: standingOf },
      { label: "Do", cell: (one: KeptTarget) => this.#handling(one) },
    ];
  }

  #handling(kept: KeptTarget): TemplateResult {
    const { targetId, target } = kept;
    const name = target?.name ?? targetId;
    const { may } = this.#context;
    const isOff = target?.disabled ?? false;
    const tries = pressing("Test", name, (event) => this.#try(event, kept));
    const changes = html`${pressing("Change", name, () => this.#open(kept))}
      ${pressing(isOff ? "Resume" : "Pause", name, (event) => this.#turn(event, kept, !isOff))}
      ${target?.address.case === "webhook" ? pressing("New secret", name, (event) => this.#rotate(event, kept)) : nothing}
      ${pressing("Delete", name, (event) => this.#delete(event, targetId, name))}`;
    return html`${may(Permission.NOTIFICATION_DELIVERIES_WRITE) ? tries : nothing}
      ${may(Permission.NOTIFICATIONS_WRITE) ? changes : nothing}`;
  }

  #try(event: Event, kept: KeptTarget): void {
    this.#tried = undefined;
    void this.#act(event, "The test message was tried", async () => {
      const { attempt } = await this.#client.testTarget({ targetId: kept.targetId });
      this.#tried = { target: kept, attempt };
    });
  }

  #turn(event: Event, { targetId, target, etag }: KeptTarget, disabled: boolean): void {
    if (!target) return;
    const asked = { targetId, target: turned(target, disabled), etag };
    const done = disabled ? "Paused" : "Resumed";
    void this.#act(event, done, () => this.#client.updateTarget(asked));
  }

  #rotate(event: Event, { targetId, target }: KeptTarget): void {
    if (!confirm(`Make another secret for ${target?.name}? The one of now is good for a day.`))
      return;
    void this.#act(event, "There is another secret", async () => {
      const { secret } = await this.#client.rotateSecret({ targetId });
      this.#secret = { value: secret, advice: BOTH };
    });
  }

  #delete(event: Event, targetId: string, name: string): void {
    if (!confirm(`Delete the target ${name}, with what waits for it?`)) return;
    void this.#act(event, "Deleted", async () => {
      await this.#client.deleteTarget({ targetId });
      if (this.#edited?.targetId === targetId) this.#form = undefined;
    });
  }
}

function tried({ target, attempt }: { target: KeptTarget; attempt: DeliveryAttempt | undefined }) {
  return html`<p role="status">Test of <bdi>${target.target?.name}</bdi>: <bdi>${attempted(attempt)}</bdi></p>`;
}
