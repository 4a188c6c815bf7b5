import { expect, it } from 'vitest'
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
})
