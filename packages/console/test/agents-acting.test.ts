import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, openConsole } from './support/browser.ts'
import { reach, startWorkflow } from './support/workflows.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

const step = (id: string, dependencies: readonly string[] = []): object => ({
  ...{ id, agent_type: 'research', prompt: `Do ${id}.`, dependencies },
})
const countOf = async (): Promise<number> =>
  (await api<{ items: object[] }>(server, 'GET', '/api/workflows?limit=1000')).items.length

/** Waits until the page has asked for what stands on it, so that a second start would have been sent. */
async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'Sources' }).waitFor()
}

describeInBrowser('acting on workflows', () => {
  it('starts and forks one workflow by two presses, whether the second comes before the answer or behind it', async () => {
    const { page } = await openConsole(server, { path: '/agents' })
    await page.getByLabel('Request').fill('Once.')
    await page.getByText('Budget, session and a plan of your own').click()
    await page.getByLabel('Plan, as JSON').fill(JSON.stringify({ steps: [step('one')] }))
    // The second press stands for one that comes before the page has drawn anything.
    await page.getByRole('button', { name: 'Start' }).evaluate((button: HTMLButtonElement) => {
      button.click()
      button.click()
    })
    await settled(page)
    expect(await countOf()).toBe(1)
    await page.goBack()
    // What a second press sends behind the first one's answer is the same key.
    const keys: (string | undefined)[] = []
    page.on('request', (request) => {
      if (request.method() === 'POST') keys.push(request.headers()['idempotency-key'])
    })
    await page.getByLabel('Request').fill('Twice on purpose.')
    await page.getByRole('button', { name: 'Start' }).dblclick()
    await settled(page)
    expect(await countOf()).toBe(2)
    expect([keys.length > 0, keys.includes(undefined), new Set(keys).size]).toEqual([true, false, 1])
    await page.getByRole('tab', { name: /^Steps/ }).click()
    await page.getByRole('list', { name: 'Steps' }).getByRole('button').first().click()
    await page.getByRole('button', { name: 'Fork from here' }).click()
    const from = page.url()
    await page
      .getByRole('dialog', { name: /^Fork from/ })
      .getByRole('button', { name: 'Fork', exact: true })
      .dblclick()
    await page.waitForURL((url) => url.href !== from)
    await settled(page)
    expect(await countOf()).toBe(3)
  })

  it('keeps an edited plan when somebody else approves, asks before it is discarded, and renames a step everywhere', async () => {
    const plan = { steps: [step('first'), step('second', ['first']), step('third', ['first', 'second'])] }
    const id = await startWorkflow(server, { request: 'Edit me.', approval: 'plan', plan })
    const visited = await openConsole(server, { path: `/agents/workflows/${id}` })
    const { page } = visited
    await page.getByRole('button', { name: 'Edit the plan' }).click()
    const dialog = page.getByRole('dialog', { name: 'Edit the plan' })
    const named = (name: string) => dialog.getByRole('group', { name: `Step ${name}` })
    await named('first').getByLabel('Id').fill('begin')
    await named('begin').getByLabel('Prompt').fill('Begin it.')
    expect(await named('third').getByLabel('Starts after').inputValue()).toBe('begin, second')
    await named('second').getByRole('button', { name: 'Remove second' }).click()
    expect(await named('third').getByLabel('Starts after').inputValue()).toBe('begin')
    await page.keyboard.press('Escape')
    const asked = page.getByRole('alertdialog', { name: 'Throw away what you typed?' })
    await asked.getByRole('button', { name: 'Keep it' }).click()
    await asked.waitFor({ state: 'detached' })
    await api(server, 'POST', `/api/workflows/${id}/approve`, {}, 'bob')
    await dialog.getByText('The plan doesn’t wait any more. bob approved the plan.').waitFor()
    expect(await named('begin').getByLabel('Prompt').inputValue()).toBe('Begin it.')
    expect(await dialog.getByRole('button', { name: 'Approve the edited plan' }).isDisabled()).toBe(true)
    await expectSound(visited)
    await dialog.getByRole('button', { name: 'Back' }).click()
    await asked.getByRole('button', { name: 'Throw it away' }).click()
    await dialog.waitFor({ state: 'detached' })
    await reach(server, id, 'completed')
  })

  it('shows a refusal of an edited plan that is longer than the screen, and says how many steps wait', async () => {
    const plan = { steps: ['one', 'two', 'three', 'four'].map((id) => step(id)) }
    const id = await startWorkflow(server, { request: 'Long.', approval: 'plan', plan })
    const { page } = await openConsole(server, { path: `/agents/workflows/${id}`, expected: [/400/] })
    await page.getByText('before somebody agrees to these 4 steps.').waitFor()
    await page.getByRole('button', { name: 'Edit the plan' }).click()
    const dialog = page.getByRole('dialog', { name: 'Edit the plan' })
    await dialog.getByRole('group', { name: 'Step one' }).getByLabel('Starts after').fill('nothing-of-this-name')
    // By its key, which needs it in no sight.
    await dialog.getByRole('button', { name: 'Approve the edited plan' }).evaluate((button: HTMLButtonElement) => button.click())
    const alert = dialog.getByRole('alert')
    await alert.waitFor()
    const [outer, inner] = [await dialog.boundingBox(), await alert.boundingBox()]
    if (!outer || !inner) return expect.fail('It is not in sight.')
    expect(inner.y + inner.height).toBeLessThanOrEqual(outer.y + outer.height)

    const single = await startWorkflow(server, { request: 'Short.', approval: 'plan', plan: { steps: [step('one')] } })
    await page.goto('about:blank')
    await page.goto(`${server.url}/#/agents/workflows/${single}`)
    await page.getByText('before somebody agrees to this step.').waitFor()
  })

  it('asks before an example takes the place of what was typed', async () => {
    const { page } = await openConsole(server, { path: '/agents' })
    const request = page.getByLabel('Request')
    const example = page.getByRole('button', { name: 'A comparison' })
    await example.click()
    await expect.poll(() => request.inputValue()).not.toBe('')
    await request.fill('My own.')
    await example.click()
    const asked = page.getByRole('alertdialog', { name: 'Throw away what you typed?' })
    await asked.getByRole('button', { name: 'Keep it' }).click()
    expect(await request.inputValue()).toBe('My own.')
    await example.click()
    await asked.getByRole('button', { name: 'Throw it away' }).click()
    await expect.poll(() => request.inputValue()).not.toBe('My own.')
  })

  it('lets whoever may only start workflows do so', async () => {
    const before = await countOf()
    const { page } = await openConsole(server, { path: '/agents', permissions: ['workflows:write'] })
    await page.getByLabel('Request').fill('For others to read.')
    await page.getByRole('button', { name: 'Start' }).click()
    await page
      .getByText(/^Started: /)
      .first()
      .waitFor()
    expect(await countOf()).toBe(before + 1)
  })
})

