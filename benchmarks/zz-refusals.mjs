import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { Authenticator, LocalIssuer, processGenaiRequest, TenantRegistry, uuid } from '@plinth/core'
import { systemClock } from '@plinth/local'
import { startServer } from '@plinth/server'
const server = await startServer({ environment: { PORT: '0', PLINTH_DATA_DIR: mkdtempSync(tmpdir() + '/pb-'), PLINTH_MODEL: 'scripted', PLINTH_WORKER: 'off', PLINTH_LOG_LEVEL: 'error' }, onFatal: (e) => { throw e } })
const { platform } = server
const operator = platform.operate()
const registry = new TenantRegistry(operator)
const issuer = await LocalIssuer.open(operator)
const authenticator = new Authenticator({ registry, issuer, clock: systemClock })
await registry.ensure('a', 'a')
const token = `Bearer ${await issuer.sign({ tenant: 'a', user: 'u', permissions: ['*'], lifetime: 3600 })}`
async function go(name, n, limits, model_id) {
  await registry.change('a', (s) => ({ ...s, limits }))
  let refused = 0
  const one = async (i) => {
    const caller = await authenticator.authenticate(token, uuid(systemClock))
    try { await processGenaiRequest(platform.scope(caller, { what: 'POST /api/requests', resource: 'requests' }), { prompt: `Prompt ${i} `.padEnd(285, 'x'), ...(model_id ? { model_id } : {}) }, { idempotencyKey: `${name}-${i}` }) } catch (e) { refused++ }
  }
  for (let i = 0; i < 300; i++) await one(-1 - i)
  const cpu = process.cpuUsage(); const t = performance.now()
  let next = 0
  await Promise.all(Array.from({ length: 32 }, async () => { while (next < n) await one(next++) }))
  const { user, system } = process.cpuUsage(cpu)
  console.log(name, 'cpu us/op', Math.round((user + system) / n), 'rate', Math.round(n / (performance.now() - t) * 1000), 'refused', refused)
}
for (let r = 0; r < 2; r++) {
  await go('accept' + r, 2000, {})
  await go('accept priced' + r, 2000, {}, 'anthropic.claude-haiku-4-5-20251001-v1:0')
  await go('accept limited' + r, 2000, { requests_per_minute: 1e9, tokens_per_minute: 1e9, monthly_budget_usd: 1e6 }, 'anthropic.claude-haiku-4-5-20251001-v1:0')
  await go('refuse rate' + r, 2000, { requests_per_minute: 0 })
  await go('refuse budget' + r, 2000, { monthly_budget_usd: 0 })
}
await server.stop()
process.exit(0)
