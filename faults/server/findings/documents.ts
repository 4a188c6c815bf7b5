/** Documents that were accepted are there, whole and once; what was deleted is not. @module */
import { entriesOf } from '../ledger.ts'
import { tenants } from '../marks.ts'
import { groupBy } from './calls.ts'
import type { ServerOutcome } from './outcome.ts'

export function* faultsOfDocuments({ entries, state }: ServerOutcome): Generator<string> {
  for (const tenant of tenants) {
    const { documents, events, keys } = state.tenants[tenant]
    const listed = groupBy(documents, ({ document_id }) => document_id)
    const deleted = new Set(entriesOf(entries, 'deleted').flatMap((entry) => (entry.tenant === tenant ? [entry.id] : [])))
    const processed = groupBy(
      events.filter(({ type }) => type === 'genai.document.processed'),
      ({ subject }) => subject,
    )
    for (const { id } of entriesOf(entries, 'document').filter((entry) => entry.tenant === tenant)) {
      const there = listed.get(id)?.length ?? 0
      if (deleted.has(id) && there > 0) yield `${tenant}: document ${id} was deleted and is there`
      if (deleted.has(id)) continue
      if (there !== 1) yield `${tenant}: document ${id} was accepted and is there ${there} times`
      const told = processed.get(id)?.length ?? 0
      if (told !== 1) yield `${tenant}: document ${id} has ${told} events of its end`
    }
    for (const { document_id, status, whole } of documents) {
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
