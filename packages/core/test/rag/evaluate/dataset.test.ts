import { describe, expect, it } from 'vitest'
import { type CorpusDocument, readCorpus, readJudgements, readQuestions } from '../../../src/rag/evaluate/dataset.ts'

const fault = (file: string, line: number, words: RegExp): unknown =>
  expect.objectContaining({
    code: 'invalid_dataset',
    field: file,
    message: expect.stringMatching(new RegExp(`Line ${line} of ${file}.*${words.source}`)),
  })

async function corpus(lines: readonly string[]): Promise<CorpusDocument[]> {
  const read: CorpusDocument[] = []
  for await (const document of readCorpus(lines)) read.push(document)
  return read
}

describe('collections', () => {
  it('are read line by line, with what is left out filled in', async () => {
    expect(await corpus(['\ufeff{"id":"a","title":"T","text":"x"}', '', '{"_id":7,"text":"y","extra":1}'])).toEqual([
      { id: 'a', title: 'T', text: 'x' },
      { id: '7', title: '', text: 'y' },
    ])
    expect(await readQuestions(['{"id":"q","text":"Why?"}'])).toEqual([
      { id: 'q', text: 'Why?', history: [], answers: [], answerable: true },
    ])
  })

  it('say which line is wrong, and why', async () => {
    await expect(corpus(['{"id":"a","text":"x"}', '{nonsense'])).rejects.toEqual(fault('corpus.jsonl', 2, /not JSON/))
    await expect(corpus(['{"id":"a"}'])).rejects.toEqual(fault('corpus.jsonl', 1, /text: Is missing\.$/))
    await expect(corpus(['{"text":"x"}'])).rejects.toEqual(fault('corpus.jsonl', 1, /no id/))
    await expect(corpus(['{"id":"a","text":"x"}', '', '{"id":"a","text":"y"}'])).rejects.toEqual(
      fault('corpus.jsonl', 3, /line 1/),
    )
    await expect(readQuestions(['{"id":"q","text":"?","answers":[1]}'])).rejects.toEqual(
      fault('queries.jsonl', 1, /answers\.0: Must be a text\.$/),
    )
    await expect(readJudgements(['q\td\t1', 'q d 1'])).rejects.toEqual(fault('qrels.tsv', 2, /tabs/))
    await expect(readJudgements(['q\td\t1', 'q\te\tmuch'])).rejects.toEqual(fault('qrels.tsv', 2, /whole number/))
    await expect(readJudgements(['q\td\t1', 'q\td\t0'])).rejects.toEqual(fault('qrels.tsv', 2, /before/))
  })

  it('take judgements with and without a header', async () => {
    const right = new Map([['q', new Map([['d', 2]])]])
    expect(await readJudgements(['query-id\tcorpus-id\tscore', 'q\td\t2\r'])).toEqual(right)
    expect(await readJudgements(['q\td\t2'])).toEqual(right)
  })
})
