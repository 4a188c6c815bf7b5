import { expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { describeInBrowser, expectSound, openConsole, openPage } from './support/browser.ts'

const server: TestServer = await startTestServer()

describeInBrowser('the door of the console', () => {
  it('takes a token that is pasted, and shows eight screens and one main', async () => {
    const visited = await openConsole(server)
    const { page, context } = visited
    const names = await page.getByRole('navigation').getByRole('link').allInnerTexts()
    expect(names).toEqual(['Home', 'Requests', 'Knowledge', 'Agents', 'Streams', 'Tenants', 'Advisor', 'Metrics'])
    expect(await page.getByRole('main').count()).toBe(1)
    const [cookie] = await context.cookies()
    expect(cookie).toMatchObject({ name: 'plinth_session', httpOnly: true, sameSite: 'Strict' })
    expect(await page.evaluate(() => document.cookie)).toBe('')
    await expectSound(visited)
  })

  it('says why it refuses one, and is sound in both themes', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const visited = await openPage(server, { theme, expected: [/401/] })
      const { page } = visited
      await page.getByLabel('Token').fill('nothing')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').waitFor()
      expect(await page.getByRole('alert').innerText()).toContain('token')
      await expectSound(visited)
    }
  })

  it('signs out: the cookie is gone, and what was shown with it', async () => {
    const { page, context } = await openConsole(server)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Token').waitFor()
    expect(await context.cookies()).toEqual([])
    expect(await page.getByRole('navigation').count()).toBe(0)
  })

  it('follows when another tab signs in as somebody else, and out', async () => {
    await server.registry.create('second', 'Second')
    const { page, context } = await openConsole(server)
    const other = await context.newPage()
    await other.goto(`${server.url}/#/streams`)
    await other.getByLabel('Tenant', { exact: true }).selectOption('second')
    await expect.poll(() => page.getByLabel('Tenant', { exact: true }).inputValue()).toBe('second')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await other.getByLabel('Token').waitFor()
    expect(await context.cookies()).toEqual([])
  })

  it('offers tenants that were made elsewhere meanwhile', async () => {
    await server.registry.create('made-before', 'Made before')
    const { page } = await openConsole(server)
    const choice = page.getByLabel('Tenant', { exact: true })
    await expect.poll(() => choice.locator('option').allInnerTexts()).toContain('made-before')
    await server.registry.create('made-later', 'Made later')
    await choice.focus()
    await expect.poll(() => choice.locator('option').allInnerTexts()).toContain('made-later')
  })

  it('leads back when the tenant that was changed to is suspended, and says why; nothing of it is claimed', async () => {
    await server.registry.create('paused', 'Paused')
    const visited = await openConsole(server, { path: '/streams', expected: [/403/] })
    const { page } = visited
    await page.getByLabel('Tenant', { exact: true }).selectOption('paused')
    await expect.poll(() => page.getByLabel('Tenant', { exact: true }).inputValue()).toBe('paused')
    await page.getByText('No stream yet.').waitFor()
    await server.registry.setStatus('paused', 'suspended')
    await page.getByRole('heading', { name: 'paused', level: 1 }).waitFor()
    await page.getByText('The tenant is suspended.', { exact: false }).waitFor()
    expect(await page.getByText('No stream yet.').count()).toBe(0)
    await page.reload()
    await page.getByText('The tenant is suspended.', { exact: false }).waitFor()
    await expectSound(visited)
    await page.getByRole('button', { name: 'Back to demo' }).click()
    await expect.poll(() => page.getByLabel('Tenant', { exact: true }).inputValue()).toBe('demo')
  })

  it('says why a session is none any more, where there is no way back', async () => {
    await server.registry.create('gone', 'Gone')
    const { page } = await openConsole(server, { tenant: 'gone', path: '/requests', expected: [/403/] })
    await page.getByText('Live', { exact: true }).waitFor()
    await server.registry.setStatus('gone', 'suspended')
    // Also where nothing is done: the live connection is told.
    await page.getByLabel('Token').waitFor()
    await page.getByText('The tenant is suspended.').waitFor()
  })

  it('shows what a token does not open as shut, with the permission that is missing', async () => {
    const { page } = await openConsole(server, { permissions: ['rag:read'], path: '/tenants' })
    await page.getByText('tenants:admin').waitFor()
  })
})
