/**
 * The phone's own database (IndexedDB by Dexie): operations, records, photos with their bytes, cursor, tokens. Every save is one transaction
 * with strict durability, so what the screen calls saved survives a killed tab and a dead battery. What a newcomer gets wrong: rows of
 * `outbox` and `photos` are never deleted; archiving empties the text of an operation that the server has in a backup.
 */
import Dexie, { type Table, type Transaction } from "dexie";
import type { Json } from "./canonical";
import { newRandomId } from "./ids";
import { t } from "./language";
import type { OpState } from "./outbox";
import type { RecordState } from "./record";
import type { OpResult } from "./wire";

/** One operation of the outbox. */
export interface OutboxRow {
  /** Order of saving. */
  saved?: number;
  opId: string;
  incarnation: string;
  seq: number;
  groupId: string;
  groupI: number;
  groupN: number;
  digest: string;
  /** The frozen operation; empty once archived. */
  text: string;
  village: string;
  record: string;
  madeAt: number;
  state: OpState;
  result: OpResult | null;
  /** 1 when a pulled page already shows its effect. */
  seen: 0 | 1;
}

/** One village on the phone. */
export interface FeedRow {
  feed: string;
  /** The phone has it up to here; -1 while everything is fetched anew. */
  position: number;
  head: number;
  /** When the village left the scope, until when its work is taken as usual. */
  drainUntil: number | null;
}

/** One record as the server last told it. */
export interface RecordRow {
  feed: string;
  id: string;
  kind: string;
  rev: number;
  vrev: number;
  number: string | null;
  state: RecordState;
  stale: 0 | 1;
}

/** One photo and how far it was sent. */
export interface PhotoRow {
  photo: string;
  /** The operation that declares it. */
  opId: string;
  /** The record it is declared on. */
  record: string;
  sha256: string;
  length: number;
  mime: string;
  urgency: number;
  madeAt: number;
  uploadUrl: string | null;
  /** Bytes the server is known to have; for showing only. */
  sent: number;
  /** 1 while the server lacks bytes of it. */
  owed: 0 | 1;
  storedAt: number | null;
}

/** What became of an operation that waited. */
export interface OutcomeRow {
  opId: string;
  status: string;
  field: string | null;
  text: string;
  toldAt: number;
}

/** Something the person should hear of. */
export interface NewsRow {
  n?: number;
  at: number;
  record: string;
  /** `rule`: a rule decided about this phone's value; `change`: somebody else changed it; `outcome`: people answered. */
  what: "rule" | "change" | "outcome";
  field: string;
  /** The rule, or the status of an outcome. */
  by: string;
  /** What this phone wrote, or had before. */
  mine: Json | null;
  /** What is shown since, or what was said. */
  now: Json | null;
  unread: 0 | 1;
}

/** A small value by name: this life, who is signed in, tokens, cursor, settings. */
export interface MetaRow {
  key: string;
  value: unknown;
}

/** The database. */
export class Store extends Dexie {
  meta!: Table<MetaRow, string>;
  outbox!: Table<OutboxRow, number>;
  feeds!: Table<FeedRow, string>;
  records!: Table<RecordRow, [string, string]>;
  photos!: Table<PhotoRow, string>;
  /** The originals, apart from their rows so that lists stay light. */
  photoBytes!: Table<{ photo: string; bytes: Blob }, string>;
  /** Copies of others' photos to look at without signal. */
  previews!: Table<{ photo: string; bytes: Blob }, string>;
  /** Room kept for the photo that finds the phone full (`reserve.ts`). */
  reserve!: Table<{ key: string; bytes: Blob }, string>;
  outcomes!: Table<OutcomeRow, string>;
  /** What the person should hear of: rules that decided, changes by others, answers of people. */
  news!: Table<NewsRow, number>;
  /** The finding being entered, so that a killed tab loses no tap. */
  drafts!: Table<{ key: string; value: unknown }, string>;

  constructor(name = "paicha") {
    super(name, { chromeTransactionDurability: "strict" });
    this.version(1).stores({
      meta: "key",
      outbox: "++saved, &opId, [incarnation+seq], [state+incarnation+seq], state, record, village",
      feeds: "feed",
      records: "[feed+id], id, kind, [kind+feed]",
      photos: "photo, opId, record, owed, sha256",
      photoBytes: "photo",
      outcomes: "opId, toldAt",
      news: "++n, record, unread",
      drafts: "key",
    });
    this.version(2).stores({ previews: "photo", reserve: "key", photos: "photo, opId, record, owed, sha256, madeAt" });
    this.on("populate", (transaction: Transaction) => {
      void transaction.table("meta").bulkAdd([
        { key: "incarnation", value: newRandomId() },
        { key: "last_seq", value: 0 },
      ]);
    });
  }

  /** A small value, or `undefined`. */
  async get<K extends keyof Meta>(key: K): Promise<Meta[K] | undefined> {
    return (await this.meta.get(key))?.value as Meta[K] | undefined;
  }

  /** Sets small values; part of the caller's transaction if there is one. */
  async set(values: Partial<Meta>): Promise<void> {
    await this.meta.bulkPut(Object.entries(values).map(([key, value]) => ({ key, value })));
  }
}

/** Who is signed in on this phone. */
export interface SignedIn {
  id: string;
  name: string;
  unit: string;
}

/** The small values and their types. */
export interface Meta {
  incarnation: string;
  parent: string | null;
  last_seq: number;
  device: string;
  user: SignedIn;
  /** The person said that they were done with this phone; nothing but signing in is open. */
  signed_out: boolean;
  login: string;
  access_token: string | null;
  access_until: number;
  refresh_token: string | null;
  cursor: string | null;
  epoch: string;
  scope_version: number;
  hlc: string;
  anchor: { text: string; boot: string; monoUs: number; rttUs: number };
  durable_to: number;
  last_sync: number;
  villages: { id: string; name: string; top: boolean }[];
  /** Codes of the roles that the person holds somewhere. */
  roles: string[];
  catalogue: Catalogue;
  catalogue_at: number;
  settings: Settings;
}

/** What the person chose on this phone. */
export interface Settings {
  largeText: boolean;
  /** Send photos over WLAN only. */
  wifiOnly: boolean;
  /** The person stopped photos until they say otherwise. */
  photosPaused: boolean;
}

/** One verified item of a standard. */
export interface CatalogueItem {
  code: string;
  article: string;
  text: string;
  /** Types of places and 行业领域 that it is about; nothing where it is about all of its standard's. */
  placeTypes?: string[];
  sectors?: string[];
}

/** One standard. */
export interface CatalogueStandard {
  code: string;
  title: string;
  /** 行业领域; nothing where it is about all. */
  sector: string | null;
  kind: "criteria" | "checklist";
  /** First and last day in force, `2023-05-15`; the last one is empty while it is not known. */
  from: string;
  to: string;
  items: CatalogueItem[];
}

/** Standards in force from the day it was fetched until `until`, with their verified items. */
export interface Catalogue {
  version: string;
  until: string;
  standards: CatalogueStandard[];
}

/** This life of the database. */
export interface Life {
  incarnation: string;
  parent: string | null;
  lastSeq: number;
}

/** Reads this life; part of the caller's transaction if there is one. */
export async function readLife(store: Store): Promise<Life> {
  const [incarnation, parent, lastSeq] = await Promise.all([store.get("incarnation"), store.get("parent"), store.get("last_seq")]);
  if (!incarnation || lastSeq === undefined) throw new Error(t("手机数据库不完整；内容都还在，请联系技术人员"));
  return { incarnation, parent: parent ?? null, lastSeq };
}
