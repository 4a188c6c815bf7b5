import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import type { TemplateRequest } from '../src/template-route.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let server: TestServer
let token: string
let asked: TemplateRequest[] = []
let finish: (() => void) | undefined

beforeAll(async () => {
  server = await startTestServer(
    {},
    {
      synthesise: async (request) => {
        asked.push(request)
        if (finish === undefined) await new Promise<void>((resolve) => (finish = resolve))
        return { name: 'Plinth.template.json', template: { Resources: {} } }
      },
    },
  )
  token = await server.token({ permissions: ['advisor:write'] })
})

const make = (body: object) => call(server.url, '/api/advisor/template', { token, method: 'POST', body })

describe('POST /api/advisor/template', () => {
  it('makes one at a time, of the patterns and the model that are named', async () => {
    const first = make({ patterns: ['rag'], model_id: 'amazon.nova-pro-v1:0' })
    await expect.poll(() => finish).toBeDefined()
    expectProblem(await make({ patterns: [] }), 429, 'template_limit')
    finish?.()
    expect(await first).toMatchObject({ status: 200, body: { name: 'Plinth.template.json', template: { Resources: {} } } })
    expect((await make({ patterns: [] })).status).toBe(200)
    expect(asked).toEqual([{ patterns: ['rag'], model_id: 'amazon.nova-pro-v1:0' }, { patterns: [] }])
  })

  it('is ended when its client is gone, so that the next one can begin', async () => {
    let begun = false
    const patient = await startTestServer(
      {},
      {
        synthesise: ({ patterns }, signal) => {
          if (patterns.length === 0) return Promise.resolve({ name: 'Plinth.template.json', template: {} })
          begun = true
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        },
      },
    )
    const asked = { token: await patient.token(), method: 'POST' }
    const client = new AbortController()
    const left = call(patient.url, '/api/advisor/template', { ...asked, body: { patterns: ['rag'] }, signal: client.signal })
    await expect.poll(() => begun).toBe(true)
    client.abort()
    await expect(left).rejects.toThrow(/abort/)
    const next = () => call(patient.url, '/api/advisor/template', { ...asked, body: { patterns: [] } })
    await expect.poll(async () => (await next()).status).toBe(200)
  })

  it.each([
    ['patterns', {}],
    ['patterns.0', { patterns: ['nothing'] }],
    ['pattern', { patterns: [], pattern: 'rag' }],
    ['model_id', { patterns: [], model_id: 7 }],
  ])('names what is wrong: %s', async (field, body) => {
    asked = []
    expectProblem(await make(body), 400, 'invalid_input', field)
    expect(asked).toEqual([])
  })

  it('asks nobody for a model that the catalogue has not', async () => {
    asked = []
    expectProblem(await make({ patterns: [], model_id: '--out=/etc' }), 400, 'model_unknown')
    expect(asked).toEqual([])
  })

  it('is not there where nobody brings the constructs', async () => {
    const without = await startTestServer({}, {})
    const answer = await call(without.url, '/api/advisor/template', {
      token: await without.token(),
      method: 'POST',
      body: { patterns: [] },
    })
    expectProblem(answer, 404, 'not_found')
  })
})
