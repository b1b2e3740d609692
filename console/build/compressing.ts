import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const LEAST_BYTES = 512;
const TEXTS = /\.(css|html|js)$/;

/** Puts what browsers take compressed beside each file, so that nobody compresses while serving. */
export function compressing(): Plugin {
  return {
    name: "compressing",
    // What is written is what is served: before, other plugins still change it.
    writeBundle({ dir = "" }, bundle) {
      for (const name of Object.keys(bundle)) {
        if (TEXTS.test(name)) compress(join(dir, name));
      }
    },
  };
}

function compress(path: string): void {
  const content = readFileSync(path);
  if (content.length < LEAST_BYTES) return;
  writeFileSync(`${path}.br`, brotliCompressSync(content));
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
}
