/** What findings say, as figures that can be set side by side. @module */
import { scanWords, termOf } from '../../../search/analysis.ts'
import type { StepResult } from '../../run/journal.ts'
import { type Aspect, aspectOf, fitOfAspect } from './aspects.ts'
import { type Place, partsOf } from './cited-text.ts'
import { type Figure, figuresIn } from './figures.ts'
import { hasAll } from './term-sets.ts'
import { type Topic, termsIn, topicOf } from './topic.ts'

/** What one step found, or that it found nothing. */
export interface Finding {
  /** What was asked. */
  readonly question: string
  readonly result: StepResult | undefined
  /** Why the step wasn't done, where it wasn't. */
  readonly leftOut?: string | undefined
}

/** Below it a text doesn't name an aspect, so that its figure isn't the aspect's; the same where it counts in a unit that is expected. */
const leastNamed = 0.6
const leastNamedByUnit = 0.45

export interface Fact {
  /** Of what. */
  readonly subject: string
  /** What of it, such as `price`; where nothing was named, the unit, as `months`. */
  readonly aspect: string
  /** The same for aspects that are meant to be the same. */
  readonly key: string
  /** Of the step that found it. */
  readonly question: string
  readonly figure: Figure
  readonly places: readonly Place[]
  /** Of a table: several rows of one thing are its parts, where several sentences contradict each other. */
  readonly isRow: boolean
}

/** What was asked of which things, found or not: by the aspect's key the things. */
export function askedOf(findings: readonly Finding[]): ReadonlyMap<string, readonly string[]> {
  const asked = new Map<string, string[]>()
  for (const topic of findings.map(({ question }) => topicOf(question)))
    if (topic.subject !== '' && topic.years.size === 0)
      for (const aspect of topic.aspects) asked.set(keyOf(aspect), [...(asked.get(keyOf(aspect)) ?? []), topic.subject])
  return asked
}

/** The figures of findings, with what they are of. */
export function factsOf(findings: readonly Finding[]): readonly Fact[] {
  return findings.flatMap(({ question, result }) => (result ? factsIn(topicOf(question), result) : []))
}

function factsIn(topic: Topic, result: StepResult): readonly Fact[] {
  const facts: Fact[] = []
  let label: string | undefined
  for (const part of partsOf(result)) {
    if (typeof part === 'string') {
      label = /(?:^|\n)- ([^:\n]+): $/.exec(part)?.[1] ?? (part.trim() === '' ? label : undefined)
      continue
    }
    const { claim, places } = part
    const subject = subjectOf(topic, claim)
    const isRow = /^[^()]*\([^()]+\)$/.test(claim)
    const figures = figuresIn(claim).filter(({ text }) => !hasAll(topic.names, termsIn(text)))
    const aspect =
      topic.subject === ''
        ? undefined
        : (topic.aspects.find(({ text }) => text === label) ??
          (label === undefined ? bestOf(topic.aspects, claim) : aspectOf(label)))
    if (aspect) {
      const figure = figureFor(aspect, claim, figures)
      if (figure)
        facts.push({ question: topic.question, subject, aspect: aspect.text, key: keyOf(aspect), figure, places, isRow })
    } else
      for (const figure of figures.filter(({ unit }) => unit !== ''))
        facts.push({
          question: topic.question,
          subject,
          aspect: unitName(figure),
          key: `in ${figure.unit}`,
          figure,
          places,
          isRow,
        })
  }
  return facts
}

/** Of several years each is by itself. */
function subjectOf({ subject, written, question, years }: Topic, claim: string): string {
  const of = subject || written.join(', ') || question.replace(/\?+$/, '')
  const said = [...years].filter((year) => termsIn(claim).has(year))
  return said.length === 1 ? `${of.replace(/\s+(?:between|from|in|for|of)\s+(?:\d{4}\D*)+$/i, '')} in ${said[0]}` : of
}

/** The aspect that a claim names most clearly. */
function bestOf(aspects: readonly Aspect[], claim: string): Aspect | undefined {
  const said = termsIn(claim)
  const units = new Set(figuresIn(claim).map(({ unit }) => unit))
  const fits = aspects.map((aspect) => fitOfAspect(aspect, said, units))
  return aspects[fits.indexOf(Math.max(...fits))]
}

/** The figure that is the aspect's, where the claim names it: the next one behind its word, of its unit where one is. */
function figureFor(aspect: Aspect, claim: string, all: readonly Figure[]): Figure | undefined {
  const { terms, units } = aspect
  const counted = all.filter(({ unit }) => units.has(unit))
  // A row's cell stands first.
  if (all[0]?.start === 0) return all[0]
  const figures = counted.length > 0 ? counted : all
  const named = fitOfAspect(aspect, termsIn(claim), new Set(all.map(({ unit }) => unit)))
  if (named < (counted.length > 0 ? leastNamedByUnit : leastNamed)) return undefined
  if (figures.length < 2) return figures[0]
  const words = new Set(terms.flatMap(({ term, others }) => [term, ...others]))
  const at = [...claim.matchAll(/[\p{L}\p{M}\p{N}]+/gu)].find(([word]) => {
    let known = false
    scanWords(word, (each) => (known ||= words.has(termOf(each))))
    return known
  })?.index
  if (at === undefined) return counted[0]
  return figures.find(({ start }) => start > at) ?? figures.findLast(({ start }) => start < at)
}

function keyOf({ terms }: Aspect): string {
  const telling = terms.filter(({ weight }) => weight === 1)
  return (telling.length > 0 ? telling : terms)
    .map(({ term, others }) => [...others].sort()[0] ?? term)
    .sort()
    .join(' ')
}

/** As it is written: "months", "€". */
function unitName({ text, unit }: Figure): string {
  return text.replaceAll(/[\d.,\s]+/g, ' ').trim() || unit
}
