import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { call } from './support/api.ts'
import { filesWith } from './support/files.ts'
import { startPlinth } from './support/plinth-process.ts'
import { reach } from './support/requests.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const canary = 'Canary-8f31c2-of-the-prompt'
const keyCanary = 'canary-of-the-idempotency-key'

describe('[X15] [X19] [X64] [R100] what is private is nowhere in clear', () => {
  it('not in the logs, however much they say, and in no file, dead or alive', async () => {
    const folder = join(temporaryFolder(), 'data')
    // The extractive model quotes: its result holds the canary as well.
    const server = await startPlinth(folder, { PLINTH_LOG_LEVEL: 'debug', PLINTH_MODEL: 'local/extractive' })
    const token = await mintToken({ tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 600 }, { PLINTH_DATA_DIR: folder })
    const long = `${canary} stands in a long text. ${'Padding fills the page. '.repeat(4_000)}`
    const bodies = [
      { prompt: `Summarise: ${canary} is the name of a ship. It sails at dawn.`, request_id: 'plain-id-1' },
      { prompt: `Summarise: ${long}`, request_id: 'plain-id-2' },
      { prompt: `${canary} [[fail]]`, request_id: 'plain-id-3', model_id: 'scripted' },
      { prompt: `${canary} answered by rule`, request_id: 'plain-id-4', model_id: 'scripted' },
    ]
    for (const body of bodies) {
      const headers = { 'idempotency-key': `${keyCanary}-${body.request_id}` }
      expect((await call(server.url, '/api/requests', { token, body, headers })).status).toBe(202)
    }
    const results: string[] = []
    for (const [index, { request_id }] of bodies.entries()) {
      results.push((await reach(server, token, request_id, index === 2 ? 'failed' : 'completed')).result?.text ?? '')
    }
    expect(results[0]).toContain(canary)
    // Refusals are logged too, at this level.
    const refusals = [
      { prompt: canary, [canary]: 1 },
      { prompt: canary, model_id: canary },
      { prompt: canary, request_id: `${canary} ` },
      `{"prompt":"${canary}`,
    ]
    for (const body of refusals) expect((await call(server.url, '/api/requests', { token, body })).status).toBe(400)
    await call(server.url, `/api/requests?${canary}=1`, { token: `${token}x` })

    const [, , signature = ''] = token.split('.')
    const secrets = [canary, keyCanary, token, signature, results[1]?.slice(0, 60) ?? '', results[3] ?? '']
    const lookEverywhere = (): void => {
      for (const secret of secrets) {
        expect(secret.length).toBeGreaterThan(10)
        expect(filesWith(folder, secret), secret).toEqual([])
        expect(server.process.stderr.includes(secret), `logs with ${secret}`).toBe(false)
        expect(server.process.stdout.includes(secret), `output with ${secret}`).toBe(false)
      }
      // The search itself works: what may be read is found, and something was logged.
      expect(filesWith(folder, 'plain-id-2').length).toBeGreaterThan(0)
      expect(server.process.stderr).toContain('"level":20')
    }
    lookEverywhere()
    await server.process.kill()
    lookEverywhere()
    const again = await startPlinth(folder)
    await again.process.stop()
    lookEverywhere()
  })
})
