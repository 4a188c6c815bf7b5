import { expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { describeInBrowser, expectSound, openConsole } from './support/browser.ts'

const server: TestServer = await startTestServer()

/** Where one thing is shown, and what is said where there is none. */
const pages = {
  '/streams': ['No such stream', 'There is no stream of this name.'],
  '/requests': ['No such request', 'No request has this id.'],
  '/knowledge/documents': ['No such document', 'It isn’t here'],
  '/agents/workflows': ['No such workflow', 'No workflow has this id.'],
  '/agents/registry': ['No such agent', 'There is no agent of this type.'],
  '/tenants/of': ['No such tenant', 'There is no tenant of this id.'],
  '/metrics/traces': ['Trace', 'No trace of this id is in memory'],
}
/** One that could be and isn't, and some that nothing can have. */
const names = ['nobody', '%00', '%20', '%E2%80%AE', 'x'.repeat(300)]

describeInBrowser('the address of something', () => {
  for (const [path, [heading = '', words = '']] of Object.entries(pages))
    it(`says that it isn’t there, and offers nothing to do with it: ${path}`, async () => {
      const visited = await openConsole(server, { expected: [/40[04]/] })
      const { page } = visited
      for (const name of names) {
        await page.goto(`${server.url}/#${path}/${name}`)
        await page.getByText(words).waitFor()
        expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(heading)
        expect(await page.getByRole('alert').count()).toBe(0)
        const buttons = page.getByRole('main').getByRole('button', { name: /Delete|Cancel|Offboard|Suspend|Rotate|Save|Replay/ })
        expect(await buttons.count()).toBe(0)
        await page.goto(`${server.url}/#/`)
        await page.getByRole('heading', { name: 'Try' }).first().waitFor()
      }
      await expectSound(visited)
    })
})
