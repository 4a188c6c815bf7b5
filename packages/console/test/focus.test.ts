import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, openConsole } from './support/browser.ts'
import { startWorkflow } from './support/workflows.ts'

const server: TestServer = await startTestServer()
const hour = 3_600_000

/** What has the focus: its text, or that nothing has. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { activeElement: one } = document
    return one === null || one === document.body ? 'nothing' : `${one.tagName} ${one.ariaLabel ?? one.textContent?.trim()}`
  })

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click()
}

const expectFocus = (page: Page, expected: string | RegExp): Promise<void> => expect.poll(() => focused(page)).toMatch(expected)

describeInBrowser('the focus', () => {
  it('goes to the heading of the screen where what had it is gone', async () => {
    const later = new Date(Date.now() + hour).toISOString()
    await api(server, 'POST', '/api/requests', { prompt: 'Later.', request_id: 'later', not_before: later })
    const { page } = await openConsole(server, { path: '/requests/later' })
    await press(page, 'Cancel')
    await press(page, 'Cancel the request')
    await page.getByText('cancelled', { exact: true }).first().waitFor()
    await expectFocus(page, /^H1 /)

    const plan = { steps: [{ id: 'one', agent_type: 'research', prompt: 'Do it.', approval: true }] }
    const id = await startWorkflow(server, { request: 'Agree to me.', approval: 'plan', plan })
    await page.goto(`${server.url}/#/agents/workflows/${id}`)
    await press(page, 'Approve the plan')
    await page.getByRole('heading', { name: 'one waits for approval' }).waitFor()
    await expectFocus(page, 'H1 Agree to me.')
    await press(page, 'Approve one')
    await page.getByRole('heading', { name: 'one waits for approval' }).waitFor({ state: 'detached' })
    await expectFocus(page, 'H1 Agree to me.')
  })

  it('goes there, too, where a row goes, a screen becomes another, or a dialog closes over a screen that is gone', async () => {
    const rule = { alert_type: 'too_hot', on: 'insight', field: 'processing_time', operator: '>', threshold: 1 }
    await api(server, 'PUT', '/api/alert-rules', { version: 0, rules: [{ rule_id: 'hot', ...rule }] })
    const { page } = await openConsole(server, { path: '/streams/rules' })
    await press(page, 'Remove')
    await press(page, 'Remove the rule')
    await page.getByText('No rule of your own yet.').waitFor()
    await expectFocus(page, 'H1 Alert rules')

    await page.goto(`${server.url}/#/tenants`)
    await press(page, 'New tenant')
    await page.getByLabel('Id').fill('arrives')
    await page.getByLabel('Name').fill('Arrives')
    await press(page, 'Onboard')
    await expectFocus(page, 'H1 arrives')
    await press(page, 'Suspend')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Suspend' }).click()
    await page.getByRole('button', { name: 'Activate' }).waitFor()
    await expectFocus(page, 'H1 arrives')
  })

  it('goes to the heading of a new screen, and to that of what was just sent', async () => {
    const { page } = await openConsole(server)
    await page.getByRole('navigation').getByRole('link', { name: 'Requests' }).click()
    await expectFocus(page, 'H1 Requests')
    await press(page, 'Send a request')
    await page.getByRole('textbox', { name: 'Prompt' }).fill('Where am I?')
    await press(page, 'Send')
    await page.getByRole('button', { name: 'Replay with edits' }).waitFor()
    await expectFocus(page, /^H1 /)
    await page.keyboard.press('Shift+Tab')
    expect(await focused(page)).not.toBe('nothing')
  })

  it('stays on what was pressed while it works, where it is refused, and where it has nothing more to do', async () => {
    await server.registry.create('kept', 'Kept')
    const { page } = await openConsole(server, { path: '/tenants/of/kept?tab=settings', expected: [/400/] })
    await page.getByLabel('Requests a minute').fill('60')
    await press(page, 'Save 1 setting')
    await page.getByRole('button', { name: 'Nothing is changed' }).waitFor()
    await expectFocus(page, 'BUTTON Nothing is changed')
    await page.getByRole('tab', { name: 'Keys' }).click()
    await press(page, 'New key')
    const dialog = page.getByRole('dialog', { name: 'New key' })
    await dialog.getByLabel('Good until').fill('2020-01-01T00:00')
    await press(page, 'Make the key')
    await dialog.getByText('Look at the marked field.').waitFor()
    await expectFocus(page, 'BUTTON Make the key')
    await dialog.getByLabel('Good until').fill('')
    await press(page, 'Make the key')
    await dialog.getByText(/plk_/).waitFor()
    await expectFocus(page, 'BUTTON Copy the key')
  })
})

describeInBrowser('a question before what cannot be taken back', () => {
  it('is answered with nothing by a key that is pressed without looking', async () => {
    const later = new Date(Date.now() + hour).toISOString()
    await api(server, 'POST', '/api/requests', { prompt: 'Later.', request_id: 'spared', not_before: later })
    const { page } = await openConsole(server, { path: '/requests/spared' })
    await press(page, 'Cancel')
    await expectFocus(page, 'BUTTON Back')
    await page.keyboard.press('Enter')
    await page.getByRole('alertdialog').waitFor({ state: 'detached' })
    await expectFocus(page, 'BUTTON Cancel')
    expect(await api(server, 'GET', '/api/requests/spared')).toMatchObject({ status: 'processing' })
  })

  it('asks for the id of a tenant before that is offboarded', async () => {
    await server.registry.create('leaves', 'Leaves')
    const { page } = await openConsole(server, { path: '/tenants/of/leaves' })
    await press(page, 'Offboard')
    const dialog = page.getByRole('alertdialog')
    const doIt = dialog.getByRole('button', { name: 'Offboard for good' })
    await expectFocus(page, /^INPUT/)
    expect(await doIt.isDisabled()).toBe(true)
    await page.keyboard.type('leave')
    await page.keyboard.press('Enter')
    expect(await doIt.isDisabled()).toBe(true)
    await page.keyboard.type('s')
    await doIt.click()
    await page.getByText('It left at').waitFor()
    await expectFocus(page, 'H1 leaves')
  })

  it('stays open where its button is pressed twice at once', async () => {
    const plan = { steps: [{ id: 'one', agent_type: 'research', prompt: 'Do it.' }] }
    const id = await startWorkflow(server, { request: 'Pressed twice.', approval: 'plan', plan })
    const { page } = await openConsole(server, { path: `/agents/workflows/${id}` })
    await page.getByRole('button', { name: 'Cancel', exact: true }).dblclick()
    const dialog = page.getByRole('dialog', { name: 'Cancel the workflow?' })
    await dialog.getByLabel('Why').fill('Still here.')
    await page.mouse.click(2, 2)
    await page.getByRole('alertdialog', { name: 'Throw away what you typed?' }).waitFor()
  })
})
