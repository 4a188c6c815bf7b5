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

  it('is asked about before the page is loaded anew at the door', async () => {
    const { page } = await runOut('/requests?send=new', typePrompt)
    const asked = page.waitForEvent('dialog')
    const reloading = page.reload({ waitUntil: 'commit', timeout: 2_000 }).catch(() => undefined)
    await (await asked).dismiss()
    await reloading
    await signIn(page, {})
    expect(await dialogOf(page).getByLabel('Prompt').inputValue()).toBe('A long text.')
  })

  it('is another thing than to sign out: then nothing is left', async () => {
    const { page } = await openConsole(server, { path: '/tenants/of/demo?tab=settings' })
    await page.getByLabel('Weight').fill('7')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await signIn(page, {})
    expect(await page.getByLabel('Weight').inputValue()).not.toBe('7')
  })
})

describeInBrowser('a session that another tab took to another tenant', () => {
  const sentFor = async (tenant: string): Promise<readonly unknown[]> => {
    const token = await server.token({ tenant, permissions: ['*'] })
    const answer = await fetch(`${server.url}/api/requests`, { headers: { authorization: `Bearer ${token}` } })
    return ((await answer.json()) as { items: { prompt?: string }[] }).items
  }

  /** A page whose user typed for one tenant, and changed tenants in another tab. */
  async function takeAway(): Promise<{ readonly visited: Visited; readonly other: Page }> {
    const visited = await openConsole(server, { path: '/requests?send=new' })
    const { page, context } = visited
    await typePrompt(page)
    const other = await context.newPage()
    await other.goto(`${server.url}/#/streams`)
    await other.getByLabel('Tenant', { exact: true }).selectOption('second')
    await page.getByRole('heading', { name: 'Your session changed tenants' }).waitFor()
    return { visited, other }
  }

  it('sends nothing of what was typed for the first, and gives it back with that', async () => {
    const before = await sentFor('second')
    const { visited, other } = await takeAway()
    const { page } = visited
    await page.getByText('It is of second now. What you typed here was for demo').waitFor()
    expect(await page.getByText('Send a request').filter({ visible: true }).count()).toBe(0)
    await expectSound(visited)
    await page.getByRole('button', { name: 'Back to demo, with what I typed' }).click()
    expect(await dialogOf(page).getByLabel('Prompt').inputValue()).toBe('A long text.')
    await expect.poll(() => other.getByLabel('Tenant', { exact: true }).inputValue()).toBe('demo')
    await dialogOf(page).getByRole('button', { name: 'Send', exact: true }).click()
    await page
      .getByRole('list', { name: /^Timeline/ })
      .first()
      .waitFor()
    expect(await sentFor('second')).toEqual(before)
    await expectSound(visited)
  })

  it('gives it back as soon as the other tab changes back, where it was typed into what was loaded as well', async () => {
    const { page, context } = await openConsole(server, { path: '/tenants/of/demo?tab=settings' })
    await page.getByLabel('Weight').fill('7')
    const other = await context.newPage()
    await other.goto(`${server.url}/#/streams`)
    await other.getByLabel('Tenant', { exact: true }).selectOption('second')
    await page.getByRole('heading', { name: 'Your session changed tenants' }).waitFor()
    await other.getByLabel('Tenant', { exact: true }).selectOption('demo')
    await page.getByRole('heading', { name: 'demo', level: 1 }).waitFor()
    expect(await page.getByLabel('Weight').inputValue()).toBe('7')
  })

  it('goes on with the second, without what was typed, for whoever says so', async () => {
    const { visited } = await takeAway()
    const { page } = visited
    await page.getByRole('button', { name: 'Go on with second, without it' }).click()
    await dialogOf(page).waitFor()
    expect(await dialogOf(page).getByLabel('Prompt').inputValue()).toBe('')
    await page.keyboard.press('Escape')
    expect(await page.getByLabel('Tenant', { exact: true }).inputValue()).toBe('second')
  })
})
