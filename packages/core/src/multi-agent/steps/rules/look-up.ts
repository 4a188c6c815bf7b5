/** Finding what documents say of something, by rules: sentences and rows that are about it, and say what is asked. @module */
import { answerKindOf, fitOf } from '../../../rag/answer/question.ts'
import type { Passage } from '../../../rag/passage.ts'
import { type Aspect, fitOfAspect } from './aspects.ts'
import { datesIn, figuresIn } from './figures.ts'
import type { Statement } from './statements.ts'
import { namesOf, type Topic, termsIn } from './topic.ts'

/** A place in a document that says something. */
export interface Quotation extends Pick<Passage, 'document_id' | 'source'> {
  /** As it is shown: the document's words, or of a row its cells with their columns' names. */
  readonly text: string
  readonly start: number
  readonly end: number
  /** The heading that it stands under, where only that says what it is about. */
  readonly under?: string | undefined
}

export interface ReadSource extends Pick<Passage, 'document_id' | 'source'> {
  readonly statements: readonly Statement[]
}

/** Below it something isn't about the subject. */
const leastAbout = 0.7
/** Below it something doesn't say what is asked. */
const least = 0.45
/** The same of a question whose form rules don't know, so that all its words count. */
const leastOfQuestion = 0.6
const sure = 0.75
/** Of the terms of something without a name. */
const leastCovered = 0.6
const mostSentences = 3
export const mostRows = 50
const mostOfOverview = 5
/** Documents that a list is put together from. */
const mostOfAll = 25

/**
 * The best quotations on one aspect of a topic, best first; of a topic without aspects, what is said of it in the order of the text.
 * @param rivals other things that are asked about, of which a sentence may be instead.
 */
export function lookUp(
  sources: readonly ReadSource[],
  {
    topic,
    aspect,
    rivals,
  }: { readonly topic: Topic; readonly aspect: Aspect | undefined; readonly rivals: readonly ReadonlySet<string>[] },
): readonly Quotation[] {
  const found = sources.flatMap((source, rank) =>
    source.statements.flatMap((statement) => {
      const about = aboutness(statement, { topic, rivals, source: termsIn(source.source) })
      if (about < leastAbout) return []
      const says = aspect ? sayingOf(statement, aspect, topic) : 1
      const score = about * says - rank * 0.01
      return says < (topic.subject === '' ? leastOfQuestion : least) || score < least ? [] : [{ source, statement, score, says }]
    }),
  )
  const sorted = found.toSorted((one, other) => other.score - one.score)
  const best = sorted[0]
  if (!best) return []
  if (topic.isOfAll && !isRow(best.statement)) return ofEach(sorted, aspect, topic)
  if (!aspect)
    return overview(
      sorted.map(({ source, statement }) => ({ source, statement })),
      topic,
    )
  const near = sorted.filter(({ score, statement }) => score >= best.score * 0.9 && isRow(statement) === isRow(best.statement))
  // What a unit alone speaks for is but likely, and twice of it is a guess.
  const most = isRow(best.statement) ? mostRows : best.says < sure ? 1 : mostSentences
  const chosen = isRow(best.statement) ? near.toSorted((one, other) => one.statement.start - other.statement.start) : near
  return distinct(chosen.map(({ source, statement }) => quotationOf(source, statement, aspect, topic))).slice(0, most)
}

/** How sure it is that a statement at a place of a document is about a topic's names. */
export function isAbout(
  sources: readonly ReadSource[],
  at: { readonly document_id: string; readonly start: number },
  topic: Topic,
  rivals: readonly ReadonlySet<string>[],
): boolean {
  if (topic.names.size === 0) return true
  return sources.some(
    (source) =>
      source.document_id === at.document_id &&
      source.statements.some(
        (statement) =>
          statement.start <= at.start &&
          at.start < statement.end &&
          aboutness(statement, { topic, rivals, source: termsIn(source.source) }) >= leastAbout,
      ),
  )
}

function isRow({ cells }: Statement): boolean {
  return cells !== undefined
}

