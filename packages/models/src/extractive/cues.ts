/** Words that speak for a degree or a mood, and reading them off sentences. @module */
import { contentWords, stem } from './words.ts'

/** A scale: names for its degrees, as schemas have them, and words that speak for each, as texts have them. Highest first. */
export interface Scale {
  readonly names: readonly (readonly string[])[]
  readonly cues: readonly ReadonlySet<string>[]
}

const list = (words: string): readonly string[] => words.split(' ')
const stems = (words: string): ReadonlySet<string> => new Set(list(words).map(stem))

/** How bad, urgent or risky something is. */
export const severity: Scale = {
  names: [
    list('high critical severe urgent major fatal emergency bad danger dangerous p1'),
    list('medium moderate warning warn elevated p2'),
    list('low minor none info informational ok normal safe p3'),
  ],
  cues: [
    stems(
      'failed failure failing error errors critical outage urgent breach crash crashed exceeded exceeds spike spiked down overheated overheating danger dangerous alarm severe lost loss leak leaking attack anomaly anomalous emergency fatal fire broken stopped shutdown unavailable saturated corrupt exhausted',
    ),
    stems(
      'warning elevated unusual slow slower delayed delay degraded rising rise increased increase retry retries intermittent drift moderate noisy higher',
    ),
    stems(
      'normal stable ok okay healthy fine routine expected nominal successful succeeded resolved recovered steady calm idle quiet usual',
    ),
  ],
}

/** How someone feels about something. */
export const sentiment: Scale = {
  names: [
    list('positive good happy satisfied favorable favourable'),
    list('neutral mixed'),
    list('negative bad unhappy dissatisfied unfavorable unfavourable angry'),
  ],
  cues: [
    stems(
      'good great excellent love loved happy pleased satisfied wonderful perfect amazing helpful recommend fantastic enjoyed best thanks friendly delighted',
    ),
    stems('average okay acceptable adequate'),
    stems(
      'bad poor terrible awful hate hated unhappy disappointed disappointing broken worst useless refund complaint slow rude angry frustrating failed',
    ),
  ],
}

const related: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    stem('action'),
    stems(
      'check inspect replace restart reduce increase stop call repair review verify schedule contact clean recommend recommended',
    ),
  ],
  [stem('recommendation'), stems('recommend recommended advise advised check inspect replace restart review')],
  [stem('cause'), stems('due caused reason')],
  [stem('pattern'), stems('trend rise rising fall falling repeated every hourly daily spike spikes drift steady jump jumped')],
  [stem('risk'), severity.cues[0] ?? new Set()],
])

/** Words of texts that belong to a word of property names: what is an action, a cause, a pattern, a risk. */
export function relatedTo(word: string): readonly string[] {
  return [...(related.get(word) ?? [])]
}

const negation =
  /\b(?:no|not|never|without|none|neither|nor|cannot|isn't|wasn't|aren't|weren't|don't|doesn't|didn't|can't|couldn't|won't|hasn't|haven't|free of)\b/i

/** Whether the sentence denies something. */
export function denies(sentence: string): boolean {
  return negation.test(sentence.replaceAll('’', "'"))
}

// `anomaly_score: 0.97`, `"z": 6.1`, `errors = 0`: here the number speaks, not the name.
const measured =
  /\b(?:[\w-]{0,30}(?<share>score|probability|likelihood)|(?<deviation>z|z_?score|sigma|deviations?)|[\w-]{0,30}(?<count>errors?|failures?|faults?|losse?s?)(?:_count)?)"?\s{0,3}[:=]\s{0,3}(?<value>-?\d{1,9}(?:\.\d{1,9})?)/gi

/** The degree that a measured quantity speaks for, highest first, as a position on a scale of three. */
function degreeMeasured({ share, deviation, value }: Readonly<Record<string, string | undefined>>): number {
  const size = Math.abs(Number(value))
  if (share !== undefined) return size >= 0.8 ? 0 : size >= 0.5 ? 1 : 2
  if (deviation !== undefined) return size >= 3 ? 0 : size >= 2 ? 1 : 2
  return size > 0 ? 0 : 2
}

/** How often sentences speak for each degree of the scale, highest first. A cue for the top that is denied speaks for the bottom. */
export function readScale(
  scale: Scale,
  sentences: readonly { readonly text: string; readonly words: readonly string[] }[],
): readonly number[] {
  const counts = scale.cues.map(() => 0)
  const count = (degree: number, hits: number): void => {
    counts[degree] = (counts[degree] ?? 0) + hits
  }
  for (const { text, words } of sentences) {
    const figures = scale === severity && /[:=]/.test(text) ? [...text.matchAll(measured)] : []
    for (const { groups } of figures) count(degreeMeasured(groups ?? {}), 2)
    const left = figures.length === 0 ? words : contentWords(text.replace(measured, ' '))
    const denied = denies(text)
    scale.cues.forEach((cues, degree) => {
      const hits = left.filter((word) => cues.has(word)).length
      if (hits > 0) count(denied ? counts.length - 1 - degree : degree, hits)
    })
  }
  return counts
}

/**
 * The degree that cues speak for: 1 at the top of the scale, 0 at its bottom, undefined without any cue. One strong sign outweighs
 * reassuring words, unless there are more of those.
 */
export function degreeOf(counts: readonly number[]): number | undefined {
  const [high = 0, medium = 0, low = 0] = counts
  if (high + medium + low === 0) return undefined
  if (high > 0 && high >= low) return 1
  if (medium > 0 || high > 0) return medium + high >= low ? 0.5 : 0
  return 0
}
