import { it } from 'vitest'
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
})
