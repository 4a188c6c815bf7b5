import { evaluate } from '../../tools/arithmetic.ts'
import { CitedText, type Part } from './cited-text.ts'
import { askedOf, type Fact, type Finding, factsOf } from './facts.ts'
import { areUnclear } from './figures.ts'

/** What was analysed; the texts are Markdown. */
export interface Analysis {
  /** A table of the figures that can be compared, and the least and the greatest of each column. */
  readonly compared: readonly Part[]
  /** Differences, sums and means, each with its formula: figures that no source holds. */
  readonly computed: readonly Part[]
}

const asksSum = /\b(?:total|sum|combined|(?:al)?together|add\s+up)\b/i
const asksMean = /\b(?:averages?|mean)\b/i
/** Operands that a formula shows. */
const mostShown = 12
const mostInCell = 3

/** An analysis by rules of what steps found. */
export function analyse(findings: readonly Finding[], request: string): Analysis {
  const facts = factsOf(findings)
  const asked = askedOf(findings)
  const columns = [...Map.groupBy(facts, ({ key }) => key)].map(([key, some]) => columnOf(some, asked.get(key) ?? []))
  const some = findings.some(({ question }) => asksSum.test(question) || asksMean.test(question))
  /** A question that asks for it gets it; where none does, the whole request may. */
  const wanting = (what: RegExp, column: Column): Column => ({
    ...column,
    subjects: new Map(
      [...column.subjects].filter(([, of]) => (some ? of.some(({ question }) => what.test(question)) : what.test(request))),
    ),
  })
  const single = columns.filter(({ subjects }) => [...subjects.values()].every((some) => some.length === 1 || !some[0]?.isRow))
  const compared = single.filter(({ subjects }) => subjects.size > 1)
  const shown = compared.length === 0 ? [] : single.filter(({ subjects, asked: of }) => subjects.size > 1 || of.length > 1)
  return {
    compared: [...tableOf(shown), ...compared.flatMap(extremesOf)],
    computed: columns.flatMap((column) => [
      ...differenceOf(column),
      ...sumOf(wanting(asksSum, column), 'sum'),
      ...sumOf(wanting(asksMean, column), 'mean'),
    ]),
  }
}

/** The same as a step's text, which a report takes apart again by its headings. */
export function analysisText({ compared, computed }: Analysis): CitedText {
  const text = new CitedText()
  if (compared.length === 0 && computed.length === 0) return text.add('The findings hold no figures that could be compared.')
  if (compared.length > 0) text.add(`${comparedHeading}\n\n`, ...compared)
  if (computed.length > 0) text.add(`${compared.length > 0 ? '\n' : ''}${computedHeading}\n\n`, ...computed)
  return text
}

export const comparedHeading = '## Comparison'
export const computedHeading = '## Computed'

interface Column {
  readonly aspect: string
  /** By what they are of. */
  readonly subjects: ReadonlyMap<string, readonly Fact[]>
  /** All of one unit. */
  readonly agrees: boolean
  /** How their figures are written leaves open what some are. */
  readonly isUnclear: boolean
  /** Of these the sources give several figures: which one counts can't be told, so nothing is computed of them. */
  readonly ambiguous: readonly string[]
  /** Of what else it was asked. */
  readonly asked: readonly string[]
}

function columnOf(facts: readonly Fact[], asked: readonly string[]): Column {
  const all = facts.filter(
    (fact, index) =>
      facts.findIndex(
        (other) => other.subject === fact.subject && other.figure.text === fact.figure.text && samePlace(fact, other),
      ) === index,
  )
  const subjects = Map.groupBy(all, ({ subject }) => subject)
  return {
    aspect: all[0]?.aspect ?? '',
    subjects,
    ambiguous: [...subjects].filter(([, some]) => some.length > 1 && !isTable(some)).map(([subject]) => subject),
    asked,
    isUnclear: areUnclear(all.map(({ figure }) => figure)),
    agrees: new Set(all.map(({ figure }) => figure.unit)).size === 1,
  }
}

function isTable(facts: readonly Fact[]): boolean {
  return facts.every(({ isRow }) => isRow) && new Set(facts.map(({ places }) => places[0]?.document_id)).size === 1
}

function samePlace(one: Fact, other: Fact): boolean {
  return one.places[0]?.start === other.places[0]?.start && one.places[0]?.document_id === other.places[0]?.document_id
}

function tableOf(columns: readonly Column[]): readonly Part[] {
  const shown = columns.filter(({ subjects }) => [...subjects.values()].every((facts) => facts.length <= mostInCell))
  const subjects = [...new Set(shown.flatMap(({ subjects: of, asked }) => [...asked, ...of.keys()]))]
  if (subjects.length < 2) return []
  const row = (cells: readonly (readonly Part[])[]): readonly Part[] => [
    ...cells.flatMap((cell): readonly Part[] => ['| ', ...cell, ' ']),
    '|\n',
  ]
  return [
    ...row([[''], ...shown.map(({ aspect }) => [cellText(aspect)])]),
    ...row(['', ...shown].map(() => ['---'])),
    ...subjects.flatMap((subject) => row([[cellText(subject)], ...shown.map(({ subjects: of }) => cellOf(of.get(subject)))])),
    '\n',
  ]
}