/** From the source that says most first, in the order of the text. */
function overview(
  found: readonly { readonly source: ReadSource; readonly statement: Statement }[],
  topic: Topic,
): readonly Quotation[] {
  const first = found[0]?.source
  return distinct(
    found
      .filter(({ source }) => source === first)
      .toSorted((one, other) => one.statement.start - other.statement.start)
      .map(({ source, statement }) => quotationOf(source, statement, undefined, topic)),
  ).slice(0, mostOfOverview)
}

/** What each document says best. */
function ofEach(
  sorted: readonly { readonly source: ReadSource; readonly statement: Statement; readonly score: number }[],
  aspect: Aspect | undefined,
  topic: Topic,
): readonly Quotation[] {
  const each = [...Map.groupBy(sorted, ({ source }) => source.document_id).values()].slice(0, mostOfAll)
  return each.flatMap((own) => {
    const near = own.filter(({ score }) => aspect !== undefined && score >= (own[0]?.score ?? 0) * 0.6)
    const first = own.toSorted((one, other) => one.statement.start - other.statement.start).slice(0, 1)
    const shown = aspect ? near : first
    return distinct(shown.map(({ source, statement }) => quotationOf(source, statement, aspect, topic))).slice(0, mostSentences)
  })
}

interface Sought {
  readonly topic: Topic
  readonly rivals: readonly ReadonlySet<string>[]
  readonly source: ReadonlySet<string>
}

/** How sure it is that a statement is about the topic's subject: what it names, or what stands nearest before or above it. */
function aboutness(statement: Statement, sought: Sought): number {
  const { topic, source } = sought
  if (topic.years.size > 0 && !hasSome(statement.terms, topic.years)) return 0
  const said = new Set([...statement.terms, ...beforeOf(statement).flatMap(({ terms }) => [...terms])])
  for (const terms of statement.headings) for (const term of terms) said.add(term)
  for (const term of source) said.add(term)
  const others = share(topic.others, said)
  if (topic.names.size === 0) {
    if (topic.others.size === 0) return 1
    return others >= leastCovered && !isNearerTo(statement, sought) ? 0.7 + 0.3 * others : 0
  }
  return namedBy(statement, sought) * (0.9 + 0.1 * others)
}

/** What stands before a statement, back to the sentence that names something to begin with: before that it was about something else. */
function beforeOf({ text, before }: Statement): readonly Statement[] {
  if (subjectOf(text).size > 0) return []
  const named = before.findIndex((one) => subjectOf(one.text).size > 0)
  return named < 0 ? before : before.slice(0, named + 1)
}

/** Whether what is said next before a statement is about something else that is asked about: of two things without names. */
function isNearerTo(statement: Statement, { topic: { others }, rivals }: Sought): boolean {
  for (const { terms } of [statement, ...statement.before]) {
    const own = share(others, terms)
    const most = Math.max(0, ...rivals.map((rival) => share(new Set([...rival].filter((term) => !others.has(term))), terms, 0)))
    if (Math.max(own, most) >= leastCovered) return most > own
  }
  return false
}

function namedBy(statement: Statement, { topic: { names }, rivals, source }: Sought): number {
  const others = rivals.filter((rival) => [...rival].some((term) => !names.has(term)))
  const isNamed = (terms: ReadonlySet<string>): boolean => hasAll(terms, names)
  const isOthers = (terms: ReadonlySet<string>): boolean =>
    !isNamed(terms) && (others.some((rival) => rival.size > 0 && hasAll(terms, rival)) || hasCodeLike(terms, names))
  if (isNamed(statement.terms)) return 1
  if (statement.cells?.some(({ column }) => isNamed(termsIn(column)))) return 0.95
  if (isOthers(statement.terms)) return 0
  const own = subjectOf(statement.text)
  const since = [statement.text]
  for (const { terms, text } of own.size > 0 && !hasSome(own, names) ? [] : statement.before) {
    if (isNamed(terms)) return since.some((other) => isParallel(other, text)) ? 0 : 0.95
    since.push(text)
    if (isOthers(terms)) return 0
    // A sentence about something else with a name ends what the one before it was about.
    if (subjectOf(text).size > 0 && !hasSome(subjectOf(text), names)) break
  }
  for (const terms of statement.headings) {
    if (isNamed(terms)) return 0.9
    if (isOthers(terms)) return 0
  }
  if (isNamed(source)) return 0.85
  // The row of "North" under the heading "2024": together.
  const together = new Set([...statement.terms, ...statement.headings.flatMap((terms) => [...terms]), ...source])
  return isNamed(together) ? 0.85 : 0
}

