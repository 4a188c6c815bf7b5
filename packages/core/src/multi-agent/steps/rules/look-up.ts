/** Finding what documents say of something, by rules: sentences and rows that are about it, and say what is asked. @module */
import { answerKindOf, fitOf } from '../../../rag/answer/question.ts'
import type { Passage } from '../../../rag/passage.ts'
import { oneLine } from '../../plan/one-line.ts'
import { aboutness, isSetApart } from './about.ts'
import { type Aspect, fitOfAspect } from './aspects.ts'
import { datesIn, figuresIn } from './figures.ts'
import { cellFor, rowText } from './rows.ts'
import type { Statement } from './statements.ts'
import { hasAll, hasSome } from './term-sets.ts'
import { type Topic, termsIn } from './topic.ts'

/** A place in a document that says something. */
export interface Quotation extends Pick<Passage, 'document_id' | 'source' | 'revision'> {
  /** As it is shown: the document's words, or of a row its cells with their columns' names. */
  readonly text: string
  readonly start: number
  readonly end: number
  /** The heading that it stands under, where only that says what it is about. */
  readonly under?: string | undefined
}

export interface ReadSource extends Pick<Passage, 'document_id' | 'source' | 'revision'> {
  readonly statements: readonly Statement[]
}

interface Found {
  readonly source: ReadSource
  readonly statement: Statement
  readonly score: number
}

/** Below it something isn't about the subject. */
const leastAbout = 0.7
/** Below it something doesn't say what is asked. */
const least = 0.45
/** The same of a question whose form rules don't know, so that all its words count. */
const leastOfQuestion = 0.6
const sure = 0.75
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
  if (!aspect) return overview(sorted, topic)
  const near = sorted.filter(({ score, statement }) => score >= best.score * 0.9 && isRow(statement) === isRow(best.statement))
  // What a unit alone speaks for is but likely, and twice of it is a guess.
  const most = isRow(best.statement) ? mostRows : best.says < sure ? 1 : mostSentences
  const chosen = isRow(best.statement) ? near.toSorted((one, other) => one.statement.start - other.statement.start) : near
  return distinct(chosen.map(({ source, statement }) => quotationOf(source, statement, aspect, topic))).slice(0, most)
}

/** Whether what a document says at a place is about a topic's names, or has what sets it apart. */
export function isAbout(
  sources: readonly ReadSource[],
  at: { readonly document_id: string; readonly start: number },
  topic: Topic,
  rivals: readonly ReadonlySet<string>[],
): boolean {
  if (topic.names.size === 0 && topic.apart.length === 0) return true
  const isMeant = (statement: Statement, source: ReadSource): boolean => {
    const sought = { topic, rivals, source: termsIn(source.source) }
    return topic.names.size === 0 ? isSetApart(statement, sought) : aboutness(statement, sought) >= leastAbout
  }
  return sources.some(
    (source) =>
      source.document_id === at.document_id &&
      source.statements.some(
        (statement) => statement.start <= at.start && at.start < statement.end && isMeant(statement, source),
      ),
  )
}

function isRow({ cells }: Statement): boolean {
  return cells !== undefined
}

/** From the source that says most first, in the order of the text. */
function overview(found: readonly Found[], topic: Topic): readonly Quotation[] {
  const first = found[0]?.source
  return distinct(
    found
      .filter(({ source }) => source === first)
      .toSorted((one, other) => one.statement.start - other.statement.start)
      .map(({ source, statement }) => quotationOf(source, statement, undefined, topic)),
  ).slice(0, mostOfOverview)
}

/** What each document says best. */
function ofEach(sorted: readonly Found[], aspect: Aspect | undefined, topic: Topic): readonly Quotation[] {
  const each = [...Map.groupBy(sorted, ({ source }) => source.document_id).values()].slice(0, mostOfAll)
  return each.flatMap((own) => {
    const near = own.filter(({ score }) => aspect !== undefined && score >= (own[0]?.score ?? 0) * 0.6)
    const first = own.toSorted((one, other) => one.statement.start - other.statement.start).slice(0, 1)
    const shown = aspect ? near : first
    return distinct(shown.map(({ source, statement }) => quotationOf(source, statement, aspect, topic))).slice(0, mostSentences)
  })
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
  const figures = figuresIn(text).filter(({ text: figure }) => !hasAll(names, termsIn(figure)))
  const fit = fitOfAspect(aspect, terms, new Set(figures.map(({ unit }) => unit)))
  if (aspect.units.size > 0 && figures.length === 0 && datesIn(text).length === 0) return fit * 0.5
  // What names its subject is of the form of "the price of …", and its answer of any.
  const kind = answerKindOf(question)
  return subject === '' && kind !== 'other' && fitOf(kind, question, text) === 0 ? fit * 0.5 : fit
}

function quotationOf(
  { document_id, source, revision }: ReadSource,
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
  const read = { document_id, source, ...(revision === undefined ? {} : { revision }) }
  return { ...read, text: words, start, end, ...(tells ? {} : { under: heading }) }
}

function distinct(quotations: readonly Quotation[]): readonly Quotation[] {
  return quotations.filter(
    (one, index) => quotations.findIndex((other) => other.text === one.text && other.source === one.source) === index,
  )
}
