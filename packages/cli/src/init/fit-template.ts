/** The template is a project of all patterns; this is what makes one of some patterns of it. @module */
import { type PatternName, patternNames } from '@plinth/core'

/** The patterns as code names them, in the order in which the template lists them. */
const symbols = {
  analytics: 'analytics',
  'event-driven': 'eventDriven',
  'multi-agent': 'multiAgent',
  'multi-tenant': 'multiTenant',
  rag: 'rag',
} as const satisfies Readonly<Record<PatternName, string>>

const mark = new RegExp(`^\\s*(?://|#|<!--) (end|for|without)(?: (${[...patternNames, 'linked'].join('|')}))?(?: -->)?$`)

const everySymbol = Object.values(symbols).join(', ')

export interface Fit {
  readonly name: string
  readonly patterns: readonly PatternName[]
  /** Whether the packages are those of a checkout. */
  readonly linked: boolean
}

/**
 * A file of the template for these patterns. Lines from a comment `for X` or `without X` to one that says `end` are for projects that have
 * X, a pattern or `linked`, or don't.
 */
export function fitTemplate(text: string, { name, patterns, linked }: Fit): string {
  const has = new Set<string>([...patterns, ...(linked ? ['linked'] : [])])
  const named = Object.entries(symbols).flatMap(([pattern, symbol]) => (has.has(pattern) ? [symbol] : []))
  const lines: string[] = []
  let isKept = true
  for (const line of text.split('\n')) {
    const [, word, what = ''] = mark.exec(line) ?? []
    if (word === undefined) {
      if (isKept) lines.push(line)
    } else isKept = word === 'end' || (word === 'for') === has.has(what)
  }
  return lines
    .join('\n')
    .replaceAll(everySymbol, named.join(', '))
    .replaceAll('plinth-app', name)
    .replaceAll(/\n{3,}/g, '\n\n')
    .replaceAll(/\{\n\n/g, '{\n')
    .replaceAll(/\n\n( *\})/g, '\n$1')
    .replace(/\n+$/, '\n')
}
