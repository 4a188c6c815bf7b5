/** Advice as parts with a title, which the terminal and Markdown show each in its way. @module */
import type { Advice } from '@plinth/core'
import { amount, money, percent } from './money.ts'

export interface Section {
  readonly title: string
  readonly sentences?: readonly string[]
  readonly table?: {
    readonly head: readonly string[]
    readonly rows: readonly (readonly string[])[]
    readonly numbers: ReadonlySet<number>
  }
}

const mostSensitive = 5
const none: ReadonlySet<number> = new Set()

/** All but the roadmap. */
export function sectionsOf(advice: Advice): readonly Section[] {
  const { assumptions, flags, notes } = advice
  const all: readonly Section[] = [
    ranking(advice),
    { title: 'What to build', sentences: [chosen(advice), ...advice.composition.reasons] },
    { title: 'What would change the answer', sentences: advice.changes.map(changeWords) },
    ...costs(advice),
    quota(advice),
    risks(advice),
    {
      title: 'To look at again',
      sentences: flags.map(({ field, value, detail }) => `${field} = ${valueWords(value)}: ${detail}`),
    },
    { title: 'Assumed', sentences: assumptions.map(({ field, value }) => `${field} = ${valueWords(value)}`) },
    prices(advice),
    { title: 'Notes', sentences: notes },
  ]
  return all.filter(({ sentences, table }) => (sentences?.length ?? 0) + (table?.rows.length ?? 0) > 0)
}

function ranking({ ranking: scores }: Advice): Section {
  return {
    title: 'Patterns',
    table: {
      head: ['pattern', 'score', 'use case', 'complexity', 'scalability', 'cost', 'best for'],
      rows: scores.map(({ pattern, score, matrix }) => [
        ...[pattern, String(score), matrix.use_case, matrix.complexity, matrix.scalability, matrix.cost, matrix.best_for],
      ]),
      numbers: new Set([1]),
    },
  }
}

function chosen({ composition: { primary, secondary } }: Advice): string {
  if (primary === 'none') return 'No pattern: one synchronous call of a model.'
  return secondary.length === 0 ? `${primary}.` : `${primary}, with ${secondary.join(' and ')}.`
}

function changeWords({ pattern, field, from, to }: Advice['changes'][number]): string {
  const first = pattern === 'none' ? 'no pattern' : `${pattern} first`
  if (field === null) return `${first}: no single answer would do it`
  return `${first}: ${field} ${valueWords(to)} in the place of ${valueWords(from)}`
}

function costs({ cost, profile }: Advice): readonly Section[] {
  const { monthly_budget_usd: budget } = profile
  const figures: readonly (readonly [string, string])[] = [
    ['least', money(cost.min)],
    ['likely', money(cost.likely)],
    ['most', money(cost.max)],
    ['fixed, idle or not', money(cost.fixed)],
    ['variable', money(cost.variable)],
    ['once', money(cost.one_off)],
    ['a request', cost.per_request === null ? 'none' : money(cost.per_request)],
    ['a tenant', money(cost.per_tenant)],
    ['the largest tenant', money(cost.largest_tenant)],
    ...(budget === undefined ? [] : [['budget', `${money(budget)}: ${budgetWords(cost)}`] as const]),
  ]
  const numbers = (...columns: number[]): ReadonlySet<number> => new Set(columns)
  return [
    { title: 'Cost a month', table: { head: ['what', 'USD'], rows: figures, numbers: numbers(1) } },
    {
      title: 'What it is for',
      table: {
        head: ['service', 'what', 'kind', 'USD', 'price'],
        rows: cost.lines.map(({ service, what, kind, usd, old_price: old }) => [
          ...[service, what, kind === 'one_off' ? 'once' : kind, money(usd), old ? 'over a year old' : ''],
        ]),
        numbers: numbers(3),
      },
    },
    {
      title: 'What drives it',
      sentences: cost.drivers.map(({ service, what, usd, share }) => `${percent(share)}: ${service}, ${what} (${money(usd)})`),
    },
    {
      title: 'If an answer were another',
      table: {
        head: ['answer', 'now', 'halved', 'doubled'],
        rows: cost.sensitivity
          .slice(0, mostSensitive)
          .map(({ field, value, halved, doubled }) => [field, amount(value), ...[halved, doubled].map(variedWords)]),
        numbers: numbers(1, 2, 3),
      },
    },
    {
      title: 'What would cost less',
      table: {
        head: ['how', 'USD', 'saves', 'what', 'what one gives up'],
        rows: cost.variants.map(({ name, likely, saving, what, gives_up }) => [
          name,
          money(likely),
          money(saving),
          what,
          gives_up,
        ]),
        numbers: numbers(1, 2),
      },
    },
  ]
}

function budgetWords({ within_budget: within, max_within_budget: always }: Advice['cost']): string {
  if (!within) return 'too little for a likely month'
  return always ? 'enough' : 'enough for a likely month, not for the dearest'
}

function variedWords({ value, likely, ratio, clamped }: Advice['cost']['sensitivity'][number]['halved']): string {
  return `${money(likely)} (${percent(ratio)})${clamped ? ` at ${amount(value)}` : ''}`
}

function quota({ quota: found, profile }: Advice): Section {
  return {
    title: 'Quota',
    sentences: [
      `${amount(found.tokens_per_minute)} tokens a minute bear ${amount(found.sustainable_requests_per_minute)} requests a minute, ${amount(found.concurrency)} calls at a time.`,
      `The busiest minute needs ${amount(found.needed_requests_per_minute)}.`,
      found.needs_rise
        ? `Ask for a higher quota of ${profile.model_id} before launch.`
        : 'No higher quota is needed before launch.',
    ],
  }
}

function risks({ risks: found }: Advice): Section {
  const rows = found.map(({ severity, risk, what_to_do }) => [severity, risk, what_to_do])
  return { title: 'What may go wrong', table: { head: ['risk', 'what', 'what to do'], rows, numbers: none } }
}

function prices({ prices: rested }: Advice): Section {
  const rows = rested.map(({ name, usd, per, date, region, old }) => [
    ...[name, String(usd), per, date ?? 'given', region ?? '', old ? 'over a year old' : ''],
  ])
  return { title: 'Prices', table: { head: ['price', 'USD', 'a', 'read', 'region', ''], rows, numbers: new Set([1]) } }
}

function valueWords(value: unknown): string {
  if (typeof value === 'number') return amount(value)
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ')
  return String(value)
}
