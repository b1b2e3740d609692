import { html, nothing, type TemplateResult } from "lit-html";
import { type Comparison, Direction } from "shadower-client/gen/shadower/common/v1/statistics_pb";
import { ratio } from "../format.ts";

export interface Tile {
  readonly label: string;
  readonly value: string;
  /** With every digit, or a remark. */
  readonly detail?: string | undefined;
  readonly change?: Change | undefined;
}

export interface Change {
  /** By how much of the period before; undefined if that was nothing. */
  readonly share: number | undefined;
  readonly direction: Direction;
  /** Whether more is better, worse, or neither. */
  readonly good: "up" | "down" | "neither";
}

export function changeOf(one: Comparison | undefined, good: Change["good"]): Change | undefined {
  return one && { share: one.changeRatio, direction: one.direction, good };
}

/** Between two values, either of which may not be known. */
export function changeBetween(
  now: number | undefined,
  then: number | undefined,
  good: Change["good"],
): Change {
  if (now === undefined || then === undefined)
    return { share: undefined, direction: Direction.UNSPECIFIED, good };
  const direction = now > then ? Direction.UP : now < then ? Direction.DOWN : Direction.FLAT;
  return { share: then === 0 ? undefined : (now - then) / Math.abs(then), direction, good };
}

export function tiles(all: readonly Tile[]): TemplateResult {
  return html`<dl class="tiles">${all.map(tile)}</dl>`;
}

function tile(one: Tile): TemplateResult {
  return html`<div class="card tile">
    <dt>${one.label}</dt>
    <dd>
      <span class="value" title=${one.detail ?? nothing}>${one.value}</span>
      ${one.change ? changed(one.change) : nothing}
    </dd>
  </div>`;
}

const ARROWS: Partial<Record<Direction, string>> = {
  [Direction.UP]: "▲",
  [Direction.DOWN]: "▼",
  [Direction.FLAT]: "=",
};
const SAID: Partial<Record<Direction, string>> = {
  [Direction.UP]: "more than the period before",
  [Direction.DOWN]: "less than the period before",
  [Direction.FLAT]: "as the period before",
};

function changed(change: Change): TemplateResult {
  const arrow = ARROWS[change.direction];
  if (!arrow) return html`<span class="change">not comparable</span>`;
  const share = change.share === undefined ? "" : ratio(Math.abs(change.share));
  return html`<span class="change ${judged(change)}"
    ><span aria-hidden="true">${arrow}</span> ${share}
    <span class="unseen">${SAID[change.direction]}</span></span
  >`;
}

function judged({ direction, good }: Change): string {
  if (good === "neither" || direction === Direction.FLAT) return "";
  return (direction === Direction.UP) === (good === "up") ? "better" : "worse";
}
