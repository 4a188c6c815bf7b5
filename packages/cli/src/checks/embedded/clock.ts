import { timeSpan } from '../../words.ts'
import { ok, problem, warning } from '../finding.ts'
import type { Check, EmbeddedPatient } from '../patient.ts'

/** This was written in 2026. */
const firstYear = 2026
const lastYear = 2100
/** A file system's clock ticks coarsely. */
const driftMilliseconds = 2_000
const aheadMilliseconds = 60_000

/** Retries, expiry and tokens all hang on the time. */
export const clock: Check<EmbeddedPatient> = {
  name: 'clock',
  look: ({ now, disk, database }) => {
    const time = new Date(now)
    const year = time.getUTCFullYear()
    if (year < firstYear || year > lastYear) return problem(`It is ${time.toISOString()} by this machine.`, 'Set its clock.')
    const ahead = database && 'newest' in database ? (database.newest ?? 0) - now : 0
    if (ahead > aheadMilliseconds)
      return warning(
        `The newest event is ${timeSpan(ahead)} ahead of this machine's clock, which was set back.`,
        'Set the clock right: what was written then waits and expires by its own time.',
      )
    const drift = disk ? Math.abs(disk.fileTime - disk.systemTime) : 0
    if (drift > driftMilliseconds)
      return warning(`The file system's clock and this machine's are ${timeSpan(drift)} apart.`, 'Set both by a time server.')
    return ok(time.toISOString())
  },
}
