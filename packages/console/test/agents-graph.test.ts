import type { Locator, Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { describeInBrowser, expectSound, openConsole } from './support/browser.ts'
import { reach, startWorkflow } from './support/workflows.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

const chain = (length: number, more: (index: number) => object = () => ({})): object => ({
  steps: Array.from({ length }, (_, index) => ({
    id: `step-${index + 1}`,
    agent_type: 'research',
    prompt: 'Go on.',
    dependencies: index === 0 ? [] : [`step-${index}`],
    ...more(index),
  })),
})
const boxOf = (page: Page, name: string): Locator => page.getByRole('button', { name: new RegExp(`^${name} `) })

/** Where it is on the screen; undefined where it isn't within the graph, or is too small to be read. */
async function readable(page: Page, name: string): Promise<boolean> {
  const graph = await page.getByLabel(/^The plan as a graph/).boundingBox()
  const box = await boxOf(page, name).boundingBox()
  if (!graph || !box) return false
  return box.width > 110 && box.x >= graph.x && box.x + box.width <= graph.x + graph.width
}

describeInBrowser('the graph of a plan', () => {
  it('opens a step by the mouse, and by a finger on a phone', async () => {
    const id = await startWorkflow(server, { request: 'Press.', plan: chain(2) })
    await reach(server, id, 'completed')
    const { page } = await openConsole(server, { path: `/agents/workflows/${id}` })
    // By its place on the screen: what lies there takes the press.
    await expect.poll(() => readable(page, 'step-2')).toBe(true)
    const box = await boxOf(page, 'step-2').boundingBox()
    await page.mouse.click((box?.x ?? 0) + 40, (box?.y ?? 0) + 20)
    await page.getByRole('region', { name: 'Step step-2' }).waitFor()
    const phone = await openConsole(server, { path: `/agents/workflows/${id}?view=graph`, width: 390, height: 844, touch: true })
    await expect.poll(() => readable(phone.page, 'step-1')).toBe(true)
    await boxOf(phone.page, 'step-1').scrollIntoViewIfNeeded()
    const small = await boxOf(phone.page, 'step-1').boundingBox()
    await phone.page.touchscreen.tap((small?.x ?? 0) + 40, (small?.y ?? 0) + 20)
    await phone.page.getByRole('region', { name: 'Step step-1' }).waitFor()
  })

  it('shows of a long plan the step that it is at, large enough to be read, and one that is opened', async () => {
    const id = await startWorkflow(server, {
      request: 'A long way.',
      plan: chain(46, (index) => (index === 30 ? { approval: true } : {})),
    })
    await reach(server, id, 'awaiting_approval')
    const visited = await openConsole(server, { path: `/agents/workflows/${id}` })
    const { page } = visited
    await expect.poll(() => readable(page, 'step-31')).toBe(true)
    await boxOf(page, 'step-29').click()
    await page.getByRole('region', { name: 'Step step-29' }).waitFor()
    await expect.poll(() => readable(page, 'step-29')).toBe(true)
    await page.getByRole('button', { name: 'Close the step' }).click()
    await page.getByRole('button', { name: 'Approve step-31' }).click()
    await reach(server, id, 'completed')
    await expect.poll(() => readable(page, 'step-1')).toBe(true)
    await page.getByRole('button', { name: 'Fit View' }).click()
    const graph = await page.getByLabel(/^The plan as a graph/).boundingBox()
    const ends = async (): Promise<boolean> => {
      const [first, last] = await Promise.all(['step-1', 'step-46'].map((name) => boxOf(page, name).boundingBox()))
      if (!graph || !first || !last) return false
      return first.x >= graph.x && last.x + last.width <= graph.x + graph.width
    }
    await expect.poll(ends).toBe(true)
    await expectSound(visited)
  })

  it('says of a step in the address that the plan has not that it is not there', async () => {
    const id = await startWorkflow(server, { request: 'Look.', plan: chain(1) })
    await reach(server, id, 'completed')
    const { page } = await openConsole(server, { path: `/agents/workflows/${id}?step=nope` })
    await page.getByText('The plan has no step nope.').waitFor()
  })
})
