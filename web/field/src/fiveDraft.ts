/** What is being filled in of a hazard's 五落实, kept with every letter, so that a killed tab loses none. One per hazard. */
import { RESPONSIBILITIES } from "@paicha/shared/five";
import { zh } from "@paicha/shared/language";
import type { Seen } from "@paicha/shared/view";
import { unitAbout } from "./entered";
import { phone } from "./phone";
import { forgiveFull, roomy } from "./room";

/** The form. */
export interface FiveForm {
  /** What the form was filled with before anything was typed. */
  seen: Seen;
  /** Texts, codes and days by field; money in yuan, as typed. */
  texts: Record<string, string>;
  /** Names, as typed. */
  guards: string;
  toRegulator: boolean;
  regulatorDay: string;
  toWorkers: boolean;
  workersDay: string;
  onBehalfOf: string;
}

const FIELDS = [
  ...["plan.owner", "plan.owner_post", "plan.measures", "plan.funds_source", "plan.contingency", "deadline", "control", "control_measure"],
  ...["dual.regulator_unit", "dual.workers_body", "dual.situation", "dual.harm", "dual.scheme", "dual.signed_by", "responsible_unit", "notice_no"],
  ...RESPONSIBILITIES.flatMap(({ fields }) => fields.map(({ field }) => field)),
];

/** The one row of a hazard's form. */
export async function fiveKey(hazard: string): Promise<string> {
  return `${await unitAbout("five", hazard)}/form`;
}

/** The form of a hazard: what was typed before, else what the hazard shows. */
export async function readFive(hazard: string, { rev, fields }: Seen): Promise<FiveForm> {
  const kept = (await phone.store.drafts.get(await fiveKey(hazard)))?.value as FiveForm | undefined;
  const text = (name: string): string => (typeof fields[name] === "string" ? fields[name] : "");
  const fen = fields["plan.funds_fen"];
  const shown: FiveForm = {
    seen: { rev, fields },
    texts: { ...Object.fromEntries(FIELDS.map((name) => [name, text(name)])), "plan.funds_fen": typeof fen === "number" ? String(fen / 100) : "" },
    guards: Array.isArray(fields.control_guards) ? fields.control_guards.join(zh("、")) : "",
    toRegulator: fields["dual.regulator_at"] !== undefined,
    regulatorDay: "",
    toWorkers: fields["dual.workers_at"] !== undefined,
    workersDay: "",
    onBehalfOf: "",
  };
  return kept ? { ...shown, ...kept, texts: { ...shown.texts, ...kept.texts } } : shown;
}

/** Keeps what was typed. */
export async function keepFive(hazard: string, form: FiveForm): Promise<void> {
  const row = { key: await fiveKey(hazard), value: JSON.parse(JSON.stringify(form)) as FiveForm };
  await roomy(() => phone.store.drafts.put(row)).catch(forgiveFull);
}

/** It was saved. */
export async function discardFive(hazard: string): Promise<void> {
  await phone.store.drafts.delete(await fiveKey(hazard));
}
