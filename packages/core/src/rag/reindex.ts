import { type JobContext, startJob } from '../define/job.ts'
import { embedTexts } from '../embedding-model/embed.ts'
import { InvalidInputError } from '../errors.ts'
import { uuid } from '../ids.ts'
import type { ResolvedEmbedding } from '../language-model/catalogue.ts'
import type { Outcome } from '../ports/queue.ts'
import type { Uses } from '../scope/scope.ts'
import { documents } from './documents.ts'
import { type EmbedScope, embedRevision, later, markEmbedded, unaskablePause } from './embed-documents.ts'
import { type ReindexBody, reindexJob } from './jobs.ts'
import { changeSpaces, isOf, modelOf, readSpaces, type Space, spaceOf } from './spaces.ts'
import { VectorBatch } from './vector-batch.ts'

/** Documents of one job, after which it says how far it came. */
const atATime = 20
const probeTimeout = 60_000

/**
 * Starts to make the vectors of all documents by the model that this Plinth is set to, or goes on with it. Until then questions are asked by
 * the old ones, where their model can be asked, else by words.
 * @throws InvalidInputError `index_current` when they are that model's already.
 */
export async function startReindex(scope: Uses<'state' | 'models'>): Promise<Space> {
  const model = scope.models.resolveEmbedding()
  const { serving, building } = (await readSpaces(scope))?.fields ?? {}
  if (!building && (!serving || isOf(serving, model)))
    throw new InvalidInputError(`The vectors are those of ${model.id} already.`, { code: 'index_current' })
  // One that was begun goes on where it is: its documents have their vectors.
  const space = building && isOf(building, model) ? building : spaceOf(model, model.dimensions ?? (await lengthOf(scope, model)))
  const job = startJob(reindexJob, { id: uuid(scope.clock), lane: 'low', body: { space: space.name } })
  await changeSpaces(scope, (spaces) => ({ ...spaces, building: space }), [job])
  return space
}

/** Fills the space that is being made, document by document, and lets it serve when all have come. */
export async function reindexDocuments(scope: EmbedScope, body: ReindexBody, { lease }: JobContext): Promise<Outcome> {
  const space = (await readSpaces(scope))?.fields.building
  // Another one was begun since, or this one is done.
  if (space?.name !== body.space) return { done: true }
  // Set to yet another model since.
  if (!modelOf(scope, space)) return { retryAt: scope.clock.now() + unaskablePause }
  try {
    const page = await scope.state.list(documents, 'created', {
      limit: atATime,
      ...(body.after === undefined ? {} : { after: body.after }),
    })
    const batch = new VectorBatch(scope)
    for (const { fields } of page.items) {
      if (fields.live === undefined) continue
      const revision = { document_id: fields.document_id, revision: fields.live }
      await embedRevision(scope, revision, space, lease.signal, batch)
      await batch.afterwards(() => markEmbedded(scope, revision))
    }
    await batch.put()
    if (page.after === undefined) await serve(scope, space)
    else {
      const next = { space: space.name, after: page.after }
      await scope.state.commit({
        writes: [],
        emit: [startJob(reindexJob, { id: uuid(scope.clock), lane: 'low', body: next })],
      })
    }
    return { done: true }
  } catch (error) {
    return later(scope, error, lease.signal)
  }
}

async function serve(scope: EmbedScope, space: Space): Promise<void> {
  let old: Space | undefined
  await changeSpaces(scope, (spaces) => {
    const { building, serving, ...rest } = spaces
    if (building?.name !== space.name) return spaces
    old = serving
    // What a weight was found for is the model that served.
    const { dense_weight: _, ...others } = rest
    return { ...others, serving: space }
  })
  if (old && old.name !== space.name) await scope.search.dropSpace(old.name)
}

/** Of a model that doesn't say how long its vectors are. */
async function lengthOf(scope: Uses<'models'>, resolved: ResolvedEmbedding): Promise<number> {
  const { vectors } = await embedTexts(scope, {
    resolved,
    texts: ['length'],
    requestId: uuid(scope.clock),
    timeout: probeTimeout,
  })
  return vectors[0]?.length ?? 0
}
