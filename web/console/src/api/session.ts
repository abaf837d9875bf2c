/**
 * Who is signed in, and the tokens that say so. The access token lives in memory; the refresh token also in this tab's session storage, so
 * that reloading an address does not sign anybody out, and nothing is left when the tab closes. Tabs of one browser share a session: a new tab
 * asks the others. What a newcomer gets wrong: two tabs may refresh at the same time; the server answers both alike until the new token is used.
 */
import { t } from "@paicha/shared/language";
import { shallowRef } from "vue";
import { noAnswer, problemOf, RequestError } from "./problem";
import type { Me, Session } from "./types";

/** Renew a token this long before it ends. */
const RENEW_BEFORE_MS = 30_000;
/** How long a new tab waits for another to share its session. */
const SHARE_WAIT_MS = 250;
const REFRESH_KEY = "paicha.refresh";

interface Tokens {
  access: string;
  /** By this browser's clock, only to save a round trip. */
  untilMs: number;
  refresh: string;
}

type TabMessage = { ask: true } | { tokens: Tokens | null };

/** The person; `null` when nobody is signed in, `undefined` before that is known. */
export const me = shallowRef<Me | null | undefined>(undefined);

let tokens: Tokens | null = null;
let renewing: Promise<string> | null = null;
const tabs = new BroadcastChannel("paicha.session");

tabs.onmessage = ({ data }: MessageEvent<TabMessage>) => {
  if ("ask" in data) {
    if (tokens) tabs.postMessage({ tokens } satisfies TabMessage);
    return;
  }
  const known = tokens !== null;
  keep(data.tokens);
  if (known && !data.tokens) me.value = null;
};

/** Finds out who is signed in: from this tab's storage, or from another tab. */
export async function resume(): Promise<void> {
  const refresh = sessionStorage.getItem(REFRESH_KEY);
  if (refresh) tokens = { access: "", untilMs: 0, refresh };
  else await askOtherTabs();
  if (!tokens) {
    me.value = null;
    return;
  }
  try {
    me.value = await readMe();
  } catch (error) {
    // Without an answer nobody knows; the sign-in page says so when it is tried.
    if (!(error instanceof RequestError)) throw error;
    me.value = null;
  }
}

/** Signs in. */
export async function signIn(login: string, password: string): Promise<void> {
  const session = await postJson<Session>("/v1/auth/login", { login, password });
  share(session);
  me.value = await readMe();
}

/** Ends the session, here and in the other tabs. */
export async function signOut(): Promise<void> {
  try {
    await send("/v1/auth/logout", { method: "POST" });
  } catch {
    // Without an answer the server learns it when the token ends; this browser forgets it now.
  }
  forget();
}

/** Sends a request in the person's name; renews the token once if the server wants that. Statuses of 400 and above are thrown. */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const first = await exchange(path, init, await accessToken());
  if (first.status !== 401) return checked(first);
  return checked(await exchange(path, init, await renew()));
}

/** A token that holds, renewed if need be. */
export async function accessToken(): Promise<string> {
  if (tokens && tokens.untilMs > Date.now() + RENEW_BEFORE_MS) return tokens.access;
  return renew();
}

/** A new token, whatever the old one says of itself. */
export function renew(): Promise<string> {
  renewing ??= exchangeRefresh().finally(() => (renewing = null));
  return renewing;
}

async function exchangeRefresh(): Promise<string> {
  if (!tokens) throw new RequestError(401, "unauthenticated", t("登录已失效，请重新登录。"));
  try {
    const session = await postJson<Session>("/v1/auth/refresh", { refresh_token: tokens.refresh });
    share(session);
    return session.access_token;
  } catch (error) {
    if (error instanceof RequestError && error.status === 401) forget();
    throw error;
  }
}

async function readMe(): Promise<Me> {
  return (await (await send("/v1/me")).json()) as Me;
}

function share(session: Session): void {
  keep({ access: session.access_token, untilMs: Date.now() + session.expires_in_s * 1_000, refresh: session.refresh_token });
  tabs.postMessage({ tokens } satisfies TabMessage);
}

function keep(next: Tokens | null): void {
  tokens = next;
  if (next) sessionStorage.setItem(REFRESH_KEY, next.refresh);
  else sessionStorage.removeItem(REFRESH_KEY);
}

function forget(): void {
  keep(null);
  me.value = null;
  tabs.postMessage({ tokens: null } satisfies TabMessage);
}

async function askOtherTabs(): Promise<void> {
  tabs.postMessage({ ask: true } satisfies TabMessage);
  await new Promise((resolve) => setTimeout(resolve, SHARE_WAIT_MS));
}

async function postJson<T>(path: string, body: unknown): Promise<T> {
  const init = { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  return (await (await checked(await exchange(path, init, null))).json()) as T;
}

async function exchange(path: string, init: RequestInit, token: string | null): Promise<Response> {
  const headers = { ...(init.headers as Record<string, string>), ...(token ? { authorization: `Bearer ${token}` } : {}) };
  try {
    // A redirect could carry the token to somebody else's server.
    return await fetch(path, { ...init, headers, redirect: "error", cache: "no-store", credentials: "omit" });
  } catch {
    throw noAnswer();
  }
}

async function checked(response: Response): Promise<Response> {
  if (response.status >= 400) throw await problemOf(response);
  return response;
}
