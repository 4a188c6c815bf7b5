/**
 * Ours with everything on: the server as it is started by everyone, which listens too, but is spoken to in the process. Only the
 * worker host is started here, since some sections need the time before it.
 * @module
 */
import { randomUUID } from 'node:crypto'
import {
  Authenticator,
  LocalIssuer,
  patterns,
  processGenaiRequest,
  systemTenant,
  TenantRegistry,
  uuid,
  WorkerHost,
} from '@plinth/core'
import { systemClock } from '@plinth/local'
import { startServer } from '@plinth/server'
import { promptOf } from '../harness/sizes.mjs'
import { inParallel } from '../load/produce.mjs'

const tokenSeconds = 24 * 3_600
const fillers = 1_024
/** What is known of a tenant may be so old, at most. */
const freshMilliseconds = 2_000

export async function open({ directory, concurrency, latency = 0 }) {
  const environment = {
    PORT: '0',
    PLINTH_DATA_DIR: directory,
    PLINTH_MODEL: 'scripted',
    PLINTH_SCRIPTED_LATENCY_MS: String(latency),
    PLINTH_WORKER: 'off',
    PLINTH_LOG_LEVEL: 'error',
  }
  const server = await startServer({ environment, onFatal: (error) => giveUp(error.message) })
  const { platform, log } = server
  const operator = platform.operate()
  const registry = new TenantRegistry(operator)
  const issuer = await LocalIssuer.open(operator)
  const authenticator = new Authenticator({ registry, issuer, clock: systemClock })
  const tokens = new Map()
  let received = 0
  let tell = () => {}
  operator.bus.subscribe((event) => {
    if (event.type === 'genai.request.received') received++
    else if (event.type === 'genai.request.completed') tell(event.tenant)
    else if (event.type === 'genai.request.failed') giveUp(`Request ${event.subject} failed.`)
  })

  const tokenOf = async (tenant) => {
    await registry.ensure(tenant, tenant)
    const token = await issuer.sign({ tenant, user: 'bench', permissions: ['requests:write'], lifetime: tokenSeconds })
    tokens.set(tenant, `Bearer ${token}`)
    return tokens.get(tenant)
  }

  // As the edge does it: the token is looked at each time, and each request has a correlation id of its own.
  const submit = async ({ key, prompt, tenant, lane = 'normal' }) => {
    const caller = await authenticator.authenticate(tokens.get(tenant) ?? (await tokenOf(tenant)), uuid(systemClock))
    await processGenaiRequest(platform.scope(caller), { prompt, priority: lane }, { idempotencyKey: key })
  }

  return {
    submit,
    // The public way in, by many at once: what is there afterwards is what real requests leave.
    fill: async (count) => {
      const before = received
      await inParallel(count, fillers, (number) => submit({ key: randomUUID(), prompt: promptOf(number), tenant: 'demo' }))
      // The relay has told of all of them, so that none of that work is left to whoever opens the folder next.
      while (received - before < count) await new Promise((resolve) => setTimeout(resolve, 20))
    },
    work: (done) => {
      tell = done
      const host = new WorkerHost({ platform, patterns, log, concurrency: { 'event-driven.process': concurrency } })
      return () => host.drain()
    },
    weigh: (tenant, weight) => weigh(operator.store, tenant, weight),
    close: () => server.stop(),
  }
}

/** Gives a tenant its weight, as an operator would. */
async function weigh(store, tenant, weight) {
  const row = await store.get({ tenant: systemTenant, collection: 'tenants', partition: 'tenants', sort: tenant })
  const { version, ...rest } = row
  await store.commit({ writes: [{ put: { ...rest, index: { ...rest.index, weight } }, ifVersion: version }] })
  await new Promise((resolve) => setTimeout(resolve, freshMilliseconds))
}

/** Nothing may fail here, and figures of a run where something did would mean nothing. */
function giveUp(reason) {
  console.error(reason)
  process.exit(1)
}
