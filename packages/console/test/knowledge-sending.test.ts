import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { describeInBrowser, expectSound, openConsole } from './support/browser.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

const send = (page: Page, name: string): Promise<void> =>
  page.getByLabel('Files to send').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from('The zither is old.') })

describeInBrowser('files that are sent', () => {
  it('say that they were not, where the metadata is wrong, also out of sight', async () => {
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
    expect(await paste.getByRole('button', { name: 'Add the text' }).isDisabled()).toBe(true)
    await expectSound(visited)
  })

  it('say that they are there where they are for others, for whom the box says while it is shut', async () => {
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
    await expect.poll(copied, { timeout: 15_000 }).toContain('"users":["alice"]')
    // A name that somebody has would get a new version by it.
    expect(await copied()).toContain('"source":"a-name-of-your-own.md"')
  })
})
