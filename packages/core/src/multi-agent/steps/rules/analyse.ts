import type { StepCall } from '../../run/run-engine.ts'
import { type Figure, figuresIn } from './figures.ts'

/** The most that a comparison shows of one unit. */
const most = 12

/**
 * An analysis by rules: the figures of the findings, those that count the same side by side, the greatest and the least of them named. No
 * figure is in it that isn't in a finding.
 */
export function analyse(results: StepCall['results']): string {
  const found = results.flatMap(({ result }) => {
    const source = result.sources?.[0] ?? ''
    return figuresIn(result.text).map((figure) => ({ ...figure, source }))
  })
  if (found.length === 0) return 'The findings hold no figures that could be compared.'
  const byUnit = new Map<string, (Figure & { readonly source: string })[]>()
  for (const figure of found) byUnit.set(figure.unit, [...(byUnit.get(figure.unit) ?? []), figure])
  const parts: string[] = []
  for (const [unit, figures] of byUnit) {
    if (unit === '' || figures.length < 2) continue
    const sorted = figures.toSorted((one, other) => other.value - one.value)
    const [greatest] = sorted
    const least = sorted.at(-1)
    if (!greatest || !least || greatest.value === least.value) continue
    parts.push(`The most is ${greatest.text}${from(greatest)}, the least ${least.text}${from(least)}.`)
  }
  const listed = found.slice(0, most).map((figure) => `- ${figure.text}: “${figure.sentence}”${from(figure)}`)
  return [...parts, ...listed].join('\n')
}

function from({ source }: { readonly source: string }): string {
  return source === '' ? '' : ` (${source})`
}
