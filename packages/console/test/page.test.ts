import { expect, it } from 'vitest'
import { startTestServer } from '../../server/test/support/test-server.ts'
import { describeInBrowser, expectSound, openConsole } from './support/browser.ts'

describeInBrowser('the page', () => {
  it('says of each screen that it has nothing under an address that was mistyped', async () => {
    const server = await startTestServer()
    const visited = await openConsole(server)
    for (const screen of ['requests', 'knowledge', 'agents', 'streams', 'tenants', 'metrics']) {
      await visited.page.goto(`${server.url}/#/${screen}/a/b/c`)
      await visited.page.getByText('Nothing has this address.').waitFor()
      await visited.page.goto(`${server.url}/#/${screen}`)
      await visited.page.getByText('Nothing has this address.').waitFor({ state: 'detached' })
    }
    await expectSound(visited)
  })

  it('does not say that something was copied where the browser has no clipboard for it, as over plain HTTP', async () => {
    const server = await startTestServer()
    const { page } = await openConsole(server, { path: '/advisor?tab=next' })
    const button = page.getByRole('button', { name: 'Copy the advice' })
    await button.waitFor()
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
    const before = await button.innerHTML()
    await button.click()
    await page.getByText('The browser did not let the page use the clipboard.').first().waitFor()
    expect(await button.innerHTML()).toBe(before)
  })
})
