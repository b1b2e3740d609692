import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const LEAST_BYTES = 512;

/** Puts what browsers take compressed beside each file, so that nobody compresses while serving. */
export function compressing(): Plugin {
  return {
    name: "compressing",
    enforce: "post",
    generateBundle(_, bundle) {
      for (const [fileName, one] of Object.entries(bundle)) {
        const content = Buffer.from(one.type === "chunk" ? one.code : one.source);
        if (content.length < LEAST_BYTES) continue;
        this.emitFile({
          type: "asset",
          fileName: `${fileName}.br`,
          source: brotliCompressSync(content),
        });
        this.emitFile({
          type: "asset",
          fileName: `${fileName}.gz`,
          source: gzipSync(content, { level: 9 }),
        });
      }
    },
  };
}
