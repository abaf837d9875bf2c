/**
 * The entry of an app only chooses the language; the app itself (`src/start.ts`) is read after it, because its constants speak already. The page
 * names the files of the app beforehand, so that they come together with the entry and not after it.
 */
import type { HtmlTagDescriptor, Plugin } from "vite";

interface Chunk {
  type: string;
  fileName: string;
  modules?: Record<string, unknown>;
  imports?: string[];
  viteMetadata?: { importedCss: Set<string> };
}

export function preloadStart(base: string): Plugin {
  return {
    name: "preload-start",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle }) {
        const chunks = Object.values(bundle ?? {}) as Chunk[];
        const start = chunks.find(({ modules }) => Object.keys(modules ?? {}).some((id) => id.endsWith("/src/start.ts")));
        if (!start) throw new Error("src/start.ts is no chunk of its own");
        // Sheets of what the app builds on come before its own, which change them.
        const files = needs(start, chunks);
        const parts = files.flatMap((file) => chunks.filter(({ fileName }) => fileName === file));
        const sheets = new Set(parts.flatMap(({ viteMetadata }) => [...(viteMetadata?.importedCss ?? [])]));
        const missing = (file: string): boolean => !html.includes(base + file);
        return [
          ...files.filter(missing).map((file) => tag({ rel: "modulepreload", crossorigin: true, href: base + file })),
          ...[...sheets].filter(missing).map((file) => tag({ rel: "stylesheet", crossorigin: true, href: base + file })),
        ];
      },
    },
  };
}

/** The files of a chunk and of all that it imports, what is built upon first. */
function needs(chunk: Chunk, chunks: Chunk[], seen = new Set<string>()): string[] {
  seen.add(chunk.fileName);
  const below = (chunk.imports ?? []).flatMap((name) => {
    const next = chunks.find(({ fileName }) => fileName === name);
    return next && !seen.has(name) ? needs(next, chunks, seen) : [];
  });
  return [...below, chunk.fileName];
}

function tag(attrs: HtmlTagDescriptor["attrs"]): HtmlTagDescriptor {
  return { tag: "link", attrs: attrs!, injectTo: "head" };
}
