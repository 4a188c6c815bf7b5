/** A text made plain for detectors, and the way back. */
export interface Folded {
  readonly text: string
  /** The place in the original of the character at `index`, or of the end. */
  origin(index: number): number
}

/**
 * Unifies what looks the same and is written otherwise to slip through: zero-width and other invisible characters are left out,
 * full-width forms, digits of other scripts, and the many spaces and hyphens become ASCII. Letters stay as they are.
 */
export function fold(text: string): Folded {
  if (!beyondAscii.test(text)) return { text, origin: (index) => index }
  const origins: number[] = []
  let folded = ''
  let at = 0
  for (const character of text) {
    const plain = character.charCodeAt(0) < 0x80 ? character : plainForm(character)
    for (let index = 0; index < plain.length; index++) origins.push(at + (plain.length === character.length ? index : 0))
    folded += plain
    at += character.length
  }
  origins.push(text.length)
  return { text: folded, origin: (index) => origins[index] ?? text.length }
}

const beyondAscii = /[^\0-\x7f]/
const invisible = /^\p{Default_Ignorable_Code_Point}$/u
const space = /^\p{Zs}$/u
const dash = /^[\p{Pd}\u2212]$/u
const digit = /^\p{Nd}$/u
/** The zeros of the scripts whose digits aren't made ASCII by NFKC. */
const zeros = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50]

function plainForm(character: string): string {
  if (invisible.test(character)) return ''
  if (space.test(character)) return ' '
  if (dash.test(character)) return '-'
  const code = character.codePointAt(0) ?? 0
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0)
  if (!digit.test(character)) return character
  const zero = zeros.find((candidate) => code >= candidate && code < candidate + 10)
  return zero === undefined ? character.normalize('NFKC') : String(code - zero)
}
