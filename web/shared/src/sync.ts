/**
 * One whole synchronisation: push until nothing is queued, pull until there is no more, the pack, then photos. It tries again by the retry
 * policy a few times and then gives the turn back; a timer, not a new capture, must start the next one. Breaking it off anywhere loses
 * nothing. What a newcomer gets wrong: after a pull there may be something to push again (a restored server).
 */
import { isTransient, ProblemError } from "./errors";
import { refreshPack } from "./pack";
import { pullOnce } from "./pull";
import { newLink, pushOnce, type Link } from "./push";
import { waitMs } from "./retry";
import { sendPhotos } from "./send";
import type { Phone } from "./session";

const ATTEMPTS_MAX = 3;
/** Rounds of push and pull; more than one only after a restored server or a divergence. */
const ROUNDS_MAX = 4;
/** Divergences that are followed by fetching everything; more in one sync would be a loop. */
const RESYNCS_MAX = 2;
/** Longest wait between batches that is sat out inside one sync. */
const WAIT_S_MAX = 60;

/** What a sync is doing. */
export type Stage = "push" | "pull" | "photos";

/** What a sync did. */
export interface SyncReport {
  answered: number;
  changed: number;
  photosStored: number;
  photosPostponed: number;
  photosPaused: boolean;
}

/** How a sync is watched and held back. */
export interface SyncOptions {
  onStage: (stage: Stage) => void;
  /** Asked before every photo and after every piece: the person paused, or the network costs money. */
  maySendPhotos: () => boolean;
}

/** Synchronises once. Throws what ended it; what was answered before is kept. */
export async function sync(phone: Phone, { onStage, maySendPhotos }: SyncOptions): Promise<SyncReport> {
  const report: SyncReport = { answered: 0, changed: 0, photosStored: 0, photosPostponed: 0, photosPaused: false };
  const link = newLink();
  const photos = async (): Promise<void> => {
    onStage("photos");
    const round = await sendPhotos(phone, maySendPhotos, () => onStage("photos"));
    Object.assign(report, { photosStored: round.stored, photosPostponed: round.postponed, photosPaused: round.paused });
  };
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    onStage("push");
    await pushAll(phone, link, report, onStage);
    onStage("pull");
    let again = false;
    try {
      again = await pullAll(phone, report);
    } catch (error) {
      // Too old to read is not too old to hand in: photos still go.
      if (error instanceof ProblemError && error.status === 426) await photos();
      throw error;
    }
    if (!again) break;
  }
  await repeated(phone, () => refreshPack(phone));
  await photos();
  await phone.store.set({ last_sync: phone.env.nowMs() });
  return report;
}

async function pushAll(phone: Phone, link: Link, report: SyncReport, onStage: (stage: Stage) => void): Promise<void> {
  for (let idle = 0; idle <= ATTEMPTS_MAX;) {
    const round = await repeated(phone, () => pushOnce(phone, link));
    report.answered += round.answered;
    onStage("push");
    if (round.sent === 0 && !round.newLife) return;
    idle = round.answered > 0 ? 0 : idle + 1;
    if (round.waitS > 0) await phone.env.sleep(Math.min(round.waitS, WAIT_S_MAX) * 1_000);
  }
}

/** Answers whether another round of push and pull is needed. */
async function pullAll(phone: Phone, report: SyncReport): Promise<boolean> {
  for (let diverged = 0; ;) {
    const round = await repeated(phone, () => pullOnce(phone));
    report.changed += round.changed;
    diverged += round.diverged.length;
    if (round.newEpoch) return true;
    if (!round.more || diverged > RESYNCS_MAX) return false;
  }
}

/** Asks again by the retry policy while trying again can help. */
async function repeated<T>(phone: Phone, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!isTransient(error) || attempt >= ATTEMPTS_MAX) throw error;
      const retryAfterS = error instanceof ProblemError ? error.retryAfterS : null;
      await phone.env.sleep(waitMs(attempt, retryAfterS, phone.env.random()));
    }
  }
}
