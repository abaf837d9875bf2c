/** First passwords: twelve letters and digits that nobody confuses, as the server's own imports make them (`k7mq-3fwd-9xtz`). */

const SYMBOLS = "23456789abcdefghjkmnpqrstuvwxyz";
const CHARACTERS = 12;
const GROUP = 4;

/** A new one, from the browser's secure random numbers; each symbol as likely as another. */
export function newPassword(): string {
  const fair = 256 - (256 % SYMBOLS.length);
  let symbols = "";
  while (symbols.length < CHARACTERS) {
    for (const byte of crypto.getRandomValues(new Uint8Array(CHARACTERS))) {
      if (byte < fair && symbols.length < CHARACTERS) symbols += SYMBOLS[byte % SYMBOLS.length];
    }
  }
  return symbols.replace(new RegExp(`.{${GROUP}}(?=.)`, "g"), "$&-");
}
