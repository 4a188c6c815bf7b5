import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { type RunningPlinth, startPlinth } from '../../../test/e2e/support/plinth-process.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { mintToken } from '../src/local-identity.ts'
import { plinth, type Run, refusalOf } from './support/plinth.ts'

let folder: string
let server: RunningPlinth
let environment: Record<string, string>

beforeEach(async () => {
  folder = join(temporaryFolder(), 'data')
  await start()
})

async function start(): Promise<void> {
  server = await startPlinth(folder)
  environment = { PLINTH_DATA_DIR: folder, PLINTH_URL: server.url }
}

const tenants = (...args: string[]): Promise<Run> => plinth(['tenants', ...args], environment)

async function good(...args: string[]): Promise<string> {
  const run = await tenants(...args)
  expect([run.exit.code, run.stderr], args.join(' ')).toEqual([0, ''])
  return run.stdout
}

async function codeOf(tenant: string): Promise<unknown> {
  const token = await mintToken({ tenant, user: 'ann', permissions: ['*'], lifetime: 60 }, { PLINTH_DATA_DIR: folder })
  const { status, body } = await call(server.url, '/api/requests', { token })
  return status === 200 ? 200 : body.code
}

describe('the way back, when no tenant is active [R95]', () => {
  it('from a suspension: it is asked before, and ended on the data itself once the server is stopped', async () => {
    expect(refusalOf(await tenants('suspend', 'demo'))).toMatch(/demo is the only active tenant.*activate demo --offline.*--yes/)
    expect(await codeOf('demo')).toBe(200)
    expect(await good('suspend', 'demo', '--yes')).toMatch(/is suspended.*\n.*activate demo --offline/)
    expect(await codeOf('demo')).toBe('tenant_suspended')
    expect(refusalOf(await tenants('activate', 'demo'))).toMatch(/No tenant is active.*activate <tenant> --offline/)
    expect(refusalOf(await tenants('activate', 'demo', '--offline'))).toMatch(/Stop the server/)

    await server.process.stop()
    expect(refusalOf(await tenants('activate', 'demo'))).toMatch(/No Plinth answers.*--offline/)
    expect(refusalOf(await tenants('activate', 'nobody', '--offline'))).toMatch(/no such tenant/)
    expect(await good('activate', 'demo', '--offline')).toBe('demo is active.\n')
    await start()
    expect(await codeOf('demo')).toBe(200)
    const { items } = JSON.parse(await good('audit', '_system', '--json')) as { items: object[] }
    const way = { who: 'cli', what: 'PATCH /api/tenants/{id}', resource: 'tenants/demo', decision: 'allowed' }
    expect(items.filter((entry) => matches(entry, way))).toHaveLength(2)
    expect(await good('verify', '_system')).toMatch(/is whole/)
  })

  it('from the offboarding of the last: another is onboarded', async () => {
    expect(refusalOf(await tenants('offboard', 'demo'))).toMatch(/only active.*onboard <another tenant> --offline.*not be undone/)
    expect(await good('offboard', 'demo', '--yes')).toMatch(/onboard <another tenant> --offline/)
    expect(await codeOf('demo')).toBe('tenant_offboarded')
    await server.process.stop()
    expect(refusalOf(await tenants('activate', 'demo', '--offline'))).toMatch(/has left/)
    expect(refusalOf(await tenants('onboard', 'acme', '--offline', '--region', 'eu-central-1'))).toMatch(/region/)
    expect(await good('onboard', 'acme', '--offline', '--isolation', 'silo', '--model', 'scripted')).toMatch(/^Onboarded/)
    await start()
    expect(await codeOf('acme')).toBe(200)
    expect(await good('list')).toMatch(/^acme .* active .*silo/m)
  })

  it('makes no data folder where there is none', async () => {
    const run = await plinth(['tenants', 'activate', 'demo', '--offline'], { PLINTH_DATA_DIR: join(folder, 'other') })
    expect(refusalOf(run)).toMatch(/There is no data of Plinth in .*PLINTH_DATA_DIR/)
  })
})

describe('whoever suspends the tenant of PLINTH_TOKEN', () => {
  it('is asked before, and told how to come back', async () => {
    await good('onboard', 'acme')
    const grant = { tenant: 'acme', user: 'ann', permissions: ['*'], lifetime: 60 }
    environment.PLINTH_TOKEN = await mintToken(grant, { PLINTH_DATA_DIR: folder })
    for (const verb of ['suspend', 'offboard'])
      expect(refusalOf(await tenants(verb, 'acme'))).toMatch(/PLINTH_TOKEN is of acme.*plinth token --tenant demo.*--yes/)
    const file = join(folder, 'suspended.json')
    writeFileSync(file, '{"status":"suspended"}')
    expect(refusalOf(await tenants('configure', 'acme', '--settings', file))).toMatch(/plinth tenants suspend acme/)
    expect(await codeOf('acme')).toBe(200)
    expect(await good('suspend', 'acme', '--yes')).toMatch(/plinth token --tenant demo/)
    expect(refusalOf(await tenants('list'))).toMatch(/Unset PLINTH_TOKEN/)
    const { PLINTH_TOKEN: _, ...others } = environment
    expect((await plinth(['tenants', 'activate', 'acme'], others)).stdout).toBe('acme is active.\n')
    expect(await good('list')).toMatch(/^acme /m)
  })
})

function matches(entry: object, facts: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(facts).every(([name, value]) => (entry as Record<string, unknown>)[name] === value)
}
