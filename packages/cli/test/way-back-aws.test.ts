import { expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { startPlinth } from '../../../test/e2e/support/plinth-process.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { describeWithMoto, motoVariables } from '../../aws/test/support/moto.ts'
import { plinth } from './support/plinth.ts'

describeWithMoto('the way back on the platform aws, on an emulator', (moto) => {
  it('goes to the table, while the server runs [R95]', async () => {
    const where = { ...motoVariables(moto.endpoint), PLINTH_MODEL: 'scripted' }
    const server = await startPlinth(temporaryFolder(), where)
    const { stdout, stderr } = await plinth(['token', '--tenant', 'demo', '--permissions', '*'], where)
    expect(stderr).toBe('')
    const token = stdout.trim()
    const environment = { ...where, PLINTH_URL: server.url, PLINTH_TOKEN: token }
    const statusOf = async () => (await call(server.url, '/api/requests', { token })).status
    expect(await statusOf()).toBe(200)
    const asked = await plinth(['tenants', 'suspend', 'demo'], environment)
    expect(asked.stderr).toMatch(/demo is the only active tenant.*--yes/)
    expect((await plinth(['tenants', 'suspend', 'demo', '--yes'], environment)).exit.code).toBe(0)
    expect(await statusOf()).toBe(403)
    const back = await plinth(['tenants', 'activate', 'demo', '--offline'], where)
    expect([back.exit.code, back.stderr, back.stdout]).toEqual([0, '', 'demo is active.\n'])
    expect(await statusOf()).toBe(200)
    await server.process.stop()
  })
})
