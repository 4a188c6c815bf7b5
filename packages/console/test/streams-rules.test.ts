import { expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole } from './support/browser.ts'

const server: TestServer = await startTestServer()
const path = '/streams/rules'
const markup = '<img src=x onerror="globalThis.hacked=1">'

interface Rule {
  readonly rule_id: string
  readonly built_in?: true
}

async function ownRules(): Promise<readonly Rule[]> {
  const { items } = await api<{ items: Rule[] }>(server, 'GET', '/api/alert-rules')
  return items.filter(({ built_in }) => !built_in)
}

/** Two windows of which one is hot, kept. */
async function makeWindows(): Promise<void> {
  const begin = Math.floor(Date.now() / 60_000) * 60_000 - 300_000
  const records = Array.from({ length: 200 }, (_, index) => ({
    key: 'oven',
    timestamp: new Date(begin + index * 1_000).toISOString(),
    data: { temperature: index < 60 ? 95 : 60 },
  }))
  await api(server, 'POST', '/api/streams/kitchen/records', { records })
  await until('its windows', async () => {
    const { items } = await api<{ items: object[] }>(server, 'GET', '/api/streams/kitchen/windows')
    return items.length >= 3
  })
}

describeInBrowser('alert rules', () => {
  it('makes a rule that is tested back first, says what is wrong with it, changes it and removes it', async () => {
    await makeWindows()
    const visited = await openConsole(server, { path, expected: [/400/] })
    const { page } = visited
    await page.getByText('No rule of your own yet.').waitFor()
    await page.getByRole('button', { name: 'New rule' }).click()
    const dialog = page.getByRole('dialog', { name: 'New rule' })
    await dialog.getByLabel('Rule id').fill('hot')
    await dialog.getByLabel('Name, for people').fill(markup)
    await dialog.getByLabel('Type of its alerts').fill('too_hot')
    await dialog.getByLabel('Looks at').selectOption('window')
    await dialog.getByLabel('Field').fill('temperature')
    await dialog.getByLabel('Threshold').fill('90')
    await dialog.getByLabel('Only in the stream').fill('kitchen')
    await dialog.getByRole('button', { name: 'Save the rule' }).click()
    // Of a window an aggregate is compared: the server says so, at the field.
    await dialog.getByLabel('Field').and(page.locator('[aria-invalid=true]')).waitFor()
    expect(await ownRules()).toEqual([])
    // Of something else that is changed it says nothing.
    await dialog.getByLabel('Threshold').fill('91')
    expect(await dialog.getByLabel('Field').getAttribute('aria-invalid')).toBe('true')
    await dialog.getByLabel('Threshold').fill('90')
    await dialog.getByLabel('Field').fill('temperature.mean')
    await dialog.getByLabel('Field').and(page.locator('[aria-invalid=true]')).waitFor({ state: 'detached' })
    expect(await dialog.getByRole('alert').count()).toBe(0)
    await dialog.getByRole('button', { name: 'Test it back' }).click()
    await dialog.getByText(/1 alerts? would have been raised/).waitFor()
    await dialog.getByRole('table', { name: 'Alerts that would have been raised' }).getByText('oven').waitFor()
    await expectSound(visited)
    expect(await ownRules()).toEqual([])
    await dialog.getByRole('button', { name: 'Save the rule' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(await ownRules()).toMatchObject([
      { rule_id: 'hot', on: 'window', field: 'temperature.mean', operator: '>', threshold: 90, stream: 'kitchen', name: markup },
    ])
    await page.getByRole('table', { name: 'Alert rules' }).getByText(markup).waitFor()
    expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false)

    await page.getByRole('button', { name: 'Edit hot' }).click()
    const editor = page.getByRole('dialog', { name: 'Rule hot' })
    await editor.getByLabel('Threshold').fill('99')
    await editor.getByLabel('On', { exact: true }).uncheck()
    await editor.getByRole('button', { name: 'Save the rule' }).click()
    await editor.waitFor({ state: 'detached' })
    expect(await ownRules()).toMatchObject([{ rule_id: 'hot', threshold: 99, enabled: false }])

    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('button', { name: 'Remove the rule' }).click()
    await page.getByText('No rule of your own yet.').waitFor()
    expect(await ownRules()).toEqual([])
  })

  it('does not write over what somebody else changed meanwhile', async () => {
    const { page } = await openConsole(server, { path, expected: [/409/] })
    await page.getByRole('button', { name: 'New rule' }).click()
    const theirs = { rule_id: 'theirs', alert_type: 'theirs', on: 'record', field: 'v', operator: '>', threshold: 1 }
    await api(server, 'PUT', '/api/alert-rules', { rules: [theirs] })
    const dialog = page.getByRole('dialog', { name: 'New rule' })
    await dialog.getByLabel('Rule id').fill('mine')
    await dialog.getByLabel('Type of its alerts').fill('mine')
    await dialog.getByLabel('Field').fill('v')
    await dialog.getByLabel('Threshold').fill('2')
    await dialog.getByRole('button', { name: 'Save the rule' }).click()
    await dialog.getByRole('alert').filter({ hasText: 'Somebody changed the rules meanwhile' }).waitFor()
    expect((await ownRules()).map(({ rule_id }) => rule_id)).toEqual(['theirs'])
    // The page has theirs by now: once more, and both are there.
    await page.getByText('theirs').first().waitFor({ state: 'attached' })
    await dialog.getByRole('button', { name: 'Save the rule' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect((await ownRules()).map(({ rule_id }) => rule_id)).toEqual(['theirs', 'mine'])
  })

  it('tests back all rules by keyboard, and offers no change where none is allowed; sound in the dark, on a phone', async () => {
    const visited = await openConsole(server, {
      path,
      permissions: ['alerts:read', 'streams:read'],
      theme: 'dark',
      width: 390,
      height: 844,
    })
    const { page } = visited
    await page.getByRole('button', { name: 'Test back' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('table', { name: 'Rules, tested back' }).getByText('high_priority').first().waitFor()
    expect(await page.getByRole('button', { name: /New rule|Edit|Remove/ }).count()).toBe(0)
    // No word is broken, and none is beside the screen.
    const rules = page.getByRole('table', { name: 'Alert rules' })
    const raises = rules.getByRole('cell').getByText('anomaly_detected', { exact: true }).first()
    const linesOf = (one: Element): number => {
      const range = document.createRange()
      range.selectNodeContents(one)
      return range.getClientRects().length
    }
    expect(await raises.evaluate(linesOf)).toBe(1)
    const state = await rules.getByText('built in').first().boundingBox()
    expect((state?.x ?? 390) + (state?.width ?? 0)).toBeLessThanOrEqual(390)
    await expectSound(visited)
  })
})
