import type { Locator, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole } from './support/browser.ts'

const server: TestServer = await startTestServer()
const phone = { width: 390, height: 844 }

const boxOf = async (of: Locator) => (await of.boundingBox()) ?? expect.fail('It is not in sight.')

async function copyCall(page: Page, within: Locator): Promise<void> {
  await within.getByRole('button', { name: 'API' }).first().click()
  await page.getByRole('menuitem', { name: 'Copy as curl' }).click()
}

describeInBrowser('what is said in passing', () => {
  const said = (page: Page, name: string): Locator => page.getByRole('dialog', { name })
  const call = 'The call is in the clipboard.'

  it('stands there once, however often it is said, and something else beside it', async () => {
    const { request_id } = await api<{ request_id: string }>(server, 'POST', '/api/requests', { prompt: 'Once.' })
    const { page } = await openConsole(server, { path: `/requests/${request_id}` })
    const copy = page.getByRole('button', { name: 'Copy the request id' })
    for (let times = 0; times < 4; times++) await copy.click()
    expect(await said(page, 'the request id is in the clipboard.').count()).toBe(1)
    await copyCall(page, page.getByRole('main'))
    await said(page, call).waitFor()
    expect(await said(page, 'the request id is in the clipboard.').count()).toBe(1)
  })

  it('covers nothing on a phone: neither the screen nor a dialog, which make room for one, and have it back', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const visited = await openConsole(server, { path: '/tenants', theme, ...phone })
      const { page } = visited
      await page.getByRole('link', { name: 'demo' }).waitFor()
      await copyCall(page, page.getByRole('main'))
      await said(page, call).waitFor()
      const screen = page.getByRole('main')
      const isBelow = async (of: Locator): Promise<boolean> => {
        const [above, below] = [await boxOf(of), await boxOf(said(page, call))]
        return above.y + above.height <= below.y && below.y + below.height <= phone.height
      }
      expect(await isBelow(screen)).toBe(true)
      await page.getByRole('button', { name: 'New tenant' }).click()
      const dialog = page.getByRole('dialog', { name: 'New tenant' })
      await copyCall(page, dialog)
      await said(page, call).waitFor()
      expect(await isBelow(dialog)).toBe(true)
      await expectSound(visited)
      await page.keyboard.press('Escape')
      await said(page, call).waitFor({ state: 'detached' })
      const whole = await boxOf(screen)
      expect(whole.y + whole.height).toBe(phone.height)
    }
  })
})

describeInBrowser('the menu that copies a call', () => {
  const screen = (title: string) => (page: Page) =>
    page.getByRole('main').filter({ has: page.getByRole('heading', { name: title, level: 1 }) })
  const tab = (name: string) => (page: Page) => page.getByRole('tabpanel', { name })
  // Each by its own name: until it is loaded, the screen before it stands there, with a menu of its own.
  const places = [
    { path: '/tenants/of/demo', within: tab('Usage and cost') },
    { path: '/tenants/of/demo?tab=audit', within: tab('Audit') },
    { path: '/requests', within: screen('Requests') },
    { path: '/advisor', within: screen('Advisor') },
  ]

  it('opens over the screen alone, to the right where there is room', async () => {
    for (const size of [{ width: 1440, height: 900 }, phone]) {
      const { page } = await openConsole(server, size)
      for (const { path, within } of places) {
        await page.goto(`${server.url}/#${path}`)
        const opener = within(page).getByRole('button', { name: 'API' }).first()
        await opener.click()
        const [menu, screen, button] = [
          await boxOf(page.getByRole('menu')),
          await boxOf(page.getByRole('main')),
          await boxOf(opener),
        ]
        expect(menu.x).toBeGreaterThanOrEqual(screen.x)
        expect(menu.y).toBeGreaterThanOrEqual(screen.y)
        expect(menu.x + menu.width).toBeLessThanOrEqual(size.width)
        expect(menu.y >= button.y + button.height || menu.y + menu.height <= button.y).toBe(true)
        if (button.x + menu.width < size.width - 8) expect(menu.x).toBeCloseTo(button.x, 0)
        await page.keyboard.press('Escape')
        await page.getByRole('menu').waitFor({ state: 'detached' })
      }
    }
  })
})