describeInBrowser('the registry of agents', () => {
  it('takes nobody’s change away: it says so, and lets choose', async () => {
    await api(server, 'POST', '/api/agents', { type: 'auditor', system_prompt: 'One.' })
    const visited = await openConsole(server, { path: '/agents/registry/auditor', expected: [/409/] })
    const { page } = visited
    await page.getByLabel('Capabilities, one a line').fill('check figures')
    await api(server, 'PUT', '/api/agents/auditor', { system_prompt: 'Two.' })
    await page.getByRole('button', { name: 'Save a new version' }).click()
    await page.getByText('Somebody saved version 2 while you changed version 1.').waitFor()
    expect(await api(server, 'GET', '/api/agents/auditor')).toMatchObject({ system_prompt: 'Two.', version: 2 })
    expect(await page.getByLabel('Capabilities, one a line').inputValue()).toBe('check figures')
    await expectSound(visited)
    await page.getByRole('button', { name: 'Discard mine, show version 2' }).click()
    expect(await page.getByLabel('System prompt').inputValue()).toBe('Two.')
    await page.getByLabel('Capabilities, one a line').fill('check figures')
    await api(server, 'PUT', '/api/agents/auditor', { system_prompt: 'Three.' })
    await page.getByRole('button', { name: 'Save a new version' }).click()
    await page.getByRole('button', { name: 'Keep mine, to save it over version 3' }).click()
    await page.getByRole('button', { name: 'Save a new version' }).click()
    await page.getByText('version 4', { exact: true }).waitFor()
    expect(await api(server, 'GET', '/api/agents/auditor')).toMatchObject({
      system_prompt: 'Two.',
      capabilities: ['check figures'],
      version: 4,
    })
  })

  it('asks before what was typed is left', async () => {
    const { page } = await openConsole(server, { path: '/agents/registry/report' })
    await page.getByLabel('System prompt').fill('Report in verse.')
    await page.getByRole('link', { name: 'All agents' }).click()
    const asked = page.getByRole('alertdialog', { name: 'Throw away what you typed?' })
    await asked.getByRole('button', { name: 'Keep it' }).click()
    expect(await page.getByLabel('System prompt').inputValue()).toBe('Report in verse.')
    await page.getByRole('button', { name: 'Save a new version' }).click()
    await page.getByText('version 1', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'All agents' }).click()
    await page.getByRole('list', { name: 'Agents' }).waitFor()
    await page.getByRole('link', { name: 'New agent' }).click()
    await page.getByLabel('Type').fill('poet')
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Home' }).click()
    await asked.getByRole('button', { name: 'Throw it away' }).click()
    await page.getByRole('heading', { name: 'Try' }).first().waitFor()
  })
})
