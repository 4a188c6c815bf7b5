import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Locator, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { describeInBrowser, expectSound, openConsole } from './support/browser.ts'

const server: TestServer = await startTestServer({ PLINTH_MODEL: 'local/extractive' })
const run = promisify(execFile)

/** What the calls of each card come to, in their order, whatever quotes their input has. */
const cards: Readonly<Record<string, { readonly field: string; readonly text: string; readonly prints: RegExp }>> = {
  'Send a prompt': {
    field: 'Prompt',
    text: `Summarise in one sentence: It's "ready" for $HOME.\nAll of it.`,
    prints: /event: done[\s\S]*ready/,
  },
  'Ask a document': {
    field: 'Document',
    text: `It's said: "At most 5 days may be carried over."`,
    prints: /event: done[\s\S]*5 days/,
  },
  'Run a small workflow': { field: 'First question', text: 'What does a cup of tea cost?', prints: /event: done[\s\S]*4 cents/ },
  'Put a spike into a stream': {
    field: 'Temperature of the spike',
    text: '777',
    prints: /accepted\W+241[\s\S]*777/,
  },
  'Make a tenant': { field: 'Name of the tenant', text: `It's new`, prints: /It's new[\s\S]*\n404\n202\n429\n/ },
}

describeInBrowser('What Home does', () => {
  for (const form of ['curl', 'TypeScript'] as const)
    it(`is copied as ${form} whole: all calls of a card, which do what the card does`, { timeout: 90_000 }, async () => {
      const { page } = await openConsole(server)
      const env = { ...process.env, PLINTH_TOKEN: await server.token({ permissions: ['*'] }) }
      for (const [name, { field, text, prints }] of Object.entries(cards)) {
        const card = page.getByRole('region', { name })
        await card.getByLabel(field, { exact: true }).fill(text)
        const copied = await copiedAs(page, card, form)
        const file = join(temporaryFolder(), form === 'curl' ? 'copied.sh' : 'copied.mts')
        writeFileSync(file, copied)
        const { stdout } = await run(form === 'curl' ? 'sh' : process.execPath, [file], { env })
        expect(stdout, name).toMatch(prints)
      }
    })

  it('is copied with word of where its token comes from', async () => {
    const visited = await openConsole(server)
    const { page } = visited
    await page.getByRole('region', { name: 'Send a prompt' }).getByRole('button', { name: 'API' }).click()
    expect(await page.getByRole('menu').innerText()).toMatch(/PLINTH_TOKEN[\s\S]*plinth token --tenant demo/)
    await expectSound(visited)
  })

  it('is copied with word of the permission that its token needs, where the usual one lacks it', async () => {
    const { page } = await openConsole(server)
    const wordsAt = async (card: string): Promise<string> => {
      await page.getByRole('region', { name: card }).getByRole('button', { name: 'API' }).click()
      const words = await page.getByRole('menu').innerText()
      await page.keyboard.press('Escape')
      await page.getByRole('menu').waitFor({ state: 'detached' })
      return words
    }
    expect(await wordsAt('Make a tenant')).toMatch(/plinth token --tenant demo --permissions '\*'[\s\S]*tenants:admin/)
    expect(await wordsAt('Send a prompt')).not.toMatch(/--permissions|tenants:admin/)
  })

  it('ends at what is refused, and says why', { timeout: 60_000 }, async () => {
    const { page } = await openConsole(server)
    const env = { ...process.env, PLINTH_TOKEN: await server.token({ permissions: ['requests:read'] }) }
    for (const name of Object.keys(cards)) {
      const file = join(temporaryFolder(), 'copied.sh')
      writeFileSync(file, await copiedAs(page, page.getByRole('region', { name }), 'curl'))
      const ended = await run('sh', [file], { env }).catch((error: { code: number; stdout: string; stderr: string }) => error)
      expect(ended, name).toMatchObject({ code: expect.any(Number) })
      expect(ended.stdout + ended.stderr, name).toMatch(/permission_denied/)
    }
  })

  it('says why also where the refused call is a later one', { timeout: 60_000 }, async () => {
    const { page } = await openConsole(server)
    const copied = await copiedAs(page, page.getByRole('region', { name: 'Make a tenant' }), 'curl')
    const file = join(temporaryFolder(), 'copied.sh')
    writeFileSync(file, copied.replace('"name":"Home"', '"name":""'))
    const env = { ...process.env, PLINTH_TOKEN: await server.token({ permissions: ['*'] }) }
    const ended = await run('sh', [file], { env }).catch((error: { code: number; stdout: string; stderr: string }) => error)
    expect(ended).toMatchObject({ code: expect.any(Number), stderr: expect.stringContaining('Must not be empty.') })
    expect(ended.stdout).not.toMatch(/\n\d{3}\n/)
  })
})

async function copiedAs(page: Page, part: Locator, form: string): Promise<string> {
  const read = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText())
  await page.evaluate(() => navigator.clipboard.writeText(''))
  await part.getByRole('button', { name: 'API' }).click()
  await page.getByRole('menuitem', { name: `Copy as ${form}` }).click()
  await expect.poll(read).not.toBe('')
  return read()
}
