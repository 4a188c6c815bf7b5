import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole } from './support/browser.ts'
import { reach, startWorkflow } from './support/workflows.ts'

/** Each would be seen, were it taken for more than text. */
const image = '<img src=x onerror="globalThis.hit=1">'
const script = '<script>globalThis.hit=1</script>'
const link = '[press](javascript:globalThis.hit=1)'
const hostile = `${image} ${script} ${link}`

let server: TestServer

beforeAll(async () => {
  server = await startTestServer({ PLINTH_MODEL: 'local/extractive' })
})

/** What others wrote did nothing on this page. */
async function expectHarmless(page: Page): Promise<void> {
  expect(await page.evaluate(() => 'hit' in globalThis)).toBe(false)
  expect(await page.locator('main img').count()).toBe(0)
  expect(await page.locator('main script').count()).toBe(0)
  expect(await page.locator('a[href^="javascript:"]').count()).toBe(0)
}

async function ingest(source: string, content: string): Promise<void> {
  const [sent] = await api<{ document_id: string }[]>(server, 'POST', '/api/documents', { documents: [{ source, content }] })
  await until('the document is read', async () => {
    const shown = await api<{ status: string }>(server, 'GET', `/api/documents/${sent?.document_id}`)
    return shown.status === 'processed'
  })
}

describeInBrowser('what others wrote on the screen of agents', () => {
  it('is shown as it stands: requests, plans, results, agents and errors, sound in both themes', async () => {
    await api(server, 'POST', '/api/agents', { type: 'odd', system_prompt: hostile, capabilities: [hostile] })
    const plan = {
      goal: hostile,
      success_criteria: [hostile],
      steps: [
        { id: 'one', agent_type: 'odd', prompt: hostile, expected_output: hostile, success_criteria: [hostile] },
        { id: 'end', agent_type: 'report', prompt: hostile, dependencies: ['one'] },
      ],
    }
    const first = await startWorkflow(server, { request: hostile, plan, session_id: 'a' })
    await reach(server, first, 'completed')
    const body = { step: 'end', result: `# Found\n\n${hostile}\n\n![picture](https://example.org/x.png)` }
    const { workflow_id: id } = await api<{ workflow_id: string }>(server, 'POST', `/api/workflows/${first}/fork`, body)
    await reach(server, id, 'completed')
    for (const theme of ['light', 'dark'] as const) {
      const visited = await openConsole(server, { path: `/agents/workflows/${id}?step=end`, theme })
      const { page } = visited
      const report = page.getByRole('region', { name: 'Report' })
      await report.getByText(image, { exact: false }).waitFor()
      await page.getByRole('heading', { level: 1, name: 'globalThis.hit' }).first().waitFor()
      await page.getByRole('region', { name: 'Step end' }).getByText(script, { exact: false }).first().waitFor()
      await expectSound(visited)
      await expectHarmless(page)
      await page.goto(`${server.url}/#/agents`)
      await page
        .getByRole('link', { name: /onerror/ })
        .first()
        .waitFor()
      await expectSound(visited)
      await page.goto(`${server.url}/#/agents/registry`)
      await page
        .getByRole('list', { name: 'Agents' })
        .getByText(/onerror/)
        .first()
        .waitFor()
      await expectSound(visited)
      await expectHarmless(page)
    }
  })

  it('has no links but to the web elsewhere, and stays within its panel', async () => {
    const plan = { steps: [{ id: 'end', agent_type: 'report', prompt: 'Report.' }] }
    const first = await startWorkflow(server, { request: 'Links.', plan })
    await reach(server, first, 'completed')
    const word = 'W'.repeat(900)
    const links = `${link} [path](/api/session) [hash](#/tenants) [own](${server.url}/api/session) [web](https://example.org/a)`
    const result = `${links}\n\n${word}\n\n\`\`\`\n${word}\n\`\`\`\n\n| a | b |\n|---|---|\n| ${word} | b |`
    const body = { step: 'end', result }
    const { workflow_id: id } = await api<{ workflow_id: string }>(server, 'POST', `/api/workflows/${first}/fork`, body)
    await reach(server, id, 'completed')
    const { page } = await openConsole(server, { path: `/agents/workflows/${id}?step=end` })
    for (const name of ['Report', 'Step end']) {
      const panel = page.getByRole('region', { name })
      await panel.getByText('hash').waitFor()
      const hrefs = await panel.locator('a').evaluateAll((all) => all.map((each) => each.getAttribute('href')))
      expect(hrefs).toEqual(['https://example.org/a'])
      const edge = await panel.evaluate((box) => box.getBoundingClientRect().right)
      const right = await panel
        .locator('p, pre, table')
        .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().right))
      for (const each of right) expect(each).toBeLessThanOrEqual(edge)
    }
  })

  it('comes from documents in the examples: they are added, asked about, and reported with their figures', async () => {
    const { page } = await openConsole(server, { path: '/agents' })
    await page.getByRole('button', { name: 'Add the sample documents' }).click()
    await until('the documents are read', async () => {
      const { items } = await api<{ items: { source: string; status: string }[] }>(
        server,
        'GET',
        '/api/documents?status=processed',
      )
      return items.filter(({ source }) => source.startsWith('plant-')).length === 2
    })
    await page.getByRole('button', { name: 'A comparison' }).click()
    await page.getByRole('button', { name: 'Start' }).click()
    const report = page.getByRole('region', { name: 'Report' })
    await report.getByRole('cell', { name: /2\.5 %/ }).waitFor()
    await report.getByRole('cell', { name: /1\.5 %/ }).waitFor()
    await page.getByRole('region', { name: 'Sources (2)' }).getByText('plant-south.md').waitFor()
  })

  it('is cited with the passage that a claim rests on, whatever the document is called', async () => {
    const source = `${image}\u202edm.md`
    const shown = `${image}[U+202E]dm.md`
    await ingest(source, '# West\n\nThe plant in the west made 4200 valves in May. Its scrap rate was 2.5 %.')
    const plan = {
      steps: [
        { id: 'look', agent_type: 'research', prompt: 'How many valves did the plant in the west make in May?' },
        { id: 'end', agent_type: 'report', prompt: 'Report it.', dependencies: ['look'] },
      ],
    }
    const id = await startWorkflow(server, { request: 'How many valves did the plant in the west make in May?', plan })
    const ended = await reach(server, id, 'completed')
    expect(ended.result?.sources).toEqual([source])
    const visited = await openConsole(server, { path: `/agents/workflows/${id}?step=look` })
    const { page } = visited
    const sources = page.getByRole('region', { name: 'Sources (1)' })
    await sources.getByText(shown).waitFor()
    await sources.locator('summary').first().click()
    await expect.poll(() => sources.locator('mark').innerText()).toContain('4200 valves')
    // Another text may have anything in that place.
    await ingest(source, '# West\n\nThe plant in the west is closed, and what it made in May stands in no book that is left.')
    await page.reload()
    await sources.locator('summary').first().click()
    await sources.getByText('The document has changed since it was cited').waitFor()
    expect(await sources.locator('mark').count()).toBe(0)
    const panel = page.getByRole('region', { name: 'Step look' })
    await panel.locator('summary', { hasText: 'search_knowledge' }).first().click()
    await panel.getByText(`Passages of ${shown}`).waitFor()
    await page.getByRole('region', { name: 'Report' }).getByText(shown).waitFor()
    expect(await page.getByRole('main').innerText()).not.toContain('\u202e')
    await expectSound(visited)
    await expectHarmless(page)
  })
})
