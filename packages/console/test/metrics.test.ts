import { expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole } from './support/browser.ts'

const server: TestServer = await startTestServer()

interface Shown {
  readonly status: string
  readonly correlation_id: string
}

/** Sends a request, and waits for its end. */
async function submit(prompt: string): Promise<string> {
  const { request_id } = await api<{ readonly request_id: string }>(server, 'POST', '/api/requests', { prompt })
  let shown: Shown | undefined
  await expect
    .poll(async () => {
      shown = await api<Shown>(server, 'GET', `/api/requests/${request_id}`)
      return shown.status
    })
    .not.toBe('processing')
  return shown?.correlation_id ?? expect.fail('It has no correlation id.')
}

describeInBrowser('Metrics', () => {
  it('says what to do while there is nothing', async () => {
    await server.registry.create('fresh', 'Fresh')
    const visited = await openConsole(server, { path: '/metrics', tenant: 'fresh', permissions: ['metrics:read'] })
    const { page } = visited
    await page.getByText('Nothing was asked for in the last hour').waitFor()
    await page.getByText('No streams', { exact: true }).waitFor()
    await expectSound(visited)
  })

  it('shows the hour by minute, route, model and stream, as the API tells it, sound in both themes', async () => {
    await submit('Good.')
    await submit('Bad. [[fail]]')
    await api(server, 'POST', '/api/streams/mine/records', { records: [{ key: 'a', data: { value: 1 } }] })
    const visited = await openConsole(server, { path: '/metrics' })
    const { page } = visited
    for (const title of [
      'Requests',
      'Latency of requests',
      'Errors and throttles of requests',
      'Calls of models',
      'Duration of model calls',
      'Tokens of models',
      'Model calls that failed',
      'Cost of models',
    ])
      await page.getByRole('img', { name: new RegExp(`^${title}: `) }).waitFor()
    const told = await api<{ readonly routes: readonly { readonly route: string; readonly requests: number }[] }>(
      server,
      'GET',
      '/api/metrics',
    )
    const row = page.getByRole('table', { name: 'By route' }).getByRole('row', { name: 'POST /api/requests' })
    expect(told.routes.find(({ route }) => route === 'POST /api/requests')?.requests).toBe(2)
    expect(await row.getByRole('cell').allInnerTexts()).toContain('2')
    expect(await page.getByRole('table', { name: 'By model' }).innerText()).toContain('scripted')
    await page.getByRole('link', { name: 'mine' }).waitFor()
    expect(await page.getByRole('link', { name: /^Dead letters/ }).innerText()).toMatch(/\b1\b/)
    await expectSound(visited)
    await page.getByRole('button', { name: 'Use the dark theme' }).click()
    await expectSound(visited)
    // It follows by itself.
    await submit('Another.')
    await expect.poll(() => row.getByRole('cell').allInnerTexts()).toContain('3')
  })

  it('finds the trace of a request by keyboard, with the work that it caused', async () => {
    const correlation = await submit('Traced. <img src=x onerror="globalThis.hit=1">')
    const visited = await openConsole(server, { path: '/metrics' })
    const { page } = visited
    await page.getByLabel('Correlation id', { exact: true }).focus()
    await page.keyboard.type(correlation)
    await page.keyboard.press('Enter')
    const spans = page.getByRole('list', { name: 'Spans' })
    await spans.getByText('POST /api/requests').waitFor()
    expect(page.url()).toContain(`#/metrics/traces/${correlation}`)
    const told = await api<{ readonly spans: readonly { readonly name: string }[] }>(server, 'GET', `/api/traces/${correlation}`)
    expect(await spans.getByRole('listitem').count()).toBe(told.spans.length)
    expect(told.spans.map(({ name }) => name)).toContain('chat scripted')
    const call = spans.locator('summary', { hasText: 'chat scripted' })
    await call.focus()
    await page.keyboard.press('Enter')
    await page.getByText('gen_ai.usage.input_tokens').waitFor()
    await expectSound(visited)
    await page.getByRole('button', { name: 'Use the dark theme' }).click()
    await expectSound(visited)
    expect(await page.evaluate(() => 'hit' in globalThis)).toBe(false)
  })

  it('shows a failure in its place', async () => {
    const correlation = await submit('Bad. [[fail]]')
    const { page } = await openConsole(server, { path: `/metrics/traces/${correlation}` })
    const { spans } = await api<{ readonly spans: readonly { readonly status: string; readonly attributes: object }[] }>(
      server,
      'GET',
      `/api/traces/${correlation}`,
    )
    const code = spans.flatMap(({ attributes }) => ('error.type' in attributes ? [String(attributes['error.type'])] : []))[0]
    await page
      .getByRole('list', { name: 'Spans' })
      .getByText(code ?? expect.fail('Nothing failed.'))
      .first()
      .waitFor()
  })

  it('says where traces go that it has not, shows odd ids as text, and opens nothing without the permission', async () => {
    const odd = '<img src=x onerror="globalThis.hit=1">'
    const visited = await openConsole(server, { path: `/metrics/traces/${encodeURIComponent(odd)}`, expected: [/404/] })
    await visited.page.getByText('No trace of this id is in memory').waitFor()
    await visited.page.getByText(odd).waitFor()
    expect(await visited.page.evaluate(() => 'hit' in globalThis)).toBe(false)
    await expectSound(visited)
    const other = await openConsole(server, { path: '/metrics', permissions: ['rag:read'] })
    await other.page.getByText('metrics:read').waitFor()
  })

  it('goes on where charts can not be loaded, and says so in their place', async () => {
    await submit('Good.')
    const { page } = await openConsole(server)
    await page.route(/drawn-chart/, (route) => route.abort())
    await page.goto(`${server.url}/#/metrics`)
    await page.getByText('This part of the page could not be loaded.').first().waitFor()
    await page.getByRole('table', { name: 'By route' }).waitFor()
    await page.unroute(/drawn-chart/)
    await page.getByRole('button', { name: 'Load the page anew' }).first().click()
    await page.getByRole('img', { name: /^Requests: / }).waitFor()
  })
})
