/** Chooses the language; only then is the app read, because its constants speak already. */
import { speakChosen } from "@paicha/shared/language";
import { loadEnglish } from "./language";

void speakChosen(loadEnglish).then(() => import("./start"));
