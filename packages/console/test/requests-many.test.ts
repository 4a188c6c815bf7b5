import { Authenticator, processGenaiRequest } from '@plinth/core'
import { expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { describeInBrowser, expectSound, openConsole } from './support/browser.ts'

const amount = 10_000
const atATime = 500
/** Other tests run on the same machine. */

/** Without HTTP, which isn't what is tried. */
async function fill({ platform, registry, issuer, token }: TestServer): Promise<void> {
  const authenticator = new Authenticator({ registry, issuer, clock: platform.operate().clock })
  const scope = platform.scope(await authenticator.authenticate(`Bearer ${await token()}`, 'fill'))
  for (let first = 0; first < amount; first += atATime)
    await Promise.all(
      Array.from({ length: atATime }, (_, index) =>
        processGenaiRequest(scope, { prompt: 'x', request_id: `number-${first + index}` }),
      ),
    )
}

describeInBrowser('ten thousand requests', () => {
  it('are scrolled through to the last, with a bounded number of rows in the page', async () => {
    // Nobody works them: the list is what is tried.
    const server = await startTestServer({ PLINTH_WORKER: 'off' })
    await fill(server)
    const visited = await openConsole(server, { path: '/requests' })
    const { page } = visited
    const table = page.getByRole('table', { name: 'Requests' })
    const body = table.getByRole('rowgroup')
    await table.getByRole('link').first().waitFor()
    const seen = new Set<string>()
    let most = 0
    await expect
      .poll(
        async () => {
          const names = await table.getByRole('link').allInnerTexts()
          most = Math.max(most, names.length)
          for (const name of names) seen.add(name)
          await body.evaluate((element) => element.scrollTo(0, element.scrollHeight))
          return table.getAttribute('aria-rowcount')
        },
        { timeout: 120_000, interval: 20 },
      )
      .toBe(String(amount + 1))
    await body.evaluate((element) => element.scrollTo(0, element.scrollHeight))
    await expect.poll(() => table.getByRole('row').last().getAttribute('aria-rowindex')).toBe(String(amount + 1))
    expect(most).toBeLessThan(80)
    expect(seen.size).toBeGreaterThan(500)
    // A step at a time, through the middle: each row in its place, none twice.
    await body.evaluate((element) => element.scrollTo(0, 200_000))
    for (let step = 0; step < 10; step++) {
      const before = await table.getByRole('row').last().getAttribute('aria-rowindex')
      await body.evaluate((element) => element.scrollBy(0, element.clientHeight))
      await expect.poll(() => table.getByRole('row').last().getAttribute('aria-rowindex')).not.toBe(before)
      const rows = await table
        .getByRole('row')
        .evaluateAll((all) => all.slice(1).map((row) => Number(row.getAttribute('aria-rowindex'))))
      expect(rows.length).toBeLessThan(80)
      expect(rows).toEqual(rows.map((_, index) => (rows[0] ?? 0) + index))
    }
    await page.getByText('Paused while you look further down').waitFor()
    await expectSound(visited)
  }, 240_000)
})
