import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, expectSound, holdAnswers, openConsole } from './support/browser.ts'
import { reach, type ShownWorkflow, showWorkflow, startWorkflow } from './support/workflows.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

const step = (id: string, dependencies: readonly string[] = [], more: object = {}): object => ({
  ...{ id, agent_type: 'research', prompt: `Do ${id}.`, dependencies },
  ...more,
})
const idIn = (page: Page): string => /workflows\/([^/?]+)/.exec(page.url())?.[1] ?? ''
const statusOf = (page: Page, name: string): Promise<string | null> =>
  page
    .getByRole('button', { name: new RegExp(`^${name} `) })
    .first()
    .getAttribute('data-status')

describeInBrowser('the screen of agents', () => {
  it('by keyboard alone: from nothing to a workflow, its steps as a list, one of them, and the report', async () => {
    const visited = await openConsole(server, { path: '/agents' })
    const { page } = visited
    await page.getByText('No workflow yet').waitFor()
    await page.getByText('Budget, session and a plan of your own').focus()
    await page.keyboard.press('Enter')
    await page.getByLabel('Request').focus()
    await page.keyboard.insertText('Look at both plants, and report.')
    await page.getByLabel('Tokens').focus()
    await page.keyboard.type('50000')
    await page.getByLabel('Plan, as JSON').focus()
    const plan = { steps: [step('north'), step('south'), step('report', ['north', 'south'], { agent_type: 'report' })] }
    await page.keyboard.insertText(JSON.stringify(plan))
    await page.getByRole('button', { name: 'Start' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Look at both plants, and report.' }).waitFor()
    await page.getByRole('region', { name: 'Report' }).waitFor()
    const shown = await showWorkflow(server, idIn(page))
    expect(shown).toMatchObject({ status: 'completed', budget: { tokens: 50_000 }, plan: { source: 'caller' } })
    await expect.poll(() => page.getByRole('meter', { name: 'Tokens' }).getAttribute('aria-valuemax')).toBe('50000')
    await page.getByRole('tab', { name: 'Graph' }).focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    const list = page.getByRole('list', { name: 'Steps' })
    await list.getByRole('button', { name: /report.*starts after north, south/s }).focus()
    await page.keyboard.press('Enter')
    const panel = page.getByRole('region', { name: 'Step report' })
    await panel.getByText('What north gave').focus()
    await page.keyboard.press('Enter')
    await panel.getByRole('group', { name: 'what north gave' }).waitFor()
    expect(await panel.getByRole('group', { name: 'what north gave' }).innerText()).toContain(shown.steps.north?.result?.trim())
    expect(page.url()).toContain('step=report')
    await expectSound(visited)
  })

  it('lights up steps side by side as they run, and breaks them off when somebody cancels', async () => {
    const slow = await startTestServer({ PLINTH_SCRIPTED_LATENCY_MS: '600000' })
    const plan = { steps: [step('left'), step('right'), step('join', ['left', 'right'])] }
    const id = await startWorkflow(slow, { request: 'Side by side.', plan })
    const visited = await openConsole(slow, { path: `/agents/workflows/${id}` })
    const { page } = visited
    await page.locator('[data-status="running"]').nth(1).waitFor()
    expect(await Promise.all(['left', 'right', 'join'].map((name) => statusOf(page, name)))).toEqual([
      'running',
      'running',
      'pending',
    ])
    await expectSound(visited)
    // Nothing waits for its time here, so that there is nothing to be woken.
    expect(await page.getByRole('button', { name: 'Try now' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Cancel' }).click()
    const dialog = page.getByRole('dialog', { name: 'Cancel the workflow?' })
    await dialog.getByRole('button', { name: 'Back' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Cancel' }).click()
    await dialog.getByLabel('Why').fill('Both take too long.')
    await dialog.getByRole('button', { name: 'Cancel the workflow' }).click()
    await page.locator('[data-status="cancelled"]').nth(2).waitFor()
    await page.getByRole('note').getByText('ann cancelled the workflow: Both take too long.').waitFor()
    await page.getByRole('region', { name: 'Decisions' }).getByText('ann cancelled').waitFor()
    expect((await reach(slow, id, 'cancelled')).steps.left?.status).toBe('cancelled')
    await slow.stop()
  })

  it('approves a plan as it is edited, approves a step and rejects another, and says what the server has against a plan', async () => {
    const plan = { goal: 'Two steps', steps: [step('first', [], { approval: true }), step('second', [], { approval: true })] }
    const id = await startWorkflow(server, { request: 'Ask me.', approval: 'plan', plan })
    const { page } = await openConsole(server, { path: `/agents/workflows/${id}`, expected: [/400/] })
    await page.getByRole('button', { name: 'Edit the plan' }).click()
    const first = page.getByRole('group', { name: 'Step first' })
    await first.getByLabel('Prompt').fill('Do something else.')
    await page.getByRole('button', { name: 'As JSON' }).click()
    const text = page.getByLabel('Plan, as JSON')
    const typed = JSON.parse(await text.inputValue()) as { goal: string; steps: { prompt: string; dependencies: string[] }[] }
    await text.fill('{')
    await page.getByText(/This is no JSON/).waitFor()
    await text.fill(JSON.stringify({ ...typed, steps: [{ ...typed.steps[0], dependencies: ['nowhere'] }] }))
    const release = await holdAnswers(page, `**/api/workflows/${id}`)
    await page.getByRole('button', { name: 'Approve the edited plan' }).click()
    // What the page looks up because of it may take long.
    await page.getByText(/^plan\.steps\.0.*nowhere/).waitFor()
    await text.fill(JSON.stringify(typed))
    await page.getByRole('button', { name: 'Approve the edited plan' }).click()
    await page
      .getByRole('dialog', { name: 'Edit the plan' })
      .getByRole('button', { name: 'Approve the edited plan', disabled: true })
      .waitFor()
    release()
    await page.getByRole('button', { name: 'Approve first' }).click()
    const waiting = page.getByRole('region', { name: 'second waits for approval' })
    await waiting.getByRole('button', { name: 'Reject' }).click()
    const dialog = page.getByRole('dialog', { name: 'Reject second' })
    await dialog.getByLabel('Why').fill('Not today.')
    await dialog.getByRole('button', { name: 'Reject' }).click()
    const ended = await reach(server, id, 'failed')
    expect(ended.plan).toMatchObject({ source: 'edited', steps: [{ prompt: 'Do something else.' }, {}] })
    expect(ended.steps.first?.status).toMatch(/completed|cancelled/)
    expect(ended.steps.second).toMatchObject({ status: 'failed', error: { code: 'step_rejected', message: 'Not today.' } })
    await page.getByRole('alert').getByText('ann rejected the step second: Not today.').waitFor()
    const decisions = page.getByRole('region', { name: 'Decisions' }).getByRole('listitem')
    await expect
      .poll(() => decisions.allInnerTexts())
      .toEqual(
        [/ann approved the plan/, /ann approved the step first/, /ann rejected the step second: Not today/].map((form) =>
          expect.stringMatching(form),
        ),
      )
  })

  it('wakes what waits for its time before it is tried again', async () => {
    const busy = await startTestServer({ PLINTH_SCRIPTED_FAILURE_RATE: '1' })
    const plan = { steps: [step('one', [], { retry: { attempts: 5, wait_seconds: 600 } })] }
    const id = await startWorkflow(busy, { request: 'Wait.', plan })
    const { page } = await openConsole(busy, { path: `/agents/workflows/${id}` })
    await page.getByRole('button', { name: 'Try now' }).click()
    await page.getByText('It was woken.').waitFor()
    await busy.stop()
  })

  it('tries a failed step again, and forks from it with a result of somebody’s own', async () => {
    const plan = {
      steps: [
        step('good'),
        step('bad', [], { prompt: 'Do it. [[fail]]' }),
        step('end', ['good', 'bad'], { agent_type: 'report' }),
      ],
    }
    const id = await startWorkflow(server, { request: 'Goes wrong.', plan })
    await reach(server, id, 'failed')
    const visited = await openConsole(server, { path: `/agents/workflows/${id}?step=bad` })
    const { page } = visited
    const panel = page.getByRole('region', { name: 'Step bad' })
    await panel.getByRole('button', { name: 'Retry' }).click()
    await expect.poll(async () => (await showWorkflow(server, id)).steps.bad?.attempts).toBe(2)
    await reach(server, id, 'failed')
    await expect.poll(() => panel.locator('ol > li').count()).toBe(2)
    await expectSound(visited)
    await panel.getByRole('button', { name: 'Fork from here' }).click()
    const dialog = page.getByRole('dialog', { name: 'Fork from bad' })
    await dialog.getByLabel('In the fork').selectOption('result')
    await dialog.getByLabel('Result').fill('It went well.')
    await dialog.getByRole('button', { name: 'Fork', exact: true }).click()
    await page.getByText(/forked at/).waitFor()
    expect(idIn(page)).not.toBe(id)
    const fork = await reach(server, idIn(page), 'completed')
    expect(fork).toMatchObject({
      forked_from: { workflow_id: id, step_id: 'bad' },
      steps: { bad: { result: 'It went well.', attempts: 0 } },
    })
    await page.getByRole('button', { name: /^bad.*written by ann/s }).click()
    const written = page.getByRole('region', { name: 'Step bad' })
    await written.getByRole('heading', { name: 'Output, as ann wrote it' }).waitFor()
    for (const name of ['Agent', 'Prompt']) expect(await written.getByRole('heading', { name }).count()).toBe(0)
    await page.getByRole('region', { name: 'Report' }).waitFor()
  })

  it('creates, changes and deletes an agent, and names the field that is refused', async () => {
    const visited = await openConsole(server, { path: '/agents/registry', expected: [/400/] })
    const { page } = visited
    await page.getByRole('link', { name: 'New agent' }).click()
    await page.getByLabel('Type').fill('auditor')
    await page.getByLabel('Capabilities, one a line').fill('check figures\nfind mistakes')
    await page.getByLabel('Turns of its model').fill('4')
    await page.getByRole('checkbox', { name: /calculate/ }).check()
    await page.getByLabel('Hosts and servers, one a line').fill('nobody.knows_it')
    await page.getByRole('button', { name: 'Create the agent' }).click()
    await page.locator('textarea[aria-invalid="true"]').waitFor()
    await page.getByLabel('Hosts and servers, one a line').fill('fetch_url:example.org')
    await page.getByRole('button', { name: 'Create the agent' }).click()
    await page.getByRole('heading', { name: 'Agent auditor' }).waitFor()
    expect(await api(server, 'GET', '/api/agents/auditor')).toMatchObject({
      capabilities: ['check figures', 'find mistakes'],
      tools: ['calculate', 'fetch_url:example.org'],
      limits: { turns: 4 },
      usual_model: true,
      version: 1,
    })
    await page.getByLabel('System prompt').fill('You audit.')
    await page.getByLabel('Model', { exact: true }).fill('local/extractive')
    await page.getByRole('button', { name: 'Save a new version' }).click()
    await page.getByText('version 2', { exact: true }).waitFor()
    expect(await api(server, 'GET', '/api/agents/auditor')).toMatchObject({
      system_prompt: 'You audit.',
      model_id: 'local/extractive',
      version: 2,
    })
    await expectSound(visited)
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('list', { name: 'Agents' }).waitFor()
    await expect.poll(() => page.getByRole('link', { name: /^auditor/ }).count()).toBe(0)
    const { items } = await api<{ items: { type: string }[] }>(server, 'GET', '/api/agents')
    expect(items.map(({ type }) => type)).not.toContain('auditor')
  })

  it('offers to whoever may read nothing that acts, and says what is missing to others', async () => {
    const id = await startWorkflow(server, {
      request: 'Look, but don’t touch.',
      approval: 'plan',
      plan: { steps: [step('one')] },
    })
    const { page } = await openConsole(server, { path: `/agents/workflows/${id}`, permissions: ['workflows:read'] })
    await page.getByText('Approving takes the permission workflows:write.').waitFor()
    for (const name of ['Approve the plan', 'Edit the plan', 'Reject', 'Cancel', 'Try now'])
      expect(await page.getByRole('button', { name, exact: true }).count()).toBe(0)
    await page.goto(`${server.url}/#/agents`)
    await page.getByRole('link', { name: /Look, but don’t touch/ }).waitFor()
    expect(await page.getByRole('button', { name: 'Start' }).count()).toBe(0)
    await page.goto(`${server.url}/#/agents/registry`)
    await page.getByText('agents:read').waitFor()
    const other = await openConsole(server, { path: '/agents', permissions: ['agents:read'] })
    await other.page.getByRole('list', { name: 'Agents' }).waitFor()
    expect(await other.page.getByRole('link', { name: 'New agent' }).count()).toBe(0)
    await other.page.getByRole('link', { name: /^report/ }).click()
    await other.page.getByRole('heading', { name: 'Agent report' }).waitFor()
    expect(await other.page.getByLabel('System prompt').isDisabled()).toBe(true)
  })

  it('draws a plan that another user asked for without offering to change it', async () => {
    const { workflow_id: id } = await asBob({ request: 'Bob’s.', approval: 'plan', plan: { steps: [step('one')] } })
    const { page } = await openConsole(server, { path: `/agents/workflows/${id}` })
    await page.getByText('Only bob, who asked for it, can change the plan.').waitFor()
    await page.getByRole('button', { name: 'Approve the plan' }).click()
    expect((await reach(server, id, 'completed')).plan?.source).toBe('caller')
  })
})

async function asBob(body: object): Promise<Pick<ShownWorkflow, 'workflow_id'>> {
  const response = await fetch(`${server.url}/api/workflows`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await server.token({ user: 'bob' })}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await response.json()) as ShownWorkflow
}
