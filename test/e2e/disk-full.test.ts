import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { mountSmall, noMount } from '../../packages/local/test/small-disk.ts'
import { type Answer, call, listAll, type Problem, type ShownRequest } from './support/api.ts'
import { PlinthProcess, type RunningPlinth, serverEnvironment, startPlinth } from './support/plinth-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

const grant = { tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 600 }
/** Small ones lie in the database, large ones are files of their own. */
const sizes = [20_000, 60_000]

interface Filled {
  readonly accepted: string[]
  readonly refused: string[]
}

describe('[R19] a full disk', () => {
  it('refuses early and typed, loses nothing, lives, and goes on when there is room', { timeout: 300_000 }, async ({ skip }) => {
    const folder = temporaryFolder()
    const disk = mountSmall(folder, '32m')
    if (!disk) return skip(noMount)
    const ballast = join(folder, 'ballast')
    try {
      writeFileSync(ballast, Buffer.alloc(10 * 1024 * 1024))
      let server = await startPlinth(join(folder, 'data'))
      const token = await mintToken(grant, { PLINTH_DATA_DIR: join(folder, 'data') })
      const filled = await fill(server, token)
      expect(filled.accepted.length).toBeGreaterThan(50)

      // It lives, and what it holds can be read.
      expect(server.process.exit).toBeUndefined()
      expect((await call(server.url, '/healthz')).status).toBe(200)
      expect(await idsOf(server, token)).toEqual(filled.accepted.toSorted())
      const one = await call<ShownRequest>(server.url, `/api/requests/${filled.accepted[0]}`, { token })
      expect([one.status, one.body.request_id]).toEqual([200, filled.accepted[0]])

      rmSync(ballast)
      await finish(server, token, filled)

      // The same again, but killed while it is full.
      writeFileSync(ballast, Buffer.alloc(Math.max(0, freeBytes(folder) - 4 * 1024 * 1024)))
      const again = await fill(server, token)
      await server.process.kill()
      const full = new PlinthProcess(['start'], { environment: serverEnvironment(join(folder, 'data')) })
      await until('a start or a refusal', () => full.exit !== undefined || full.stdout.includes('listens'), { within: 20_000 })
      expect(full.stderr).not.toMatch(/\n\s+at /)
      await full.kill()
      rmSync(ballast)
      server = await startPlinth(join(folder, 'data'))
      await finish(server, token, {
        accepted: [...filled.accepted, ...filled.refused, ...again.accepted],
        refused: again.refused,
      })
      expect((await server.process.stop()).code).toBe(0)
    } finally {
      disk.unmount()
    }
  })
})

let number = 0

/** Submits until twenty in a row are refused. */
async function fill(server: RunningPlinth, token: string): Promise<Filled> {
  const filled: Filled = { accepted: [], refused: [] }
  for (let inARow = 0; inARow < 20; ) {
    const id = `disk-${++number}`
    const answer = await submit(server, token, id)
    if (answer.status === 202) filled.accepted.push(id)
    else {
      expect([answer.status, answer.body.code], answer.text).toEqual([503, 'storage_full'])
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      expect(answer.body.request_id).toBe(answer.headers.get('x-request-id'))
      filled.refused.push(id)
    }
    inARow = answer.status === 202 ? 0 : inARow + 1
  }
  return filled
}

/** There is room: what was refused is taken now, and everything is done, each once. */
async function finish(server: RunningPlinth, token: string, filled: Filled): Promise<void> {
  for (const id of filled.refused) {
    await until(`${id} to be taken`, async () => (await submit(server, token, id)).status === 202, { within: 30_000, every: 200 })
  }
  const all = [...filled.accepted, ...filled.refused]
  await until(
    'the end of all',
    async () => (await listAll(server.url, '/api/requests?status=completed', token)).length === all.length,
    { within: 60_000, every: 200 },
  )
  expect(await idsOf(server, token)).toEqual(all.toSorted())
}

function submit(server: RunningPlinth, token: string, id: string): Promise<Answer<Problem>> {
  const size = sizes[id.length % sizes.length] ?? 0
  return call(server.url, '/api/requests', { token, body: { prompt: id.padEnd(size, ' filler'), request_id: id } })
}

async function idsOf(server: RunningPlinth, token: string): Promise<string[]> {
  return (await listAll<ShownRequest>(server.url, '/api/requests', token)).map((request) => request.request_id).toSorted()
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}
