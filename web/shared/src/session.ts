/**
 * Signing in, keeping the tokens fresh, and sending requests in the name of the person. A session that ended never touches the outbox: the
 * phone stays usable offline and drains after the next sign-in. Expiry is judged by the phone's clock only to save a round trip.
 */
import type { Env } from "./env";
import { NotEnrolledError, ProblemError, SignedOutError, TransportError } from "./errors";
import type { components } from "./generated/api";
import type { Store } from "./store";

type SessionBody = components["schemas"]["SessionBody"];
type ProblemBody = components["schemas"]["ProblemBody"];

/** Renew a token this long before it ends. */
const RENEW_BEFORE_MS = 30_000;
/** A push may work 20 s on the server. */
const ANSWER_TIMEOUT_MS = 60_000;

/** A phone: its database and what surrounds it. */
export interface Phone {
  store: Store;
  env: Env;
}

/** What a person gives to sign in; the password is not kept. */
export interface Enrolment {
  login: string;
  password: string;
  /** What people call this phone. */
  label: string;
  model: string;
}

/** Signs in and binds this database to a device of the server. Signing in again, also as another person, keeps everything on the phone: the
 * author of an operation is who did the work, not who uploads it. */
export async function enrol(phone: Phone, { login, password, label, model }: Enrolment): Promise<void> {
  const device = (await phone.store.get("device")) ?? null;
  const session = await post<SessionBody>(phone, "/v1/auth/login", { login, password, device: { id: device, label, model } });
  await keep(phone, session);
  await phone.store.set({ login });
}

/**
 * Ends the session. What was not sent yet, the photos and who did the work stay; what the server has can be fetched again, and is not left
 * for whoever picks the phone up next.
 */
export async function signOut(phone: Phone): Promise<void> {
  try {
    await call(phone, "/v1/auth/logout", { method: "POST" });
  } catch {
    // Without signal the server learns it when the token ends; the phone forgets it now.
  }
  const { store } = phone;
  await store.transaction("rw", [store.meta, store.records, store.feeds, store.news, store.previews], async () => {
    await forget(store);
    await store.set({ access_token: null, refresh_token: null, signed_out: true });
  });
}

/** Forgets what was fetched for a person. */
async function forget(store: Store): Promise<void> {
  await Promise.all([store.records.clear(), store.feeds.clear(), store.news.clear(), store.previews.clear()]);
  await store.set({ cursor: null, villages: [], roles: [] });
}

async function keep({ store, env }: Phone, session: SessionBody): Promise<void> {
  await store.transaction("rw", [store.meta, store.records, store.feeds, store.news, store.previews], async () => {
    const before = await store.get("user");
    // Whoever it was for may see more than who comes now.
    if (before && before.id !== session.user.id) await forget(store);
    await store.set({
      signed_out: false,
      access_token: session.access_token,
      access_until: env.nowMs() + session.expires_in_s * 1_000,
      refresh_token: session.refresh_token,
      user: { id: session.user.id, name: session.user.name, unit: session.user.unit },
      scope_version: session.user.scope_version,
    });
    if (session.device) await store.set({ device: session.device });
  });
}

/** Gets new tokens. A lost reply is harmless: the old refresh token holds until the new one is first used. */
async function renew(phone: Phone): Promise<string> {
  const refresh = await phone.store.get("refresh_token");
  if (!refresh) throw (await phone.store.get("user")) ? new SignedOutError() : new NotEnrolledError();
  try {
    const session = await post<SessionBody>(phone, "/v1/auth/refresh", { refresh_token: refresh });
    await keep(phone, session);
    return session.access_token;
  } catch (error) {
    if (error instanceof ProblemError && error.status === 401) {
      await phone.store.set({ access_token: null, refresh_token: null });
      throw new SignedOutError();
    }
    throw error;
  }
}

/** A token that holds, renewed if need be. */
export async function accessToken(phone: Phone): Promise<string> {
  const [token, until] = await Promise.all([phone.store.get("access_token"), phone.store.get("access_until")]);
  if (token && until !== undefined && until > phone.env.nowMs() + RENEW_BEFORE_MS) return token;
  return renew(phone);
}

/** Forgets the access token, so that the next request renews it. */
export async function distrustToken(phone: Phone): Promise<void> {
  await phone.store.set({ access_until: 0 });
}

/** Sends a request with the person's token and renews it once if the server wants that. Statuses of 400 and above are thrown. */
export async function call(phone: Phone, path: string, init: RequestInit): Promise<Response> {
  const first = await exchange(phone, path, authorised(init, await accessToken(phone)));
  if (first.status !== 401) return checked(first);
  await distrustToken(phone);
  return checked(await exchange(phone, path, authorised(init, await accessToken(phone))));
}

/** The same for JSON in and out. */
export async function callJson<T>(phone: Phone, path: string, body?: unknown): Promise<T> {
  const init = body === undefined ? { method: "GET" } : jsonPost(JSON.stringify(body));
  return read<T>(await call(phone, path, init));
}

/** A POST with a JSON body. */
export function jsonPost(body: BodyInit, headers: Record<string, string> = {}): RequestInit {
  return { method: "POST", body, headers: { "content-type": "application/json", ...headers } };
}

async function post<T>(phone: Phone, path: string, body: unknown): Promise<T> {
  return read<T>(await checked(await exchange(phone, path, jsonPost(JSON.stringify(body)))));
}

function authorised(init: RequestInit, token: string): RequestInit {
  return { ...init, headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${token}` } };
}

async function exchange({ env }: Phone, path: string, init: RequestInit): Promise<Response> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), ANSWER_TIMEOUT_MS);
  try {
    // A redirect could carry the token to somebody else's server.
    return await env.fetch(path, { ...init, signal: stop.signal, redirect: "error", cache: "no-store", credentials: "omit" });
  } catch {
    throw new TransportError(stop.signal.aborted);
  } finally {
    clearTimeout(timer);
  }
}

/** Reads a good answer; a proxy's page counts as no answer. */
export async function read<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch {
    throw new TransportError(false);
  }
}

async function checked(response: Response): Promise<Response> {
  if (response.status < 400) return response;
  const body = (await response.json().catch(() => ({}))) as Partial<ProblemBody>;
  const after = Number(response.headers.get("retry-after") ?? Number.NaN);
  throw new ProblemError(response.status, body.code ?? "", body.detail ?? body.title ?? "", Number.isFinite(after) ? after : null);
}
