/** English of the phone app: a chunk of its own, loaded only where English was chosen. A word stands in the file of its subject, and only once. */
import { SHARED_ENGLISH } from "@paicha/shared/english/index";
import type { Catalogue } from "@paicha/shared/language";
import { hazards } from "./hazards";
import { parts } from "./parts";
import { phone } from "./phone";
import { screens } from "./screens";
import { visits } from "./visits";

export const ENGLISH: Catalogue = { ...SHARED_ENGLISH, ...hazards, ...parts, ...phone, ...screens, ...visits };
