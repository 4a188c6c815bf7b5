import { expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { startTestServer } from '../../server/test/support/test-server.ts'
import { describeInBrowser, openConsole } from './support/browser.ts'

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
    await page.getByText('Nothing is sent before the metadata is mended').first().waitFor()
    await page.getByRole('button', { name: 'Paste text' }).click()
    const dialog = page.getByRole('dialog', { name: 'Paste a text' })
    await dialog.getByLabel('Name').fill('two.txt')
    await dialog.getByLabel('Text').fill('Much work.')
    await dialog.getByRole('button', { name: 'Add the text' }).click()
    expect(await dialog.getByLabel('Text').inputValue()).toBe('Much work.')
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('textbox', { name: 'Metadata' }).fill('team: plant')
    await page.getByRole('button', { name: 'Paste text' }).click()
    await dialog.getByRole('button', { name: 'Add the text' }).click()
    await page.getByRole('list', { name: 'Stages of two.txt' }).getByText('Read, 1 chunk').waitFor()
  })
})
