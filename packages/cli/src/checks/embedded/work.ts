import { countOf, timeSpan } from '../../words.ts'
import { ok, warning } from '../finding.ts'
import type { Check, EmbeddedPatient } from '../patient.ts'
import { factsOf } from './database.ts'

/** A model call may take five minutes. */
const longWait = 10 * 60_000
const overdue = 60_000
const relayBehind = 60_000

export const jobs: Check<EmbeddedPatient> = {
  name: 'jobs',
  look: (patient) => {
    const facts = factsOf(patient)
    if (!facts) return undefined
    const waits = facts.ready > 0 && facts.readySince !== undefined ? patient.now - facts.readySince : 0
    const oldest = waits > 0 ? `, the oldest for ${timeSpan(waits)}` : ''
    const message = `${countOf(facts.ready, 'job')} ready or running${oldest}; ${facts.held} held for later`
    if (!patient.inUse) return facts.ready === 0 ? ok(message) : warning(message, 'They wait for a server: npm start.')
    if (waits > longWait)
      return warning(message, 'Look whether PLINTH_WORKER is off, and whether the model answers and keeps up with what comes in.')
    if (facts.heldUntil !== undefined && patient.now - facts.heldUntil > overdue)
      return warning(
        `${message}, the first of them due since ${timeSpan(patient.now - facts.heldUntil)}`,
        'Look at the log of the server: it should have taken them up.',
      )
    return ok(message)
  },
}

export const deadLetters: Check<EmbeddedPatient> = {
  name: 'dead letters',
  look: (patient) => {
    const facts = factsOf(patient)
    if (!facts) return undefined
    if (facts.deadLetters === 0) return ok('None.')
    return warning(
      `${countOf(facts.deadLetters, 'piece')} of work could not succeed.`,
      'GET /api/dead-letters says why; when that is mended, POST /api/dead-letters/redrive does them again.',
    )
  },
}

export const relay: Check<EmbeddedPatient> = {
  name: 'relay',
  look: (patient) => {
    const facts = factsOf(patient)
    if (!facts) return undefined
    const behind = facts.pendingSince === undefined ? 0 : patient.now - facts.pendingSince
    const message = `${countOf(facts.pending, 'event')} to be published`
    if (!patient.inUse || behind <= relayBehind) return ok(message)
    return warning(
      `${message}, the first for ${timeSpan(behind)}.`,
      'Look at the log of the server: what takes the events fails.',
    )
  },
}
