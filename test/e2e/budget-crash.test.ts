import { describe, expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { type Acknowledgement, call, listAll, type Problem, type ShownRequest } from './support/api.ts'
import { seededRandom } from './support/crash-clients.ts'
import { type RunningPlinth, startPlinth } from './support/plinth-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

const kills = 8
const clients = 16
const everything = { tenant: 'demo', user: 'spender', permissions: ['*'], lifetime: 3_600 }
const scripted = { PLINTH_SCRIPTED_LATENCY_MS: '30' }
/** `scripted` answers for it, at 1 USD per million tokens of input and 5 of output. */
const model_id = 'anthropic.claude-haiku-4-5-20251001-v1:0'
const max_tokens = 40
/** Of each request some 0.0002 USD are reserved, and less is spent. It is given in steps, so that the clients use it up several times. */
const budget = 0.02

/** Clients that spend what there is: each sends a request under its key until it is accepted or refused, then the next one. */
class Spenders {
  /** By key. */
  readonly accepted = new Map<string, string>()
  refused = 0
  /** Answers that a client under these rules should never get. */
  readonly odd: string[] = []
  readonly #running: Promise<void>[]
  readonly #random: () => number
  #ending = false
  #number = 0

  constructor(random: () => number, send: (key: string) => Promise<string | undefined>) {
    this.#random = random
    this.#running = Array.from({ length: clients }, () => this.#work(send))
  }

  /** Begins nothing new; resolves when all that was begun is answered. */
  async end(): Promise<void> {
    this.#ending = true
    await Promise.all(this.#running)
  }

  async #work(send: (key: string) => Promise<string | undefined>): Promise<void> {
    while (!this.#ending) {
      const key = `key-${++this.#number}`
      const id = await send(key)
      if (id === undefined) this.refused++
      else this.accepted.set(key, id)
      await new Promise((resolve) => setTimeout(resolve, this.#random() * (id === undefined ? 100 : 20)))
    }
  }
}

interface Usage {
  readonly items: readonly { readonly day: string; readonly usd: number; readonly requests: number }[]
  readonly total: { readonly usd: number; readonly requests: number }
  readonly budget: { readonly month: string; readonly taken_usd: number }
}

describe('kill -9 while a tenant spends its budget', () => {
  it('eight times: never is more spent than there is, nothing accepted is lost, and what is reserved comes back [X14, X68, X7]', {
    timeout: 600_000,
  }, async () => {
    const seed = Number(process.env.PLINTH_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
    console.log(`budget-crash.test.ts: PLINTH_TEST_SEED=${seed}`)
    const random = seededRandom(seed)
    const folder = temporaryFolder()
    let server: RunningPlinth = await startPlinth(folder, scripted)
    const token = await mintToken(everything, { PLINTH_DATA_DIR: folder })
    const from = `${new Date().toISOString().slice(0, 7)}-01`
    const limit = async (limits: object): Promise<void> => {
      const answer = await call(server.url, '/api/tenants/demo', { token, method: 'PATCH', body: { limits } })
      expect(answer.status, answer.text).toBe(200)
    }
    const usage = async (): Promise<Usage> =>
      (await call<Usage>(server.url, `/api/tenants/demo/usage?from=${from}`, { token })).body
    await limit({ monthly_budget_usd: budget / kills })

    const send = async (key: string): Promise<string | undefined> => {
      const body = { prompt: `Prompt of ${key}`, model_id, max_tokens }
      for (;;) {
        try {
          const headers = { 'idempotency-key': key }
          const answer = await call<Acknowledgement & Problem>(server.url, '/api/requests', { token, body, headers })
          if (answer.status === 202) return answer.body.request_id
          if (answer.status === 402) return undefined
          if (answer.status !== 503) spenders.odd.push(`${answer.status} ${answer.text}`)
        } catch {
          // The server is down; what became of the request isn't known, so it is sent again.
        }
        await new Promise((resolve) => setTimeout(resolve, 5 + random() * 20))
      }
    }
    const spenders: Spenders = new Spenders(random, send)
    for (let kill = 1; kill <= kills; kill++) {
      const least = { accepted: spenders.accepted.size + Math.floor(random() * 30), refused: spenders.refused + 3 }
      // Every other kill comes while nothing is left: all is spent or reserved.
      const isTime = (): boolean =>
        kill % 2 === 0 ? spenders.refused >= least.refused : spenders.accepted.size >= least.accepted
      await until('the next kill', isTime, { within: 60_000, every: 1 })
      await new Promise((resolve) => setTimeout(resolve, random() * 60))
      await server.process.kill()
      server = await startPlinth(folder, scripted)
      expect((await usage()).budget.taken_usd).toBeLessThanOrEqual((budget * kill) / kills)
      await limit({ monthly_budget_usd: Math.min(budget, (budget * (kill + 1)) / kills) })
    }
    await until('the budget used up', async () => spenders.refused > 100 && (await usage()).total.usd > budget * 0.95, {
      within: 90_000,
      every: 200,
    })
    await spenders.end()
    expect(spenders.odd).toEqual([])

    await until(
      'the end of all',
      async () => (await listAll<ShownRequest>(server.url, '/api/requests?status=processing', token)).length === 0,
      { within: 60_000, every: 100 },
    )
    const requests = await listAll<ShownRequest>(server.url, '/api/requests', token)
    expect(requests.map(({ request_id }) => request_id).toSorted()).toEqual([...spenders.accepted.values()].toSorted())
    expect(requests.filter(({ status }) => status !== 'completed')).toEqual([])

    const { items, total, budget: its } = await usage()
    const spentIn = (month: string): number =>
      items.filter(({ day }) => day.startsWith(month)).reduce((sum, { usd }) => sum + usd, 0)
    for (const month of new Set(items.map(({ day }) => day.slice(0, 7)))) expect(spentIn(month)).toBeLessThanOrEqual(budget)
    expect(its.taken_usd).toBeCloseTo(spentIn(its.month), 9)
    expect(total.requests).toBe(requests.length)
    expect(total.usd).toBeCloseTo(
      requests.reduce((sum, request) => sum + (request.usage?.usd ?? 0), 0),
      9,
    )

    // What was accepted is acknowledged again, though nothing is left; and more money is room from the next request on.
    const [known = ['', '']] = spenders.accepted
    await limit({ monthly_budget_usd: 0 })
    expect(await send(known[0])).toBe(known[1])
    expect(await send('another')).toBeUndefined()
    await limit({ monthly_budget_usd: 1 })
    expect(await send('another')).toBeDefined()
    const repeated = requests.reduce((sum, request) => sum + request.attempts - 1, 0)
    console.log(
      `budget-crash.test.ts: ${requests.length} accepted and ${spenders.refused} refused over ${kills} kills, ${repeated} starts were repeated; ` +
        `${total.usd.toFixed(6)} of ${budget} USD spent`,
    )
    expect((await server.process.stop()).code).toBe(0)
  })
})
