const KEPT = "shadower.theme";
export const CHANGED = "shadower-theme";
const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export function theme(): Theme {
  const found = localStorage.getItem(KEPT);
  return THEMES.find((one) => one === found) ?? "system";
}

export function showTheme(chosen: Theme): void {
  localStorage.setItem(KEPT, chosen);
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  // Pictures on canvases have to be drawn anew.
  dispatchEvent(new Event(CHANGED));
}

export function nextTheme(): Theme {
  return THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length] ?? "system";
}

/** Told when the system changes its mind as well. */
export function followSystem(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => dispatchEvent(new Event(CHANGED)));
}
