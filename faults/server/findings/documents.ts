/** Documents that were accepted are there, whole and once; what was deleted is not. @module */
import { deathsSince, entriesOf } from '../ledger.ts'
import { tenants } from '../marks.ts'
import type { ServerOutcome } from './outcome.ts'

/** So many deaths in the middle of one, and it is taken for what killed them: given up, with this reason. */
const mostDeaths = 3
const gaveUp = 'document_gave_up'
const endings: readonly string[] = ['genai.document.processed', 'genai.document.failed']

export function* faultsOfDocuments({ entries, state }: ServerOutcome): Generator<string> {
  for (const tenant of tenants) {
    const { documents, events, keys } = state.tenants[tenant]
    const listed = Map.groupBy(documents, ({ document_id }) => document_id)
    const deleted = new Set(entriesOf(entries, 'deleted').flatMap((entry) => (entry.tenant === tenant ? [entry.id] : [])))
    const ended = Map.groupBy(
      events.filter(({ type }) => endings.includes(type)),
      ({ subject }) => subject,
    )
    const mayFail = new Set<string>()
    for (const sent of entriesOf(entries, 'document').filter((entry) => entry.tenant === tenant)) {
      const { id } = sent
      if (deathsSince(entries, sent) >= mostDeaths) mayFail.add(id)
      const there = listed.get(id)?.length ?? 0
      if (deleted.has(id) && there > 0) yield `${tenant}: document ${id} was deleted and is there`
      if (deleted.has(id)) continue
      if (there !== 1) yield `${tenant}: document ${id} was accepted and is there ${there} times`
      const told = ended.get(id)?.length ?? 0
      if (told !== 1) yield `${tenant}: document ${id} has ${told} events of its end`
    }
    for (const { document_id, status, error, whole } of documents) {
      if (status === 'failed' && error?.code === gaveUp && mayFail.has(document_id)) continue
      if (status !== 'processed') yield `${tenant}: document ${document_id} is ${status}`
      if (!whole) yield `${tenant}: document ${document_id} has a text that nobody sent`
    }
    const revoked = new Set(entriesOf(entries, 'revoked').map(({ id }) => id))
    for (const [id, status] of Object.entries(keys)) {
      const due = revoked.has(id) ? 401 : 200
      if (status !== due) yield `${tenant}: virtual key ${id} is answered ${status} instead of ${due}`
    }
  }
}
