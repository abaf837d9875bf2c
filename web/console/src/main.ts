/** Chooses the language; only then is the console read, because its constants speak already. */
import { speakChosen } from "@paicha/shared/language";
import { loadEnglish } from "./english/load";

void speakChosen(loadEnglish).then(() => import("./start"));
