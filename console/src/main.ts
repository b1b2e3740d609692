import "./style/index.css";
import { render } from "lit-html";
import { Console } from "./console.ts";
import { failure } from "./loading.ts";
import { followSystem, showTheme, theme } from "./theme.ts";

showTheme(theme());
followSystem();
const root = document.getElementById("console");
if (!root) throw new Error("the page has no place for the console");
Console.open(root).catch((error: unknown) => {
  render(
    failure(error, () => location.reload()),
    root,
  );
});
