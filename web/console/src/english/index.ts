/** English of the console: a chunk of its own, loaded only where English was chosen. A word stands in the file of its subject, and only once. */
import { SHARED_ENGLISH } from "@paicha/shared/english/index";
import type { Catalogue } from "@paicha/shared/language";
import { forms } from "./forms";
import { frame } from "./frame";
import { hazard } from "./hazard";
import { imports } from "./imports";
import { people } from "./people";
import { server } from "./server";
import { tasks } from "./tasks";
import { views } from "./views";

export const ENGLISH: Catalogue = { ...SHARED_ENGLISH, ...forms, ...frame, ...hazard, ...imports, ...people, ...server, ...tasks, ...views };
