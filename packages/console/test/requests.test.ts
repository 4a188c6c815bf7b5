import type { Page as BrowserPage } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole } from './support/browser.ts'

interface Shown {
  readonly request_id: string
  readonly status: string
  readonly round: number
  readonly priority: string
  readonly model_id: string
  readonly max_tokens: number
  readonly not_before: string | null
  readonly callback_url: string | null
}

const claude = 'anthropic.claude-3-haiku-20240307-v1:0'
const hour = 3_600_000
/** Other tests run on the same machine. */

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

const submit = (body: object): Promise<Shown> => api<Shown>(server, 'POST', '/api/requests', body)
const show = (id: string): Promise<Shown> => api<Shown>(server, 'GET', `/api/requests/${id}`)
const promptOf = async (id: string): Promise<string> =>
  (await api<{ text: string }>(server, 'GET', `/api/requests/${id}/prompt`)).text

async function reach(id: string, status: string): Promise<Shown> {
  return until(`${id} to be ${status}`, async () => {
    const shown = await show(id)
    return shown.status === status && shown
  })
}

/** Of the request whose page is open. */
const idIn = (page: BrowserPage): string =>
  decodeURIComponent(new URL(page.url()).hash.slice('#/requests/'.length).split('?')[0] ?? '')

/** As `datetime-local` takes it. */
function localTime(at: number): string {
  const shifted = new Date(at - new Date(at).getTimezoneOffset() * 60_000)
  return shifted.toISOString().slice(0, 19)
}

