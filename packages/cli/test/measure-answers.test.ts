import { describe, expect, it } from 'vitest'
import { Client } from '../src/client.ts'
import { measureAnswers } from '../src/evaluation/measure-answers.ts'

const answered = {
  response: 'It is serviced every 400 hours.',
  confidence: 0.8,
  abstained: false,
  citations: [],
  usage: { usd: 0 },
}
const client = new Client('http://server', 'token', { fetching: async () => Response.json(answered) })
const question = { id: '1', text: 'How often is it serviced?', history: [], answers: [] as string[], answerable: true }

describe('answers', () => {
  it('are held against those that are right', async () => {
    const figures = await measureAnswers(client, [{ ...question, answers: ['400 hours'] }])
    expect(figures).toMatchObject({ answer_contained: 1, citation_contained: 0, refused_answerable: 0 })
    expect(figures.f1).toBeGreaterThan(0)
  })

  it('of which nothing is told are not taken for wrong ones', async () => {
    const untold = { f1: null, answer_contained: null, citation_contained: null, calibration_error: null, auroc: null }
    expect(await measureAnswers(client, [question])).toMatchObject({
      ...untold,
      refused_answerable: 0,
      refused_unanswerable: null,
    })
  })
})
