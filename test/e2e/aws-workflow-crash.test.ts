import { expect, it } from 'vitest'
import { useFaultProxy } from '../../packages/aws/test/support/fault-proxy.ts'
import { describeWithMoto, motoVariables } from '../../packages/aws/test/support/moto.ts'
import { call } from './support/api.ts'
import { type RunningPlinth, runPlinth, startPlinth } from './support/plinth-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

interface Shown {
  readonly workflow_id: string
  readonly status: string
  readonly steps: Readonly<Record<string, { readonly status: string; readonly attempts: number; readonly result: string | null }>>
}

const names = ['a', 'b', 'c', 'd', 'e']
const plan = {
  steps: [
    ...names.map((id, index) => ({ id, agent_type: 'research', prompt: id, dependencies: names.slice(0, index).slice(-1) })),
    { id: 'beside', agent_type: 'research', prompt: 'beside' },
  ],
}

describeWithMoto('[R68] a workflow whose process is killed, on the platform aws', (moto) => {
  const proxy = useFaultProxy(moto)

  it('goes on in another process: what had ended stays, what was in flight is done again, and nothing else is [X43]', {
    timeout: 600_000,
  }, async () => {
    proxy.isolateTransactions()
    const environment = { ...motoVariables(proxy.endpoint), PLINTH_SCRIPTED_LATENCY_MS: '3000' }
    const first = await startPlinth(temporaryFolder(), environment)
    const token = (await runPlinth(['token', '--tenant', 'demo'], { environment })).stdout.trim()
    const body = { request: 'In a row, and one beside.', plan }
    const { workflow_id: id } = (await call<Shown>(first.url, '/api/workflows', { token, method: 'POST', body })).body
    const shown = async ({ url }: RunningPlinth): Promise<Shown> =>
      (await call<Shown>(url, `/api/workflows/${id}`, { token })).body
    await until(
      'some have ended, and one runs',
      async () => {
        const states = Object.values((await shown(first)).steps).map(({ status }) => status)
        return states.includes('completed') && states.includes('running')
      },
      { within: 120_000 },
    )
    await first.process.kill()

    // Nobody but the table knows of it now; who asks there finds it as it was.
    const asked = await startPlinth(temporaryFolder(), { ...environment, PLINTH_WORKER: 'off' })
    const before = await shown(asked)
    expect(before.status).toBe('running')
    await asked.process.stop()

    const second = await startPlinth(temporaryFolder(), environment)
    // Its message is hidden for half a minute, and moto may first hand it to those who listened before.
    await until('it has ended', async () => (await shown(second)).status === 'completed', { within: 200_000, every: 500 })
    const { steps } = await shown(second)
    for (const [name, { status, attempts, result }] of Object.entries(steps)) {
      const was = before.steps[name]
      expect([name, status, attempts]).toEqual([name, 'completed', was?.status === 'running' ? was.attempts + 1 : 1])
      if (was?.status === 'completed') expect(result).toBe(was.result)
    }
    expect(Object.values(before.steps).filter(({ status }) => status === 'running').length).toBeGreaterThan(0)
    await second.process.stop()
  })
})
