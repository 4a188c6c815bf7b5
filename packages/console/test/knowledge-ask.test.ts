import type { Page as BrowserPage } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole } from './support/browser.ts'

interface Answer {
  readonly response: string
  readonly citations: readonly {
    readonly claim_start: number
    readonly claim_end: number
    readonly start: number
    readonly end: number
  }[]
}

const pumps =
  '# Pumps\n\nThe pump PX-4711 is serviced every 400 hours. Its seal is made of rubber.\n\n# Safety\n\nNobody works on a pump alone.'
const question = 'How often is the pump PX-4711 serviced?'

/** Other tests run on the same machine. */

let server: TestServer

beforeAll(async () => {
  server = await startTestServer({ PLINTH_MODEL: 'local/extractive' })
  const documents = [
    { source: 'pumps.md', content: pumps, metadata: { team: 'plant' } },
    { source: 'ferries.md', content: 'The ferry to Helgoland leaves at 9 in the morning.', metadata: { team: 'harbour' } },
  ]
  await api(server, 'POST', '/api/documents', { documents })
  await until('all is read', async () => {
    const { items } = await api<{ items: { status: string }[] }>(server, 'GET', '/api/documents')
    return items.length === 2 && items.every(({ status }) => status === 'processed')
  })
})

const ask = async (page: BrowserPage, text: string): Promise<void> => {
  await page.getByRole('tabpanel').getByLabel('Question').fill(text)
  await page.getByRole('tabpanel').getByRole('button', { name: 'Ask', exact: true }).click()
}