function cellOf(facts: readonly Fact[] | undefined): readonly Part[] {
  if (!facts) return ['not stated']
  return facts.flatMap((fact, index): readonly Part[] => [...(index > 0 ? ['; '] : []), quoted(fact)])
}

function extremesOf(column: Column): readonly Part[] {
  const { aspect, subjects, agrees, isUnclear, ambiguous } = column
  if (isUnclear)
    return [
      `- ${aspect}: not ranked, since a dot before three digits may stand before decimals or between thousands, and the sources do not say which.\n`,
    ]
  if (!agrees) return [`- ${aspect}: the figures have different units and are not compared.\n`]
  if (ambiguous.length > 0) return [`- ${aspect}: the sources give several figures for ${ambiguous.join(', ')}. Not ranked.\n`]
  const [least, greatest] = endsOf(column)
  if (!least || !greatest) return []
  if ([...subjects.values()].flat().every(({ figure }) => figure.value === least.figure.value))
    return [`- ${aspect}: the same for all, `, quoted(least), '.\n']
  return [
    `- ${aspect}: lowest for ${least.subject} with `,
    quoted(least),
    `, highest for ${greatest.subject} with `,
    quoted(greatest),
    '.\n',
  ]
}

function endsOf({ subjects }: Column): readonly [Fact | undefined, Fact | undefined] {
  const sorted = [...subjects.values()].flat().sort((one, other) => one.figure.value - other.figure.value)
  return [sorted[0], sorted.at(-1)]
}

/** Whether its figures can be computed with. */
function isSure({ agrees, isUnclear, ambiguous }: Column): boolean {
  return agrees && !isUnclear && ambiguous.length === 0
}

function differenceOf(column: Column): readonly Part[] {
  const [least, greatest] = endsOf(column)
  if (!isSure(column) || !least || !greatest) return []
  if (least.subject === greatest.subject || least.figure.value === greatest.figure.value) return []
  const difference = computed(`${plain(greatest.figure.value)} - ${plain(least.figure.value)}`, [greatest, least])
  if (difference === undefined) return []
  return [
    `- Computed, in no source: ${column.aspect}, ${greatest.subject} less ${least.subject}: `,
    quoted(greatest),
    ' − ',
    quoted(least),
    ` = ${asWritten(difference, least)}.\n`,
  ]
}

/** Over the rows of each thing, where there are several; else over all things. */
function sumOf(column: Column, what: 'sum' | 'mean'): readonly Part[] {
  if (!isSure(column)) return []
  const { aspect, subjects } = column
  const byRows = [...subjects].some(([, facts]) => facts.length > 1)
  const groups = byRows ? [...subjects] : [['', [...subjects.values()].flat()] as const]
  return groups.flatMap(([subject, facts]) => sumOver(facts, subject === '' ? aspect : `${aspect}, ${subject}`, what))
}

function sumOver(facts: readonly Fact[], name: string, what: 'sum' | 'mean'): readonly Part[] {
  const [first] = facts
  if (!first || facts.length < 2) return []
  const sum = `(${facts.map(({ figure }) => plain(figure.value)).join(' + ')})`
  const value = computed(what === 'sum' ? sum : `${sum} / ${facts.length}`, facts, what === 'mean')
  if (value === undefined) return []
  const shown = facts.slice(0, mostShown).flatMap((fact, index): readonly Part[] => [...(index > 0 ? [' + '] : []), quoted(fact)])
  const rest = facts.length > mostShown ? ` + … (${facts.length} figures)` : ''
  const [open, close] = what === 'sum' ? ['', ''] : ['(', `) / ${facts.length}`]
  return [`- Computed, in no source: ${what} of ${name}: ${open}`, ...shown, `${rest}${close} = ${asWritten(value, first)}.\n`]
}

/** By the calculator that agents have; rounded to as many places as its figures have. */
function computed(expression: string, facts: readonly Fact[], isMean = false): number | undefined {
  const value = evaluate(expression)
  if (typeof value !== 'number') return undefined
  const places = Math.max(
    ...facts.map(({ figure }) => /(?:\.(?=\d+\D*$)|,(?=\d{1,2}(?:\D|$)))(\d+)/.exec(figure.text)?.[1]?.length ?? 0),
  )
  return Number(value.toFixed(Math.min(20, isMean ? places + 2 : places)))
}

function plain(value: number): string {
  return value.toLocaleString('en', { useGrouping: false, maximumFractionDigits: 20 })
}

/** A value in the form of a figure that counts the same. */
function asWritten(value: number, { figure: { text, unit } }: Fact): string {
  const grouped = /\d,\d{3}/.test(text) || value < 1_000 || unit !== ''
  const locale = /,\d{1,2}(?!\d)/.test(text) ? 'de' : 'en'
  const digits = value.toLocaleString(locale, { useGrouping: grouped, maximumFractionDigits: 20 })
  if (/\p{L}/u.test(text) && /million|billion|thousand|\d(?:k|m|bn)\b/i.test(text)) return `${digits} ${unit}`.trim()
  return text.replace(/\d[\d.,]*/, digits)
}

function quoted({ figure, places }: Fact): Part {
  return { claim: figure.text, places }
}

function cellText(text: string): string {
  return text.replaceAll('|', '\\|')
}
