import { expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { startTestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, openConsole } from './support/browser.ts'

const file = (name: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(`This is ${name}.`) })

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
    await page.getByRole('combobox', { name: 'Tenant' }).selectOption('other')
    await page.getByText('No documents yet').waitFor()
    const ended = ['1', '2', '3'].map(() => page.waitForResponse(/\/api\/uploads\//))
    for (const go of held) go()
    await Promise.all(ended)
    await page.getByRole('tab', { name: 'Ask' }).click()
    await page.getByText('There are no documents to ask yet').waitFor()
    expect(begun).toBe(3)
  })

  it('wait where what is said of them makes no sense, which is told; a text that was pasted is still there', async () => {
    const server = await startTestServer()
    const { page } = await openConsole(server, { path: '/knowledge' })
    await page.getByText('Metadata and who may find them').click()
    await page.getByRole('textbox', { name: 'Metadata' }).fill('no colon')
    await page.getByLabel('Files to send').setInputFiles([file('one.txt')])
    await page.getByText('It was not sent, because of the metadata', { exact: false }).first().waitFor()
    await page.getByRole('button', { name: 'Paste text' }).click()
    const dialog = page.getByRole('dialog', { name: 'Paste a text' })
    await dialog.getByLabel('Name').fill('two.txt')
    await dialog.getByLabel('Text').fill('Much work.')
    expect(await dialog.getByRole('button', { name: 'Add the text' }).isDisabled()).toBe(true)
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('textbox', { name: 'Metadata' }).fill('team: plant')
    await page.getByRole('button', { name: 'Paste text' }).click()
    await dialog.getByRole('button', { name: 'Add the text' }).click()
    await page.getByRole('list', { name: 'Stages of two.txt' }).getByText('Read, 1 chunk').waitFor()
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
})
