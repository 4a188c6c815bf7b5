import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { describeInBrowser, expectSound, openConsole, openPage, type Visited } from './support/browser.ts'

const server: TestServer = await startTestServer()
await server.registry.create('second', 'Second')

/** Seconds: a session that lasts for as long as it takes to type. */
const lifetime = 8

const doorOf = (page: Page) => page.getByRole('form', { name: 'Sign in' })

async function signIn(page: Page, grant: Parameters<TestServer['token']>[0]): Promise<void> {
  await doorOf(page)
    .getByLabel('Token')
    .fill(await server.token(grant))
  await doorOf(page).getByRole('button', { name: 'Sign in' }).click()
  await doorOf(page).waitFor({ state: 'detached' })
}

/** A page whose session ran out while somebody typed there. */
async function runOut(path: string, type: (page: Page) => Promise<void>): Promise<Visited> {
  const visited = await openPage(server, { expected: [/401/] })
  const { page } = visited
  await signIn(page, { lifetime })
  await page.goto(`${server.url}/#${path}`)
  await type(page)
  const isIn = (): Promise<boolean> =>
    page.evaluate(async () => (await (await fetch('/api/session')).json()).authenticated as boolean)
  await expect.poll(isIn, { timeout: 2 * lifetime * 1_000 }).toBe(false)
  // Who looks at the page again is told, at the latest.
  await page.evaluate(() => dispatchEvent(new Event('visibilitychange')))
  await doorOf(page).waitFor()
  return visited
}

const dialogOf = (page: Page) => page.getByRole('dialog', { name: 'Send a request' })
const typePrompt = (page: Page): Promise<void> => dialogOf(page).getByLabel('Prompt').fill('A long text.')

describeInBrowser('a session that runs out', () => {
  it('leaves what was typed to the same user, who goes on where the door stood', async () => {
    const visited = await runOut('/requests?send=new', typePrompt)
    const { page } = visited
    expect(await page.getByRole('navigation').count()).toBe(0)
    await page.getByText('Your session of demo has ended. What you typed is kept').waitFor()
    expect(
      await doorOf(page)
        .getByLabel('Token')
        .evaluate((field) => field === document.activeElement),
    ).toBe(true)
    expect(await page.getByText('Send a request').filter({ visible: true }).count()).toBe(0)
    await signIn(page, {})
    expect(await dialogOf(page).getByLabel('Prompt').inputValue()).toBe('A long text.')
    await dialogOf(page).getByRole('button', { name: 'Send', exact: true }).click()
    await page
      .getByRole('list', { name: /^Timeline/ })
      .first()
      .waitFor()
    await expectSound(visited)
  })

  it('leaves it where it was typed into what was loaded', async () => {
    const { page } = await runOut('/tenants/of/demo?tab=settings', (page) => page.getByLabel('Weight').fill('7'))
    await signIn(page, {})
    expect(await page.getByLabel('Weight').inputValue()).toBe('7')
  })

  it('leaves nothing to another user, nor in another tenant', async () => {
    for (const other of [{ user: 'bob' }, { tenant: 'second' }]) {
      const { page } = await runOut('/requests?send=new', typePrompt)
      await signIn(page, other)
      expect(await dialogOf(page).getByLabel('Prompt').inputValue()).toBe('')
      // Also for who was there before.
      await page.getByRole('button', { name: 'Cancel' }).click()
      await page.getByRole('button', { name: 'Sign out' }).click()
      await signIn(page, {})
      await page.goto(`${server.url}/#/requests?send=new`)
      expect(await dialogOf(page).getByLabel('Prompt').inputValue()).toBe('')
    }
  })

  it('is another thing than to sign out: then nothing is left', async () => {
    const { page } = await openConsole(server, { path: '/tenants/of/demo?tab=settings' })
    await page.getByLabel('Weight').fill('7')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await signIn(page, {})
    expect(await page.getByLabel('Weight').inputValue()).not.toBe('7')
  })
})