describeInBrowser('the screen of requests', () => {
  it('by keyboard alone: from nothing to a request, its answer, and back to the list', async () => {
    const visited = await openConsole(server, { path: '/requests' })
    const { page } = visited
    await page.getByText('No requests yet.').waitFor()
    await page.getByRole('button', { name: 'Send a request' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'Prompt' }).waitFor()
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')
    await page.keyboard.type('Summarise: queues absorb bursts.')
    await page.getByRole('button', { name: 'Send', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('list', { name: 'Timeline' }).waitFor()
    const id = idIn(page)
    await page.getByRole('main').getByText('completed', { exact: true }).first().waitFor()
    expect(await promptOf(id)).toBe('Summarise: queues absorb bursts.')
    const { text } = await api<{ text: string }>(server, 'GET', `/api/requests/${id}/result`)
    expect(await page.getByRole('group', { name: 'Result' }).innerText()).toBe(text)
    expect(await page.getByRole('list', { name: 'Timeline' }).getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringMatching(/^Queued/),
      expect.stringMatching(/^Attempt 1[\s\S]*completed$/),
    ])
    await page.getByRole('list', { name: 'Events' }).getByText('genai.request.completed', { exact: true }).waitFor()
    await expectSound(visited)

    await page.getByRole('main').getByRole('link', { name: 'Requests' }).focus()
    await page.keyboard.press('Enter')
    const rows = page.getByRole('table', { name: 'Requests' }).getByRole('rowgroup')
    await rows.focus()
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe(id)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: id }).waitFor()
  })

  it('sends all that can be said of a request, shows what is refused beside its field, replays with edits, and cancels', async () => {
    const visited = await openConsole(server, { path: '/requests?send=new', expected: [/400/] })
    const { page } = visited
    const form = page.getByRole('form', { name: 'Request' })
    await form.getByLabel('Prompt').fill('Write the nightly report.')
    await form.getByLabel('Model').selectOption(claude)
    await form.getByText('answers for it').waitFor()
    await form.getByLabel('Priority').selectOption('high')
    await form.getByLabel('Most tokens').fill('321')
    await form.getByText('When, by which name').click()
    const time = Math.floor((Date.now() + 6 * hour) / 1000) * 1000
    await form.getByLabel('Not before').fill(localTime(time))
    await form.getByLabel('Expires').fill(localTime(time - hour))
    await form.getByLabel('Callback URL').fill('https://example.com/hook')
    await form.getByLabel('Request id').fill('nightly-1')
    await form.getByLabel('Idempotency key').fill('night-key')
    await page.keyboard.press('Enter')
    await form.getByText('Must be later than now, and than not_before.').waitFor()
    expect(await form.getByLabel('Expires').getAttribute('aria-invalid')).toBe('true')
    // The fault goes with what it was of, which stays in sight.
    await form.getByLabel('Expires').fill('')
    await form.getByText('Must be later than now, and than not_before.').waitFor({ state: 'detached' })
    expect(await form.getByLabel('Expires').isVisible()).toBe(true)
    await form.getByRole('button', { name: 'API' }).click()
    await page.getByRole('menuitem', { name: 'Copy as curl' }).click()
    const curl = await page.evaluate(() => navigator.clipboard.readText())
    expect(curl).toContain("-H 'Idempotency-Key: night-key'")
    expect(curl).toContain('"max_tokens":321')
    await form.getByRole('button', { name: 'Send' }).click()
    await page.getByRole('heading', { name: 'nightly-1' }).waitFor()
    expect(await show('nightly-1')).toMatchObject({
      status: 'processing',
      model_id: claude,
      priority: 'high',
      max_tokens: 321,
      not_before: new Date(time).toISOString(),
      callback_url: 'https://example.com/hook',
    })
    await page.getByRole('list', { name: 'Timeline' }).getByText('Scheduled').waitFor()
    await page.getByText(/^Due on /).waitFor()

    await page.getByRole('button', { name: 'Replay with edits' }).click()
    await expect.poll(() => form.getByLabel('Prompt').inputValue()).toBe('Write the nightly report.')
    expect(await form.getByLabel('Most tokens').inputValue()).toBe('321')
    await form.getByLabel('Prompt').fill('Write it now.')
    await form.getByLabel('Callback URL').fill('')
    await form.getByRole('button', { name: 'Send' }).click()
    await expect.poll(() => idIn(page)).not.toBe('nightly-1')
    const again = await reach(idIn(page), 'completed')
    expect(again).toMatchObject({ model_id: claude, priority: 'high', max_tokens: 321, not_before: null })
    expect(await promptOf(again.request_id)).toBe('Write it now.')

    await page.goto(`${server.url}/#/requests/nightly-1`)
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
    await page.getByRole('button', { name: 'Cancel the request' }).click()
    await page.getByRole('main').getByText('cancelled', { exact: true }).first().waitFor()
    await reach('nightly-1', 'cancelled')
    await page.getByRole('button', { name: 'Cancel', exact: true }).waitFor({ state: 'detached' })
    const note = page.getByRole('list', { name: 'Timeline' }).getByText('cancelled')
    await note.waitFor()
    expect(await note.getAttribute('data-outcome')).toBe('wait')
    await expectSound(visited)
  })

  it('opens a request that is called like the screen of dead letters, whose header copies what it shows', async () => {
    await submit({ prompt: 'A name of its own.', request_id: 'dead-letters' })
    const { page } = await openConsole(server, { path: '/requests?text=name of its own' })
    await page.getByRole('link', { name: 'dead-letters', exact: true }).click()
    await page.getByRole('list', { name: 'Timeline' }).waitFor()
    await page.getByRole('heading', { name: 'dead-letters' }).waitFor()
    await submit({ prompt: '[[fail]] x', request_id: 'dead-0' })
    await reach('dead-0', 'failed')
    await page.goto(`${server.url}/#/requests/dead-letters`)
    await page.getByRole('link', { name: 'dead-0' }).waitFor()
    await page.getByRole('button', { name: 'API' }).click()
    await page.getByRole('menuitem', { name: 'Copy as curl' }).click()
    const copied = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText())
    await expect.poll(copied).toContain('/api/dead-letters?limit=50')
    expect(await copied()).not.toContain('POST')
    await page.getByRole('button', { name: 'Redrive all' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Back' }).click()
  })

  it('lists live, and by status, priority, model and text; what is asked for stands in the address', async () => {
    await submit({ prompt: 'later', request_id: 'waits', not_before: new Date(Date.now() + hour).toISOString() })
    const visited = await openConsole(server, { path: '/requests' })
    const { page } = visited
    const table = page.getByRole('table', { name: 'Requests' })
    const row = (id: string) => table.getByRole('row').filter({ hasText: id })
    await row('waits').getByText('processing').waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    await submit({ prompt: 'A needle in here', request_id: 'came-live', priority: 'low', model_id: claude })
    await row('came-live').getByText('completed').waitFor()
    await api(server, 'DELETE', '/api/requests/waits')
    await row('waits').getByText('cancelled').waitFor()

    const only = async (id: string): Promise<void> => {
      await expect.poll(() => table.getByRole('link').allInnerTexts()).toEqual([id])
    }
    const search = page.getByRole('searchbox')
    await search.fill('NEEDLE')
    await only('came-live')
    expect(page.url()).toContain('text=NEEDLE')
    await page.getByRole('button', { name: 'Cancelled' }).click()
    await page.getByText('No request is like that.').waitFor()
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await row('waits').waitFor()
    expect(await search.inputValue()).toBe('')
    await page.getByLabel('Priority').selectOption('low')
    await only('came-live')
    await page.reload()
    await only('came-live')
    await page.getByLabel('Priority').selectOption('')
    await page.getByLabel('Model', { exact: true }).selectOption(claude)
    await expect.poll(() => table.getByRole('row').count()).toBe(4)
    await expectSound(visited)
  })

  it('shows what is dead with its reasons, and puts back one, those of a reason, and all', async () => {
    for (const id of ['dead-1', 'dead-2', 'dead-3']) await submit({ prompt: '[[fail]] x', request_id: id })
    for (const id of ['dead-1', 'dead-2', 'dead-3']) await reach(id, 'failed')
    const visited = await openConsole(server, { path: '/requests' })
    const { page } = visited
    await page.getByRole('link', { name: /Dead letters/ }).click()
    const table = page.getByRole('table', { name: 'Dead letters' })
    const inRound = async (id: string, round: number): Promise<void> => {
      await until(`${id} to fail in round ${round}`, async () => {
        const shown = await show(id)
        return shown.round === round && shown.status === 'failed'
      })
      await table
        .getByRole('row')
        .filter({ hasText: id })
        .getByRole('cell', { name: String(round), exact: true })
        .last()
        .waitFor()
    }
    await inRound('dead-2', 1)
    await table.getByRole('row').filter({ hasText: 'dead-2' }).getByRole('button', { name: 'Redrive' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Redrive' }).click()
    await inRound('dead-2', 2)
    await inRound('dead-1', 1)

    await page.getByRole('button', { name: /^model_request_refused/ }).click()
    expect(page.url()).toContain('reason=model_request_refused')
    await page.getByRole('button', { name: /^Redrive \d/ }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Redrive' }).click()
    await inRound('dead-2', 3)
    await inRound('dead-1', 2)

    await page.getByRole('button', { name: /^All/ }).click()
    await page.getByRole('button', { name: 'Redrive all' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Redrive' }).click()
    await inRound('dead-3', 3)
    await expectSound(visited)

    await table.getByRole('link', { name: 'dead-3' }).click()
    await page.getByRole('heading', { name: 'Round 3, redriven' }).waitFor()
    await page.getByRole('button', { name: 'Redrive' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Redrive' }).click()
    await page.getByRole('heading', { name: 'Round 4, redriven' }).waitFor()
    await expectSound(visited)
  })

  it('shows what anyone wrote as text, whatever it holds; dark and narrow', async () => {
    const script = '<script>globalThis.hurt = 1</script>'
    const image = '<img src=x onerror="globalThis.hurt = 2">'
    const link = '[click](javascript:globalThis.hurt=3)'
    const prompt = `${image} ${script} queues absorb bursts. ${link} <iframe srcdoc="${script}"></iframe>`
    const token = await server.token({ user: image })
    const callback_url = `https://example.com/?"><img/src=x/onerror=globalThis.hurt=4>`
    const answer = await fetch(`${server.url}/api/requests`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ request_id: 'hostile', prompt, model_id: 'local/extractive', callback_url }),
    })
    expect(answer.status).toBe(202)
    await reach('hostile', 'completed')
    const visited = await openConsole(server, { path: '/requests/hostile', theme: 'dark', width: 390, height: 844 })
    const { page } = visited
    page.on('dialog', () => expect.unreachable('a dialog'))
    const prompts = page.getByRole('group', { name: 'Prompt' })
    await prompts.waitFor()
    expect(await prompts.innerText()).toBe(prompt)
    const { text } = await api<{ text: string }>(server, 'GET', '/api/requests/hostile/result')
    expect(text).toContain('<')
    expect(await page.getByRole('group', { name: 'Result' }).innerText()).toBe(text)
    await page.getByText(callback_url).waitFor()
    await page.getByRole('button', { name: 'Show as Markdown' }).click()
    await page.getByRole('button', { name: 'Show as text' }).waitFor()
    await page.getByText('genai.request.received', { exact: true }).click()
    await expectSound(visited)
    await page.goto(`${server.url}/#/requests?text=${encodeURIComponent(image)}&model_id=${encodeURIComponent(image)}`)
    await page.getByText('No request is like that.').waitFor()
    await page.goto(`${server.url}/#/requests?text=${encodeURIComponent(image)}`)
    await page.getByRole('link', { name: 'hostile' }).waitFor()
    await expectSound(visited)
    await page.goto(`${server.url}/#/requests/dead-letters?reason=${encodeURIComponent(image)}`)
    await page.getByText('None has this reason any more.').waitFor()
    await page.getByRole('button', { name: /^All/ }).click()
    await page.getByRole('table', { name: 'Dead letters' }).waitFor()
    await expectSound(visited)
    await page.goto(`${server.url}/#/requests/hostile?send=replay`)
    await expect.poll(() => page.getByRole('textbox', { name: 'Prompt' }).inputValue()).toBe(prompt)
    expect(await page.locator('main img, main script, main iframe, [href^="javascript"]').count()).toBe(0)
    expect(await page.evaluate(() => (globalThis as { hurt?: number }).hurt)).toBeUndefined()
    await expectSound(visited)
  })

  it('offers whoever may only read nothing to write, and says what isn’t there', async () => {
    const visited = await openConsole(server, { permissions: ['requests:read'], path: '/requests/dead-1', expected: [/404/] })
    const { page } = visited
    await page
      .getByRole('list', { name: /^Timeline/ })
      .first()
      .waitFor()
    for (const name of ['Replay with edits', 'Redrive', 'Cancel'])
      expect(await page.getByRole('button', { name }).count()).toBe(0)
    await page.goto(`${server.url}/#/requests/dead-letters`)
    await page.getByRole('table', { name: 'Dead letters' }).waitFor()
    expect(await page.getByRole('button', { name: /Redrive/ }).count()).toBe(0)
    await page.goto(`${server.url}/#/requests`)
    await page.getByRole('table', { name: 'Requests' }).waitFor()
    expect(await page.getByRole('button', { name: 'Send a request' }).count()).toBe(0)
    await page.goto(`${server.url}/#/requests?send=new`)
    const dialog = page.getByRole('dialog', { name: 'Send a request' })
    await dialog.getByText('It lacks the permission requests:write').waitFor()
    expect(await dialog.getByRole('form').count()).toBe(0)
    await dialog.getByRole('button', { name: 'Back' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.goto(`${server.url}/#/requests/nowhere`)
    await page.getByText('No request has this id.').waitFor()
    await expectSound(visited)
  })
})
