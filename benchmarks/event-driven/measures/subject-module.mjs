import { join } from 'node:path'

/** The module that measured processes run. */
export const subject = join(import.meta.dirname, '..', 'load', 'subject.mjs')
/** No single task takes longer, but for filling a backlog. */
export const taskMilliseconds = 10 * 60_000
