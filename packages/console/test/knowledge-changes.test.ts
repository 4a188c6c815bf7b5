import { beforeAll, expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole } from './support/browser.ts'

const sentence = 'The pump PX-4711 is serviced every 400 hours.'
const question = 'How often is the pump PX-4711 serviced?'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer({ PLINTH_MODEL: 'local/extractive' })
})

/** Sends a document, and waits until that version is read, or can't be. */
async function ingest(source: string, content: string): Promise<string> {
  const [sent] = await api<{ document_id: string }[]>(server, 'POST', '/api/documents', { documents: [{ source, content }] })
  const id = sent?.document_id ?? ''
  await until(`${source} is read`, async () => {
    const { status } = await api<{ status: string }>(server, 'GET', `/api/documents/${id}`)
    return status !== 'processing'
  })
  return id
}

describeInBrowser('documents that change', () => {
  it('are not marked by places of an earlier version, which the link tells apart', async () => {
    const id = await ingest('pumps.md', `# Pumps\n\n${sentence}`)
    const visited = await openConsole(server, { path: '/knowledge?tab=ask' })
    const { page } = visited
    await page.getByRole('tabpanel').getByLabel('Question').fill(question)
    await page.getByRole('tabpanel').getByRole('button', { name: 'Ask', exact: true }).click()
    await page.getByRole('region', { name: 'The answer' }).getByRole('link').first().click()
    const source = page.getByRole('complementary', { name: 'Source' })
    await source.locator('mark').waitFor()
    await source.getByRole('link', { name: 'Open' }).click()
    await page.locator('mark').waitFor()
    expect(await page.locator('mark').innerText()).toBe(sentence)
    const address = page.url()
    await ingest('pumps.md', `# Pumps\n\nNobody works on a pump alone, ever, for it is heavy. ${sentence}`)
    await page.goto('about:blank')
    await page.goto(address)
    await page.getByText('This document has changed since it was cited', { exact: false }).waitFor()
    await page.getByText('Nobody works on a pump alone', { exact: false }).waitFor()
    expect(await page.locator('mark').count()).toBe(0)
    await expectSound(visited)
    await page.goto(`${server.url}/#/knowledge/documents/${id}?start=90000&end=90009`)
    await page.getByText('This document has changed since it was cited', { exact: false }).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  it('say that they have no vectors where they could not be read, and that they are gone', async () => {
    const id = await ingest('broken.pdf', 'no pdf')
    const { page } = await openConsole(server, { path: `/knowledge/documents/${id}`, expected: [/404/] })
    await page.getByText('none, since it could not be read').waitFor()
    const short = await ingest('short.md', 'Short.')
    await page.goto(`${server.url}/#/knowledge/documents/${short}`)
    await page.getByText('6 characters in 1 chunk', { exact: true }).waitFor()
    await page.goto(`${server.url}/#/knowledge/documents/none`)
    await page.getByRole('heading', { name: 'No such document' }).waitFor()
    await page.getByRole('main').getByRole('link', { name: 'Documents' }).click()
    await page.getByRole('table', { name: 'Documents' }).getByRole('link', { name: 'short.md' }).waitFor()
  })

  it('have their names spelt out where they would turn the words behind them', async () => {
    const id = await ingest('unicode-\u202efdp.md', 'The zither is old.')
    const { page } = await openConsole(server, { path: `/knowledge/documents/${id}` })
    await page.getByRole('heading', { name: 'unicode-[U+202E]fdp.md' }).waitFor()
    expect(await page.getByRole('main').innerText()).not.toContain('\u202e')
  })

  it('tell how many of them have their vectors', async () => {
    const { page } = await openConsole(server)
    await page.route('**/api/rag/index', async (route) => {
      const index = { documents: 3, chunks: 27_709, embedding_model: 'local/hashing', dense_weight: 0.5, reindex_needed: false }
      await route.fulfill({ json: { ...index, serving: { model_id: 'local/hashing', chunks: 4_134 } } })
    })
    await page.route('**/api/documents/half', async (route) => {
      const times = { created_at: '2026-01-01T00:00:00.000Z', updated_at: '2026-01-01T00:00:00.000Z' }
      const read = { status: 'processed', embedding: 'pending', searchable: true, revision: 'r', version: 1, characters: 0 }
      const named = { document_id: 'half', source: 'half.md', content_type: 'text/markdown', metadata: {}, acl: null }
      await route.fulfill({ json: { ...named, ...read, ...times, chunks_count: 2 } })
    })
    await page.goto(`${server.url}/#/knowledge/documents/half`)
    await page.getByText('pending: 4,134 of 27,709 chunks of all documents have theirs').waitFor()
    await page.goto(`${server.url}/#/knowledge?tab=ask`)
    await page.getByText('4,134 of 27,709 chunks have theirs so far').waitFor()
  })
})
