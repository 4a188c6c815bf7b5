import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Advice } from '@plinth/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { interview } from '../src/advice/interview.ts'
import { money } from '../src/advice/money.ts'
import { plinth, type Run, refusalOf } from './support/plinth.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-advise-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const advise = (...args: readonly string[]): Promise<Run> => plinth(['advise', ...args], {})
const product = { response: 'interactive', requests_per_month: 200_000, knowledge: { documents: 5_000 }, tenants: { count: 40 } }

describe('[R5] plinth advise', () => {
  it('needs no server: matrix, composition, cost, drivers, variants, quota, risks and roadmap for people', async () => {
    const { exit, stdout, stderr } = await advise('--profile', file('product.json', { ...product, monthly_budget_usd: 10 }))
    expect([exit.code, stderr]).toEqual([0, ''])
    const titles = ['Patterns', 'What to build', 'What would change the answer', 'Cost a month', 'What drives it', 'Quota']
    for (const title of [
      ...titles,
      'If an answer were another',
      'What would cost less',
      'What may go wrong',
      'Assumed',
      'Prices',
    ])
      expect(stdout).toMatch(new RegExp(`^${title}$`, 'm'))
    expect(stdout).toMatch(/rag +95 +Knowledge enhancement +Medium +Medium +Medium +Domain-specific Q&A systems/)
    expect(stdout).toContain('rag, with multi-tenant.')
    expect(stdout).toContain('$10.00: too little for a likely month')
    expect(stdout).toContain('over a year old')
    expect(stdout).toContain('Phase 4: Production (weeks 11–12)')
  })

  it('prints the same as JSON and as a document', async () => {
    const path = file('product.json', product)
    const [json, markdown] = [await advise('--profile', path, '--json'), await advise('--profile', path, '--markdown')]
    const advice = JSON.parse(json.stdout) as Advice
    expect(advice.composition).toMatchObject({ primary: 'rag', secondary: ['multi-tenant'] })
    expect(markdown.stdout).toMatch(/^# Advice\n/)
    expect(markdown.stdout).toContain('| rag | 95 | Knowledge enhancement |')
    expect(markdown.stdout).toContain(`| likely | ${money(advice.cost.likely)} |`)
    expect(markdown.stdout).toContain('- [ ] ')
    const both = await advise('--profile', path, '--markdown', '--json')
    expect([both.exit.code, both.stdout]).toEqual([1, expect.stringContaining('not both')])
  })

  it('counts with prices of a file', async () => {
    const path = file('product.json', product)
    const prices = file('prices.json', { services: { dashboardMonth: 503 } })
    const fixed = async (...more: readonly string[]): Promise<number> =>
      (JSON.parse((await advise('--profile', path, '--json', ...more)).stdout) as Advice).cost.fixed
    expect((await fixed('--prices', prices)) - (await fixed())).toBeCloseTo(1_500, 6)
  })

  it.each([
    ['requests_per_month', { requests_per_month: -1 }],
    ['requests_per_mont', { requests_per_mont: 1 }],
    ['knowledge.pages', { knowledge: { documents: 9, pages: 1 } }],
    ['model_id', { model_id: 'gpt-9' }],
  ])('names the file and the field that is wrong: %s', async (field, profile) => {
    const path = file('wrong.json', profile)
    expect(refusalOf(await advise('--profile', path))).toMatch(new RegExp(`${path}: ${field}[: ]`))
  })

  it('names the file and the field of prices, and a file that is none', async () => {
    const path = file('product.json', product)
    const wrong = file('wrong-prices.json', { services: { functionCal: 1 } })
    expect(refusalOf(await advise('--profile', path, '--prices', wrong))).toContain(`${wrong}: services.functionCal: `)
    const unknown = file('unknown-prices.json', { models: { 'gpt-9': { input: 1 } } })
    expect(refusalOf(await advise('--profile', path, '--prices', unknown))).toContain(`${unknown}: models.gpt-9: `)
    expect(refusalOf(await advise('--profile', join(folder, 'nothing.json')))).toContain('There is no file')
    expect(refusalOf(await advise('--profile', file('broken.json', '{"response":')))).toContain('holds no JSON object')
  })

  it('asks nobody who is not there, and says how to give a profile', async () => {
    expect(refusalOf(await advise())).toContain('--profile')
  })
})

/** A terminal at which somebody types the next answer when a question stands there; the end of them ends the input. */
function terminal(typed: readonly string[]): { readonly input: PassThrough; readonly output: PassThrough; shown(): string } {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const left = [...typed]
  let shown = ''
  output.on('data', (bytes) => {
    shown += String(bytes)
    if (!String(bytes).endsWith('] ')) return
    const answer = left.shift()
    if (answer === undefined) input.end()
    else input.write(`${answer}\n`)
  })
  return { input, output, shown: () => shown }
}

describe('the three questions', () => {
  it('take defaults for empty lines', async () => {
    expect(await interview(terminal(['', '', '']))).toEqual({ response: 'seconds', requests_per_month: 100_000 })
  })

  it('are asked again, with what is wrong, until the answer can be right', async () => {
    const typed = terminal(['soon', 'batch', '-1', 'many', '1,000,000', 'poems', 'documents, customers'])
    expect(await interview(typed)).toEqual({ response: 'batch', requests_per_month: 1_000_000, knowledge: {}, tenants: {} })
    expect(typed.shown().match(/(response|requests_per_month|kind of work): /g)).toEqual([
      ...['response: ', 'requests_per_month: ', 'requests_per_month: ', 'kind of work: '],
    ])
  })

  it('take what was typed ahead, a line for each', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()]
    input.end('batch\n5000\ndocuments\n')
    expect(await interview({ input, output })).toEqual({ response: 'batch', requests_per_month: 5_000, knowledge: {} })
  })

  it('refuse an end in the middle', async () => {
    await expect(interview(terminal(['batch']))).rejects.toMatchObject({ code: 'invalid_input', field: 'profile' })
  })
})

it.each([
  [0, '$0'],
  [0.001_234, '$0.0012'],
  [0.5, '$0.50'],
  [99.99, '$99.99'],
  [99.999, '$100'],
  [1_234_567.8, '$1,234,568'],
])('%d dollars are %s', (usd, text) => {
  expect(money(usd)).toBe(text)
})
