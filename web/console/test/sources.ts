/** What the sources of both apps say: every text that goes through `t`, and every Chinese text that does not. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { parse } from "vue/compiler-sfc";

const WEB = fileURLToPath(new URL("../../", import.meta.url));
const CHINESE = /[\p{Script=Han}\u3001\u3002\uff01-\uff65]/u;
/** `t` and `key` name a text that must have its English, `zh` one that stays Chinese. */
const MARKS = ["t", "key", "zh"];
/** The printed sheets of the notice: official papers, Chinese in every language. */
export const PAPERS = ["console/src/forms/Appendix1Sheet.vue", "console/src/forms/Appendix2Sheet.vue", "console/src/forms/printed.ts"];

export interface Said {
  /** Texts with the files that say them. */
  texts: Map<string, string[]>;
  /** Chinese that nobody marked, with its file. */
  unmarked: string[];
}

/** A part of a Vue template. */
interface Node {
  type: number;
  content?: string | Node;
  loc: { source: string };
  props?: { type: number; value?: { content: string }; exp?: Node }[];
  children?: Node[];
}
const ELEMENT = 1;
const TEXT = 2;
const INTERPOLATION = 5;
const ATTRIBUTE = 6;

/** Everything that the apps of these folders say. */
export function readSources(folders: string[]): Said {
  const said: Said = { texts: new Map(), unmarked: [] };
  for (const file of folders.flatMap((folder) => listFiles(`${folder}/src`))) {
    const source = readFileSync(join(WEB, file), "utf8");
    if (file.endsWith(".vue")) readComponent(said, file, source);
    else readScript(said, file, source);
  }
  return said;
}

function listFiles(folder: string): string[] {
  return readdirSync(join(WEB, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return ["generated", "english"].includes(entry.name) ? [] : listFiles(path);
    return /\.(ts|vue)$/.test(path) && !path.endsWith(".d.ts") && !PAPERS.includes(path) ? [path] : [];
  });
}

/** Script as TypeScript reads it; also the expressions of a template. */
export function readScript(said: Said, file: string, code: string): void {
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && MARKS.includes(node.expression.text)) {
      const [text, ...rest] = node.arguments;
      if (text && ts.isStringLiteralLike(text)) {
        if (node.expression.text !== "zh") said.texts.set(text.text, [...(said.texts.get(text.text) ?? []), file]);
      } else if (text) visit(text);
      rest.forEach(visit);
      return;
    }
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node) || ts.isIdentifier(node);
    if (isText && CHINESE.test(node.text)) said.unmarked.push(`${file}: ${node.text}`);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("code.ts", code, ts.ScriptTarget.Latest, true));
}

/** A component as Vue reads it. */
export function readComponent(said: Said, file: string, source: string): void {
  const { descriptor, errors } = parse(source, { filename: file });
  if (errors.length > 0) throw errors[0];
  if (descriptor.scriptSetup) readScript(said, file, descriptor.scriptSetup.content);
  const visit = (node: Node): void => {
    if (node.type === TEXT && CHINESE.test(String(node.content))) said.unmarked.push(`${file}: ${String(node.content).trim()}`);
    if (node.type === INTERPOLATION) readExpression(said, file, (node.content as Node).loc.source);
    for (const prop of node.type === ELEMENT ? (node.props ?? []) : []) {
      if (prop.type === ATTRIBUTE && CHINESE.test(prop.value?.content ?? "")) said.unmarked.push(`${file}: ${prop.value!.content}`);
      if (prop.exp) readExpression(said, file, prop.exp.loc.source);
    }
    node.children?.forEach(visit);
  };
  if (descriptor.template?.ast) visit(descriptor.template.ast as unknown as Node);
}

/** An object would be read as a block without brackets; statements of a handler cannot stand in any. */
function readExpression(said: Said, file: string, code: string): void {
  readScript(said, file, /;\s*\S/.test(code) ? code : `(${code})`);
}
