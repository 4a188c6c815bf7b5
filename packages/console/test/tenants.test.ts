import type { Locator } from 'playwright-core'
import { expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole } from './support/browser.ts'

const server: TestServer = await startTestServer()
const xss = '<img src=x onerror="globalThis.hit=1"><script>globalThis.hit=1</script>'

interface Tenant {
  readonly tenant_id: string
  readonly name: string
  readonly status: string
  readonly limits: { readonly requests_per_minute?: number; readonly monthly_budget_usd?: number }
}

const tenant = (id: string): Promise<Tenant> => api<Tenant>(server, 'GET', `/api/tenants/${id}`)

describeInBrowser('the screen of tenants', () => {
  it('onboards one by keyboard alone, says what is wrong with an id, and lists it; names are text', async () => {
    const visited = await openConsole(server, { path: '/tenants', expected: [/400/] })
    const { page } = visited
    const button = page.getByRole('button', { name: 'New tenant' })
    await button.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'New tenant' })
    await dialog.waitFor()
    await page.keyboard.type('Not an id')
    await page.keyboard.press('Tab')
    await page.keyboard.type(xss)
    await page.keyboard.press('Enter')
    await dialog.locator('[aria-invalid="true"]').waitFor()
    await dialog.getByLabel('Id').fill('acme')
    await dialog.getByLabel('Budget a month, USD').fill('25')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'acme' }).waitFor()
    expect(await tenant('acme')).toMatchObject({ name: xss, status: 'active', limits: { monthly_budget_usd: 25 } })
    await page.getByText(xss).first().waitFor()
    await page.getByRole('link', { name: 'Tenants' }).last().click()
    await page.getByRole('link', { name: 'acme' }).waitFor()
    expect(await page.evaluate(() => 'hit' in globalThis)).toBe(false)
    await expectSound(visited)
  })

  it('changes settings, only those that were changed, with the fault beside the field that is refused', async () => {
    await server.registry.create('set', 'Set')
    const visited = await openConsole(server, { path: '/tenants/of/set?tab=settings', theme: 'dark', expected: [/400/] })
    const { page } = visited
    await page.getByLabel('Requests a minute').fill('-3')
    await page.getByRole('button', { name: 'Save 1 setting' }).click()
    await page.locator('[aria-invalid="true"]').waitFor()
    await page.getByLabel('Requests a minute').fill('60')
    await page.getByRole('button', { name: 'Save 1 setting' }).click()
    await expect.poll(async () => (await tenant('set')).limits.requests_per_minute).toBe(60)
    await page.getByRole('button', { name: 'Nothing is changed' }).waitFor()
    await page.getByLabel('Requests a minute').fill('')
    await page.getByRole('button', { name: 'Save 1 setting' }).click()
    await expect.poll(async () => (await tenant('set')).limits.requests_per_minute).toBeUndefined()
    await expectSound(visited)
  })

  it('suspends, so that access dies, activates, and offboards', async () => {
    await server.registry.create('brief', 'Brief')
    const token = await server.token({ tenant: 'brief' })
    const asked = async (): Promise<number> =>
      (await fetch(`${server.url}/api/requests`, { headers: { authorization: `Bearer ${token}` } })).status
    const { page } = await openConsole(server, { path: '/tenants/of/brief' })
    const press = async (name: string): Promise<void> => {
      await page.getByRole('button', { name, exact: true }).click()
    }
    await press('Suspend')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Suspend' }).click()
    await page.getByText('403 tenant_suspended').waitFor()
    expect(await asked()).toBe(403)
    await press('Activate')
    await expect.poll(asked).toBe(200)
    await press('Offboard')
    await page.getByLabel('Type brief to go on').fill('brief')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Offboard for good' }).click()
    await page.getByText('It left at').waitFor()
    expect((await tenant('brief')).status).toBe('offboarded')
  })

  it('shows usage and cost, makes a key that is shown once, and revokes it', async () => {
    await api(server, 'POST', '/api/requests', { prompt: 'How much?' })
    const visited = await openConsole(server, { path: '/tenants/of/demo' })
    const { page } = visited
    await page.getByRole('table', { name: 'By model' }).waitFor()
    await expectSound(visited)
    const [csv] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download as CSV' }).click(),
    ])
    expect(csv.suggestedFilename()).toBe('usage-demo.csv')
    await page.getByRole('tab', { name: 'Keys' }).click()
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByLabel('Name').fill(xss)
    await page.getByRole('button', { name: 'Make the key' }).click()
    const secret = page.getByText(/plk_/)
    await secret.waitFor()
    const key = /plk_\S+/.exec(await secret.innerText())?.[0] ?? ''
    const ask = async (): Promise<number> =>
      (await fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status
    expect(await ask()).toBe(200)
    // It is shown once: a slip doesn't take it away.
    await page.keyboard.press('Escape')
    await page.mouse.click(2, 2)
    await page.getByRole('button', { name: 'I have it' }).click()
    await secret.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('revoked', { exact: true }).waitFor()
    expect(await ask()).toBe(401)
    expect(await page.evaluate(() => 'hit' in globalThis)).toBe(false)
    await expectSound(visited)
  })

  it('keeps the place of the chart of costs until it is drawn', async () => {
    await api(server, 'POST', '/api/requests', { prompt: 'How much?' })
    const { page } = await openConsole(server)
    let draw: (() => void) | undefined
    const isDrawn = new Promise<void>((resolve) => {
      draw = resolve
    })
    await page.route('**/drawn-chart-*.js', async (route) => {
      await isDrawn
      await route.continue()
    })
    // Of two days: nobody waits for the second one.
    await page.route('**/api/tenants/demo/usage*', async (route) => {
      const response = await route.fetch()
      const usage = (await response.json()) as { items: { day: string }[] }
      const before = usage.items.map((line) => ({ ...line, day: '2026-01-31' }))
      await route.fulfill({ response, json: { ...usage, items: [...before, ...usage.items] } })
    })
    await page.goto(`${server.url}/#/tenants/of/demo`)
    const panel = page.getByRole('region', { name: 'Cost by day' })
    await panel.waitFor()
    const heightOf = async (): Promise<number | undefined> => (await panel.boundingBox())?.height
    const before = await heightOf()
    draw?.()
    await panel.locator('canvas').waitFor()
    expect(await heightOf()).toBe(before)
  })

  it('makes keys that end, and that act as a user of groups; a time that is over is said at its field', async () => {
    const visited = await openConsole(server, { path: '/tenants/of/demo?tab=keys', expected: [/400/] })
    const { page } = visited
    await page.getByRole('button', { name: 'New key' }).click()
    const form = page.getByRole('dialog', { name: 'New key' })
    await form.getByLabel('Name').fill('nightly')
    await form.getByLabel('User').fill('reporter')
    await form.getByLabel('Groups').fill('plant, ops')
    await form.getByLabel('Good until').fill('2020-01-31T12:00:00')
    await form.getByRole('button', { name: 'Make the key' }).click()
    // Said once, at its field.
    await form.getByText('Must be later than now.').waitFor()
    await form.getByText('Look at the marked field.').waitFor()
    await form.getByLabel('Good until').fill('2099-01-31T12:00:00')
    await expectSound(visited)
    await form.getByRole('button', { name: 'Make the key' }).click()
    await form.getByText(/plk_/).waitFor()
    await form.getByRole('button', { name: 'I have it' }).click()
    const { items } = await api<{ items: object[] }>(server, 'GET', '/api/tenants/demo/keys')
    const expires_at = new Date('2099-01-31T12:00:00').toISOString()
    expect(items).toContainEqual(
      expect.objectContaining({ name: 'nightly', user_id: 'reporter', groups: ['plant', 'ops'], expires_at }),
    )
    await page.getByRole('table', { name: 'Keys' }).getByText('reporter of plant, ops').waitFor()
  })

  it('makes keys with limits of their own, and says at the groups what is wrong with one of them', async () => {
    const visited = await openConsole(server, { path: '/tenants/of/demo?tab=keys', expected: [/400/], width: 390, height: 844 })
    const { page } = visited
    await page.getByRole('button', { name: 'New key' }).click()
    const form = page.getByRole('dialog', { name: 'New key' })
    const send = (): Promise<void> => form.getByRole('button', { name: 'Make the key' }).click()
    const isInSight = async (field: Locator): Promise<boolean> => {
      const [box, whole] = [await field.boundingBox(), await form.boundingBox()]
      return box !== null && whole !== null && box.y >= whole.y && box.y + box.height <= whole.y + whole.height
    }
    const faultOf = async (label: string): Promise<string> => {
      const field = form.getByLabel(label).and(form.locator('[aria-invalid=true]'))
      const described = (await field.getAttribute('aria-describedby')) ?? ''
      return form.locator(`[id="${described.split(' ').at(-1)}"]`).innerText()
    }
    await form.getByLabel('Name').fill('limited')
    await form.getByLabel('Groups').fill(`plant, ${'x'.repeat(257)}`)
    await form.getByLabel('Requests a minute').fill('1.5')
    await send()
    expect(await faultOf('Requests a minute')).toBe('This should be a whole number from 0 to 1,000,000,000.')
    await form.getByLabel('Requests a minute').fill('60')
    await form.getByLabel('Tokens a minute').fill('90,000')
    await form.getByLabel('Budget a month, USD').fill('2.5')
    await send()
    expect(await faultOf('Groups')).toMatch(/256/)
    await expect.poll(() => isInSight(form.getByLabel('Groups'))).toBe(true)
    await form.getByText('Look at the marked field.').waitFor()
    await expectSound(visited)
    await form.getByLabel('Groups').fill('plant')
    await form.getByText('Look at the marked field.').waitFor({ state: 'detached' })
    await send()
    await form.getByText(/plk_/).waitFor()
    const { items } = await api<{ items: object[] }>(server, 'GET', '/api/tenants/demo/keys')
    const limits = { requests_per_minute: 60, tokens_per_minute: 90_000, monthly_budget_usd: 2.5 }
    expect(items).toContainEqual(expect.objectContaining({ name: 'limited', groups: ['plant'], limits }))
  })

  it('spells out what would turn a name around', async () => {
    await server.registry.create('turner', 'Acme \u202eevil')
    const { page } = await openConsole(server, { path: '/tenants' })
    await page.getByText('Acme [U+202E]evil').waitFor()
    await page.getByRole('link', { name: 'turner' }).click()
    await page.getByRole('heading', { name: 'turner' }).waitFor()
    await page.getByText('Acme [U+202E]evil').waitFor()
  })

  it('rotates the keys that data is sealed with, when it is confirmed', async () => {
    await server.registry.create('turned', 'Turned')
    const { page } = await openConsole(server, { path: '/tenants/of/turned' })
    await page.getByRole('button', { name: 'Rotate keys' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Rotate' }).click()
    await page.getByText('turned has new keys.').waitFor()
    const { items } = await api<{ items: { what: string; resource: string }[] }>(server, 'GET', '/api/tenants/turned/audit')
    expect(items.some(({ resource }) => resource.includes('rotate-key'))).toBe(true)
  })

  it('shows the trail with the fields that were changed, and that it is whole', async () => {
    await api(server, 'PATCH', '/api/tenants/demo', { limits: { concurrent: 99 }, retention: { requests_days: 300 } })
    const visited = await openConsole(server, { path: '/tenants/of/demo?tab=audit' })
    const { page } = visited
    const trail = page.getByRole('table', { name: 'Trail' })
    await trail.getByText('PATCH /api/tenants/{id}: limits.concurrent, retention.requests_days').first().waitFor()
    // On a phone it is cut, and told whole.
    const told = await trail
      .locator('[aria-rowindex] > [role="cell"]:nth-child(3)')
      .evaluateAll((cells) => cells.map((cell) => [cell.textContent, cell.querySelector('[title]')?.getAttribute('title')]))
    for (const [shown, whole] of told) expect(whole).toBe(shown)
    await page.getByRole('button', { name: 'Verify the trail' }).click()
    await page.getByText('The trail is as it was written').waitFor()
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export all data' }).click(),
    ])
    expect(file.suggestedFilename()).toBe('export-demo.jsonl')
    await expectSound(visited)
  })

  it('checks tokens in the lab, and keeps them out of the address', async () => {
    const visited = await openConsole(server, { path: '/tenants/token-lab', theme: 'dark' })
    const { page } = visited
    const token = await server.token({ permissions: ['rag:read'] })
    await page.getByLabel('Token', { exact: true }).fill(token)
    await page.getByRole('button', { name: 'Check it' }).click()
    await page.getByText('It is taken.').waitFor()
    await page.getByLabel('Token', { exact: true }).fill(await server.token({ lifetime: -60 }))
    await page.getByRole('button', { name: 'Check it' }).click()
    await page.getByText('It is refused: time.').waitFor()
    await expectSound(visited)
    expect(page.url()).not.toContain(token.slice(0, 20))
    await page.getByRole('button', { name: 'Forget it' }).click()
    expect(await page.getByLabel('Token', { exact: true }).inputValue()).toBe('')
  })

  it('is shut to who does not administer tenants', async () => {
    const { page } = await openConsole(server, { path: '/tenants', permissions: ['requests:read'] })
    await page.getByText('tenants:admin').waitFor()
  })
})
