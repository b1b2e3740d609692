import { html, nothing, type TemplateResult } from "lit-html";
import { guard } from "lit-html/directives/guard.js";
import { customKey, localEnds, PRESETS, type Range } from "../range.ts";
import { zones } from "../zones.ts";

type Chosen = (params: { range?: string; zone?: string }) => void;
const CUSTOM = "custom";

/** Which time, on the clock of which zone. */
export function rangePicker(range: Range, chosen: Chosen): TemplateResult {
  const isCustom = !Object.hasOwn(PRESETS, range.key);
  return html`<div class="range" role="group" aria-label="Time range">
    <label
      ><span>Time</span>
      <select @change=${(event: Event) => preset(event, range, chosen)}>
        ${Object.entries(PRESETS).map(
          ([key, one]) =>
            html`<option value=${key} .selected=${key === range.key}>${one.label}</option>`,
        )}
        <option value=${CUSTOM} .selected=${isCustom}>From … to …</option>
      </select></label
    >
    ${isCustom ? ends(range, chosen) : nothing}
    <label
      ><span>Zone</span>
      <select @change=${(event: Event) => chosen({ zone: chosenIn(event) })}>
        ${guard([range.zone], () => zonesBeside(range.zone))}
      </select></label
    >
  </div>`;
}

/** Some four hundred, so only when another one is chosen. */
function zonesBeside(chosen: string): TemplateResult[] {
  return [...new Set([chosen, ...zones()])].map(
    (zone) => html`<option value=${zone} .selected=${zone === chosen}>${zone}</option>`,
  );
}

function chosenIn(event: Event): string {
  return (event.target as HTMLSelectElement).value;
}

function preset(event: Event, range: Range, chosen: Chosen): void {
  const key = chosenIn(event);
  const ends = () => customKey(...localEnds(range));
  // Both, since local times mean nothing without their zone.
  chosen({ range: key === CUSTOM ? ends() : key, zone: range.zone });
}

function ends(range: Range, chosen: Chosen): TemplateResult {
  const [start, end] = localEnds(range);
  const changed = (from: string, to: string) => {
    if (from && to && from < to) chosen({ range: customKey(from, to), zone: range.zone });
  };
  return html`<label
      ><span>From</span>
      <input
        type="datetime-local"
        .value=${start}
        max=${end}
        @change=${(event: Event) => changed(chosenIn(event), end)}
    /></label>
    <label
      ><span>To</span>
      <input
        type="datetime-local"
        .value=${end}
        min=${start}
        @change=${(event: Event) => changed(start, chosenIn(event))}
    /></label>`;
}
