import { isHalf } from './masking.ts'

/** A letter or sign as it is compared, and where it stands in the text. */
export type TakeCharacter = (character: string, start: number, end: number) => void

/**
 * Brings a growing text to the spelling in which words are compared: compatibility forms and case are unified (NFKC, then upper and
 * lower case, so that ß is ss), invisible characters and marks drawn over letters are left out, white space is one blank, and
 * there is one hyphen and one apostrophe. More than 512 invisible characters in a row are taken as a sign of their own, so that
 * what waits for the next letter stays bounded. A character is taken when it is known that nothing more belongs to it.
 */
export class Spelling {
  readonly #take: TakeCharacter
  #text = ''
  #dropped = 0
  #blank = false
  #invisible = 0

  constructor(take: TakeCharacter) {
    this.#take = take
  }

  /** Up to where the text was taken. */
  get position(): number {
    return this.#dropped
  }

  push(delta: string): void {
    this.#text += delta
    this.#read(false)
  }

  end(): void {
    this.#read(true)
  }

  #read(ended: boolean): void {
    const text = this.#text
    let at = 0
    while (at < text.length) {
      const next = clusterEnd(text, at, ended)
      if (next === undefined) break
      const cluster = text.slice(at, next)
      const characters = cluster.length === 1 && cluster < '\x80' ? cluster.toLowerCase() : compared(cluster)
      this.#invisible = characters === '' ? this.#invisible + cluster.length : 0
      for (const character of this.#invisible > mostInvisible ? '\0' : characters) {
        const blank = isBlank(character)
        if (!(blank && this.#blank)) this.#take(blank ? ' ' : character, this.#dropped + at, this.#dropped + next)
        this.#blank = blank
      }
      if (this.#invisible > mostInvisible) this.#invisible = 0
      at = next
    }
    this.#text = text.slice(at)
    this.#dropped += at
  }
}

/** The characters of a text as they are compared. */
export function spelled(text: string): readonly string[] {
  const characters: string[] = []
  const spelling = new Spelling((character) => characters.push(character))
  spelling.push(text)
  spelling.end()
  return characters
}

/** More signs than this don't hang on one letter: so what is undecided stays bounded. */
const clusterLimit = 32
const mostInvisible = 512
const attached = /^(?:\p{M}|\p{Default_Ignorable_Code_Point}|[\uff9e\uff9f\u1160-\u11ff])$/u
const invisible = /\p{Default_Ignorable_Code_Point}/gu
const drawnOver = /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g

function clusterEnd(text: string, at: number, ended: boolean): number | undefined {
  let end = at
  for (;;) {
    const code = text.codePointAt(end)
    if (code === undefined || (isHalf(code) && end === text.length - 1)) return ended ? text.length : undefined
    if (end > at && (code < 0x80 || !attached.test(String.fromCodePoint(code)))) return end
    end += code > 0xffff ? 2 : 1
    if (end - at >= clusterLimit) return end
  }
}

function compared(cluster: string): string {
  return cluster
    .replace(invisible, '')
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKC')
    .replace(invisible, '')
    .replace(drawnOver, '')
    .replace(/[\p{Pd}\u2212]/gu, '-')
    .replace(/[\u2018\u2019\u02bc\uff07]/g, "'")
}

function isBlank(character: string): boolean {
  return character === ' ' || (character < '!' && /\s/.test(character)) || (character > '\x7f' && /^[\s\p{Zs}]$/u.test(character))
}
