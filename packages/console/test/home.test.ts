import { expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole, type Visited } from './support/browser.ts'

const server: TestServer = await startTestServer({ PLINTH_MODEL: 'local/extractive' })

/** What the stream's and the tenant's cards are about: something that is not there yet, and too much. */
const expected = [/404/, /429/]
const hostile =
  '<img src=x onerror="globalThis.hit=1"><script>globalThis.hit=1</script> [link](javascript:alert(1)) Costs are 5 cents.'

type Card = ReturnType<Visited['page']['getByRole']>
const cardOf = ({ page }: Visited, name: string): Card => page.getByRole('region', { name })
const isDone = (card: Card): Promise<void> => card.getByText('done in').waitFor({ timeout: 40_000 })

interface Page {
  readonly items: readonly Record<string, unknown>[]
}
const list = async (path: string): Promise<Page['items']> => (await api<Page>(server, 'GET', path)).items

describeInBrowser('Home', () => {
  it('says that the embedded model is no language model, and is sound while it is empty', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const visited = await openConsole(server, { theme })
      const { page } = visited
      await page.getByText('no language model').waitFor()
      expect(await page.getByText('local/extractive').first().isVisible()).toBe(true)
      expect(await page.getByRole('list', { name: 'Patterns' }).getByRole('listitem').count()).toBe(5)
      await expectSound(visited)
    }
  })

  it('runs all five patterns by one key, each for real, and shows what came of it', { timeout: 90_000 }, async () => {
    const visited = await openConsole(server, { expected })
    const { page } = visited
    await page.getByRole('button', { name: 'Run all five' }).focus()
    await page.keyboard.press('Enter')
    for (const name of ['Send a prompt', 'Ask a document', 'Run a small workflow', 'Put a spike into a stream', 'Make a tenant'])
      await isDone(cardOf(visited, name))
    const sent = await list('/api/requests')
    expect(sent.some(({ status }) => status === 'completed')).toBe(true)
    expect((await list('/api/documents')).map(({ source, status }) => `${source} ${status}`).sort()).toEqual([
      'try-this-drinks.txt processed',
      'try-this.txt processed',
    ])
    expect(await cardOf(visited, 'Ask a document').getByRole('group', { name: 'Answer' }).innerText()).toContain('five days')
    const [workflow] = await list('/api/workflows')
    expect(workflow).toMatchObject({ status: 'completed' })
    await expect
      .poll(() => cardOf(visited, 'Run a small workflow').getByRole('group', { name: 'Report' }).innerText(), { timeout: 15_000 })
      .toContain('11 cents')
    const link = cardOf(visited, 'Run a small workflow').getByRole('link', { name: /graph/ })
    expect(await link.getAttribute('href')).toBe(`#/agents/workflows/${workflow?.workflow_id}`)
    expect((await list('/api/streams/try-this/insights')).length).toBeGreaterThan(0)
    const checks = cardOf(visited, 'Make a tenant').getByRole('list')
    expect(await checks.innerText()).toMatch(/not there\s+404[\s\S]*accepted\s+202[\s\S]*too many\s+429/)
    // The figures follow by themselves.
    await expect
      .poll(() => page.getByRole('list', { name: 'Patterns' }).innerText(), { timeout: 15_000 })
      .toMatch(/(healthy[\s\S]*){5}/)
    await expectSound(visited)
    await page.getByRole('button', { name: 'Use the dark theme' }).click()
    await expectSound(visited)
    await cardOf(visited, 'Make a tenant')
      .getByRole('button', { name: /^Offboard/ })
      .click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Offboard' }).click()
    await cardOf(visited, 'Make a tenant').getByText('is offboarded').waitFor()
    const tenants = await list('/api/tenants')
    expect(tenants.find(({ tenant_id }) => String(tenant_id).startsWith('try-'))).toMatchObject({ status: 'offboarded' })
  })

  it('finds a second spike of its own, at once', { timeout: 60_000 }, async () => {
    const visited = await openConsole(server, { expected })
    const card = cardOf(visited, 'Put a spike into a stream')
    await card.getByLabel('Temperature of the spike').fill('-40')
    await card.getByRole('button', { name: 'Run', exact: true }).click()
    await isDone(card)
    expect(await card.innerText()).toContain('-40')
    await card.getByLabel('Temperature of the spike').fill('hot')
    await card.getByRole('button', { name: 'Run again' }).click()
    expect(await card.getByRole('alert').innerText()).toContain('must be a number')
  })

  it('shows what people and models wrote as text', { timeout: 60_000 }, async () => {
    const visited = await openConsole(server, { expected })
    const { page } = visited
    page.on('dialog', () => expect.fail('A dialog opened.'))
    await cardOf(visited, 'Send a prompt').getByLabel('Prompt').fill(hostile)
    await cardOf(visited, 'Ask a document').getByLabel('Document').fill(hostile)
    await cardOf(visited, 'Ask a document').getByLabel('Question').fill('What are the costs?')
    await cardOf(visited, 'Run a small workflow').getByLabel('What the agents may read').fill(hostile)
    await cardOf(visited, 'Make a tenant').getByLabel('Name of the tenant').fill(hostile)
    await page.getByRole('button', { name: 'Run all five' }).click()
    for (const name of ['Send a prompt', 'Ask a document', 'Run a small workflow', 'Make a tenant'])
      await isDone(cardOf(visited, name))
    expect(await cardOf(visited, 'Ask a document').getByRole('group', { name: 'Answer' }).innerText()).toContain('<img src=x')
    expect(await page.getByRole('main').locator('img, script, [href^="javascript:"]').count()).toBe(0)
    expect(await page.evaluate(() => 'hit' in globalThis)).toBe(false)
    await expectSound(visited)
  })

  it('spells out what would turn the words behind it, in the names of what an answer cites', { timeout: 60_000 }, async () => {
    const content = 'The kiln is cleaned every nine weeks by the night shift.'
    await api(server, 'POST', '/api/documents', { documents: [{ source: 'kiln-\u202efdp.md', content }] })
    await expect
      .poll(async () => (await list('/api/documents?status=processed')).some(({ source }) => source === 'kiln-\u202efdp.md'))
      .toBe(true)
    const visited = await openConsole(server)
    const card = cardOf(visited, 'Ask a document')
    await card.getByLabel('Question').fill('How often is the kiln cleaned?')
    await card.getByRole('button', { name: 'Run', exact: true }).click()
    await isDone(card)
    await card.getByText('kiln-[U+202E]fdp.md, characters').waitFor()
    expect(await visited.page.getByRole('main').innerText()).not.toContain('\u202e')
  })

  it('hides what a token does not open, and says what is missing', async () => {
    const visited = await openConsole(server, { permissions: ['requests:read', 'requests:write'] })
    const { page } = visited
    await page.getByText('metrics:read').waitFor()
    expect(await cardOf(visited, 'Make a tenant').innerText()).toContain('This token lacks tenants:admin')
    expect(await page.getByRole('button', { name: 'Run all five' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Run the 1 that this token may run' }).click()
    await isDone(cardOf(visited, 'Send a prompt'))
    expect(await page.getByRole('button', { name: 'Run', exact: true }).count()).toBe(0)
    await expectSound(visited)
  })

  it('offers a viewer nothing to run, and says why; its figures say which time they are of', async () => {
    const visited = await openConsole(server, { permissions: ['requests:read', 'metrics:read'] })
    const { page } = visited
    await page.getByText('This token may run none of these').waitFor()
    expect(await page.getByRole('button', { name: /^Run/ }).count()).toBe(0)
    const rate = page.getByRole('link', { name: 'Requests per minute' })
    expect(await rate.innerText()).toMatch(/over the last 60 seconds; \d+ since/)
    await expectSound(visited)
  })

  it('says what went wrong in a card, and goes on', async () => {
    const visited = await openConsole(server, { expected: [/400/] })
    const card = cardOf(visited, 'Send a prompt')
    await card.getByLabel('Prompt').fill('')
    await card.getByRole('button', { name: 'Run', exact: true }).click()
    await card.getByRole('alert').waitFor()
    await card.getByLabel('Prompt').fill('Say something.')
    await card.getByRole('button', { name: 'Run again' }).click()
    await isDone(card)
  })

  it('says that a budget is used up, and what that means', async () => {
    const limits = { monthly_budget_usd: 0 }
    await api(server, 'POST', '/api/tenants', { tenant_id: 'spent', name: 'Spent', limits })
    const visited = await openConsole(server, { tenant: 'spent' })
    await visited.page.getByText(/this month: used up, calls of models are refused/).waitFor()
    await expectSound(visited)
  })
})
