/** Typed requests: paths, conditions and answers as docs/openapi.json has them. */
import type { paths } from "@paicha/shared/api";
import { send } from "./session";
import type { Act, ActDone } from "./types";

type WithMethod<M extends string> = { [P in keyof paths]: paths[P] extends Record<M, { responses: object }> ? P : never }[keyof paths];
type Operation<P extends keyof paths, M extends string> = paths[P] extends Record<M, infer O> ? O : never;
type Json<T> = T extends { content: { "application/json": infer A } } ? A : never;

/** A path that can be asked with GET. */
export type GetPath = WithMethod<"get">;
/** The JSON that a path answers. */
export type Answer<P extends keyof paths, M extends string = "get"> = Operation<P, M> extends { responses: { 200: infer R } } ? Json<R> : never;
/** The conditions that a path takes. */
export type Conditions<P extends GetPath> = Operation<P, "get"> extends { parameters: { query?: infer Q } } ? NonNullable<Q> : never;

type Plain = string | number | boolean | null | undefined;

/** Fills `{id}` and the like, and adds conditions; empty ones are left out. */
export function addressOf(path: string, parts: Record<string, string> = {}, query: Record<string, Plain> = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parts[name] ?? ""));
  const conditions = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  if (conditions.length === 0) return filled;
  return `${filled}?${new URLSearchParams(conditions.map(([name, value]) => [name, String(value)])).toString()}`;
}

/** Asks for JSON. */
export async function get<P extends GetPath>(path: P, query?: Conditions<P>, parts?: Record<string, string>): Promise<Answer<P>> {
  const answer = await send(addressOf(path, parts, query as Record<string, Plain> | undefined));
  return (await answer.json()) as Answer<P>;
}

/** An answer with its version; no value when the asker has that version already. */
export interface Versioned<T> {
  version: string;
  value: T | undefined;
}

/** Asks for a record unless it still has this version; an empty one is no version. */
export async function getVersioned<P extends "/v1/hazards/{id}" | "/v1/inspections/{id}">(
  path: P,
  parts: Record<string, string>,
  version: string,
): Promise<Versioned<Answer<P>>> {
  const answer = await send(addressOf(path, parts), version ? { headers: { "if-none-match": version } } : {});
  const now = answer.headers.get("etag") ?? "";
  return { version: now, value: answer.status === 304 ? undefined : ((await answer.json()) as Answer<P>) };
}

/** Sends JSON with `method` and reads the JSON answer, if there is one. */
export async function sendJson<T>(method: string, address: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json" };
  }
  const answer = await send(address, init);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** Does something about a hazard or inspection. The request's id makes a repeated press harmless; `useActs` keeps it. */
export function act(kind: "hazards" | "inspections", id: string, baseRev: number, what: Act, request: string): Promise<ActDone> {
  return sendJson("POST", addressOf(`/v1/${kind}/{id}/acts`, { id }), { request, base_rev: baseRev, act: what });
}

/** The act that settles fields. Their values are whatever the schema allows, which the API description cannot say. */
export function settling(fields: Record<string, unknown>, reason: string): Act {
  return { action: "settle", fields: fields as Record<string, never>, reason };
}

/** Fetches a file in the person's name and hands it to the browser as a download. */
export async function download(address: string, fallbackName: string): Promise<void> {
  const answer = await send(address);
  const link = document.createElement("a");
  const url = URL.createObjectURL(await answer.blob());
  link.href = url;
  link.download = fileName(answer.headers.get("content-disposition")) ?? fallbackName;
  link.click();
  // The browser has taken the bytes over by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The name in a Content-Disposition header; the encoded one first, because names are Chinese. */
export function fileName(header: string | null): string | undefined {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(header ?? "")?.[1];
  if (encoded) return decodeURIComponent(encoded);
  return /filename="([^"]+)"/i.exec(header ?? "")?.[1];
}
