import { beforeAll, expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole } from './support/browser.ts'

interface Shown {
  readonly document_id: string
  readonly source: string
  readonly status: string
  readonly version: number
  readonly metadata: object
  readonly acl: object | null
}

/** Other tests run on the same machine. */

let server: TestServer

beforeAll(async () => {
  server = await startTestServer({ PLINTH_MODEL: 'local/extractive' })
})

const listed = async (): Promise<readonly Shown[]> =>
  (await api<{ items: Shown[] }>(server, 'GET', '/api/documents?limit=100')).items

/** Sends a document, and waits until it is read. */
async function ingest(source: string, content: string, more: object = {}): Promise<Shown> {
  const [sent] = await api<Shown[]>(server, 'POST', '/api/documents', { documents: [{ source, content, ...more }] })
  return until(`${source} is read`, async () => {
    const shown = await api<Shown>(server, 'GET', `/api/documents/${sent?.document_id}`)
    return shown.status !== 'processing' && shown
  })
}

describeInBrowser('documents', () => {
  it('by keyboard alone: from nothing to a text that was pasted, read, and looked at', async () => {
    await server.registry.create('fresh', 'Fresh')
    const visited = await openConsole(server, { path: '/knowledge', tenant: 'fresh' })
    const { page } = visited
    await page.getByText('No documents yet').waitFor()
    await page.getByRole('button', { name: 'Paste text' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT')
    await page.keyboard.type('pumps.md')
    await page.keyboard.press('Tab')
    await page.keyboard.type('The pump PX-4711 is serviced every 400 hours.')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    const stages = page.getByRole('list', { name: 'Stages of pumps.md' })
    await stages.getByText('Read, 1 chunk').waitFor()
    await page.getByRole('table', { name: 'Documents' }).getByText('processed').waitFor()
    await page.getByRole('table', { name: 'Documents' }).getByRole('link', { name: 'pumps.md' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('The pump PX-4711 is serviced every 400 hours.').waitFor()
    await page.getByRole('link', { name: 'Documents' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Choose files' }).waitFor()
    await expectSound(visited)
  })

  it('come by the picker and by a drop, with metadata and readers, each with its stages and its reason', async () => {
    const visited = await openConsole(server, { path: '/knowledge' })
    const { page } = visited
    await page.getByText('Metadata and who may find them').click()
    await page.getByLabel('Metadata', { exact: true }).fill('no colon here')
    await page.getByText('should be a name, a colon and a value').waitFor()
    await page.getByLabel('Metadata', { exact: true }).fill('team: plant, ops\nyear: 2026')
    await page.getByLabel('Users').fill('ann, bob')
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Choose files' }).click(),
    ])
    await chooser.setFiles([
      { name: 'seals.md', mimeType: 'text/markdown', buffer: Buffer.from('# Seals\n\nSeals are made of rubber.') },
      { name: 'broken.pdf', mimeType: 'application/pdf', buffer: Buffer.from('no pdf') },
      { name: 'nothing.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) },
    ])
    const sent = page.getByRole('list', { name: 'Sent from here' })
    await sent.getByText('Read, 1 chunk').waitFor()
    await sent.getByText(/sent as a PDF/).waitFor()
    await sent.getByText(/The body is empty/).waitFor()
    const seals = (await listed()).find(({ source }) => source === 'seals.md')
    expect(seals).toMatchObject({
      metadata: { team: ['plant', 'ops'], year: 2026 },
      acl: { users: ['ann', 'bob'], groups: [] },
      version: 1,
    })
    await page.getByLabel('Users').fill('')
    await page.evaluate(() => {
      const transfer = new DataTransfer()
      transfer.items.add(new File(['# Seals\n\nSeals are made of silicone.'], 'seals.md'))
      const zone = document.querySelector('[aria-label="Drop files here"]')
      for (const type of ['dragenter', 'dragover', 'drop'])
        zone?.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }))
    })
    await sent.getByText(/version 2/).waitFor()
    await until('the second version is live', async () => {
      const now = (await listed()).find(({ source }) => source === 'seals.md')
      return now?.version === 2 && now.status === 'processed' && now.acl === null
    })
    await page.getByRole('button', { name: 'Clear what has arrived' }).click()
    await sent.waitFor({ state: 'detached' })
    await expectSound({ ...visited, faults: visited.faults.filter((fault) => !/400/.test(fault)) })
  })

  it('are found by status, shown with reason, text and chunks, and deleted; sound in both themes', async () => {
    await ingest('late.pdf', 'no pdf')
    const parts = Array.from({ length: 60 }, (_, at) => `## Part ${at}\n\nPart ${at} is about ${at * 7} things.`)
    const { document_id } = await ingest('parts.md', parts.join('\n\n'), { metadata: { kind: 'list' } })
    for (const theme of ['light', 'dark'] as const) {
      const visited = await openConsole(server, { path: '/knowledge?status=failed', theme })
      const { page } = visited
      const table = page.getByRole('table', { name: 'Documents' })
      await table.getByRole('link', { name: 'late.pdf' }).waitFor()
      expect(await table.getByRole('link', { name: 'parts.md' }).count()).toBe(0)
      await page.getByLabel('Status').selectOption('All')
      await table.getByRole('link', { name: 'parts.md' }).click()
      await page.getByText('list', { exact: true }).waitFor()
      await page.getByRole('tab', { name: /^Chunks/ }).click()
      const chunks = page.getByRole('list', { name: 'Chunks' }).getByRole('listitem')
      await expect.poll(() => chunks.count()).toBe(50)
      await page.getByRole('button', { name: 'Show more' }).click()
      await expect.poll(() => chunks.count()).toBe(60)
      await expectSound(visited)
      await chunks.nth(40).getByRole('link').click()
      await expect.poll(() => page.locator('mark').innerText()).toContain('Part 40 is about 280 things.')
      await expectSound(visited)
      if (theme === 'light') continue
      await page.getByRole('button', { name: 'Delete' }).click()
      await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
      await page.getByRole('button', { name: 'Choose files' }).waitFor()
      await table.getByRole('link', { name: 'parts.md' }).waitFor({ state: 'detached' })
      expect((await listed()).some((each) => each.document_id === document_id)).toBe(false)
      await table.getByRole('button', { name: 'Delete late.pdf' }).click()
      await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
      await table.getByRole('link', { name: 'late.pdf' }).waitFor({ state: 'detached' })
      await expectSound(visited)
    }
  })

  it('are only looked at by whoever may not write, and not at all without documents:read', async () => {
    await ingest('readable.txt', 'Readers read.')
    const reader = await openConsole(server, { path: '/knowledge', permissions: ['documents:read'] })
    await reader.page.getByRole('link', { name: 'readable.txt' }).waitFor()
    expect(await reader.page.getByRole('button', { name: 'Choose files' }).count()).toBe(0)
    expect(await reader.page.getByRole('button', { name: /^Delete/ }).count()).toBe(0)
    await reader.page.getByRole('tab', { name: 'Ask' }).click()
    await reader.page.getByText('rag:read').waitFor()
    await expectSound(reader)
    const other = await openConsole(server, { path: '/knowledge', permissions: ['rag:read'] })
    await other.page.getByText('documents:read').first().waitFor()
    await expectSound(other)
  })

  it('show what others wrote as text', async () => {
    const name = '<img src=x onerror=globalThis.hurt=1>.md'
    const words = '<script>globalThis.hurt=1</script> [click](javascript:globalThis.hurt=1) <b>bold</b>'
    const { document_id } = await ingest(name, `# ${words}\n\nThe zither ${words} is old.`, {
      metadata: { note: words },
      acl: { users: ['ann', words] },
    })
    const visited = await openConsole(server, { path: '/knowledge' })
    const { page } = visited
    let dialogs = 0
    page.on('dialog', (dialog) => {
      dialogs++
      void dialog.dismiss()
    })
    await page.getByRole('link', { name }).waitFor()
    await page.goto(`${server.url}/#/knowledge/documents/${document_id}?tab=chunks`)
    await page.getByRole('heading', { name }).waitFor()
    await page.getByText(words, { exact: true }).first().waitFor()
    await page.getByRole('tab', { name: 'Text' }).click()
    await page.getByText('The zither').waitFor()
    await page.goto(`${server.url}/#/knowledge?tab=ask`)
    const question = `Is the zither ${words} old?`
    await page.getByRole('tabpanel').getByLabel('Question').fill(question)
    await page.getByRole('tabpanel').getByRole('button', { name: 'Ask', exact: true }).click()
    await page.getByRole('region', { name: 'Retrieved passages' }).getByText(/bold/).first().waitFor()
    await page.locator('summary', { hasText: 'Prompt' }).click()
    await page.getByRole('group', { name: 'the user message' }).waitFor()
    await page.getByRole('region', { name: 'Retrieved passages' }).getByRole('link', { name }).first().click()
    await page.getByRole('complementary', { name: 'Source' }).getByRole('heading', { name }).waitFor()
    await page.locator('mark').waitFor()
    expect(
      await page.locator('main').evaluate((main) => main.querySelectorAll('img, script, b, a[href^="javascript:"]').length),
    ).toBe(0)
    expect(await page.evaluate(() => 'hurt' in globalThis)).toBe(false)
    expect(dialogs).toBe(0)
    await expectSound(visited)
  })
})