describeInBrowser('questions', () => {
  it('by keyboard alone: are answered, and a claim leads to the passage that says so', async () => {
    const visited = await openConsole(server, { path: '/knowledge?tab=ask' })
    const { page } = visited
    await page.getByText('2 documents').waitFor()
    await page.getByRole('tabpanel').getByLabel('Question').focus()
    await page.keyboard.type(question)
    await page.keyboard.press('Enter')
    const answer = page.getByRole('region', { name: 'The answer' })
    await answer.waitFor()
    const told = await api<Answer>(server, 'POST', '/api/rag/query', { query: question })
    const [first] = told.citations
    expect(await answer.innerText()).toBe(told.response)
    const claim = answer.getByRole('link').first()
    expect(await claim.innerText()).toBe(told.response.slice(first?.claim_start, first?.claim_end))
    await claim.focus()
    await page.keyboard.press('Enter')
    const source = page.getByRole('complementary', { name: 'Source' })
    await source.getByRole('heading', { name: 'pumps.md' }).waitFor()
    await expect.poll(() => source.locator('mark').innerText()).toBe(pumps.slice(first?.start, first?.end))
    await expectSound(visited)
    const address = page.url()
    await page.keyboard.press('Escape')
    await source.waitFor({ state: 'detached' })
    expect(await claim.evaluate((link) => link === document.activeElement)).toBe(true)
    // What was asked, and which place of which document was open, can be passed on.
    await page.goto('about:blank')
    await page.goto(address)
    await expect.poll(() => source.locator('mark').innerText()).toBe(pumps.slice(first?.start, first?.end))
    expect(await page.getByRole('tabpanel').getByLabel('Question').inputValue()).toBe(question)
  })

  it('tell how their answers came about, and that there is none; sound in both themes', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const visited = await openConsole(server, { path: '/knowledge?tab=ask', theme })
      const { page } = visited
      await ask(page, question)
      const confidence = page.getByRole('region', { name: 'Confidence' })
      await confidence.getByText('Claims supported').waitFor()
      await confidence.locator('summary').click()
      await confidence.getByRole('table').getByText('Numbers of the question that are there').waitFor()
      const passages = page.getByRole('region', { name: 'Retrieved passages' }).getByRole('listitem')
      expect(await passages.nth(0).innerText()).toContain('[1] cited')
      expect(await passages.last().innerText()).toContain('shown, unused')
      await page.locator('summary', { hasText: 'Prompt' }).click()
      expect(await page.getByRole('group', { name: 'the user message' }).innerText()).toContain(`User Question: ${question}`)
      await expectSound(visited)
      await ask(page, 'Who won the cup in 1966?')
      await page.getByText('Abstained').waitFor()
      await page.getByText('No model was asked', { exact: true }).waitFor()
      expect(await passages.first().innerText()).toContain('unused')
      // The answer stays while something else is looked at.
      await page.getByRole('tab', { name: 'Documents' }).click()
      await page.getByRole('table', { name: 'Documents' }).waitFor()
      await page.getByRole('tab', { name: 'Ask' }).click()
      await page.getByText('Abstained').waitFor()
      await expectSound(visited)
    }
  })

  it('are answered by two settings beside each other, which stand in the address', async () => {
    const visited = await openConsole(server, { path: '/knowledge?tab=ask' })
    const { page } = visited
    await page.getByRole('button', { name: 'Compare two settings' }).click()
    const right = page.getByRole('group', { name: 'Settings B' })
    await right.getByLabel('Filter').fill('team harbour')
    await right.getByText('should be a name, a colon and a value').waitFor()
    expect(await page.getByRole('tabpanel').getByRole('button', { name: 'Ask', exact: true }).isDisabled()).toBe(true)
    await right.getByLabel('Filter').fill('team: harbour')
    await page.getByRole('group', { name: 'Settings A' }).getByLabel('Passages').fill('1')
    await ask(page, question)
    await page.getByRole('region', { name: 'Answer A' }).getByText('Claims supported').waitFor()
    await page.getByRole('region', { name: 'Answer B' }).getByText('Abstained').waitFor()
    expect(await page.getByRole('region', { name: 'Answer A' }).getByText('1 found, 1 cited').count()).toBe(1)
    await expectSound(visited)
    await page.getByRole('region', { name: 'Answer B' }).getByRole('button', { name: 'API' }).click()
    await page.getByRole('menuitem', { name: 'Copy as curl' }).click()
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain('"filter":{"team":"harbour"}')
    await page.reload()
    await page.getByRole('group', { name: 'Settings B' }).waitFor()
    expect(await right.getByLabel('Filter').inputValue()).toBe('team: harbour')
  })

  it('say what the server refuses, and go on when it is mended', async () => {
    const left = encodeURIComponent(JSON.stringify({ model_id: 'nobody/knows' }))
    const { page } = await openConsole(server, { path: `/knowledge?tab=ask&left=${left}`, expected: [/400/] })
    await ask(page, question)
    await page.getByRole('alert').getByText('model_id').waitFor()
    await page.locator('summary', { hasText: 'Settings' }).click()
    await page.getByLabel('Model').selectOption('')
    await ask(page, question)
    await page.getByRole('region', { name: 'The answer' }).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  it('are not sent with numbers that can’t be, which their fields say', async () => {
    const left = encodeURIComponent(JSON.stringify({ top_k: 0, dense_weight: 7 }))
    const { page } = await openConsole(server, { path: `/knowledge?tab=ask&left=${left}` })
    await page.getByText('This should be a whole number from 1 to 100.').waitFor()
    await page.getByText('This should be a number from 0 to 1.').waitFor()
    const button = page.getByRole('tabpanel').getByRole('button', { name: 'Ask', exact: true })
    await page.getByRole('tabpanel').getByLabel('Question').fill(question)
    expect(await button.isDisabled()).toBe(true)
    await page.getByLabel('Passages').fill('2')
    await page.getByLabel('Weight of vectors').fill('')
    // The fields stay in sight when all is well.
    await page.getByLabel('Filter').fill('team')
    await page.getByText('should be a name, a colon and a value').waitFor()
    await page.getByLabel('Filter').fill('team: nobody')
    await page.getByText('should be a name, a colon and a value').waitFor({ state: 'detached' })
    expect(await page.getByLabel('Filter').isVisible()).toBe(true)
    await button.click()
    await page.getByText('Abstained').waitFor()
    await page.getByText('no document that you may see fits the filter', { exact: false }).first().waitFor()
    await page.getByText('Look at the filter, or ask without it', { exact: false }).waitFor()
  })

  it('are asked without documents:read, and of nothing', async () => {
    await server.registry.create('empty', 'Empty')
    const visited = await openConsole(server, { path: '/knowledge?tab=ask', permissions: ['rag:read'], tenant: 'empty' })
    await visited.page.getByText('There are no documents to ask yet.').waitFor()
    await ask(visited.page, question)
    await visited.page.getByText('Nothing was found').waitFor()
    await expectSound(visited)
    const other = await openConsole(server, { path: '/knowledge?tab=ask', permissions: ['rag:read'], width: 390, height: 844 })
    await ask(other.page, question)
    await other.page.getByRole('region', { name: 'The answer' }).getByRole('link').first().click()
    await other.page.getByRole('complementary', { name: 'Source' }).getByText('documents:read').waitFor()
    await expectSound(other)
  })
})