/** "Oak costs 5." behind "Elm costs 4.": each is about what it begins with. */
function isParallel(text: string, before: string): boolean {
  const begin = /^(?!(?:It|This|That|These|Those|He|She|They|Each|Both)\s)(\p{Lu}[\p{L}\p{N}-]*)\s+(\p{Ll}+)/u
  const [, one, verb] = begin.exec(text) ?? []
  const [, other, same] = begin.exec(before) ?? []
  return one !== undefined && other !== undefined && one !== other && verb === same
}

/** The names that a sentence begins with: "The Boreas 350 is …". */
function subjectOf(text: string): ReadonlySet<string> {
  const [, quoted, one, two, code] =
    /^(?:["“]([^"”]+)["”]|(?:The|A|An|Our)\s+(\p{Lu}[\p{L}\p{N}-]*(?:\s+[\p{Lu}\p{N}][\p{L}\p{N}-]*)*)|(\p{Lu}[\p{L}-]*(?:\s+[\p{Lu}\p{N}][\p{L}\p{N}-]*)+)|([\p{L}\p{N}-]*\d[\p{L}\p{N}-]*)(?=\s*[:–]))/u.exec(
      text,
    ) ?? []
  return quoted === undefined ? namesOf(one ?? two ?? code ?? '') : termsIn(quoted)
}

/** A code of the same make as one of the names, and another: INC-0533 beside INC-0412. */
function hasCodeLike(terms: ReadonlySet<string>, names: ReadonlySet<string>): boolean {
  const shapes = new Set([...names].filter(isCode).map(shapeOf))
  return shapes.size > 0 && [...terms].some((term) => isCode(term) && !names.has(term) && shapes.has(shapeOf(term)))
}

function isCode(term: string): boolean {
  return /\p{L}/u.test(term) && /\p{N}/u.test(term)
}

function shapeOf(term: string): string {
  return term.replaceAll(/\p{N}/gu, '0')
}

/** How well a statement says what is asked. */
function sayingOf(statement: Statement, aspect: Aspect, topic: Topic): number {
  if (statement.cells) return cellFor(statement.cells, aspect, topic)?.fit ?? 0
  return Math.max(sentenceFit(statement, aspect, topic), fitOfHeading(statement, aspect, topic))
}

/** What stands under "Payment" says something of it, where its own words don't. */
function fitOfHeading({ heading, text }: Statement, aspect: Aspect, { names }: Topic): number {
  const said = termsIn(heading ?? '')
  if (heading === undefined || hasSome(said, names)) return 0
  return aspect.units.size > 0 && figuresIn(text).length === 0 ? 0 : 0.7 * fitOfAspect(aspect, said, new Set())
}

/** How well a sentence says what is asked, by its words and what it counts. */
export function sentenceFit(
  { text, terms }: Pick<Statement, 'text' | 'terms'>,
  aspect: Aspect,
  { question, subject, names }: Topic,
): number {
  const figures = figuresIn(text).filter(({ text: figure }) => ![...termsIn(figure)].every((term) => names.has(term)))
  const fit = fitOfAspect(aspect, terms, new Set(figures.map(({ unit }) => unit)))
  if (aspect.units.size > 0 && figures.length === 0 && datesIn(text).length === 0) return fit * 0.5
  // A price is no power, though both are of a heat pump.
  if (aspect.units.size > 0 && figures.length > 0 && figures.every(({ unit }) => unit !== '' && !aspect.units.has(unit)))
    return fit * 0.7
  // What names its subject is of the form of "the price of …", and its answer of any.
  const kind = answerKindOf(question)
  return subject === '' && kind !== 'other' && fitOf(kind, question, text) === 0 ? fit * 0.5 : fit
}

