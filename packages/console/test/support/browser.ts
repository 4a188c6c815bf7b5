import { existsSync } from 'node:fs'
import axe from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import type { TestServer } from '../../../server/test/support/test-server.ts'

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]
const executablePath = places.find((path) => existsSync(path))
const missing = 'Chromium is missing; install it (Debian: apt-get install chromium), or Google Chrome'

/** Tests in a real browser. Where there is none they are skipped with the reason; in continuous integration they fail. */
export function describeInBrowser(name: string, define: () => void): void {
  if (executablePath !== undefined) return void describe(name, define)
  describe(name, () => {
    it('needs a browser', (context) => {
      if (process.env.CI === 'true') throw new Error(missing)
      context.skip(missing)
    })
  })
}

let browser: Promise<Browser> | undefined

afterAll(async () => {
  await (await browser)?.close()
  browser = undefined
})

function launch(): Promise<Browser> {
  if (executablePath === undefined) throw new Error(missing)
  const args = [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
  ]
  // Root may not use Chromium's sandbox.
  if (process.getuid?.() === 0) args.push('--no-sandbox')
  return chromium.launch({ executablePath, args: [...args, '--disable-sync'] })
}

export interface Visit {
  /** Behind the #, such as `/requests`. */
  readonly path?: string
  readonly permissions?: readonly string[]
  readonly tenant?: string
  readonly user?: string
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
  /** With fingers. */
  readonly touch?: boolean
  /** What the browser says that is no fault of the page, such as a refused request that a test is about. */
  readonly expected?: readonly RegExp[]
}

/** A page in a context of its own, with the faults that its browser told of: exceptions, refused scripts and styles, failed requests. */
export interface Visited {
  readonly page: Page
  readonly context: BrowserContext
  readonly faults: readonly string[]
}

/** Opens a page without a session. */
export async function openPage(server: Pick<TestServer, 'url'>, visit: Visit = {}): Promise<Visited> {
  const { path = '/', theme = 'light', width = 1440, height = 900, touch = false, expected = [] } = visit
  browser ??= launch()
  const context = await (await browser).newContext({
    viewport: { width, height },
    colorScheme: theme,
    acceptDownloads: true,
    hasTouch: touch,
  })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const page = await context.newPage()
  const faults: string[] = []
  const note = (text: string): void => {
    if (!expected.some((form) => form.test(text))) faults.push(text)
  }
  page.on('pageerror', (error) => note(`exception: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') note(`${message.type()}: ${message.text()}`)
  })
  await page.goto(`${server.url}/#${path}`)
  return { page, context, faults }
}

/** Opens a page with a session of tenant demo, unless told otherwise. */
export async function openConsole(server: TestServer, visit: Visit = {}): Promise<Visited> {
  const { tenant, user, permissions = ['*'] } = visit
  const token = await server.token({
    permissions,
    ...(tenant === undefined ? {} : { tenant }),
    ...(user === undefined ? {} : { user }),
  })
  const opened = await openPage(server, { ...visit, path: '/' })
  await opened.page.getByLabel('Token').fill(token)
  await opened.page.getByRole('button', { name: 'Sign in' }).click()
  await opened.page.getByRole('navigation').waitFor()
  if (visit.path !== undefined && visit.path !== '/') await opened.page.goto(`${server.url}/#${visit.path}`)
  return opened
}

/** Holds back what the server answers to reads of an address. @returns what lets it through, also what comes then. */
export async function holdAnswers(page: Page, address: string): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  await page.route(address, async (route) => {
    if (route.request().method() !== 'GET') return route.fallback()
    const response = await route.fetch()
    await promise
    // The page may have let go of it.
    await route.fulfill({ response }).catch(() => undefined)
  })
  return resolve
}

/** What the page told of itself was as it should be, and axe finds nothing serious in what it shows. */
export async function expectSound({ page, faults }: Visited): Promise<void> {
  // By the test's own hand: the page's policy would refuse a script from elsewhere.
  await page.evaluate(axe.source)
  const violations = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { readonly axe: typeof axe }).axe.run()
    return violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => ({ html })) }))
  })
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
  expect(faults).toEqual([])
}

/** The API as the test itself calls it, beside the page. */
export async function api<Answer>(
  server: TestServer,
  method: string,
  path: string,
  body?: unknown,
  user?: string,
): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await server.token({ permissions: ['*'], ...(user === undefined ? {} : { user }) })}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return (text === '' ? undefined : JSON.parse(text)) as Answer
}
