import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  type CorpusDocument,
  type DatasetQuestion,
  InvalidInputError,
  type Judgements,
  readCorpus,
  readJudgements,
  readQuestions,
} from '@plinth/core'

export interface Dataset {
  readonly corpus: AsyncIterable<CorpusDocument>
  readonly questions: readonly DatasetQuestion[]
  /** Of each question: which documents are right, and how much so. */
  readonly judgements: ReadonlyMap<string, Judgements>
}

/** corpus.jsonl, queries.jsonl and qrels.tsv of a folder. @throws InvalidInputError naming the file, and the line. */
export async function openDataset(folder: string): Promise<Dataset> {
  return {
    corpus: readCorpus(linesOf(folder, 'corpus.jsonl')),
    questions: await readQuestions(linesOf(folder, 'queries.jsonl')),
    judgements: await readJudgements(linesOf(folder, 'qrels.tsv')),
  }
}

function linesOf(folder: string, name: string): AsyncIterable<string> {
  const path = join(folder, name)
  if (!existsSync(path)) throw new InvalidInputError(`There is no ${name} in ${folder}.`, { field: 'dataset' })
  return readLines(path)
}

/** Opened when it is read: an interface that waits drops its lines. */
async function* readLines(path: string): AsyncGenerator<string> {
  yield* createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })
}
