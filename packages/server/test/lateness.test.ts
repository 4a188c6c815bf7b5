import { patterns, silentLog } from '@plinth/core'
import { memoryPlatform, scriptedModels } from '@plinth/core/testing'
import { expect, it } from 'vitest'
import { createApp } from '../src/app.ts'
import { bootstrap } from '../src/bootstrap.ts'
import { Regions } from '../src/regions.ts'
import { startTelemetry } from '../src/telemetry/telemetry.ts'
import { toldLimit } from './support/told-limit.ts'

const models = scriptedModels(() => 'An answer.')

it('a platform of this process that is behind with its answers is told to the limit of the edge, of whichever region it is', async () => {
  const { limit, told } = toldLimit()
  const { platform } = memoryPlatform({ models })
  expect(platform.lateness()).toBe(0)
  const peers = { here: { ...platform, lateness: () => 70_000 }, there: 'https://plinth.example' }
  const regions = new Regions(platform, new Map(Object.entries(peers)))
  const identity = await bootstrap(platform)
  const parts = { platform, regions, patterns, telemetry: startTelemetry(), log: silentLog, limit, ready: () => true }
  const app = createApp({ ...identity, ...parts, stopping: new AbortController().signal })
  const token = await identity.issuer.sign({ tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 3_600 })
  for (let count = 0; count < 100; count++) limit.enter('demo')
  const answer = await app.fetch(new Request('http://plinth/api/requests', { headers: { authorization: `Bearer ${token}` } }))
  expect(answer.status).toBe(200)
  expect(await told).toBe(70_000)
})
