import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { call } from './support/api.ts'
import { startPlinth } from './support/plinth-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

// V8 takes one for the other (packages/core/src/mend-json-parse.ts), in a process of its own, which no test mends.
it('names that one tenant spells with escapes are read the same, whatever names another has sent', async () => {
  const folder = join(temporaryFolder(), 'data')
  const server = await startPlinth(folder)
  const tokenOf = (tenant: string): Promise<string> =>
    mintToken({ tenant, user: 'anyone', permissions: ['*'], lifetime: 600 }, { PLINTH_DATA_DIR: folder })
  const owner = await tokenOf('demo')
  await call(server.url, '/api/tenants', { token: owner, body: { tenant_id: 'stranger', name: 'Stranger' } })
  const stranger = await tokenOf('stranger')
  const sent = (token: string, metadata: string) =>
    call<{ document_id: string }[]>(server.url, '/api/documents', {
      token,
      body: `{"documents":[{"source":"a.txt","content":"A.","metadata":${metadata}}]}`,
    })
  // The first characters of the other's spelling, in its place. It is refused, when it was read.
  expect((await sent(stranger, String.raw`{"art":"x","\\u":"x"}`)).status).toBe(400)
  const { body, text } = await sent(owner, String.raw`{"art":"y","\u0061b":"y"}`)
  const path = `/api/documents/${body[0]?.document_id ?? expect.fail(text)}`
  expect((await call<{ metadata: unknown }>(server.url, path, { token: owner })).body.metadata).toEqual({ art: 'y', ab: 'y' })
})
