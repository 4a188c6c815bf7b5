import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { startTestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole } from './support/browser.ts'

const file = (name: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(`This is ${name}.`) })

const send = (page: Page, name: string): Promise<void> => page.getByLabel('Files to send').setInputFiles([file(name)])

describeInBrowser('files on their way', () => {
  it('are not sent to another tenant that is looked at meanwhile', async () => {
    const server = await startTestServer()
    await server.registry.create('other', 'Other')
    const { page } = await openConsole(server, { path: '/knowledge', expected: [/40\d/] })
    let begun = 0
    page.on('request', (request) => {
      if (request.method() === 'POST' && new URL(request.url()).pathname === '/api/uploads') begun++
    })
    const held: (() => void)[] = []
    await page.route('**/api/uploads/*', async (route) => {
      await new Promise<void>((resolve) => held.push(resolve))
      await route.continue()
    })
    await page.getByLabel('Files to send').setInputFiles(['1', '2', '3', '4', '5', '6'].map((name) => file(`${name}.txt`)))
    await until('as many as are sent at once', () => held.length === 3)
    const tenant = page.getByRole('combobox', { name: 'Tenant' })
    await tenant.selectOption('other')
    await expect.poll(() => tenant.inputValue()).toBe('other')
    await page.getByText('No documents yet').waitFor()
    const ended = ['1', '2', '3'].map(() => page.waitForResponse(/\/api\/uploads\//))
    for (const go of held) go()
    await Promise.all(ended)
    await page.getByRole('tab', { name: 'Ask' }).click()
    await page.getByText('There are no documents to ask yet').waitFor()
    expect(begun).toBe(3)
  })
})

describeInBrowser('files that are sent', () => {
  it('say that they were not, where the metadata is wrong, also out of sight', async () => {
    const server = await startTestServer()
    const visited = await openConsole(server, { path: '/knowledge' })
    const { page } = visited
    const box = page.locator('summary', { hasText: 'Metadata and who may find them' })
    await box.click()
    await page.getByLabel('Metadata', { exact: true }).fill('no colon here')
    await box.click()
    await box.getByText('nothing is sent until the metadata is mended').waitFor()
    await send(page, 'zither.txt')
    const sent = page.getByRole('list', { name: 'Sent from here' })
    await sent.getByText('zither.txt').waitFor()
    await sent.getByText('It was not sent, because of the metadata', { exact: false }).waitFor()
    await page.getByRole('button', { name: 'Paste text' }).click()
    const paste = page.getByRole('dialog', { name: 'Paste a text' })
    await paste.getByText('The metadata must be mended first', { exact: false }).waitFor()
    await paste.getByLabel('Name').fill('pasted.txt')
    await paste.getByLabel('Text').fill('It stays here.')
    const add = paste.getByRole('button', { name: 'Add the text' })
    expect(await add.isDisabled()).toBe(true)
    await expectSound(visited)
    // What was pasted is still there when the metadata is mended.
    await paste.getByRole('button', { name: 'Cancel' }).click()
    await box.click()
    await page.getByLabel('Metadata', { exact: true }).fill('team: plant')
    await page.getByRole('button', { name: 'Paste text' }).click()
    await add.click()
    await page.getByRole('list', { name: 'Stages of pasted.txt' }).getByText('Read, 1 chunk').waitFor()
  })

  it('say that they are there where they are for others, for whom the box says while it is shut', async () => {
    const server = await startTestServer()
    const visited = await openConsole(server, { path: '/knowledge', user: 'cli', expected: [/404/] })
    const { page } = visited
    const box = page.locator('summary', { hasText: 'Metadata and who may find them' })
    await box.getByText('for everyone').waitFor()
    await box.click()
    await page.getByLabel('Users').fill('alice')
    await box.click()
    await box.getByText('for alice').waitFor()
    await send(page, 'secret.txt')
    const sent = page.getByRole('list', { name: 'Sent from here' })
    await sent.getByText('It is there, but not for you', { exact: false }).waitFor()
    expect(await sent.getByText('There is no such document', { exact: false }).count()).toBe(0)
    expect(await sent.getByText('under way', { exact: false }).count()).toBe(0)
    await expectSound(visited)
    await page.getByRole('region', { name: 'Add documents' }).getByRole('button', { name: 'API' }).click()
    await page.getByRole('menuitem', { name: 'Copy as curl' }).click()
    const copied = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText())
    await expect.poll(copied).toContain('"users":["alice"]')
    // A name that somebody has would get a new version by it.
    expect(await copied()).toContain('"source":"a-name-of-your-own.md"')
  })
})

describeInBrowser('a long list', () => {
  it('asks once for a page that the server can’t give, not without end', async () => {
    const server = await startTestServer()
    const documents = Array.from({ length: 100 }, (_, index) => ({ source: `${index}.txt`, content: `${index}.` }))
    await api(server, 'POST', '/api/documents', { documents })
    await api(server, 'POST', '/api/documents', { documents: [{ source: 'one more.txt', content: 'More.' }] })
    const { page } = await openConsole(server, { expected: [/500/] })
    let asked = 0
    await page.route(/\/api\/documents\?.*after=/, (route) => {
      asked++
      return route.fulfill({
        status: 500,
        contentType: 'application/problem+json',
        body: '{"code":"internal","detail":"No page."}',
      })
    })
    await page.goto(`${server.url}/#/knowledge`)
    const table = page.getByRole('table', { name: 'Documents' })
    await table.getByRole('row').nth(5).waitFor()
    await table.getByRole('rowgroup').focus()
    await page.keyboard.press('End')
    await page.getByText('No page.').first().waitFor()
    // Something else that the page does; meanwhile it would have asked again and again.
    await page.getByRole('button', { name: 'Paste text' }).click()
    await page.getByRole('dialog', { name: 'Paste a text' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Paste a text' }).waitFor({ state: 'detached' })
    expect(asked).toBeLessThan(4)
  })

  it('sends a folder whole, and of one with too many files none, saying so', async () => {
    const server = await startTestServer()
    const { page, context } = await openConsole(server, { path: '/knowledge' })
    const [few, many] = [3, 1_001].map((count) => {
      const folder = temporaryFolder()
      for (let at = 0; at < count; at++) writeFileSync(join(folder, `${count}-${at}.md`), `Part ${at}.`)
      return folder
    })
    const box = (await page.getByLabel('Drop files here').boundingBox()) ?? expect.fail('There is no place to drop.')
    const protocol = await context.newCDPSession(page)
    const drop = async (folder = ''): Promise<void> => {
      const data = { items: [], files: [folder], dragOperationsMask: 1 }
      for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
        await protocol.send('Input.dispatchDragEvent', { type, x: box.x + 20, y: box.y + 20, data })
    }
    await drop(many)
    await page.getByText('Nothing is sent: there are more than 1,000 files. Drop them in parts.').waitFor()
    await drop(few)
    await page
      .getByRole('list', { name: 'Sent from here' })
      .getByText(/3-2\.md/)
      .waitFor()
    const { items } = await api<{ items: { source: string }[] }>(server, 'GET', '/api/documents')
    expect(items.filter(({ source }) => source.includes('1001-'))).toEqual([])
  })
})
