import { countOf, sizeOf } from '../../words.ts'
import { type Diagnosis, ok, problem, warning } from '../finding.ts'
import type { Check, EmbeddedPatient } from '../patient.ts'

/** The log moves into the database after 16 MiB, and keeps at most 64 MiB of the disk. */
const largeLog = 256 * 1024 ** 2

const restore = 'Stop the server, and restore the last backup: plinth backup --restore (docs/operations.md).'
const remedies: Readonly<Record<string, string>> = {
  newer_file: 'Use the Plinth that wrote it, or restore a backup from before the update.',
  foreign_file: 'Set PLINTH_DATA_DIR to the data folder; this file is not one of Plinth.',
}

export const database: Check<EmbeddedPatient> = {
  name: 'database',
  look: (patient) => {
    if (patient.database instanceof Error) return unreadable(patient.database)
    if (!patient.database) return ok('There is none yet.')
    const { tenants, bytes, logBytes } = patient.database
    return ok(`${countOf(tenants, 'tenant')}; ${sizeOf(bytes)}, and ${sizeOf(logBytes)} of log`)
  },
}

/** SQLite's code for a file that it can't open. */
const cannotOpen = 14

function unreadable(error: Error & { readonly code?: string; readonly errcode?: number }): Diagnosis {
  if (error.code === 'not_started') return ok('There is none yet.')
  if (error.code === 'older_file')
    return warning(error.message, 'Back it up first: plinth backup. The next start brings it to this version.')
  if (error.errcode === cannotOpen)
    return problem("The database can't be opened.", 'See to the data folder: its file system and its permissions, above.')
  const words = error.code === 'ERR_SQLITE_ERROR' ? `The database can't be read: ${error.message}.` : error.message
  return problem(words, remedies[error.code ?? ''] ?? restore)
}

/** The facts, for checks that have nothing to say without them. */
export function factsOf({ database: found }: EmbeddedPatient): Exclude<EmbeddedPatient['database'], Error> {
  return found instanceof Error ? undefined : found
}

export const log: Check<EmbeddedPatient> = {
  name: 'write-ahead log',
  look: (patient) => {
    const facts = factsOf(patient)
    if (!facts || facts.logBytes <= largeLog) return undefined
    return warning(
      `It has grown to ${sizeOf(facts.logBytes)}: it can't move into the database while something reads an old state of it.`,
      'Look for what reads plinth.db for long, such as a backup by another program, and end it.',
    )
  },
}

export const integrity: Check<EmbeddedPatient> = {
  name: 'integrity',
  look: (patient) => {
    if (!patient.deep || !factsOf(patient)) return undefined
    const found = patient.lookThroughDatabase()
    return found.length === 0
      ? ok('Every page of the database is sound.')
      : problem(`The database is damaged: ${found.join('; ')}`, restore)
  },
}

export const shutdown: Check<EmbeddedPatient> = {
  name: 'last shutdown',
  look: (patient) => {
    const facts = factsOf(patient)
    if (!facts || patient.inUse) return undefined
    if (facts.clean) return ok('In good order.')
    return warning(
      'The last run did not end in good order (killed, crashed, or loss of power).',
      'Nothing that was acknowledged is lost; the next start looks the database through. Look why it ended.',
    )
  },
}
