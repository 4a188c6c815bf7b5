import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

interface ShownDocument {
  readonly document_id: string
  readonly status: string
  readonly searchable: boolean
  readonly characters: number
  readonly chunks_count: number
}

interface Chunk {
  readonly ordinal: number
  readonly start: number
  readonly end: number
  readonly content: string
  readonly context: string
}

interface Answer {
  readonly response: string
  readonly abstained: boolean
  readonly confidence: number
  readonly citations: readonly { readonly claim_start: number }[]
  readonly explanation?: {
    readonly searched: string
    readonly passages: readonly {
      readonly source: string
      readonly use: string
      readonly number?: number
      readonly content: string
    }[]
    readonly prompt: {
      readonly messages: readonly { readonly role: string; readonly text: string }[]
      readonly tokens: number
    } | null
    readonly served_by: string | null
    readonly confidence: {
      readonly related: number
      readonly answered: number
      readonly supported: number | null
      readonly floor: number
      readonly least: number
      readonly features: Readonly<Record<string, number>>
    }
    readonly claims: readonly { readonly start: number; readonly cited: boolean; readonly support: number }[]
  }
}

const pumps = '# Pumps\n\nThe pump PX-4711 is serviced every 400 hours.\n\n## Safety\n\nNobody works on a pump alone.'
/** More than one block of chunks. */
const long = Array.from({ length: 700 }, (_, at) => `## Part ${at}\n\nPart ${at} has the number ${at * 7}.`).join('\n\n')

let server: TestServer
let token: string
const documents: Record<string, ShownDocument> = {}

beforeAll(async () => {
  server = await startTestServer({ PLINTH_MODEL: 'local/extractive' })
  token = await server.token()
  for (const [source, content] of Object.entries({ 'pumps.md': pumps, 'long.md': long, 'broken.pdf': 'no pdf' })) {
    const body = { documents: [{ source, content }] }
    const sent = await call<ShownDocument[]>(server.url, '/api/documents', { token, body })
    documents[source] = await until(`${source} is read`, async () => {
      const shown = await call<ShownDocument>(server.url, `/api/documents/${sent.body[0]?.document_id}`, { token })
      return shown.body.status !== 'processing' && shown.body
    })
  }
})

const idOf = (source: string): string => documents[source]?.document_id ?? expect.fail(source)
const ask = (body: object) => call<Answer>(server.url, '/api/rag/query', { token, body })
const explained = async (body: object): Promise<Required<Answer>> => {
  const answer = await ask({ ...body, explain: true })
  expect(answer.body.explanation, answer.text).toBeDefined()
  return answer.body as Required<Answer>
}

describe('the chunks of a document', () => {
  it('are its text, in order, page after page, across the blocks that they are kept in', async () => {
    const found: Chunk[] = []
    for (let after = ''; ; ) {
      const path = `/api/documents/${idOf('long.md')}/chunks?limit=150${after}`
      const { body } = await call<{ items: Chunk[]; next_cursor: string | null }>(server.url, path, { token })
      found.push(...body.items)
      if (body.next_cursor === null) break
      after = `&after=${body.next_cursor}`
    }
    expect(found).toHaveLength(documents['long.md']?.chunks_count ?? 0)
    expect(found.length).toBeGreaterThan(256)
    expect(found.map(({ ordinal }) => ordinal)).toEqual(found.map((_, at) => at))
    for (const { start, end, content } of found) expect(content).toBe(long.slice(start, end))
    expect(found[300]?.context).toContain('Part 300')
  })

  it('end where a page ends with them', async () => {
    const count = documents['pumps.md']?.chunks_count ?? 0
    const path = `/api/documents/${idOf('pumps.md')}/chunks?limit=${count}`
    expect((await call(server.url, path, { token })).body).toMatchObject({ next_cursor: null })
  })

  it.each(['bm90aGluZw', 'LTE', '!'])('refuse the cursor %s', async (after) => {
    expectProblem(await call(server.url, `/api/documents/${idOf('pumps.md')}/chunks?after=${after}`, { token }), 400)
  })

  it('of one that was never read are not there', async () => {
    expect(documents['broken.pdf']).toMatchObject({ status: 'failed', searchable: false })
    expectProblem(await call(server.url, `/api/documents/${idOf('broken.pdf')}/chunks`, { token }), 404)
  })
})

