import type { JobContext } from '../define/job.ts'
import { BudgetExhaustedError, InvalidInputError, LimitError, PlinthError } from '../errors.ts'
import { embedGoverned } from '../gateway/governed-embeddings.ts'
import { uuid } from '../ids.ts'
import type { ResolvedEmbedding } from '../language-model/catalogue.ts'
import type { Outcome } from '../ports/queue.ts'
import type { DocumentVectors } from '../ports/search-index.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { documents, revisionPlace } from './documents.ts'
import { countIngest } from './ingests.ts'
import type { DocumentRevision, RevisionsBody } from './jobs.ts'
import { dropKeptVectors, KeptVectors, mostKept } from './kept-vectors.ts'
import { tidyAfterGrowth } from './maintain.ts'
import { changeSpaces, modelOf, readSpaces, type Space, spaceOf } from './spaces.ts'
import { allChunks, readText } from './text.ts'
import { VectorBatch } from './vector-batch.ts'

export type EmbedScope = Uses<'state' | 'search' | 'models' | 'gate'>

/** Texts of one call: so many take a small model about a second. */
const atATime = 16
/** So many vectors are put at a time: a large document's are never all in memory, and who comes after a crash goes on behind them. */
const partLength = 2_048
/** Documents wait for their vectors until the model is configured again, or another's have been made of all; milliseconds. */
export const unaskablePause: number = 15 * 60_000
/** After what may pass, and after a spent budget or a minute's limit, milliseconds. */
const pause = { passing: 15_000, limit: 60_000 } as const

/**
 * generate_embeddings and store_in_vector_db of the seed (R25): makes the vectors of documents that are found by words already, in every
 * space that the tenant's index has or is getting. Done again, it does what is left.
 */
export async function embedDocuments(scope: EmbedScope, body: RevisionsBody, { lease }: JobContext): Promise<Outcome> {
  try {
    const batch = new VectorBatch(scope)
    let waits = false
    for (const revision of body.documents) {
      if (!(await isLive(scope, revision))) continue
      const spaces = await spacesToFill(scope)
      for (const space of spaces) await embedRevision(scope, revision, space, lease.signal, batch)
      if (spaces.length === 0) waits = true
      else await batch.afterwards(() => markEmbedded(scope, revision))
    }
    await batch.put()
    await tidyAfterGrowth(scope)
    return waits ? { retryAt: scope.clock.now() + unaskablePause } : { done: true }
  } catch (error) {
    return later(scope, error, lease.signal)
  }
}

/** When work on vectors goes on that was held up. @throws what won't pass by itself. */
export function later({ clock }: Uses<never>, error: unknown, signal: AbortSignal): Outcome {
  if (signal.aborted || !PlinthError.is(error)) throw error
  if (error instanceof LimitError || error instanceof BudgetExhaustedError) return { retryAt: clock.now() + pause.limit }
  if (error.retryable) return { retryAt: clock.now() + Math.max(pause.passing, (error.retryAfter ?? 0) * 1000) }
  return { dead: error.code }
}

async function isLive(scope: Uses<'state'>, { document_id, revision }: DocumentRevision): Promise<boolean> {
  return (await scope.state.get(documents, { partition: document_id }))?.fields.live === revision
}

/** The spaces that a new document needs vectors in, of models that can be asked; the first document decides which one there is. */
async function spacesToFill(scope: EmbedScope): Promise<readonly (Space | undefined)[]> {
  const { serving, building } = (await readSpaces(scope))?.fields ?? {}
  if (!serving) return [undefined]
  return [serving, building].filter((space) => space !== undefined && modelOf(scope, space) !== undefined)
}

/**
 * Puts the vectors of one revision into a space, part by part; the last part, which of most is the only one, with those of others. Done
 * again, it goes on behind the parts that are there.
 * @param space absent: the one of the model that this Plinth is set to, which serves from then on.
 */
