import type { Locator, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, holdAnswers, openConsole } from './support/browser.ts'
import { startWorkflow } from './support/workflows.ts'

const server: TestServer = await startTestServer()
await api(server, 'PUT', '/api/streams/pumps', {})
await server.registry.create('edited', 'Edited')
const { request_id: sent } = await api<{ request_id: string }>(server, 'POST', '/api/requests', { prompt: 'Once.' })
const waiting = await startWorkflow(server, {
  request: 'Wait.',
  approval: 'plan',
  plan: { steps: [{ id: 'one', agent_type: 'research', prompt: 'Do it.' }] },
})

interface Form {
  readonly path: string
  readonly opener: string
  readonly dialog: string
  readonly label: string
}

/** Every form in a dialog that loses what somebody typed when it is shut. */
const forms: readonly Form[] = [
  { path: '/requests', opener: 'Send a request', dialog: 'Send a request', label: 'Prompt' },
  { path: `/requests/${sent}`, opener: 'Replay with edits', dialog: 'Send once more', label: 'Prompt' },
  { path: '/tenants', opener: 'New tenant', dialog: 'New tenant', label: 'Name' },
  { path: '/tenants/of/edited?tab=keys', opener: 'New key', dialog: 'New key', label: 'Name' },
  { path: '/streams', opener: 'New stream', dialog: 'New stream', label: 'Records may be late by, seconds' },
  { path: '/streams/rules', opener: 'New rule', dialog: 'New rule', label: 'Rule id' },
  { path: `/agents/workflows/${waiting}`, opener: 'Edit the plan', dialog: 'Edit the plan', label: 'Prompt' },
  { path: `/agents/workflows/${waiting}`, opener: 'Reject', dialog: 'Reject the plan', label: 'Why' },
]

const askedOn = (page: Page): Locator => page.getByRole('alertdialog', { name: 'Throw away what you typed?' })

/**
 * As the browser's button does it, when the page has nothing more to do: no hand comes sooner behind a key. Playwright's own waits for a screen
 * that doesn't come where the page asks first.
 */
const goBack = (page: Page): Promise<void> =>
  page.evaluate(() => new Promise((done) => requestIdleCallback(() => done(history.back()), { timeout: 1_000 })))

async function keep(page: Page): Promise<void> {
  await askedOn(page).getByRole('button', { name: 'Keep it' }).click()
  await askedOn(page).waitFor({ state: 'detached' })
}

describeInBrowser('what is typed into a form', () => {
  for (const { path, opener, dialog: name, label } of forms)
    it(`is thrown away by nobody but who says so: ${name}`, async () => {
      const { page } = await openConsole(server, { path })
      const dialog = page.getByRole('dialog', { name })
      const field = dialog.getByLabel(label, { exact: true }).first()
      const open = async (): Promise<string> => {
        await page.getByRole('button', { name: opener, exact: true }).click()
        await field.waitFor()
        return field.inputValue()
      }
      const first = await open()
      // Nothing was typed: nothing is asked.
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      await open()
      await field.fill('7')
      await page.keyboard.press('Escape')
      // Enter, pressed without looking, keeps it.
      await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Keep it')
      await keep(page)
      await dialog.getByRole('button', { name: /^(Cancel|Back)$/ }).click()
      await keep(page)
      // Where the form stands in the address.
      if (page.url().includes('send=')) {
        await goBack(page)
        await keep(page)
      }
      expect(await field.inputValue()).toBe('7')
      // The browser itself asks before it loads the page anew.
      const unloading = page.waitForEvent('dialog')
      const reloading = page.reload({ waitUntil: 'commit', timeout: 2_000 }).catch(() => undefined)
      const question = await unloading
      expect(question.type()).toBe('beforeunload')
      await question.dismiss()
      await reloading
      expect(await field.inputValue()).toBe('7')
      await page.keyboard.press('Escape')
      await askedOn(page).getByRole('button', { name: 'Throw it away' }).click()
      await dialog.waitFor({ state: 'detached' })
      expect(await open()).toBe(first)
    })

  it('stays when the way back leads to another screen, unless it is thrown away', async () => {
    const visited = await openConsole(server)
    const { page } = visited
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Tenants' }).click()
    await page.getByRole('button', { name: 'New tenant' }).click()
    const dialog = page.getByRole('dialog', { name: 'New tenant' })
    await dialog.getByLabel('Name').fill('Half')
    await goBack(page)
    await askedOn(page).waitFor()
    await expectSound(visited)
    await keep(page)
    expect(await dialog.getByLabel('Name').inputValue()).toBe('Half')
    await goBack(page)
    await askedOn(page).getByRole('button', { name: 'Throw it away' }).click()
    await page.getByRole('heading', { name: 'Try' }).first().waitFor()
  })

  it('stays in a pasted text that is shut, until the screen is left', async () => {
    const { page } = await openConsole(server)
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Knowledge' }).click()
    await page.getByRole('button', { name: 'Paste text' }).click()
    const dialog = page.getByRole('dialog', { name: 'Paste a text' })
    await dialog.getByLabel('Text').fill('Pasted.')
    await goBack(page)
    await keep(page)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await goBack(page)
    await keep(page)
    await page.getByRole('button', { name: 'Paste text' }).click()
    expect(await dialog.getByLabel('Text').inputValue()).toBe('Pasted.')
  })

  it('is asked about no more once it was sent', async () => {
    const { page } = await openConsole(server, { path: '/requests' })
    await page.getByRole('button', { name: 'Send a request' }).click()
    await page.getByRole('dialog', { name: 'Send a request' }).getByLabel('Prompt').fill('Send it.')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByRole('list', { name: 'Timeline' }).waitFor()
    expect(await askedOn(page).count()).toBe(0)
    await goBack(page)
    await page.getByRole('dialog', { name: 'Send a request' }).waitFor()
  })

  it('stays in the settings of a tenant and of a stream when another tab is opened', async () => {
    const { page } = await openConsole(server, { path: '/tenants/of/edited?tab=settings' })
    await page.getByLabel('Weight').fill('7')
    await page.getByRole('tab', { name: 'Keys' }).click()
    await keep(page)
    expect(await page.getByLabel('Weight').inputValue()).toBe('7')
    await page.getByRole('button', { name: 'Save 1 setting' }).click()
    await page.getByRole('button', { name: 'Nothing is changed' }).waitFor()
    await page.getByRole('tab', { name: 'Keys' }).click()
    await page.getByRole('button', { name: 'New key' }).waitFor()
    await page.goto(`${server.url}/#/streams/pumps?tab=settings`)
    const late = page.getByLabel('Records may be late by, seconds')
    await late.fill('20')
    await page.getByRole('tab', { name: 'Windows' }).click()
    await keep(page)
    // One was asked for before it is saved, and comes late.
    const release = await holdAnswers(page, '**/api/streams/pumps')
    await page.waitForRequest('**/api/streams/pumps')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('The stream is set.').first().waitFor()
    await page.getByRole('tab', { name: 'Windows' }).click()
    await page.getByRole('tab', { name: 'Settings' }).click()
    expect(await late.inputValue()).toBe('20')
    release()
  })
})
