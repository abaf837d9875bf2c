/**
 * Speaking instead of typing, where the browser can listen. What a newcomer gets wrong: most browsers send the sound to their maker's server, so it
 * needs network; that is said before and after, and nothing that was typed is touched.
 */
import { t } from "@paicha/shared/language";
import { onScopeDispose, ref, type Ref } from "vue";

interface Heard {
  results: ArrayLike<ArrayLike<{ transcript: string }> & { isFinal: boolean }>;
  resultIndex: number;
}

interface Recognition {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  onresult: ((heard: Heard) => void) | null;
  onerror: ((event: { error: string }) => void) | null;
  onend: (() => void) | null;
  start(): void;
  stop(): void;
  abort(): void;
}

type RecognitionClass = new () => Recognition;

function recognitionClass(): RecognitionClass | undefined {
  const names = globalThis as { SpeechRecognition?: RecognitionClass; webkitSpeechRecognition?: RecognitionClass };
  return names.SpeechRecognition ?? names.webkitSpeechRecognition;
}

/** Why nothing was heard, in words. */
export function troubleText(error: string): string {
  switch (error) {
    case "network":
      return t("语音输入要连网，现在连不上。请打字，内容照常保存");
    case "not-allowed":
    case "service-not-allowed":
      return t("没有允许使用话筒。可以在浏览器设置里允许，或打字");
    case "no-speech":
      return t("没有听到声音，请再说一次");
    case "audio-capture":
      return t("找不到话筒，请打字");
    default:
      return t("语音输入没有成功，请打字");
  }
}

/** Listening for one text field. */
export interface Voice {
  /** The browser can listen at all. */
  possible: boolean;
  listening: Ref<boolean>;
  /** What went wrong, in words. */
  trouble: Ref<string>;
  toggle: () => void;
}

/** Listens while the person wants it; every finished sentence goes to `take`. */
export function useVoice(take: (sentence: string) => void): Voice {
  const Class = recognitionClass();
  const listening = ref(false);
  const trouble = ref("");
  let recognition: Recognition | null = null;

  function toggle(): void {
    if (recognition) return recognition.stop();
    trouble.value = "";
    if (!Class) return;
    if (!navigator.onLine) {
      trouble.value = troubleText("network");
      return;
    }
    recognition = new Class();
    Object.assign(recognition, { lang: "zh-CN", continuous: false, interimResults: false });
    recognition.onresult = ({ results, resultIndex }) => {
      for (let at = resultIndex; at < results.length; at += 1) {
        const sentence = results[at]!.isFinal ? results[at]![0]!.transcript.trim() : "";
        if (sentence !== "") take(sentence);
      }
    };
    recognition.onerror = ({ error }) => {
      if (error !== "aborted") trouble.value = troubleText(error);
    };
    recognition.onend = () => {
      listening.value = false;
      recognition = null;
    };
    listening.value = true;
    recognition.start();
  }

  onScopeDispose(() => recognition?.abort());
  return { possible: Class !== undefined, listening, trouble, toggle };
}
