/** What others wrote, on a person's terminal: it must not steer that. @module */

/** A name, or another line: nothing stays that isn't seen. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}

/** A text such as an answer: its lines and tabs stay, and what joins letters or parts words, as some scripts need it. */
export function printableText(text: string): string {
  return text.replace(/\r(?!\n)|[^\P{Cc}\r\n\t]|[\u202a-\u202e\u2066-\u2069]/gu, '?')
}
