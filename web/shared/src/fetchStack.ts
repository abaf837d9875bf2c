/** Requests of an upload by `fetch`, for service workers, which have no XMLHttpRequest. */
import type { HttpRequest, HttpResponse, HttpStack } from "tus-js-client";

class FetchRequest implements HttpRequest {
  private readonly headers = new Map<string, string>();
  private readonly stop = new AbortController();
  private tell: (sent: number) => void = () => undefined;

  constructor(
    private readonly method: string,
    private readonly url: string,
  ) {}

  getMethod(): string {
    return this.method;
  }

  getURL(): string {
    return this.url;
  }

  setHeader(name: string, value: string): void {
    this.headers.set(name, value);
  }

  getHeader(name: string): string | undefined {
    return this.headers.get(name);
  }

  setProgressHandler(handler: (sent: number) => void): void {
    this.tell = handler;
  }

  async send(body: Blob | null = null): Promise<HttpResponse> {
    const init = { method: this.method, headers: Object.fromEntries(this.headers), body, signal: this.stop.signal };
    const answer = await fetch(this.url, { ...init, redirect: "error", cache: "no-store", credentials: "omit" });
    const text = await answer.text();
    this.tell(body?.size ?? 0);
    return {
      getStatus: () => answer.status,
      getHeader: (name) => answer.headers.get(name) ?? undefined,
      getBody: () => text,
      getUnderlyingObject: () => answer,
    };
  }

  abort(): Promise<void> {
    this.stop.abort();
    return Promise.resolve();
  }

  getUnderlyingObject(): undefined {
    return undefined;
  }
}

/** Where there is no XMLHttpRequest; elsewhere the library's own. */
export function httpStackHere(): { httpStack: HttpStack } | Record<string, never> {
  if (typeof XMLHttpRequest === "function") return {};
  return { httpStack: { createRequest: (method, url) => new FetchRequest(method, url), getName: () => "fetch" } };
}
