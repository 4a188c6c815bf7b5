/** What others wrote, on a person's terminal: it must not steer that. @module */

/** A name, or another line: nothing stays that isn't seen. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}

/** A text such as an answer, or a part of one: its lines and tabs stay, and what joins letters or parts words, as some scripts need it. */
export function printableText(text: string): string {
  // Where lines end by two characters, a part may end between them.
  return text.replaceAll('\r', '').replace(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu, '?')
}
