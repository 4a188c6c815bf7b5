/** What was seen outside, against what is there at the end: pure functions, one finding a broken promise. @module */
import { entriesOf } from '../ledger.ts'
import { tenants } from '../marks.ts'
import { faultsOfDocuments } from './documents.ts'
import { faultsOfMoney } from './money.ts'
import type { ServerOutcome } from './outcome.ts'
import { faultsOfRequests } from './requests.ts'
import { faultsOfStreams } from './streams.ts'
import { faultsOfWorkflows } from './workflows.ts'

/** Each promise under the name that the table gives it. */
const promises: Readonly<Record<string, (outcome: ServerOutcome) => Iterable<string>>> = {
  'requests and their events': faultsOfRequests,
  'workflows and steps': faultsOfWorkflows,
  'documents and keys': faultsOfDocuments,
  'windows and alerts': faultsOfStreams,
  'usage and budgets': faultsOfMoney,
  'audit chains': faultsOfAudit,
  'other tenants': faultsOfTenancy,
  'the file': faultsOfFile,
  'starts and answers': faultsOfAnswers,
}

/** @returns by promise, what is wrong; nothing if the deaths cost nobody anything but time and repeated calls of what was in flight. */
export function findServerFaults(outcome: ServerOutcome): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries(promises).map(([name, find]) => [name, [...find(outcome)]]))
}

function* faultsOfAudit({ state }: ServerOutcome): Generator<string> {
  for (const tenant of tenants) {
    const { valid, entries, pending } = state.tenants[tenant].audit
    if (!valid) yield `${tenant}: the audit trail does not verify`
    if (entries + pending === 0) yield `${tenant}: the audit trail is empty`
  }
}

function* faultsOfTenancy({ state }: ServerOutcome): Generator<string> {
  for (const tenant of tenants) for (const words of state.tenants[tenant].foreign) yield `${tenant} was shown ${words}`
}

function* faultsOfFile({ state }: ServerOutcome): Generator<string> {
  if (!state.drained) yield 'it did not come to rest in time'
  if (state.check.join() !== 'ok') yield `the file is damaged: ${state.check.join(', ')}`
  for (const job of state.jobs) yield `a job is left: ${job.slice(0, 200)}`
}

function* faultsOfAnswers({ entries }: ServerOutcome): Generator<string> {
  for (const { words } of entriesOf(entries, 'odd')) yield words
}
