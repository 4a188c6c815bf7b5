/** Text whose claims carry the places that they are from. @module */
import type { Citation } from '../../../rag/answer/cite-claims.ts'
import type { StepResult } from '../../run/journal.ts'

export type Place = Omit<Citation, 'claim_start' | 'claim_end'>

/** Words of ours, or a claim. */
export type Part = string | { readonly claim: string; readonly places: readonly Place[] }

/** Builds a text: behind each claim stand the numbers of its sources, and its citations point at the claim exactly. */
export class CitedText {
  readonly #sources: string[] = []
  readonly #citations: Citation[] = []
  #text = ''

  add(...parts: readonly Part[]): this {
    for (const part of parts) {
      if (typeof part === 'string') this.#text += part
      else this.#cite(part.claim, part.places)
    }
    return this
  }

  /** Sources of what is said without a claim of its own. */
  name(sources: readonly string[]): this {
    for (const source of sources) this.#numberOf(source)
    return this
  }

  get sources(): readonly string[] {
    return this.#sources
  }

  result(): StepResult {
    return { text: this.#text, sources: [...this.#sources], citations: [...this.#citations] }
  }

  #cite(claim: string, places: readonly Place[]): void {
    const start = this.#text.length
    const numbers = [...new Set(places.map(({ source }) => this.#numberOf(source)))]
    this.#text += claim + numbers.map((number) => ` [${number}]`).join('')
    for (const place of places) this.#citations.push({ claim_start: start, claim_end: start + claim.length, ...place })
  }

  #numberOf(source: string): number {
    const known = this.#sources.indexOf(source)
    return known >= 0 ? known + 1 : this.#sources.push(source)
  }
}

const markers = /^(?:\s?\[\d+\])+/

/** A step's result taken apart again, without the numbers of its sources: another text may have others. */
export function partsOf({ text, citations = [] }: StepResult): readonly Part[] {
  const sorted = citations.toSorted((one, other) => one.claim_start - other.claim_start)
  const claims = Map.groupBy(sorted, ({ claim_start: start, claim_end: end }) => `${start}:${end}`)
  const parts: Part[] = []
  let done = 0
  for (const [first, ...others] of claims.values()) {
    if (!first || first.claim_start < done || first.claim_end > text.length) continue
    parts.push(text.slice(done, first.claim_start))
    const places = [first, ...others].map(({ claim_start: _start, claim_end: _end, ...place }) => place)
    // A model puts its numbers within what it claims, too.
    const claim = withoutMarkers(text.slice(first.claim_start, first.claim_end)).trim()
    parts.push({ claim, places })
    done = first.claim_end + (markers.exec(text.slice(first.claim_end))?.[0].length ?? 0)
  }
  parts.push(text.slice(done))
  return parts.filter((part) => part !== '')
}

/** Without the numbers of sources, which are another text's. */
export function withoutMarkers(text: string): string {
  return text.replaceAll(/\s?\[\d+\]/g, '')
}
