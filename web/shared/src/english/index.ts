/** The English that both apps share. A word stands in the file of its subject, and only once. */
import type { Catalogue } from "../language";
import { common } from "./common";
import { problems } from "./problems";
import { records } from "./records";
import { wording } from "./wording";

export const SHARED_ENGLISH: Catalogue = { ...common, ...problems, ...records, ...wording };