function quotationOf(
  { document_id, source }: ReadSource,
  statement: Statement,
  aspect: Aspect | undefined,
  topic: Topic,
): Quotation {
  const { text, start, end, cells, heading, terms } = statement
  const words = cells ? rowText(cells, aspect, topic) : oneLine(text)
  const isSaidAbove =
    aspect !== undefined && !cells && fitOfHeading(statement, aspect, topic) > sentenceFit(statement, aspect, topic)
  const tells =
    !isSaidAbove && (topic.names.size > 0 || heading === undefined || [...termsIn(heading)].some((term) => terms.has(term)))
  return { document_id, source, text: words, start, end, ...(tells ? {} : { under: heading }) }
}

/** "revenue 1250000 (region North, year 2024)": the cell that was asked for, then those that say of what. */
function rowText(cells: NonNullable<Statement['cells']>, aspect: Aspect | undefined, topic: Topic): string {
  const shown = (some: typeof cells): string => some.map(({ column, value }) => `${column} ${value}`.trim()).join(', ')
  if (!aspect) return shown(cells)
  const { column: best = 0, isOfRow = false } = cellFor(cells, aspect, topic) ?? {}
  const of = cells[best]
  // "Weight 148 kg", and whose weight that is where there are several.
  if (isOfRow && of) return `${cells[0]?.value} ${of.value}${cells.length > 2 ? ` (${of.column})` : ''}`
  const rest = cells.filter(({ column, value }, index) => index !== best && saysOfWhat(column, value, topic))
  const wanted = cells.slice(best, best + 1)
  // With several aspects each stands behind its name.
  const first = topic.aspects.length > 1 ? (wanted[0]?.value ?? '') : shown(wanted)
  return rest.length > 0 ? `${first} (${shown(rest)})` : first
}

/**
 * The cell of a row that says what is asked: under a column that names it; or, where the row's first cell names it ("Weight | 148 kg"),
 * the only other one, or the one in the column that names of what.
 */
function cellFor(
  cells: NonNullable<Statement['cells']>,
  aspect: Aspect,
  { names }: Topic,
): { readonly column: number; readonly fit: number; readonly isOfRow: boolean } | undefined {
  const fits = cells.map(({ column, value }) => (value === '' ? 0 : fitOfAspect(aspect, termsIn(column), new Set())))
  const most = Math.max(0, ...fits)
  const ofRow = fitOfAspect(aspect, termsIn(cells[0]?.value ?? ''), new Set())
  if (most >= ofRow) return most === 0 ? undefined : { column: fits.indexOf(most), fit: most, isOfRow: false }
  const named = cells.findIndex(({ column }, index) => index > 0 && names.size > 0 && hasAll(termsIn(column), names))
  const column = cells.length === 2 ? 1 : named
  return (cells[column]?.value ?? '') === '' ? undefined : { column, fit: ofRow, isOfRow: true }
}

function saysOfWhat(column: string, value: string, { names, years, others }: Topic): boolean {
  return (
    hasSome(termsIn(value), names) || hasSome(termsIn(value), years) || hasSome(termsIn(column), others) || /\p{L}/u.test(value)
  )
}

function distinct(quotations: readonly Quotation[]): readonly Quotation[] {
  return quotations.filter(
    (one, index) => quotations.findIndex((other) => other.text === one.text && other.source === one.source) === index,
  )
}

function hasAll(terms: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  return [...wanted].every((term) => terms.has(term))
}

function hasSome(terms: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  return [...wanted].some((term) => terms.has(term))
}

function share(wanted: ReadonlySet<string>, said: ReadonlySet<string>, ofNothing = 1): number {
  return wanted.size === 0 ? ofNothing : [...wanted].filter((term) => said.has(term)).length / wanted.size
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
