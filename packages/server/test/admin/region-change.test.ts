import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../../test/e2e/support/api.ts'
import { temporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { Administrator } from './administrator.ts'
import { tenantsOf } from './raw-folder.ts'

const there = 'eu-central-1'
const folder = join(temporaryFolder(), 'eu')

let admin: Administrator

beforeAll(async () => {
  admin = await Administrator.start({ PLINTH_REGION: 'us-east-1', PLINTH_REGIONS: `${there}=${folder}` })
})

async function write(tenant: string): Promise<void> {
  const token = await admin.server.token({ tenant })
  expect((await call(admin.server.url, '/api/requests', { token, body: { prompt: 'x' } })).status).toBe(202)
}

describe('the region of a tenant', () => {
  it('can be said as long as it has nothing yet, and its data lies there from then on [R109, X66]', async () => {
    await admin.onboard('mover')
    expect((await admin.patch('mover', { data_residency_region: there })).status).toBe(200)
    await write('mover')
    expect([tenantsOf(admin.folder), tenantsOf(folder)].map((tenants) => tenants.includes('mover'))).toEqual([false, true])
  })

  it('can not be changed to another one once it has data: nothing is left behind where nobody looks [R109, X66]', async () => {
    await admin.onboard('settler')
    await write('settler')
    expectProblem(await admin.patch('settler', { data_residency_region: there, tier: 'gold' }), 409, 'wrong_state')
    expect(await admin.shown('settler')).toMatchObject({ data_residency_region: null, tier: 'standard' })
    // That it must stay where it is may be said any time, and taken back.
    for (const data_residency_region of ['us-east-1', null])
      expect((await admin.patch('settler', { data_residency_region })).body).toMatchObject({ data_residency_region })
    await write('settler')
  })
})
