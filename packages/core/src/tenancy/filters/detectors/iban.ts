import type { Span } from '../matches.ts'
import { ibanFormats } from './iban-formats.ts'
import { pattern } from './nearby-words.ts'

/** International bank account numbers (ISO 13616): length and form of the country, and check digits that hold, in any case and grouping. */
export function* findIbans(text: string, from: number): Generator<Span> {
  beginning.lastIndex = from
  for (let match = beginning.exec(text); match !== null; match = beginning.exec(text)) {
    const start = match.index + (match[1]?.length ?? 0)
    const end = ibanEnd(text, start, match[2]?.toUpperCase() ?? '')
    beginning.lastIndex = end ?? match.index + 1
    if (end !== undefined) yield { start, end }
  }
}

const beginning: RegExp = pattern(String.raw`(?<!(?!_)<inWord>)(IBAN)?([A-Z]{2})[ \-]?[0-9]{2}`, 'giv')

function ibanEnd(text: string, start: number, country: string): number | undefined {
  const format = ibanFormats.get(country)
  if (format === undefined) return undefined
  let characters = ''
  let at = start
  while (characters.length < format.length) {
    const character = text.charAt(at)
    if (/^[A-Za-z0-9]$/.test(character)) characters += character
    else if (!/^[ .\-\n]$/.test(character) || !/^[ -]?[A-Za-z0-9]/.test(text.slice(at + 1, at + 3))) return undefined
    at++
  }
  if (/^[\p{Script=Latin}\p{N}]/u.test(text.slice(at, at + 2))) return undefined
  const iban = characters.toUpperCase()
  if (!format.account.test(iban.slice(4)) || remainder(iban.slice(4) + iban.slice(0, 4)) !== 1) return undefined
  return at
}

/** Of the number that the characters stand for (A is 10, B is 11), divided by 97 (ISO 7064). */
function remainder(characters: string): number {
  let rest = 0
  for (const character of characters) rest = Number(`${rest}${Number.parseInt(character, 36)}`) % 97
  return rest
}
