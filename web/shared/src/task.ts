/**
 * What the person is asked to do: visits and reminders of the villages on this phone. Nobody ticks one off: a visit that names it is its end, also one
 * that this phone has only saved, and a reminder ends with what it reminded of. What a newcomer gets wrong: one for nobody in particular is for
 * everybody who inspects there.
 */
import type { Json } from "./canonical";
import { t } from "./language";
import { readOp } from "./op";
import { isLaidOver } from "./overlay";
import type { RecordState } from "./record";
import { word } from "./schema";
import { shown, shownText } from "./shown";
import type { RecordRow, Store } from "./store";
import { DAY_MS, isoDay } from "./time";
import { findRecord, viewRecord } from "./view";

/** One thing to do. */
export interface Task {
  id: string;
  village: string;
  what: "inspect" | "remind";
  /** All of it in one line. */
  text: string;
  note: string;
  /** Day, `2023-06-30`. */
  due: string;
  overdue: boolean;
  assignedBy: string;
  /** Asked of this person by name. */
  personal: boolean;
  /** A visit: its kind and where it goes. */
  kind: string;
  place: { id: string; name: string; village: string } | null;
  freePlace: string;
  /** A reminder: the hazard it is about. */
  hazard: string | null;
}

/** Roles for whom a task of nobody in particular is meant. */
const INSPECTORS = ["R1", "R2"];
/** States of a hazard in which there is something to be reminded of. */
const OPEN_STATES = ["reg", "plan", "fixing", "verify"];
/** Days before a deadline from which on it is due, as the server has it (`list_reminders.rs`). */
const DEADLINE_DAYS = 3;

/** What this person has to do, the first due first. */
export async function listTasks(store: Store, now: number): Promise<Task[]> {
  const rows = await store.records.where("kind").equals("task").toArray();
  const [user, roles] = await Promise.all([store.get("user"), store.get("roles")]);
  const inspects = (roles ?? []).some((role) => INSPECTORS.includes(role));
  const mine = rows.filter(({ state }) => {
    const whom = personIn(state);
    return shown(state, "cancelled") !== true && (whom === undefined ? inspects : whom === user?.id);
  });
  if (mine.length === 0) return [];
  const visited = await visitedTasks(store);
  const open = await Promise.all(
    mine.map(async (row) => {
      if (shownText(row.state, "what") === "inspect") return !visited.has(`${row.feed}/${row.id}`);
      return shownText(row.state, "what") === "remind" && (await isStillDue(store, row, now));
    }),
  );
  const tasks = await Promise.all(newestOfEach(mine.filter((_, at) => open[at])).map((row) => toTask(store, row, now)));
  return tasks.sort((a, b) => (a.due === b.due ? (a.id < b.id ? -1 : 1) : a.due < b.due ? -1 : 1));
}

/** One of them by its id, whoever is asked; `null` when it is not on this phone. */
export async function readTask(store: Store, id: string, now: number): Promise<Task | null> {
  const row = await findRecord(store, id);
  return row?.kind === "task" ? toTask(store, row, now) : null;
}

function personIn(state: RecordState): string | undefined {
  return (shown(state, "assignee") as { user?: string } | undefined)?.user;
}

/** Who was reminded on several days is told once. Ids of tasks do not tell their order, so the instant of making does. */
function newestOfEach(rows: RecordRow[]): RecordRow[] {
  const newest = new Map<string, RecordRow>();
  for (const row of rows) {
    const about = ["reminds", "hazard", "form_kind", "month"].map((field) => shownText(row.state, field) ?? "");
    const key = shownText(row.state, "what") === "remind" ? [row.feed, ...about].join("/") : row.id;
    const known = newest.get(key);
    if (!known || known.state.created.at < row.state.created.at) newest.set(key, row);
  }
  return [...newest.values()];
}

/** Tasks that a visit names, as `village/task`: one that the server has, or one that only this phone has so far. */
async function visitedTasks(store: Store): Promise<Set<string>> {
  const visited = new Set<string>();
  await store.records
    .where("kind")
    .equals("inspection")
    .each(({ feed, state }) => {
      const task = shownText(state, "task");
      if (task && state.submitted !== undefined && shown(state, "voided") !== true) visited.add(`${feed}/${task}`);
    });
  await store.outbox.each((row) => {
    if (!row.text.includes('"task":"') || !isLaidOver({ state: row.state, seen: row.seen === 1 }, false)) return;
    const op = readOp(row.text);
    if (op.kind === "create" && typeof op.fields.task === "string") visited.add(`${row.village}/${op.fields.task}`);
  });
  return visited;
}

async function isStillDue(store: Store, { feed, state }: RecordRow, now: number): Promise<boolean> {
  const what = shownText(state, "reminds");
  if (what === "form") return isFormOpen(store, feed, shownText(state, "form_kind"), shownText(state, "month"));
  const hazard = shownText(state, "hazard");
  const fields = hazard ? (await viewRecord(store, hazard))?.fields : undefined;
  if (!fields || !OPEN_STATES.includes(String(fields.state ?? "reg"))) return false;
  const level = String(fields.level ?? "");
  switch (what) {
    case "deadline":
      return typeof fields.deadline === "string" && fields.deadline <= isoDay(now + DEADLINE_DAYS * DAY_MS);
    case "judge":
      return level === "suspected" || level === "";
    case "dual_report":
      return level.startsWith("major") && fields["dual.regulator_at"] === undefined;
    default:
      return true;
  }
}

/** Whether a form still has to be handed in, by the last thing that happened to it. */
async function isFormOpen(store: Store, feed: string, kind: string | undefined, month: string | undefined): Promise<boolean> {
  const forms = await store.records.where("[kind+feed]").equals(["form", feed]).toArray();
  const form = forms.find(({ state }) => shownText(state, "form_kind") === kind && shownText(state, "month") === month);
  if (!form) return true;
  const events = Object.keys(form.state.fields)
    .filter((field) => field.startsWith("event."))
    .map((field) => shown(form.state, field) as { action?: string; at?: string })
    .sort((a, b) => (String(a.at) < String(b.at) ? -1 : 1));
  const last = events.filter(({ action }) => ["submit", "return", "lock"].includes(String(action))).at(-1);
  return last === undefined || last.action === "return";
}

async function toTask(store: Store, { feed, id, state }: RecordRow, now: number): Promise<Task> {
  const text = (field: string): string => shownText(state, field) ?? "";
  const nameIn = (field: string): string => String((shown(state, field) as { name?: Json } | undefined)?.name ?? "");
  const row = text("place") ? await findRecord(store, text("place")) : null;
  const place = row ? { id: row.id, name: shownText(row.state, "name") ?? t("（没有名称）"), village: row.feed } : null;
  const villages = (await store.get("villages")) ?? [];
  const where = place?.name || nameIn("free_place") || (villages.find((one) => one.id === feed)?.name ?? "");
  const due = text("due");
  return {
    id,
    village: feed,
    what: text("what") === "remind" ? "remind" : "inspect",
    text: text("text") || t("{word}：{where}", { word: word("task", "visit_kind", text("visit_kind")), where }),
    note: text("note"),
    due,
    overdue: due < isoDay(now),
    assignedBy: nameIn("assigned_by"),
    personal: personIn(state) !== undefined,
    kind: text("visit_kind"),
    place,
    freePlace: nameIn("free_place"),
    hazard: text("hazard") || null,
  };
}
