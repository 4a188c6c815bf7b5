import { expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, openConsole } from './support/browser.ts'

const server: TestServer = await startTestServer()
const records = '**/api/streams/pumps/records'

describeInBrowser('values that a page sends', () => {
  it('end with Stop, also those under way; a start behind it is the only one that goes on', async () => {
    await api(server, 'PUT', '/api/streams/pumps', {})
    const { page } = await openConsole(server, { path: '/streams/pumps', expected: [/ERR_FAILED/] })
    // The first ones are never answered.
    await page.route(records, () => undefined, { times: 1 })
    const underWay = page.waitForRequest(records)
    await page.getByRole('button', { name: 'Start' }).click()
    const first = await underWay
    const ended = page.waitForEvent('requestfailed', (request) => request === first)
    await page.getByRole('button', { name: 'Stop sending' }).click()
    await ended
    await page.getByLabel('Send values as key').fill('pump-2')
    await page.getByRole('button', { name: 'Start' }).click()
    await page.getByText('sending as pump-2').waitFor()
    await page.getByText(/^2[4-9]\d records sent$/).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  it('go on from where they were behind a drop-out, which would else be a fault of its own', async () => {
    await api(server, 'PUT', '/api/streams/steady', {})
    const sent: { readonly timestamp: string; readonly data: Readonly<Record<string, number>> }[] = []
    const { page } = await openConsole(server, { path: '/streams/steady' })
    page.on('request', (request) => {
      if (request.url().endsWith('/records')) sent.push(...request.postDataJSON().records)
    })
    // No noise.
    await page.evaluate(() => {
      Math.random = () => 0.5
    })
    await page.clock.install()
    await page.getByRole('button', { name: 'Start' }).click()
    await page.getByText(/[1-9]\d* records sent$/).waitFor()
    await page.getByRole('button', { name: 'Drop-out' }).click()
    await page.clock.fastForward(46_000)
    await until('values behind the drop-out', () => gapIn(sent) > 0, { within: 20_000 })
    const behind = gapIn(sent)
    const [before, after] = [sent[behind - 1]?.data ?? {}, sent[behind]?.data ?? {}]
    // No further than each goes in a quarter of a second.
    expect(Math.abs((after.temperature ?? 0) - (before.temperature ?? 0))).toBeLessThan(0.2)
    expect(Math.abs((after.pressure ?? 0) - (before.pressure ?? 0))).toBeLessThan(0.02)
    expect(Math.abs((after.flow ?? 0) - (before.flow ?? 0))).toBeLessThan(9)
  })
})

/** @returns where the first record behind a gap stands; 0 while there is none. */
function gapIn(sent: readonly { readonly timestamp: string }[]): number {
  const times = sent.map(({ timestamp }) => Date.parse(timestamp))
  return Math.max(
    0,
    times.findIndex((time, index) => index > 0 && time - (times[index - 1] ?? time) > 10_000),
  )
}
