import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin, Rollup } from "vite";

interface Limits {
  /** Of the scripts that the overview needs, compressed by gzip. */
  readonly mostBytes: number;
}

const FIRST_PAGE = "overview";

/** Prints how large the scripts of the first page are, and fails the build if they grow too large. */
export function sizing({ mostBytes }: Limits): Plugin {
  return {
    name: "sizing",
    writeBundle({ dir = "" }, bundle) {
      const chunks = Object.values(bundle).filter((one) => one.type === "chunk");
      const weigh = (some: Rollup.OutputChunk[]) =>
        sum(some.map((one) => weightOf(join(dir, one.fileName))));
      const bytes = weigh(reached(chunks, chunks.filter(isFirst)));
      const all = weigh(chunks);
      const told = { firstPageBytes: bytes, mostBytes, allBytes: all };
      writeFileSync(join(dir, "sizes.json"), JSON.stringify(told));
      console.info(`scripts of the first page: ${bytes} bytes by gzip, of all pages: ${all}`);
      if (bytes > mostBytes) this.error(`the first page may have ${mostBytes} bytes of script`);
    },
  };
}

function weightOf(path: string): number {
  return gzipSync(readFileSync(path), { level: 9 }).length;
}

function isFirst(chunk: Rollup.OutputChunk): boolean {
  return chunk.isEntry || chunk.facadeModuleId?.endsWith(`/${FIRST_PAGE}.ts`) === true;
}

/** Those chunks and all that they import from the start. */
function reached(chunks: Rollup.OutputChunk[], from: Rollup.OutputChunk[]): Rollup.OutputChunk[] {
  const found = new Set(from);
  for (const one of found)
    for (const name of one.imports) {
      const next = chunks.find((chunk) => chunk.fileName === name);
      if (next) found.add(next);
    }
  return [...found];
}

function sum(numbers: number[]): number {
  return numbers.reduce((one, other) => one + other, 0);
}
