import type { DocumentVersion } from '../ports/search-index.ts'
import type { Uses } from '../scope/scope.ts'
import { type DocumentRecord, mayRead } from './access.ts'
import { documents, revisionPlace } from './documents.ts'
import type { Examined, KeptRetrieval, RankedPlace } from './kept-retrievals.ts'
import { pageNumbers } from './page-numbers.ts'
import type { Passage } from './passage.ts'
import { readText } from './text.ts'

/** The documents of candidates, each looked at once. */
export class CandidateRows {
  readonly #scope: Uses<'state'>
  readonly #rows = new Map<string, Promise<DocumentRecord | undefined>>()
  readonly #examined = new Map<string, Examined>()

  constructor(scope: Uses<'state'>) {
    this.#scope = scope
  }

  /** All that were asked for. */
  get examined(): readonly Examined[] {
    return [...this.#examined.values()]
  }

  /** Between a change and its clean-up the index holds both versions, and knows who might see the one before. */
  async counts({ document, version }: DocumentVersion): Promise<boolean> {
    const counts = (await this.#row(document))?.fields.live === version
    this.#examined.set(`${document} ${version}`, { document, version, counts })
    return counts
  }

  /** Whether all that was looked at is as it was: what was made live since, changed, deleted, or is for others now, would rank otherwise. */
  async stillCount({ examined }: KeptRetrieval): Promise<boolean> {
    const now = await Promise.all(examined.map((each) => this.counts(each)))
    return examined.every(({ counts }, index) => counts === now[index])
  }

  async passage({ document, version, start, end, score }: RankedPlace): Promise<Passage> {
    const row = await this.#row(document)
    const [content, page, source] = await Promise.all([
      readText(this.#scope, revisionPlace(document, version), start, end),
      row && pageNumbers(row).then((pageAt) => pageAt(start)),
      row?.open('source'),
    ])
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
