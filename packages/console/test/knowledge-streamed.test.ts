import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { chunk, chunks, OpenAIStub } from '../../models/test/openai-stub.ts'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole } from './support/browser.ts'
import { CutOff } from './support/cut-off.ts'

const sentence = 'The pump PX-4711 is serviced every 400 hours.'
const question = 'How often is the pump PX-4711 serviced?'

/** Other tests run on the same machine. */

let stub: OpenAIStub
let server: TestServer
let documentId: string

beforeAll(async () => {
  stub = await OpenAIStub.start()
  server = await startTestServer({ PLINTH_MODEL: 'openai-compatible/writer', PLINTH_MODEL_BASE_URL: stub.url })
  const documents = [{ source: 'pumps.md', content: `# Pumps\n\n${sentence}` }]
  const [sent] = await api<{ document_id: string }[]>(server, 'POST', '/api/documents', { documents })
  documentId = sent?.document_id ?? ''
  await until(
    'it is read',
    async () => (await api<{ status: string }>(server, 'GET', `/api/documents/${documentId}`)).status === 'processed',
  )
})
afterAll(() => stub.close())

/** An answer that waits after its first words, until it is let go on. */
function answerInTwo(words: string): () => void {
  const gate = Promise.withResolvers<void>()
  const [first = '', ...rest] = chunks(words)
  stub.reply({ stream: [first, chunk({ content: '' }), ...rest.slice(0, 8), gate.promise, ...rest.slice(8)] })
  return gate.resolve
}

async function ask(page: Page): Promise<Locator> {
  await page.getByRole('tabpanel').getByLabel('Question').fill(question)
  await page.getByRole('tabpanel').getByRole('button', { name: 'Ask', exact: true }).click()
  return page.getByRole('region', { name: 'Answer', exact: true })
}

describeInBrowser('answers that come bit by bit', () => {
  it('are a draft until they are compared with the documents, and cost what nobody knows', async () => {
    const visited = await openConsole(server, { path: '/knowledge?tab=ask' })
    const { page } = visited
    const goOn = answerInTwo(sentence)
    const shown = await ask(page)
    await shown.getByText('Draft', { exact: true }).waitFor()
    expect(await shown.getByRole('status').innerText()).toContain(sentence.slice(0, 4))
    await expectSound(visited)
    goOn()
    await page.getByRole('region', { name: 'The answer' }).waitFor()
    expect(await shown.getByText('Draft', { exact: true }).count()).toBe(0)
    await shown.getByText('price not known', { exact: true }).waitFor()
    await page.locator('summary', { hasText: 'Settings' }).click()
    await page.getByText('Its price is not known.').waitFor()
    await page.goto(`${server.url}/#/`)
    await page.getByText('price not known this month', { exact: false }).waitFor()
  })

  it('are marked as incomplete where they are cut off, and asked for again', async () => {
    const between = await CutOff.before(server.url)
    const { page } = await openConsole({ ...server, url: between.url }, { path: '/knowledge?tab=ask', expected: [/./] })
    const goOn = answerInTwo(sentence)
    const shown = await ask(page)
    await shown.getByText('Draft', { exact: true }).waitFor()
    between.cut()
    await shown.getByText('Incomplete', { exact: true }).waitFor()
    await shown.getByRole('alert').getByText('can’t be reached').waitFor()
    goOn()
    stub.reply({ stream: chunks(sentence) })
    await shown.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('region', { name: 'The answer' }).waitFor()
    expect(await shown.getByText('Incomplete', { exact: true }).count()).toBe(0)
    await page.context().close()
    await between.close()
  })

  it('are asked for by what is copied, which runs', async () => {
    const { page } = await openConsole(server, { path: '/knowledge?tab=ask' })
    await page.getByRole('tabpanel').getByLabel('Question').fill(question)
    stub.reply({ stream: chunks(sentence) })
    const asked = await runCopied(page, page.getByRole('region', { name: 'Ask your documents' }))
    expect(asked).toContain('event: token')
    expect(asked).toContain('event: done')
    await page.goto(`${server.url}/#/knowledge/documents/${documentId}`)
    expect(await runCopied(page, page.getByRole('region', { name: 'Text', exact: true }))).toContain(sentence)
  })
})

/** What the part of the page gives as TypeScript, and what that prints. */
async function runCopied(page: Page, part: Locator): Promise<string> {
  await page.evaluate(() => navigator.clipboard.writeText(''))
  await part.getByRole('button', { name: 'API' }).click()
  await page.getByRole('menuitem', { name: 'Copy as TypeScript' }).click()
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).not.toBe('')
  const file = join(temporaryFolder(), 'copied.mts')
  writeFileSync(file, await page.evaluate(() => navigator.clipboard.readText()))
  const env = { ...process.env, PLINTH_TOKEN: await server.token() }
  return (await promisify(execFile)(process.execPath, [file], { env })).stdout
}
