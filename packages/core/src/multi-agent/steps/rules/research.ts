/** Research by rules: it searches for each thing that is asked, and quotes what says it. @module */

import { NotFoundError } from '../../../errors.ts'
import type { Usage } from '../../../language-model/catalogue.ts'
import { getDocument } from '../../../rag/access.ts'
import type { Turn } from '../../../rag/answer/prompt.ts'
import { answerQuestion } from '../../../rag/answer-question.ts'
import { defaultChunkBudget } from '../../../rag/chunking/chunk.ts'
import { revisionPlace } from '../../../rag/documents.ts'
import type { Passage } from '../../../rag/passage.ts'
import { retrievePassages } from '../../../rag/retrieve-passages.ts'
import { filteredTexts, screenPassages, tellFindings } from '../../../rag/screen-passages.ts'
import { readText } from '../../../rag/text.ts'
import { noUsage } from '../../../rag/usage.ts'
import type { Scope } from '../../../scope/scope.ts'
import { filterInTurns } from '../../../tenancy/filters/filter-in-turns.ts'
import type { MadeCall, StepResult } from '../../run/journal.ts'
import type { RunBudget } from '../../run/run-budget.ts'
import { inTool } from '../../spans.ts'
import { withCall } from '../../tools/made-calls.ts'
import type { Aspect } from './aspects.ts'
import { CitedText, partsOf } from './cited-text.ts'
import { standingAlone } from './follow-up.ts'
import { isAbout, lookUp, mostRows, type Quotation, type ReadSource, sentenceFit } from './look-up.ts'
import { longestStatement, statementsIn } from './statements.ts'
import { besides, type Topic, termsIn, topicOf } from './topic.ts'

export const nothingSaid = 'The documents do not say.'

const passagesATime = 8
/** Of what is asked, in what answers it. */
const leastShared = 0.5
const mostAspects = 8
/** Of a document, before a passage: what it is about often stands there. */
const before = 3_000
const openingLength = 400
/** A table is read so far, so that no row of it is missed. */
const tableLength = 200_000

/** What an answer by rules may have, and what is read for it besides at most: passages and what the model is told. */
const answerTokens = 1_000
const mostTokens = answerTokens + passagesATime * defaultChunkBudget + 1_000

interface Within {
  readonly budget: RunBudget
  readonly signal: AbortSignal
}

export interface Researched {
  readonly result: StepResult
  readonly usage: Usage
  readonly toolCalls: number
  readonly made?: readonly MadeCall[]
}

export interface Question {
  readonly question: string
  /** What other steps ask, of which a sentence may be instead. */
  readonly others: readonly string[]
  /** What was asked before, oldest first: the question may refer to it. */
  readonly earlier: readonly string[]
}

export async function research(
  scope: Scope,
  { question: asked, others, earlier }: Question,
  within: Within,
): Promise<Researched> {
  const question = standingAlone(asked, earlier)
  const otherTopics = others.map(topicOf)
  const topic = besides(topicOf(question), otherTopics)
  const rivals = otherTopics.map((other) => (topic.names.size > 0 ? other.names : new Set([...other.names, ...other.others])))
  const aspects: readonly (Aspect | undefined)[] = topic.aspects.length > 0 ? topic.aspects.slice(0, mostAspects) : [undefined]
  const wanted = aspects.map((aspect) => (topic.subject === '' || !aspect ? question : `${aspect.text} ${topic.subject}`))
  const queries = [...new Set(wanted)]
  // What names something stands alone.
  const history = topic.names.size > 0 ? [] : earlier.map((content) => ({ role: 'user' as const, content }))
  const { sources, made } = await sourcesFor(scope, queries, { ...within, history })
  const found = await Promise.all(aspects.map((aspect) => passing(scope, lookUp(sources, { topic, aspect, rivals }))))
  if (found.every((quotations) => quotations.length === 0)) {
    const answered = await quoted(scope, { topic, rivals, sources, history }, within)
    return { ...answered, toolCalls: queries.length + answered.toolCalls, made }
  }
  return { result: findingOf(topic, found), usage: noUsage, toolCalls: queries.length, made }
}

/** What was found for each aspect of a topic, as text. */
export function findingOf({ aspects, isOfAll }: Topic, found: readonly (readonly Quotation[])[]): StepResult {
  const text = new CitedText()
  for (const [index, quotations] of found.entries()) {
    const label = found.length > 1 ? `- ${aspects[index]?.text}: ` : ''
    if (quotations.length === 0) text.add(`${label}${nothingSaid}\n`)
    for (const { text: claim, under, ...place } of quotations)
      text.add(label, { claim, places: [place] }, under === undefined ? '\n' : ` (under “${under}”)\n`)
    if (quotations.length === mostRows) text.add(`There may be more rows than these ${mostRows}.\n`)
  }
  if (isOfAll && text.sources.length > 0) text.add('There may be more: this is what a search found.\n')
  return text.result()
}

