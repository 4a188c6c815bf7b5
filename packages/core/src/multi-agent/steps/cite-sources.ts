import { NotFoundError } from '../../errors.ts'
import { getDocument } from '../../rag/access.ts'
import { type Citation, citeClaims } from '../../rag/answer/cite-claims.ts'
import { revisionPlace } from '../../rag/documents.ts'
import type { Passage } from '../../rag/passage.ts'
import { readText } from '../../rag/text.ts'
import type { Uses } from '../../scope/scope.ts'
import type { StepResult } from '../run/journal.ts'
import type { StepCall } from '../run/run-engine.ts'
import type { Found } from './conversation.ts'

/** Beyond these nothing more is looked through. */
const mostPassages = 60

/**
 * What a text rests on: the sources that its agent read, or that the steps before it did; and, for each claim that a sentence of a document
 * supports, its place there. Claims that nothing found supports have no citation, whatever the text says.
 */
export async function citeSources(
  scope: Uses<'state'>,
  { text, found, results }: { readonly text: string; readonly found: Found; readonly results: StepCall['results'] },
): Promise<Required<Pick<StepResult, 'sources' | 'citations'>>> {
  const before = results.flatMap(({ result }) => result.citations ?? [])
  const passages = distinct([...found.passages, ...(await passagesOf(scope, before))]).slice(0, mostPassages)
  const sources = [
    ...found.passages.map(({ source }) => source),
    ...found.sources,
    ...results.flatMap(({ result }) => result.sources ?? []),
  ]
  const citations = passages.length === 0 ? [] : citeClaims({ answer: text, passages }).citations
  return { sources: [...new Set(sources)], citations }
}

/** What the documents say at the places that steps before cited, while they say it still, and as the caller may see them. */
async function passagesOf(scope: Uses<'state'>, citations: readonly Citation[]): Promise<readonly Passage[]> {
  const places = distinct(citations).slice(0, mostPassages)
  const byDocument = Map.groupBy(places, ({ document_id }) => document_id)
  const read = await Promise.all([...byDocument].map(([id, cited]) => readPlaces(scope, id, cited)))
  return read.flat()
}

async function readPlaces(scope: Uses<'state'>, id: string, places: readonly Citation[]): Promise<readonly Passage[]> {
  try {
    const { live } = (await getDocument(scope, id)).fields
    if (live === undefined) return []
    return await Promise.all(
      ofRevision(places, live).map(async ({ source, start, end }) => {
        const content = await readText(scope, revisionPlace(id, live), start, end)
        return { document_id: id, source, revision: live, content, start, end, score: 0 }
      }),
    )
  } catch (error) {
    // Deleted, or for others now.
    if (error instanceof NotFoundError) return []
    throw error
  }
}

/** In another text something else stands in a place. Citations of before revisions were told have none. */
function ofRevision(places: readonly Citation[], live: string): readonly Citation[] {
  return places.filter(({ revision = live }) => revision === live)
}

interface Place {
  readonly document_id: string
  readonly start: number
  readonly end: number
}

function distinct<Item extends Place>(items: readonly Item[]): readonly Item[] {
  return [...new Map(items.map((item) => [`${item.document_id} ${item.start} ${item.end}`, item])).values()]
}
