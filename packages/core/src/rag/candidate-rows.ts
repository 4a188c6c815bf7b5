import type { DocumentVersion } from '../ports/search-index.ts'
import type { Uses } from '../scope/scope.ts'
import { type DocumentRecord, mayRead } from './access.ts'
import { documents, revisionPlace } from './documents.ts'
import type { Examined, KeptRetrieval, RankedPlace } from './kept-retrievals.ts'
import { pageNumbers } from './page-numbers.ts'
import type { Passage } from './passage.ts'
import { readText } from './text.ts'

type CandidateScope = Uses<'state' | 'search'>

/** The documents of candidates, each looked at once. */
export class CandidateRows {
  readonly #scope: CandidateScope
  readonly #rows = new Map<string, Promise<DocumentRecord | undefined>>()
  readonly #examined = new Map<string, Examined>()
  #replaced = false
  #cleanedAway = false

  constructor(scope: CandidateScope) {
    this.#scope = scope
  }

  /** All that were asked for. */
  get examined(): readonly Examined[] {
    return [...this.#examined.values()]
  }

  /** Between a change and its clean-up the index holds both versions, and knows who might see the one before. */
  async counts({ document, version }: DocumentVersion): Promise<boolean> {
    const live = (await this.#row(document))?.fields.live
    const counts = live === version
    if (live !== undefined && !counts) this.#replaced = true
    this.#examined.set(`${document} ${version}`, { document, version, counts })
    return counts
  }

  /** Whether all that was looked at is as it was: what was made live since, changed, deleted, or is for others now, would rank otherwise. */
  async stillCount({ examined }: KeptRetrieval): Promise<boolean> {
    const now = await Promise.all(examined.map((each) => this.counts(each)))
    return examined.every(({ counts }, index) => counts === now[index])
  }

  /**
   * Whether what was found may lack what counts now: a document was replaced behind the search, which saw the version before alone, or its
   * text was cleaned away before it was read. One whose new version the search could have found isn't looked for again.
   * @param mark of the index as it was searched.
   */
  async isOutdated(mark: string | undefined): Promise<boolean> {
    return this.#cleanedAway || (this.#replaced && (mark === undefined || (await this.#scope.search.mark?.()) !== mark))
  }

  async text({ document, version }: DocumentVersion, start: number, end: number): Promise<string> {
    const text = await readText(this.#scope, revisionPlace(document, version), start, end)
    if (text.length < end - start) this.#cleanedAway = true
    return text
  }

  /** Undefined for one whose text was cleaned away. */
  async passage({ document, version, start, end, score }: RankedPlace): Promise<Passage | undefined> {
    const row = await this.#row(document)
    const [content, page, source] = await Promise.all([
      this.text({ document, version }, start, end),
      row && pageNumbers(row).then((pageAt) => pageAt(start)),
      row?.open('source'),
    ])
    if (content.length < end - start) return undefined
    const read = { document_id: document, source: source ?? '', revision: version, content, start, end }
    return { ...read, ...(page === undefined ? {} : { page }), score }
  }

  #row(document: string): Promise<DocumentRecord | undefined> {
    const known = this.#rows.get(document)
    if (known) return known
    const row = this.#read(document)
    this.#rows.set(document, row)
    return row
  }

  async #read(document: string): Promise<DocumentRecord | undefined> {
    const record = await this.#scope.state.get(documents, { partition: document })
    return record && (await mayRead(this.#scope, record)) ? record : undefined
  }
}
