/** Why a request failed, in words for the person at the console. */

import { t } from "@paicha/shared/language";
import type { FormCheck } from "./types";

/** The server answered with a problem of its catalogue, or did not answer. */
export class RequestError extends Error {
  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    /** Code of the problem catalogue; empty when the answer was not one of ours. */
    readonly code: string,
    message: string,
    /** What must be mended, row by row, for an import file. */
    readonly faults: RowFault[] = [],
    /** What stands against handing in or locking a form. */
    readonly checks: FormCheck[] = [],
  ) {
    super(message);
  }
}

/** A row of an import file that must be mended. */
export interface RowFault {
  row: number;
  column: string;
  value: string;
  message: string;
}

interface ProblemBody {
  code?: string;
  title?: string;
  detail?: string | null;
  errors?: RowFault[];
  checks?: FormCheck[];
}

/** What the person reads when nothing came back. */
const NO_ANSWER = t("连不上服务器，没有改动任何内容。请检查网络后重试。");

/** Reads a bad answer. */
export async function problemOf(response: Response): Promise<RequestError> {
  const body = (await response.json().catch(() => ({}))) as ProblemBody;
  const words = [body.title, body.detail].filter((text): text is string => Boolean(text)).map((text) => t(text));
  const text = words.join(" ") || t("服务器回应 {status}，请稍后重试。", { status: response.status });
  return new RequestError(response.status, body.code ?? "", text, body.errors ?? [], body.checks ?? []);
}

/** The error of a request that got no answer. */
export function noAnswer(): RequestError {
  return new RequestError(0, "", NO_ANSWER);
}

/** What to show for anything that was thrown. */
export function wordsOfError(error: unknown): string {
  return error instanceof RequestError ? error.message : t("页面出错，请刷新后重试。");
}
