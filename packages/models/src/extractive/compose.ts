/** From a prompt's text to what `local/extractive` says. @module */
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { Pacer } from '../pacer.ts'
import type { MessageText } from '../prompt-text.ts'
import { generateJson } from '../schema/generate.ts'
import { answerFrom, summarise } from './answer.ts'
import { type Evidence, evenly, gatherEvidence, narrow, rank } from './evidence.ts'
import { chooserFor } from './fill.ts'
import { readSections } from './sections.ts'
import { readTask, type Task } from './task.ts'
import { contentWords, nameWords } from './words.ts'

/** What the text is: sentences that answer, sentences that sum up, JSON filled by rule, or a note that there is nothing to say. */
export type Mode = 'answer' | 'summary' | 'json' | 'none'

/** What the model says. */
export interface Composed {
  readonly mode: Mode
  readonly text: string
  /** The share of the request's words that the given text covers, 0 to 1, by how much each word tells. */
  readonly coverage: number
}

/** Reads the prompt and composes the text. Pauses during long work, and fails with the signal's reason when it is aborted. */
export async function compose(messages: readonly MessageText[], options: LanguageModelV4CallOptions): Promise<Composed> {
  const pacer = new Pacer(options.abortSignal)
  const task = readTask(await readSections(messages, pacer))
  const evidence = await gatherEvidence(task.passages, pacer)
  const { responseFormat } = options
  return responseFormat?.type === 'json' ? fillSchema(evidence, task, responseFormat.schema, pacer) : write(evidence, task, pacer)
}

async function write(evidence: Evidence, task: Task, pacer: Pacer): Promise<Composed> {
  if (evidence.sentences.length === 0) return { mode: 'none', text: nothingGiven(task, evidence), coverage: 0 }
  const { chosen, coverage } = answerFrom(evidence, task.request)
  if (task.kind === 'question') {
    if (chosen.length > 0) return { mode: 'answer', text: quote(evidence, chosen), coverage }
    return { mode: 'none', text: task.hasText ? notInText : nothingGiven(task, evidence), coverage }
  }
  const fits = task.kind === 'instruction' && chosen.length > 0
  if (task.kind !== 'summary' && !task.hasText && !fits) return { mode: 'none', text: nothingGiven(task, evidence), coverage }
  const main = await summarise(evidence, pacer, sentencesAsked(task.request))
  const together = fits ? [...new Set([...chosen, ...main.slice(0, 3)])].sort((one, two) => one - two) : main
  if (together.length === 0) return { mode: 'none', text: nothingGiven(task, evidence), coverage }
  return { mode: 'summary', text: quote(evidence, together), coverage }
}

const numerals: readonly string[] = ['one', 'two', 'three', 'four', 'five']

function sentencesAsked(request: string): number {
  const word = /\bin (?:a )?(\w{1,6}) sentences?\b/i.exec(request)?.[1]?.toLowerCase() ?? ''
  const count = word === 'single' ? 1 : numerals.indexOf(word) + 1 || Number(word)
  return count > 0 ? count : 5
}

/** The sentences as they stand in the text, each run from one source followed by its name; what has no full stop gets its own line. */
function quote({ sentences }: Evidence, chosen: readonly number[]): string {
  let text = ''
  chosen.forEach((at, index) => {
    const { text: sentence = '', source } = sentences[at] ?? {}
    const next = sentences[chosen[index + 1] ?? -1]
    text += source === undefined || next?.source === source ? sentence : `${sentence} [${source}]`
    if (next !== undefined) text += /[.!?。！？]["')\]»”’]?$/.test(text) ? ' ' : '\n'
  })
  return text
}

const notInText =
  'The given text does not answer this. (Extractive model: it quotes the text it is given and knows nothing else.)'

function nothingGiven({ request }: Task, { sentences }: Evidence): string {
  const said = [request, ...sentences.slice(0, 5).map(({ text }) => text)].join(' ').slice(0, 2000)
  const words = (said.match(/[\p{L}\p{N}]{1,40}/gu) ?? []).filter((word) => contentWords(word).length > 0)
  const about = words.length === 0 ? 'no words' : `no text to answer from, only: ${[...new Set(words)].slice(0, 6).join(', ')}`
  return `This is an extractive model, without knowledge of its own; it quotes text that it is given. The prompt holds ${about}.`
}

// Filling looks at every sentence for every field; beyond this many it looks at those that have to do with the schema or request.
const mostSentences = 150

async function fillSchema(evidence: Evidence, task: Task, schema: unknown, pacer: Pacer): Promise<Composed> {
  if (schema === undefined) {
    const { text, coverage } = await write(evidence, task, pacer)
    return { mode: 'json', text: JSON.stringify({ text }), coverage }
  }
  const { chosen, coverage } = answerFrom(evidence, task.request)
  const main = await summarise(evidence, pacer)
  const fallback = [...new Set([...chosen, ...main])]
  const near = evidence.sentences.length <= mostSentences ? undefined : nearestTo(evidence, task, schema, fallback)
  const material = {
    evidence: near === undefined ? evidence : narrow(evidence, near),
    request: task.request,
    fallback: near === undefined ? fallback : fallback.map((at) => near.indexOf(at)),
    coverage,
  }
  const { value } = generateJson(schema, chooserFor(material))
  return { mode: 'json', text: JSON.stringify(value), coverage }
}

/** Positions, ascending: those that always serve, then those that share words with the schema or request, then the first. */
function nearestTo(evidence: Evidence, task: Task, schema: unknown, always: readonly number[]): readonly number[] {
  const names = JSON.stringify(schema)
    .slice(0, 20_000)
    .split(/[^\p{L}\p{N}]+/u)
  const words = new Set([...names.flatMap(nameWords), ...contentWords(task.request.slice(0, 5000))])
  const ranked = rank(evidence, evenly(words)).map(({ at }) => at)
  const first = Array.from({ length: mostSentences }, (_, at) => at)
  return [...new Set([...always, ...ranked, ...first])].slice(0, mostSentences).sort((one, two) => one - two)
}
