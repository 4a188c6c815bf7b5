import { expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole, type Visited } from './support/browser.ts'

const server: TestServer = await startTestServer()

interface Shown {
  readonly records: number
  readonly windows: readonly { readonly name: string; readonly size_seconds?: number }[]
  readonly retention_days: number
  readonly incidents: number
  readonly insights: number
}
interface Alert {
  readonly alert_id: string
  readonly key: string
  readonly alert_type: string
  readonly status: string
  readonly acknowledged_by: string | null
}

/** Names that would run if a page took them for more than text. */
const hostile = {
  key: '<img src=x onerror="globalThis.hacked=1">',
  field: '<script>globalThis.hacked=2</script>',
  category: '[here](javascript:globalThis.hacked=3)',
}

const stream = (name: string): Promise<Shown> => api<Shown>(server, 'GET', `/api/streams/${name}`)

/** One that is there is only set anew. */
const begin = (name: string): Promise<Shown> => api<Shown>(server, 'PUT', `/api/streams/${name}`, {})

/** A minute of a steady value, then one that is far away: an incident with its alerts. */
async function makeIncident(name: string, key: string, field: string): Promise<void> {
  const begin = Date.now() - 200_000
  const records = Array.from({ length: 190 }, (_, index) => ({
    key,
    timestamp: new Date(begin + index * 1_000).toISOString(),
    data: { [field]: index === 185 ? 900 : 20 + Math.sin(index / 5) + (index % 7) / 10, [hostile.category]: hostile.category },
  }))
  await api(server, 'POST', `/api/streams/${name}/records`, { records })
  await until('the alerts', async () => {
    const { items } = await api<{ items: Alert[] }>(server, 'GET', `/api/alerts?stream=${name}`)
    return items.length >= 3
  })
}

async function expectUnharmed({ page }: Visited): Promise<void> {
  expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false)
  expect(await page.locator('#screen img, #screen script, a[href^="javascript:"]').count()).toBe(0)
}

