/**
 * Collections in the form that BEIR made common: `corpus.jsonl` and `queries.jsonl` with an object a line, `qrels.tsv` with
 * query-id, corpus-id and score between tabs. Readers take lines, wherever they come from; empty ones are skipped.
 * @module
 */
import { z } from 'zod'
import { InvalidInputError } from '../../errors.ts'
import { tryInput } from '../../read-input.ts'
import type { Judgements } from './ranking-metrics.ts'

export type Lines = Iterable<string> | AsyncIterable<string>

export interface CorpusDocument {
  readonly id: string
  readonly title: string
  readonly text: string
}

export interface Question {
  readonly id: string
  readonly text: string
  /** Earlier turns of the conversation, oldest first; empty where the question stands alone. */
  readonly history: readonly { readonly role: 'user' | 'assistant'; readonly content: string }[]
  /** Right answers; empty: not known, or none where `answerable` is false. */
  readonly answers: readonly string[]
  /** False: the documents don't hold the answer, and to say so is right. */
  readonly answerable: boolean
}

/** @throws InvalidInputError that names the line, while it is read. */
export async function* readCorpus(lines: Lines): AsyncGenerator<CorpusDocument> {
  yield* readObjects('corpus.jsonl', lines, corpusLine)
}

/** @throws InvalidInputError that names the line. */
export async function readQuestions(lines: Lines): Promise<Question[]> {
  const questions: Question[] = []
  for await (const question of readObjects('queries.jsonl', lines, questionLine)) questions.push(question)
  return questions
}

/**
 * What is right for each question. A first line whose score is no number is a header.
 * @throws InvalidInputError that names the line.
 */
export async function readJudgements(lines: Lines): Promise<ReadonlyMap<string, Judgements>> {
  const judgements = new Map<string, Map<string, number>>()
  for await (const { number, line } of numbered(lines)) {
    const columns = line.split('\t').map((column) => column.trim())
    const [question, document, score] = columns
    if (columns.length !== 3 || !question || !document || !score)
      throw badLine('qrels.tsv', number, 'it takes query-id, corpus-id and score, with tabs between them.')
    if (!/^-?\d+$/.test(score)) {
      if (number === 1) continue
      throw badLine('qrels.tsv', number, 'the score is not a whole number.')
    }
    const known = judgements.get(question) ?? new Map<string, number>()
    if (known.has(document)) throw badLine('qrels.tsv', number, 'this document was judged for this query before.')
    judgements.set(question, known.set(document, Number(score)))
  }
  return judgements
}

const id = z.union([z.string().min(1), z.number().transform(String)])
const underEitherName = { id: id.optional(), _id: id.optional() }

const corpusLine = z
  .looseObject({ ...underEitherName, title: z.string().default(''), text: z.string() })
  .transform(({ id, _id, title, text }) => ({ id: id ?? _id, title, text }))

const turn = z.looseObject({ role: z.enum(['user', 'assistant']), content: z.string() })

const questionLine = z
  .looseObject({
    ...underEitherName,
    text: z.string().min(1),
    history: z.array(turn).default([]),
    answers: z.array(z.string()).default([]),
    answerable: z.boolean().default(true),
  })
  .transform(({ id, _id, text, history, answers, answerable }) => ({ id: id ?? _id, text, history, answers, answerable }))

/** Objects, one a line, each with an id of its own. */
async function* readObjects<Read extends { readonly id: string | undefined }>(
  file: string,
  lines: Lines,
  form: z.ZodType<Read>,
): AsyncGenerator<Read & { readonly id: string }> {
  const seen = new Map<string, number>()
  for await (const { number, line } of numbered(lines)) {
    const read = tryInput(form, parseLine(file, number, line))
    if ('fault' in read) throw badLine(file, number, `${read.fault.path.join('.') || 'the line'}: ${read.fault.message}`)
    const { id } = read.value
    if (id === undefined) throw badLine(file, number, 'it has no id.')
    const before = seen.get(id)
    if (before !== undefined) throw badLine(file, number, `its id stands in line ${before} already.`)
    seen.set(id, number)
    yield { ...read.value, id }
  }
}

function parseLine(file: string, number: number, line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw badLine(file, number, 'it is not JSON.')
  }
}

async function* numbered(lines: Lines): AsyncGenerator<{ readonly number: number; readonly line: string }> {
  let number = 0
  for await (const raw of lines) {
    number++
    const line = number === 1 ? raw.replace(/^\ufeff/, '') : raw
    if (line.trim() !== '') yield { number, line }
  }
}

function badLine(file: string, number: number, fault: string): InvalidInputError {
  return new InvalidInputError(`Line ${number} of ${file} can't be used: ${fault}`, { code: 'invalid_dataset', field: file })
}
