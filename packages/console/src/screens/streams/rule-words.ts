import type { Rule } from './answers.ts'

const subjects = { record: 'a record’s', window: 'a closed window’s', insight: 'an insight’s' } as const
const words: Readonly<Record<string, string>> = { contains: 'contains', absent: 'is absent' }

/** A rule as a sentence. */
export function wordsOf({ stream, key, on, window, field, operator, threshold, for_seconds = 0 }: Rule): string {
  const compared = operator === 'absent' ? 'is absent' : `${words[operator] ?? operator} ${threshold ?? ''}`
  const where = [
    window === undefined ? '' : `in windows named ${window}`,
    key === undefined ? '' : `of the key ${key}`,
    stream === undefined ? '' : `in ${stream}`,
    for_seconds > 0 ? `for ${for_seconds} s` : '',
  ].filter(Boolean)
  return [`${subjects[on]} ${field} ${compared}`, ...where].join(' ')
}
