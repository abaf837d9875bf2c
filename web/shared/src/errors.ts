/** Why a phone cannot do something, in words for people. What was saved stays saved in every case. */
import { t } from "./language";
import { problemTitle } from "./schema";

/** No answer came; whether the server acted is unknown, so the only right thing is to ask again. */
export class TransportError extends Error {
  constructor(readonly timedOut: boolean) {
    super(timedOut ? t("服务器没有及时回应；内容都在手机上，将自动重试") : t("连不上服务器；内容都在手机上，将自动重试"));
  }
}

/** The server answered with a problem. */
export class ProblemError extends Error {
  constructor(
    readonly status: number,
    /** Code of the problem catalogue; empty when the answer was not one of ours. */
    readonly code: string,
    title: string,
    readonly retryAfterS: number | null,
  ) {
    super(t(title) || problemTitle(code) || t("服务器回应 {status}；内容都在手机上，请稍后重试", { status }));
  }
}

/** Nobody has signed in on this phone, so there is no author. */
export class NotEnrolledError extends Error {
  constructor() {
    super(t("此手机还没有登录过；请在有网络时登录一次，之后可以离线使用"));
  }
}

/** The session is over: sign in again. Everything stays on the phone and can still be added to. */
export class SignedOutError extends Error {
  constructor() {
    super(problemTitle("unauthenticated"));
  }
}

/** Whether trying again later, without anybody doing anything, can help. */
export function isTransient(error: unknown): boolean {
  if (error instanceof TransportError) return true;
  return error instanceof ProblemError && [408, 413, 425, 429].concat([500, 502, 503, 504]).includes(error.status);
}
