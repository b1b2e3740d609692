import { timestampDate } from "@bufbuild/protobuf/wkt";
import { html, nothing, type TemplateResult } from "lit-html";
import { interval } from "shadower-client";
import {
  type DeadLetter,
  DeadLetterSource,
  DeadLetterState,
} from "shadower-client/gen/shadower/bus/v1/dead_letter_pb";
import { DeadLettersService } from "shadower-client/gen/shadower/bus/v1/dead_letters_service_pb";
import { ErrorReason } from "shadower-client/gen/shadower/common/v1/error_reason_pb";
import { Permission } from "shadower-client/gen/shadower/common/v1/permission_pb";
import {
  IngestService,
  type ReconcileResponse,
} from "shadower-client/gen/shadower/ingest/v1/ingest_service_pb";
import { FactKind, type LedgerEntry } from "shadower-client/gen/shadower/ingest/v1/ledger_pb";
import { act } from "../actions.ts";
import type { Context, OpenPage } from "../app.ts";
import { LATEST, type Listed, listed } from "../data/paging.ts";
import { ABSENT, count, when, words } from "../format.ts";
import { Loading } from "../loading.ts";
import { card } from "../ui/card.ts";
import { further } from "../ui/further.ts";
import { lacking, type Permitted, permitted } from "../ui/lacking.ts";
import { named, table } from "../ui/table.ts";
import { type Tile, tiles } from "../ui/tile.ts";

const LONGEST = 31 * 86_400_000;

/** What came in and what became of it, hour by hour; and what could not be handled. */
export const open: OpenPage = (context) => {
  const page = new Ingestion(context);
  return { title: "Ingestion", render: () => page.render() };
};

class Ingestion {
  readonly #context: Context;
  readonly #ledger: Permitted<Loading<ReconcileResponse>>;
  readonly #letters: Permitted<Loading<Listed<DeadLetter>>>;
  #recounts = false;