/** A question in a form that rules don't know: the embedded model quotes, and what isn't about the names of the question is left out. */
async function quoted(
  scope: Scope,
  {
    topic,
    rivals,
    sources,
    history,
  }: {
    readonly topic: Topic
    readonly rivals: readonly ReadonlySet<string>[]
    readonly sources: readonly ReadSource[]
    readonly history: readonly Turn[]
  },
  { budget, signal }: Within,
): Promise<Researched> {
  const settle = await budget.take({ tool_calls: 1, tokens: mostTokens }, signal)
  let used = noUsage
  const body = { query: topic.question, top_k: passagesATime, max_tokens: answerTokens, history }
  const { response, citations, abstained, usage } = await answerQuestion(scope, body, signal)
    .then((each) => {
      used = each.usage
      return each
    })
    .finally(() => settle({ tool_calls: 1, tokens: used.input_tokens + used.output_tokens, usd: used.usd }))
  const text = new CitedText()
  for (const part of partsOf({ text: response, citations: abstained ? [] : citations })) {
    if (typeof part === 'string' || !part.places.some((place) => isAbout(sources, place, topic, rivals))) continue
    const said = saidIn(part.claim, topic)
    if (part.claim.length > longestStatement || said === undefined) continue
    text.add(topic.aspects.length > 1 ? `- ${said}: ` : '', part, '\n')
  }
  if (text.sources.length === 0) text.add(`${nothingSaid}\n`)
  return { result: text.result(), usage, toolCalls: 1 }
}

/** Which of the aspects that are asked a claim says something of; undefined: of none. */
function saidIn(claim: string, topic: Topic): string | undefined {
  if (topic.aspects.length === 0) return ''
  const fits = topic.aspects.map((aspect) => sentenceFit({ text: claim, terms: termsIn(claim) }, aspect, topic))
  const most = Math.max(...fits)
  return most < leastShared ? undefined : topic.aspects[fits.indexOf(most)]?.text
}

/** What is found, with what stands around it; the best first. */
async function sourcesFor(
  scope: Scope,
  queries: readonly string[],
  { budget, signal, history }: Within & { readonly history: readonly Turn[] },
): Promise<{ readonly sources: readonly ReadSource[]; readonly made: readonly MadeCall[] }> {
  const settle = await budget.take({ tool_calls: queries.length }, signal)
  settle({ tool_calls: queries.length })
  const found = await Promise.all(
    queries.map((query) =>
      inTool(scope, { name: 'search_knowledge' }, (within) =>
        retrievePassages(within, { query, top_k: passagesATime, history }, signal),
      ),
    ),
  )
  const ranked = found.flatMap(({ passages: some }) => some.map((passage, rank) => ({ passage, rank })))
  const distinct = new Map(
    ranked.toSorted((one, other) => one.rank - other.rank).map(({ passage }) => [placeOf(passage), passage]),
  )
  const { passages, findings } = await screenPassages(scope, [...distinct.values()])
  await tellFindings(scope, 'workflow.step', { findings, leftOut: [] })
  const shown = new Set(passages.map(placeOf))
  const made = found.reduce<readonly MadeCall[]>((calls, { passages: some }, index) => {
    const names = new Set(some.filter((passage) => shown.has(placeOf(passage))).map(({ source }) => source))
    const text = names.size > 0 ? `Passages of ${[...names].join(', ')}` : 'Nothing was found.'
    return withCall(calls, { tool: 'search_knowledge', input: { query: queries[index] ?? '' }, answer: { text } })
  }, [])
  return { sources: await Promise.all(passages.map((passage) => readAround(scope, passage))), made }
}

function placeOf({ document_id, start }: Passage): string {
  return `${document_id}:${start}`
}

async function readAround(scope: Scope, passage: Passage): Promise<ReadSource> {
  const { document_id, source, revision: read, content, start, end } = passage
  const bare = { document_id, source, ...(read && { revision: read }), statements: statementsIn({ text: content, start }) }
  try {
    const { fields } = await getDocument(scope, document_id)
    const revision = fields.live ?? fields.revision
    const place = revisionPlace(document_id, revision)
    const from = Math.max(0, start - before)
    const [opening, around] = await Promise.all([
      readText(scope, place, 0, openingLength),
      readText(scope, place, from, isTable(content) ? start + tableLength : end),
    ])
    // Another version may have taken its place meanwhile.
    if (!around.startsWith(content, start - from)) return bare
    // It begins with a whole line, so that no sentence is cut.
    const line = around.lastIndexOf('\n', start - from) < 0 ? start - from : around.indexOf('\n') + 1
    const text = around.slice(from === 0 ? 0 : Math.min(line, start - from))
    return {
      document_id,
      source,
      revision,
      statements: statementsIn({ text, start: from + around.length - text.length }, opening),
    }
  } catch (error) {
    if (error instanceof NotFoundError) return bare
    throw error
  }
}

function isTable(content: string): boolean {
  return content.split('\n').filter((line) => /[,;\t|]/.test(line) && !/[.!?]$/.test(line)).length >= 2
}

/** What the tenant's filters let through, as they leave it: quotations come in as passages do, and go out as answers do. */
async function passing(scope: Scope, quotations: readonly Quotation[]): Promise<readonly Quotation[]> {
  const { clock, tenant } = scope
  const come = await filteredTexts(
    scope,
    quotations.map(({ text }) => text),
  )
  const kept: Quotation[] = []
  for (const [index, quotation] of quotations.entries()) {
    const before = come[index]
    if (!before || before.blocked !== undefined) continue
    const behind = await filterInTurns(clock, before.text, tenant.filters, 'output')
    if (behind.blocked === undefined) kept.push({ ...quotation, text: behind.text })
  }
  return kept
}
