import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole } from './support/browser.ts'

const server: TestServer = await startTestServer()

interface Advice {
  readonly ranking: readonly { readonly pattern: string; readonly score: number }[]
  readonly cost: { readonly likely: number }
}

const adviceFor = (profile: object): Promise<Advice> => api<Advice>(server, 'POST', '/api/advisor', { profile })

describeInBrowser('the advisor', () => {
  it('ranks anew with each answer, as the API does, and keeps the answers in the address', async () => {
    const visited = await openConsole(server, { path: '/advisor' })
    const { page } = visited
    const first = page.getByRole('list', { name: 'Ranking' }).getByRole('listitem').first()
    await page.getByLabel('Requests a month').fill('250,000')
    await page.getByText('Answers that have to come from documents.').click()
    await page.getByLabel('Documents', { exact: true }).fill('4000')
    await expect.poll(() => first.innerText()).toMatch(/^rag/)
    const told = await adviceFor({ requests_per_month: 250_000, knowledge: { documents: 4_000 } })
    expect(told.ranking[0]?.pattern).toBe('rag')
    expect(await first.innerText()).toContain(String(told.ranking[0]?.score))
    await page.reload()
    await page.getByLabel('Requests a month').waitFor()
    expect(await page.getByLabel('Requests a month').inputValue()).toBe('250000')
    await expectSound(visited)
  })

  it('shows cost, sensitivity, risks and roadmap, sound in both themes', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const visited = await openConsole(server, { path: '/advisor', theme })
      const { page } = visited
      await page.getByRole('button', { name: 'A service with 300 customers' }).click()
      await page.getByRole('heading', { name: /^Build / }).waitFor()
      await page.getByRole('table', { name: 'Cost lines' }).waitFor()
      await expectSound(visited)
      for (const [tab, part] of [
        ['Sensitivity', page.getByRole('table', { name: 'Sensitivity' })],
        [/^Risks/, page.getByText('AGENTCOST07-BP01').first()],
        ['Roadmap', page.getByText('Foundation')],
      ] as const) {
        await page.getByRole('tab', { name: tab }).click()
        await part.waitFor()
        await expectSound(visited)
      }
    }
  })

  it('names the answer that the server refuses, and goes on when it is mended', async () => {
    const visited = await openConsole(server, { path: '/advisor', expected: [/400/] })
    const { page } = visited
    await page.getByText('Answers that have to come from documents.').click()
    await page.getByLabel('Documents', { exact: true }).fill('10')
    const pages = page.getByLabel('Pages in all')
    await page.getByRole('region', { name: 'Advice' }).getByRole('list', { name: 'Ranking' }).waitFor()
    await pages.fill('5')
    await pages.and(page.locator('[aria-invalid=true]')).waitFor()
    await page.getByText('A document has a page at the least.').first().waitFor()
    await page.getByText('Below is the advice as it was before.').waitFor()
    await page.getByRole('region', { name: 'Advice' }).getByRole('list', { name: 'Ranking' }).waitFor()
    await expectSound(visited)
    await pages.fill('20')
    await page.getByRole('alert').waitFor({ state: 'detached' })
    await page.getByText('Below is the advice as it was before.').waitFor({ state: 'detached' })
  })

  it('says of a number that is none, or out of range, which it should be, and asks the server nothing', async () => {
    const visited = await openConsole(server, { path: '/advisor' })
    const { page } = visited
    await page.getByRole('list', { name: 'Ranking' }).waitFor()
    const asked: (string | null)[] = []
    page.on('request', (request) => {
      if (request.method() === 'POST') asked.push(request.postData())
    })
    const faults = {
      'Peak factor': ['0', 'This should be a number from 1 to 1,000,000,000,000,000.'],
      'Availability, percent': ['101', 'This should be a number from 0 to 100.'],
      Documents: ['1.5', 'This should be a whole number from 0 to 1,000,000,000,000,000.'],
      'Scanned share': ['half', 'This should be a number from 0 to 1.'],
    }
    await page.getByText('Answers that have to come from documents.').click()
    await page.locator('summary', { hasText: 'Bounds' }).click()
    for (const [label, [typed = '', fault = '']] of Object.entries(faults)) {
      const field = page.getByLabel(label, { exact: true })
      await field.fill(typed)
      await field.and(page.locator('[aria-invalid=true]')).waitFor()
      const described = await field.getAttribute('aria-describedby')
      const texts = (described ?? '').split(' ').map((id) => page.locator(`[id="${id}"]`).innerText())
      expect(await Promise.all(texts)).toContain(fault)
      await expectSound(visited)
      await field.fill('')
      await page.getByRole('alert').waitFor({ state: 'detached' })
    }
    expect(asked.filter((body) => body !== '{"profile":{}}')).toEqual([])
  })

  it('hands out profile, advice and template as files, by keyboard alone', async () => {
    const profile = encodeURIComponent(JSON.stringify({ knowledge: { documents: 4_000 } }))
    const { page } = await openConsole(server, { path: `/advisor?profile=${profile}&tab=next` })
    const saved = async (name: string): Promise<string> => {
      const button = page.getByRole('button', { name })
      await button.focus()
      const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
      return readFile(await download.path(), 'utf8')
    }
    expect(JSON.parse(await saved('Download the profile'))).toEqual({ knowledge: { documents: 4_000 } })
    const advice = JSON.parse(await saved('Download the advice')) as Advice
    expect(advice.cost.likely).toBe((await adviceFor({ knowledge: { documents: 4_000 } })).cost.likely)
    const template = JSON.parse(await saved('Generate the CloudFormation template')) as { readonly Resources: object }
    expect(Object.keys(template.Resources)).toContain('rag')
    expect(await page.getByText('--no-streams').innerText()).toContain('plinth synth --no-agents --no-streams')
  })

  it('offers no template to whom advisor:read alone is given, and nothing to others', async () => {
    const reader = await openConsole(server, { path: '/advisor?tab=next', permissions: ['advisor:read'] })
    await reader.page.getByRole('button', { name: 'Download the advice' }).waitFor()
    expect(await reader.page.getByRole('button', { name: 'Generate the CloudFormation template' }).count()).toBe(0)
    const other = await openConsole(server, { path: '/advisor', permissions: ['rag:read'] })
    await other.page.getByText('advisor:read').waitFor()
  })
})
