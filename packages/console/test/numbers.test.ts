import type { Locator, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { api, describeInBrowser, openConsole } from './support/browser.ts'

const server: TestServer = await startTestServer()

interface Form {
  readonly path: string
  /** Opens the form, and types what else it needs. */
  readonly open: (page: Page) => Promise<unknown>
  readonly submit: string
  readonly label: string
  readonly typed: string
  readonly fault: string
  readonly mended: string
}

const forms: Readonly<Record<string, Form>> = {
  'a request': {
    path: '/requests?send=new',
    open: (page) => page.getByRole('dialog', { name: 'Send a request' }).getByLabel('Prompt').fill('Hello'),
    submit: 'Send',
    label: 'Most tokens of the answer',
    typed: '1.5',
    fault: 'This should be a whole number from 1 to 1,000,000.',
    mended: '15',
  },
  'the settings of a stream': {
    path: '/streams/pumps?tab=settings',
    open: (page) => page.getByRole('tabpanel', { name: 'Settings' }).waitFor(),
    submit: 'Save',
    label: 'Size, seconds',
    typed: '1 minute',
    fault: 'This should be a number from 1 to 2,678,400.',
    mended: '60',
  },
  'a new stream': {
    path: '/streams',
    open: async (page) => {
      await page.getByRole('button', { name: 'New stream' }).click()
      await page.getByRole('dialog', { name: 'New stream' }).getByLabel('Name').first().fill('fresh')
    },
    submit: 'Begin the stream',
    label: 'Shards',
    typed: '65',
    fault: 'This should be a whole number from 1 to 64.',
    mended: '4',
  },
  'a rule': {
    path: '/streams/rules',
    open: async (page) => {
      await page.getByRole('button', { name: 'New rule' }).click()
      for (const label of ['Rule id', 'Type of its alerts', 'Field']) await page.getByLabel(label).fill('hot')
      await page.getByLabel('Threshold').fill('90')
    },
    submit: 'Save the rule',
    label: 'Cool-down, seconds',
    typed: '5 min',
    fault: 'This should be a number from 0 to 604,800.',
    mended: '300',
  },
  'the settings of a tenant': {
    path: '/tenants/of/demo?tab=settings',
    open: (page) => page.getByRole('form', { name: 'Settings' }).waitFor(),
    submit: 'Save 1 setting',
    label: 'Requests a minute',
    typed: '1,5',
    fault: 'This should be a whole number from 0 to 1,000,000,000.',
    mended: '1,500',
  },
  'a new tenant': {
    path: '/tenants',
    open: async (page) => {
      await page.getByRole('button', { name: 'New tenant' }).click()
      await page.getByLabel('Id', { exact: true }).fill('fresh')
      await page.getByLabel('Name', { exact: true }).fill('Fresh')
    },
    submit: 'Onboard',
    label: 'Budget a month, USD',
    typed: '-1',
    fault: 'This should be a number from 0 to 1,000,000,000.',
    mended: '1',
  },
  'an agent': {
    path: '/agents/new-agent',
    open: (page) => page.getByLabel('Type').fill('fresh'),
    submit: 'Create the agent',
    label: 'Turns of its model',
    typed: '0',
    fault: 'This should be a whole number from 1 to 100.',
    mended: '4',
  },
  'a workflow': {
    path: '/agents',
    open: async (page) => {
      await page.getByLabel('Request').first().fill('Compare.')
      await page.getByText('Budget, session and a plan of your own').click()
    },
    submit: 'Start',
    label: 'USD',
    typed: '0',
    fault: 'This should be a number above 0, up to 1,000,000.',
    mended: '0.5',
  },
}

describeInBrowser('a number that is none, or out of range,', () => {
  for (const [name, form] of Object.entries(forms))
    it(`is said at its field of ${name} before anything is sent, until it is changed`, async () => {
      await api(server, 'PUT', '/api/streams/pumps', {})
      const { page } = await openConsole(server, { path: form.path })
      await form.open(page)
      const sent: string[] = []
      page.on('request', (request) => {
        if (request.method() !== 'GET') sent.push(`${request.method()} ${request.url()}`)
      })
      const field: Locator = page.getByLabel(form.label, { exact: true })
      await field.fill(form.typed)
      await page.getByRole('button', { name: form.submit, exact: true }).click()
      await field.and(page.locator('[aria-invalid=true]')).waitFor()
      const described = await field.getAttribute('aria-describedby')
      const texts = (described ?? '').split(' ').map((id) => page.locator(`[id="${id}"]`).innerText())
      expect(await Promise.all(texts)).toContain(form.fault)
      expect(sent).toEqual([])
      await field.fill(form.mended)
      await expect.poll(() => field.getAttribute('aria-invalid')).toBeNull()
      const answered = page.waitForResponse((response) => response.request().method() !== 'GET')
      await page.getByRole('button', { name: form.submit, exact: true }).click()
      expect((await answered).status()).toBeLessThan(300)
    })
})