describeInBrowser('streams', () => {
  it('has none, says how one begins, and begins one by keyboard alone', async () => {
    const visited = await openConsole(server, { path: '/streams' })
    const { page } = visited
    await page.getByText('No stream yet.').waitFor()
    await page.getByRole('button', { name: 'New stream' }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'New stream' })
    await dialog.waitFor()
    // The name is what the dialog begins with.
    await dialog.locator('input:focus').and(dialog.getByLabel('Name').first()).waitFor()
    await page.keyboard.type('works')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'works', level: 1 }).waitFor()
    expect(await stream('works')).toMatchObject({ records: 0, retention_days: 7, windows: [{ name: '1m' }] })
    await page.getByText('Nothing came in the last ten minutes.').waitFor()
    await expectSound(visited)
  })

  it('a name that is in use is said at its field, and the stream stays as it is', async () => {
    await api(server, 'PUT', '/api/streams/kept', { retention_days: 30 })
    const visited = await openConsole(server, { path: '/streams', expected: [/412 \(Precondition Failed\)/] })
    const { page } = visited
    await page.getByRole('button', { name: 'New stream' }).click()
    const dialog = page.getByRole('dialog', { name: 'New stream' })
    const name = dialog.getByLabel('Name').first()
    await name.fill('kept')
    await dialog.getByRole('button', { name: 'Begin the stream' }).click()
    await name.and(page.locator('[aria-invalid=true]')).waitFor()
    const described = (await name.getAttribute('aria-describedby')) ?? ''
    const texts = described.split(' ').map((id) => page.locator(`[id="${id}"]`).innerText())
    expect(await Promise.all(texts)).toContain('There is already a stream of this name.')
    expect(await stream('kept')).toMatchObject({ retention_days: 30 })
    await name.fill('another')
    await expect.poll(() => name.getAttribute('aria-invalid')).toBeNull()
    await expectSound(visited)
    await dialog.getByRole('button', { name: 'Begin the stream' }).click()
    await page.getByRole('heading', { name: 'another', level: 1 }).waitFor()
  })

  it('keeps sending normal values, and shows how soon a fault that is put in is told', async () => {
    await begin('works')
    const visited = await openConsole(server, { path: '/streams/works' })
    const { page } = visited
    await page.getByLabel('Send values as key').fill('pump-7')
    await page.getByRole('button', { name: 'Start' }).click()
    await page.getByText('sending as pump-7').waitFor()
    await page.getByRole('img', { name: /^temperature of pump-7/ }).waitFor()
    await until('a minute of the past', async () => (await stream('works')).records >= 200)
    await page.getByRole('button', { name: 'Spike' }).click()
    const reactions = page.getByRole('list', { name: 'Faults put in' })
    await reactions.getByText(/told after/).waitFor()
    // Another one isn't told, and it is said why, and when one is.
    await page.getByRole('button', { name: 'Spike' }).click()
    await reactions.getByText('not told again').waitFor()
    await reactions.getByText('only a much worse one of the same key is told').waitFor()
    await page.getByRole('button', { name: 'Flat line' }).click()
    await reactions
      .getByText(/told after/)
      .nth(1)
      .waitFor()
    await page.getByRole('button', { name: 'Stop sending' }).click()
    await page.getByRole('button', { name: 'Start' }).waitFor()
    const { items } = await api<{ items: { key: string }[] }>(server, 'GET', '/api/streams/works/insights')
    expect(items.map(({ key }) => key)).toContain('pump-7')
    // The key stands in the address, and what was drawn is drawn again by it.
    expect(page.url()).toContain('key=pump-7')
    await page.reload()
    await page.getByRole('img', { name: /^flow of pump-7/ }).waitFor()
    await page.getByText(/[1-9]\d* points? of the last ten minutes/).waitFor()
    await expectSound(visited)
  })

  it('shows incidents, windows and alerts with whatever is written in them as text, in both themes; an alert is taken on', async () => {
    await makeIncident('hostile', hostile.key, hostile.field)
    const visited = await openConsole(server, { path: '/streams/hostile?tab=incidents', user: 'ann' })
    const { page } = visited
    page.on('dialog', () => expect.fail('A dialog was opened.'))
    const incident = page.getByRole('article', { name: /^Incident of/ })
    await incident.first().waitFor()
    expect(await incident.first().innerText()).toContain(hostile.key)
    expect(await incident.first().innerText()).toContain(hostile.field)
    await incident.first().getByText('What to do').waitFor()
    await incident.first().getByText('The record at fault').click()
    await expectUnharmed(visited)
    await expectSound(visited)
    await page.getByRole('tab', { name: 'Windows' }).click()
    await page.getByRole('table', { name: 'Windows' }).getByText(hostile.field).first().waitFor()
    await page.getByRole('tab', { name: 'Live' }).click()
    await page.getByRole('img', { name: /^<script>/ }).waitFor()
    await expectUnharmed(visited)
    await page.getByRole('button', { name: 'Use the dark theme' }).click()
    await expectSound(visited)

    await page.getByRole('tab', { name: 'Alerts' }).click()
    // One incident, one alert of each type, and each of them says of which rule it is.
    for (const [type, rule] of [
      ['high_priority', 'Alert priority of 4 or 5'],
      ['high_risk', 'High risk'],
      ['anomaly_detected', 'A pattern that speaks of an anomaly'],
    ] as const) {
      const card = page.getByRole('region', { name: type }).getByRole('article').first()
      await card.getByText(`Rule: ${rule}`).waitFor()
    }
    const lane = page.getByRole('region', { name: 'high_risk' })
    await lane.getByRole('article').first().waitFor()
    await expectUnharmed(visited)
    await expectSound(visited)
    await lane.getByRole('button', { name: 'Acknowledge' }).focus()
    await page.keyboard.press('Enter')
    await lane.getByText('None open.').waitFor()
    const { items } = await api<{ items: Alert[] }>(server, 'GET', '/api/alerts?stream=hostile&status=acknowledged')
    expect(items).toMatchObject([{ alert_type: 'high_risk', status: 'acknowledged', acknowledged_by: 'ann' }])
    await page.getByLabel('Which alerts').selectOption('acknowledged')
    await lane.getByText('taken on by ann').waitFor()
    expect(page.url()).toContain('alerts=acknowledged')
  })

  it('sends records by hand and says which were refused; is set; and is deleted', async () => {
    await begin('works')
    const visited = await openConsole(server, { path: '/streams/works?tab=send' })
    const { page } = visited
    const before = (await stream('works')).records
    await page.getByRole('textbox', { name: 'Records' }).fill('[{"key":"a","data":{"v":1}},{"key":"","data":{}}')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.locator('[id$=-fault]').waitFor()
    expect((await stream('works')).records).toBe(before)
    await page.getByRole('textbox', { name: 'Records' }).fill('{"key":"by-hand","data":{"v":1}}\n{"key":"","data":{}}')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByText('1 record was accepted, 1 refused.').waitFor()
    await page.getByRole('table', { name: 'Refused records' }).getByText('key').first().waitFor()
    await until('the record', async () => (await stream('works')).records === before + 1)
    // What became of others stands under no fault, and no fault under what was mended.
    await page.getByRole('textbox', { name: 'Records' }).fill('nothing')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.locator('[id$=-fault]').waitFor()
    expect(await page.getByText('1 record was accepted, 1 refused.').count()).toBe(0)
    await page.getByRole('textbox', { name: 'Records' }).fill('[]')
    expect(await page.locator('[id$=-fault]').count()).toBe(0)

    await page.getByRole('tab', { name: 'Settings' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Throw it away' }).click()
    await page.getByRole('button', { name: 'Add a window' }).click()
    await page.getByLabel('Name', { exact: true }).last().fill('five')
    await page.getByLabel('Size, seconds').last().fill('300')
    await page.getByLabel('Insights and windows are kept, days').fill('3')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('The stream is set.').waitFor()
    expect(await stream('works')).toMatchObject({
      retention_days: 3,
      windows: [{ name: '1m' }, { name: 'five', size_seconds: 300 }],
    })

    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Delete the stream' }).click()
    await page.getByRole('heading', { name: 'Streams', level: 1 }).waitFor()
    await expect(stream('works')).rejects.toThrow('404')
    await expectSound(visited)
  })

  it('offers what a token allows, and nothing else', async () => {
    const reader = await openConsole(server, { path: '/streams', permissions: ['streams:read'] })
    await reader.page.getByRole('link', { name: 'hostile' }).click()
    await reader.page.getByRole('tab', { name: 'Windows' }).waitFor()
    expect(await reader.page.getByRole('tab').allInnerTexts()).toEqual(['Live', 'Incidents', 'Windows'])
    expect(await reader.page.getByRole('button', { name: /Delete|Start|New stream/ }).count()).toBe(0)
    await expectSound(reader)
    const watcher = await openConsole(server, { path: '/streams', permissions: ['alerts:read'], width: 390, height: 844 })
    await watcher.page.getByText('streams:read').waitFor()
    await watcher.page.getByRole('region', { name: 'anomaly_detected' }).getByRole('article').first().waitFor()
    expect(await watcher.page.getByRole('button', { name: 'Acknowledge' }).count()).toBe(0)
    await expectSound(watcher)
  })
})
