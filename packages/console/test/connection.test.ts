import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole, openPage } from './support/browser.ts'

describeInBrowser('the page and its server', () => {
  it('let in whoever opens the link that the start prints, once; the code does not stay in the address', async () => {
    const server = await startTestServer()
    const link = server.consoleLink()
    const path = link.slice(link.indexOf('#') + 1)
    const { page, context } = await openPage(server, { path })
    await page.getByRole('navigation').waitFor()
    expect(page.url()).not.toContain('code')
    expect((await context.cookies()).map(({ name }) => name)).toEqual(['plinth_session'])
    const again = await openPage(server, { path, expected: [/401/] })
    await again.page.getByText('This link was used').waitFor()
    expect(await again.context.cookies()).toEqual([])
    expect(again.page.url()).not.toContain('code')
  })

  it('let in by the link also where the answer to who was signed in before comes last', async () => {
    const server = await startTestServer()
    const link = server.consoleLink()
    const { page } = await openPage(server)
    await page.getByLabel('Token').waitFor()
    let entered: (() => void) | undefined
    const isIn = new Promise<void>((resolve) => {
      entered = resolve
    })
    await page.route('**/api/session', async (route) => {
      if (route.request().method() !== 'GET') return route.continue()
      const answer = await route.fetch()
      await isIn
      // It may have been given up by now.
      await route.fulfill({ response: answer }).catch(() => undefined)
    })
    const isOver = new Set<unknown>()
    page.on('requestfinished', (request) => isOver.add(request))
    page.on('requestfailed', (request) => isOver.add(request))
    const isAsked = page.waitForRequest((request) => request.method() === 'GET' && request.url().endsWith('/api/session'))
    await page.goto(`${server.url}/?again#${link.slice(link.indexOf('#') + 1)}`)
    const asked = await isAsked
    await page.getByRole('navigation').waitFor()
    entered?.()
    // Given up, or answered.
    await expect.poll(() => isOver.has(asked)).toBe(true)
    await page.getByRole('navigation').getByRole('link', { name: 'Requests' }).click()
    await page.getByRole('heading', { name: 'Requests', level: 1 }).waitFor()
    expect(await page.getByLabel('Token').count()).toBe(0)
  })

  it('say under a form that the server answers again, though nobody presses anything', async () => {
    const server = await startTestServer()
    const { page } = await openConsole(server, { path: '/tenants' })
    await page.getByRole('button', { name: 'New tenant' }).click()
    const dialog = page.getByRole('dialog', { name: 'New tenant' })
    await dialog.getByLabel('Id').fill('late')
    await dialog.getByLabel('Name').fill('Late')
    await page.route('**/api/**', (route) => route.abort())
    await dialog.getByRole('button', { name: 'Onboard' }).click()
    await dialog.getByText('The server can’t be reached. Is it running?').waitFor()
    await page.unroute('**/api/**')
    await dialog.getByText('The server didn’t answer. It does again now: try once more.').waitFor()
    await dialog.getByRole('button', { name: 'Onboard' }).click()
    await page.getByRole('heading', { name: 'late' }).waitFor()
  })

  it('have none while nobody sees the page, and catch up when somebody does', async () => {
    const server = await startTestServer()
    const { page } = await openConsole(server, { path: '/requests' })
    const states = page.getByRole('status')
    const setHidden = (isHidden: boolean): Promise<void> =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { configurable: true, value: hidden })
        Object.defineProperty(document, 'visibilityState', { configurable: true, value: hidden ? 'hidden' : 'visible' })
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
      }, isHidden)
    await page.getByText('Live', { exact: true }).waitFor()
    const ended = page.waitForEvent('requestfailed', (request) => new URL(request.url()).pathname === '/api/live')
    await setHidden(true)
    await ended
    await states.getByText('Not followed while hidden').waitFor()
    await api(server, 'POST', '/api/requests', { prompt: 'Meanwhile' })
    await setHidden(false)
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByText('1 request', { exact: false }).first().waitFor()
  })

  it('have one live connection between them, whatever a screen follows', async () => {
    const server = await startTestServer()
    await api(server, 'POST', '/api/streams/pumps/records', { records: [{ key: 'a', data: { value: 1 } }] })
    const { page } = await openConsole(server)
    let open = 0
    const isLive = (url: string): boolean => new URL(url).pathname === '/api/live'
    const others: string[] = []
    page.on('request', (request) => {
      if (isLive(request.url())) open++
      else if (/\/(events|stream)(\?|$)/.test(request.url())) others.push(request.url())
    })
    const ended = (url: string): void => {
      if (isLive(url)) open--
    }
    page.on('requestfailed', (request) => ended(request.url()))
    page.on('requestfinished', (request) => ended(request.url()))
    for (const path of ['/requests', '/streams/pumps', '/requests']) {
      await page.goto(`${server.url}/#${path}`)
      await page.getByText('Live', { exact: true }).first().waitFor()
      // The browser tells of the end of the one before a moment later.
      await expect.poll(() => open).toBe(1)
    }
    expect(others).toEqual([])
  })

  it('say that they lost one another, keep what was shown, and go on by themselves', async () => {
    const folder = temporaryFolder()
    const first = await startTestServer({ PLINTH_DATA_DIR: folder })
    const { port } = new URL(first.url)
    await api(first, 'POST', '/api/requests', { prompt: 'Before' })
    const { page } = await openConsole(first, { path: '/requests', expected: [/./] })
    await page.getByText('1 request', { exact: false }).first().waitFor()
    await first.stop()
    await page.getByText('Cut off; trying again').waitFor()
    await page.getByText('can’t be reached', { exact: false }).first().waitFor()
    const row = page
      .getByRole('table', { name: /requests/i })
      .getByRole('row')
      .nth(1)
    expect(await row.count()).toBe(1)
    const second = await startTestServer({ PLINTH_DATA_DIR: folder, PORT: port })
    await page.getByText('Live', { exact: true }).first().waitFor()
    await api(second, 'POST', '/api/requests', { prompt: 'After' })
    await page.getByText('2 requests', { exact: false }).first().waitFor()
    expect(await page.getByText('can’t be reached', { exact: false }).count()).toBe(0)
  })

  it('ask again for all that a screen shows, once they are back', async () => {
    const folder = temporaryFolder()
    const first = await startTestServer({ PLINTH_DATA_DIR: folder })
    const { port } = new URL(first.url)
    const append = (server: TestServer): Promise<unknown> =>
      api(server, 'POST', '/api/streams/pumps/records', { records: [{ key: 'a', data: { value: 1 } }] })
    await append(first)
    const { page } = await openConsole(first, { path: '/streams/pumps', expected: [/./] })
    const records = page.getByText('Records', { exact: true }).locator('..')
    await expect.poll(() => records.innerText()).toContain('1')
    // What the screen loads by itself can't come from a server that is gone.
    await page.locator('canvas').first().waitFor()
    await first.stop()
    await page.getByText('can’t be reached', { exact: false }).first().waitFor()
    const second = await startTestServer({ PLINTH_DATA_DIR: folder, PORT: port })
    await append(second)
    await page.getByText('Live', { exact: true }).first().waitFor()
    await expect.poll(() => records.innerText()).toContain('2')
    await expect.poll(() => page.getByText('can’t be reached', { exact: false }).count()).toBe(0)
  })

  it('are told apart from an empty list while the answer is slow', async () => {
    const server = await startTestServer()
    const visited = await openConsole(server)
    const { page } = visited
    let answer: (() => void) | undefined
    const slow = new Promise<void>((resolve) => {
      answer = resolve
    })
    await page.route('**/api/tenants?**', async (route) => {
      await slow
      await route.continue()
    })
    await page.reload()
    await page.goto(`${server.url}/#/tenants`)
    await page.getByRole('status').filter({ hasText: 'Loading' }).first().waitFor()
    expect(await page.getByText('There is no tenant.').count()).toBe(0)
    answer?.()
    await page.getByRole('link', { name: 'demo' }).waitFor()
    await expectSound(visited)
  })
})