describe('the text of a document', () => {
  const text = async (query: string): Promise<string> =>
    (await call(server.url, `/api/documents/${idOf('long.md')}/text${query}`, { token })).text

  it('is given whole, or a stretch of it', async () => {
    expect(documents['long.md']).toMatchObject({ searchable: true, characters: long.length })
    expect(await text('')).toBe(long)
    expect(await text('?start=8000&end=9000')).toBe(long.slice(8_000, 9_000))
    expect(await text('?end=10')).toBe(long.slice(0, 10))
    expect(await text(`?start=${long.length - 5}&end=999999999`)).toBe(long.slice(-5))
    expect(await text('?start=999999998')).toBe('')
  })

  it.each(['start=2&end=1', 'start=-1', 'end=x', 'start=1.5', 'from=1'])('refuses %s', async (query) => {
    expectProblem(await call(server.url, `/api/documents/${idOf('long.md')}/text?${query}`, { token }), 400)
  })
})

describe('an answer that explains itself', () => {
  const query = 'How often is the pump PX-4711 serviced?'

  it('is the same answer, and says nothing more unless it is asked to', async () => {
    const plain = (await ask({ query })).body
    expect(plain).not.toHaveProperty('explanation')
    const { explanation: _, usage: __, ...told } = (await explained({ query })) as Required<Answer> & { usage: object }
    expect(plain).toMatchObject(told)
  })

  it('shows passages, prompt, claims, and parts whose product is its confidence', async () => {
    const { response, confidence, explanation, citations } = await explained({ query, top_k: 3 })
    const { passages, prompt, claims, served_by, searched } = explanation
    expect(passages).toHaveLength(3)
    expect(passages[0]).toMatchObject({ source: 'pumps.md', use: 'cited', number: 1 })
    expect(passages.slice(1).map(({ use }) => use)).toEqual(['shown', 'shown'])
    expect(prompt?.messages.map(({ role }) => role)).toEqual(['system', 'user'])
    for (const { content } of passages) expect(prompt?.messages[1]?.text).toContain(content.trim())
    expect(prompt?.tokens).toBeGreaterThan(0)
    expect({ served_by, searched }).toEqual({ served_by: 'local/extractive', searched: query })
    expect(claims[0]).toMatchObject({ start: citations[0]?.claim_start, cited: true, support: 1 })
    expect(response).toContain('400 hours')
    const { related, answered, supported, least, features } = explanation.confidence
    expect(related * answered * (supported ?? 0)).toBeCloseTo(confidence, 10)
    expect(confidence).toBeGreaterThan(least)
    expect(Object.keys(features)).toContain('lexical')
  })

  it('says that no model was asked, and why', async () => {
    const { abstained, explanation } = await explained({ query: 'Who won the cup in 1966?' })
    expect(abstained).toBe(true)
    expect(explanation).toMatchObject({ prompt: null, served_by: null, claims: [] })
    expect(explanation.confidence.supported).toBeNull()
    expect(explanation.confidence.related).toBeLessThan(explanation.confidence.floor)
    expect(new Set(explanation.passages.map(({ use }) => use))).toEqual(new Set(['left_out']))
  })

  it('shows the prompt behind the tenant’s filters', async () => {
    await server.registry.create('masked', 'Masked')
    const admin = await server.token({ permissions: ['*'] })
    const filters = { input: { deny_list: 'mask' }, deny_list: ['rubber seal'] }
    const set = await call(server.url, '/api/tenants/masked', { token: admin, method: 'PATCH', body: { filters } })
    expect(set.status, set.text).toBe(200)
    const own = await server.token({ tenant: 'masked' })
    const body = { documents: [{ source: 'seals.txt', content: 'The pump PX-4711 has a rubber seal that lasts for two years.' }] }
    const sent = await call<ShownDocument[]>(server.url, '/api/documents', { token: own, body })
    await until('it is read', async () => {
      const shown = await call<ShownDocument>(server.url, `/api/documents/${sent.body[0]?.document_id}`, { token: own })
      return shown.body.status === 'processed'
    })
    const question = { query: 'How long does the seal of the pump PX-4711 last?', explain: true }
    const answer = await call<Answer>(server.url, '/api/rag/query', { token: own, body: question })
    expect(answer.body.explanation?.prompt?.messages[1]?.text).toContain('PX-4711')
    expect(answer.body.explanation?.prompt?.messages[1]?.text).not.toContain('rubber seal')
  })
})

describe('an answer that comes in parts', () => {
  it('is refused before its first part like a whole one', async () => {
    expectProblem(await ask({ query: 'Which?', stream: true, model_id: 'nobody/knows' }), 400)
  })
})
