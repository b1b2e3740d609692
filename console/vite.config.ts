import { defaultClientConditions, defineConfig } from "vite";
import { compressing } from "./build/compressing.ts";
import { sizing } from "./build/sizing.ts";

export default defineConfig({
  plugins: [sizing({ mostBytes: 100_000 }), compressing()],
  // The client as it stands here, without a build of its own.
  resolve: { conditions: ["shadower-source", ...defaultClientConditions] },
  build: {
    outDir: "../gateway/web/page",
    emptyOutDir: true,
    target: "es2022",
    // Everything that it would inline, the page's policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Of what is bundled, and so of what browsers are given.
    license: { fileName: "licenses.txt" },
  },
});