export async function embedRevision(
  scope: EmbedScope,
  revision: DocumentRevision,
  space: Space | undefined,
  signal: AbortSignal,
  batch: VectorBatch,
): Promise<void> {
  const place = revisionPlace(revision.document_id, revision.revision)
  const there = await countThere(scope, revision, space)
  let into = space
  let kept = space && (await keptOf(scope, revision, space))
  let first = there
  let vectors: Float32Array[] = []
  let texts: string[] = []
  const part = (): DocumentVectors => ({ document: revision.document_id, version: revision.revision, first, vectors })
  const embed = async (): Promise<boolean> => {
    const model = scope.models.resolveEmbedding(into?.model_id)
    const known = texts.map((text) => kept?.get(text))
    const missing = texts.filter((_, index) => known[index] === undefined)
    const made = missing.length === 0 ? [] : await embedAll(scope, model, missing, into?.dimensions, signal)
    if (!made) return false
    if (!into) {
      into = await firstSpace(scope, spaceOf(model, made[0]?.length ?? 0))
      kept = await keptOf(scope, revision, into)
    }
    for (const [index, text] of missing.entries()) kept?.add(text, made[index] ?? new Float32Array())
    const rest = made.values()
    vectors.push(...known.flatMap((vector) => vector ?? rest.next().value ?? []))
    texts = []
    if (vectors.length < partLength) return true
    await scope.search.putVectors(into, [part()])
    first += vectors.length
    vectors = []
    return true
  }
  let ordinal = 0
  for await (const { start, end, context } of allChunks(scope, place)) {
    if (ordinal++ < there) continue
    texts.push([context, await readText(scope, place, start, end)].join('\n').trim())
    if (texts.length === atATime && !(await embed())) return
  }
  if (texts.length > 0 && !(await embed())) return
  if (into && vectors.length > 0) await batch.add(into, part())
  // What was there already wasn't looked at: then nothing is known of it.
  if (kept && there === 0) await batch.afterwards(() => kept?.keep(revision.revision) ?? Promise.resolve())
}

/** What is kept of a document's vectors; undefined for one that is too large for it. */
async function keptOf(scope: EmbedScope, { document_id }: DocumentRevision, space: Space): Promise<KeptVectors | undefined> {
  const { chunks_count = 0 } = (await scope.state.get(documents, { partition: document_id }))?.fields ?? {}
  if (chunks_count <= mostKept) return KeptVectors.read(scope, document_id, space)
  // Of a version that was small.
  await dropKeptVectors(scope, document_id)
  return undefined
}

/** How many vectors of a revision a space has, where its index tells. */
async function countThere(
  { search }: EmbedScope,
  { document_id, revision }: DocumentRevision,
  space: Space | undefined,
): Promise<number> {
  if (!space) return 0
  return (await search.vectorsOf?.(space.name, { document: document_id, version: revision })) ?? 0
}

/** Vectors of texts; undefined where the tenant's filters refuse one of them: from there on such a document is found by its words alone. */
async function embedAll(
  scope: EmbedScope,
  { id: modelId, dimensions: usual }: ResolvedEmbedding,
  texts: readonly string[],
  dimensions: number | undefined,
  signal: AbortSignal,
): Promise<readonly Float32Array[] | undefined> {
  try {
    const { vectors } = await embedGoverned(scope, {
      id: uuid(scope.clock),
      modelId,
      texts,
      ...(dimensions === undefined || dimensions === usual ? {} : { dimensions }),
      purpose: 'document',
      what: 'rag.embed',
      signal,
    })
    return vectors.map((vector) => Float32Array.from(vector))
  } catch (error) {
    if (error instanceof InvalidInputError && error.code === 'content_blocked') return undefined
    throw error
  }
}

/** Makes a space the serving one, unless another was first. @returns the one that serves. */
async function firstSpace(scope: Uses<'state'>, space: Space): Promise<Space> {
  const { serving = space } = await changeSpaces(scope, (spaces) => (spaces.serving ? spaces : { ...spaces, serving: space }))
  return serving
}

/** Says of a revision that is found that it has its vectors. */
export async function markEmbedded(scope: Uses<'state'>, { document_id, revision }: DocumentRevision): Promise<void> {
  await retryConflicts(async () => {
    const record = await scope.state.get(documents, { partition: document_id })
    if (record?.fields.live !== revision || record.fields.embedding === 'done') return
    // A newer version that waits has no vectors yet.
    if (record.fields.revision !== revision) return
    const { ingest } = record.fields
    await scope.state.update(
      documents,
      record,
      { ...record.fields, embedding: 'done', updated: scope.clock.now() },
      { also: ingest === undefined ? [] : [countIngest(scope, ingest, { embedded: 1 })], durability: 'relaxed' },
    )
  })
}