  constructor(context: Context) {
    const { shadower, signal } = context;
    this.#context = context;
    const ledger = () =>
      shadower
        .service(IngestService)
        .reconcile({ interval: this.#asked(), recount: this.#recounts }, { signal });
    const page = (pageToken: string) =>
      shadower
        .service(DeadLettersService)
        .listDeadLetters({ pageSize: LATEST, pageToken }, { signal });
    const letters = () => listed(page, ({ deadLetters }) => deadLetters, 1);
    const { LEDGER_READ, DEAD_LETTERS_READ } = Permission;
    this.#ledger = permitted(context, LEDGER_READ, () => new Loading(ledger, context));
    this.#letters = permitted(context, DEAD_LETTERS_READ, () => new Loading(letters, context));
  }

  /** The last 31 days of the range: a ledger has no more at once. */
  #asked() {
    const { start, end } = this.#context.range;
    return interval(new Date(Math.max(start.getTime(), end.getTime() - LONGEST)), end);
  }

  #recount(event: Event): void {
    this.#recounts = true;
    const work = async () => {
      await this.#ledger.value?.again();
      if (this.#ledger.value?.error) throw this.#ledger.value.error;
    };
    void act(this.#context, event, "Counted anew", work, async () => undefined);
  }

  render(): TemplateResult {
    const ledger = this.#ledger.show((told) => told.show((one) => this.#account(one)));
    const letters = this.#letters.show((told) => told.show((all) => this.#buried(all)));
    return html`${ledger} ${card("Dead letters", letters)}`;
  }

  #account(told: ReconcileResponse): TemplateResult {
    const columns = ledgerColumns(this.#context.range.zone);
    const recount = (event: Event) => this.#recount(event);
    return html`${tiles(totals(told))}
      <p class="buttons">
        <button type="button" @click=${recount}>Count the facts anew</button>
        ${told.balanced === undefined ? nothing : html`<span role="status">${judged(told.balanced)}</span>`}
      </p>
      ${card("Ledger", table("Ledger", columns, told.entries.toReversed(), "Nothing came in this time."))}`;
  }

  #buried(told: Listed<DeadLetter>): TemplateResult {
    const none = "Everything could be handled.";
    const columns = this.#letterColumns(this.#context.range.zone);
    return html`${table("Dead letters", columns, told.all, none, (one) => one.deadLetterId)}
      ${further(this.#context.route.workspace, told, "dead letters", "deadLetters")}
      ${lacking(this.#context, Permission.DEAD_LETTERS_WRITE, "replay or drop dead letters")}`;
  }

  #letterColumns(zone: string) {
    return [
      {
        label: "Failed",
        cell: (one: DeadLetter) => when(one.failTime && timestampDate(one.failTime), zone),
      },
      {
        label: "Where",
        cell: (one: DeadLetter) => `${words(DeadLetterSource[one.source])} · ${one.group}`,
      },
      { label: "Why", cell: (one: DeadLetter) => words(ErrorReason[one.reason]) },
      { label: "Message", cell: (one: DeadLetter) => named(one.message) },
      { label: "Times", isNumber: true, cell: (one: DeadLetter) => count(one.occurrences) },
      { label: "Do", cell: (one: DeadLetter) => this.#deciding(one) },
    ];
  }

  #deciding(one: DeadLetter): TemplateResult | string {
    if (one.replayTime)
      return `replayed ${when(timestampDate(one.replayTime), this.#context.range.zone)}`;
    const dropped =
      one.state === DeadLetterState.DROPPED
        ? named(`dropped by ${one.drop?.droppedBy}: ${one.drop?.reason}`)
        : undefined;
    if (!this.#context.may(Permission.DEAD_LETTERS_WRITE)) return dropped ?? ABSENT;
    const client = this.#context.shadower.service(DeadLettersService);
    const deadLetterIds = [one.deadLetterId];
    const replay = (event: Event) =>
      this.#decided(event, "Replayed", () => client.replayDeadLetters({ deadLetterIds }));
    const drop = (event: SubmitEvent) => {
      event.preventDefault();
      const reason = String(new FormData(event.target as HTMLFormElement).get("reason"));
      this.#decided(event, "Dropped", () => client.dropDeadLetters({ deadLetterIds, reason }));
    };
    return html`<button type="button" @click=${replay}>Replay</button> ${
      dropped ??
      html`<form class="buttons" @submit=${drop}>
          <input name="reason" required maxlength="1000" placeholder="Why" aria-label="Why it is dropped" />
          <button>Drop</button>
        </form>`
    }`;
  }

  #decided(
    event: Event,
    done: string,
    ask: () => Promise<{ results: { error?: { message: string } | undefined }[] }>,
  ): void {
    const work = async () => {
      const error = (await ask()).results[0]?.error;
      if (error) throw new Error(error.message);
    };
    void act(this.#context, event, done, work, async () => this.#letters.value?.again());
  }
}

function judged(balanced: boolean): string {
  return balanced
    ? "The recount equals the ledger."
    : "The recount differs from the ledger: see the column Recounted.";
}

function totals({ entries, entriesBehind }: ReconcileResponse): Tile[] {
  const sum = (of: (one: LedgerEntry) => bigint) =>
    count(entries.reduce((all, one) => all + of(one), 0n));
  return [
    { label: "Received", value: sum((one) => one.received) },
    { label: "Stored", value: sum((one) => one.stored) },
    { label: "Updated", value: sum((one) => one.updated) },
    { label: "Duplicates", value: sum((one) => one.duplicate) },
    { label: "Rejected", value: sum((one) => one.rejected) },
    {
      label: "Waiting in the log",
      value: entriesBehind === undefined ? "no log" : count(entriesBehind),
    },
  ];
}

function ledgerColumns(zone: string) {
  const number = (label: string, of: (one: LedgerEntry) => bigint | undefined) => ({
    label,
    isNumber: true,
    cell: (one: LedgerEntry) => count(of(one)),
  });
  return [
    {
      label: "Hour",
      cell: (one: LedgerEntry) => when(one.startTime && timestampDate(one.startTime), zone),
    },
    { label: "Kind", cell: (one: LedgerEntry) => words(FactKind[one.kind]) || ABSENT },
    number("Received", (one) => one.received),
    number("Stored", (one) => one.stored),
    number("Updated", (one) => one.updated),
    number("Duplicates", (one) => one.duplicate),
    number("Rejected", (one) => one.rejected),
    number("Removed", (one) => one.removed),
    number("Recounted", (one) => one.recounted),
  ];
}
