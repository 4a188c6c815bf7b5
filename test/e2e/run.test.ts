import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from './support/api.ts'
import { type RunningPlinth, runPlinth, startPlinth } from './support/plinth-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

interface Shown {
  readonly workflow_id: string
  readonly status: string
  readonly plan: {
    readonly source: string
    readonly steps: readonly { readonly id: string; readonly agent_type: string; readonly dependencies: readonly string[] }[]
  }
  readonly steps: Readonly<
    Record<string, { readonly status: string; readonly attempts: number; readonly started_at: string; readonly ended_at: string }>
  >
  readonly result: {
    readonly text: string
    readonly sources: readonly string[]
    readonly citations: readonly {
      readonly claim_start: number
      readonly claim_end: number
      readonly document_id: string
      readonly source: string
      readonly start: number
      readonly end: number
    }[]
  }
}

const documents = {
  'pumps.md': `# Pumps of the range

## Aster 200

The Aster 200 is a small pump for clean water. It costs 1,250 euros and weighs 18 kg. Its warranty runs for 24 months.

## Boreas 350

The Boreas 350 is a pump for dirty water. It costs 1,890 euros and weighs 31 kg. Its warranty runs for 36 months.
`,
  'celsus.md':
    '# Celsus 500\n\nThe Celsus 500 is built for brine. The list price is €2,740. The pump weighs 47.5 kg without its motor. The maker grants a warranty of 60 months.\n',
  'tower.txt':
    'The lighthouse at Cape Fell was built in 1871 by Agnes Thorne. The tower is 42 metres tall. Its lamp was converted to electricity in 1934. Visitors pay 6 euros.\n',
  'sales.csv': 'region,year,revenue\nNorth,2024,1250000\nSouth,2024,980000\nNorth,2023,1100000\nSouth,2023,1010000\n',
}

/** A server without any model but the embedded one, with the documents read by `plinth ingest`. */
let plinth: RunningPlinth
let token: string
let environment: Record<string, string>

beforeAll(async () => {
  const folder = temporaryFolder()
  const docs = temporaryFolder()
  for (const [name, text] of Object.entries(documents)) writeFileSync(join(docs, name), text)
  plinth = await startPlinth(folder, { PLINTH_MODEL: 'local/extractive' })
  environment = { PLINTH_DATA_DIR: folder, PLINTH_URL: plinth.url }
  const { exit } = await runPlinth(['ingest', '.'], { environment, cwd: docs })
  expect(exit.code).toBe(0)
  const { stdout } = await runPlinth(['token', '--tenant', 'demo'], { environment })
  token = stdout.trim().split('\n').at(-1) ?? ''
}, 120_000)

/** A run to its end, as the API shows it. */
async function ran(body: { readonly request: string; readonly plan?: unknown }): Promise<Shown> {
  const { status, body: accepted } = await call<{ workflow_id: string }>(plinth.url, '/api/workflows', { token, body })
  expect(status).toBe(202)
  const events = await call(plinth.url, `/api/workflows/${accepted.workflow_id}/events`, { token })
  expect(events.text).toContain('event: done')
  return (await call<Shown>(plinth.url, `/api/workflows/${accepted.workflow_id}`, { token })).body
}

/** The newest run. */
async function newest(): Promise<Shown> {
  const { body: list } = await call<{ items: { workflow_id: string }[] }>(plinth.url, '/api/workflows?limit=1', { token })
  return (await call<Shown>(plinth.url, `/api/workflows/${list.items[0]?.workflow_id}`, { token })).body
}

const texts = new Map<string, Promise<string>>()

/** A document's text, as everybody can read it. */
function read(documentId: string): Promise<string> {
  const known = texts.get(documentId) ?? call(plinth.url, `/api/documents/${documentId}/text`, { token }).then(({ text }) => text)
  texts.set(documentId, known)
  return known
}

const figures = /\d[\d.,]*\d|\d/g

/** The figures of a report that no cited place holds. */
async function untraced({ result }: Shown): Promise<readonly string[]> {
  const { text, citations } = result
  const missing: string[] = []
  for (const { claim_start: start, claim_end: end, document_id, ...place } of citations) {
    const cited = (await read(document_id)).slice(place.start, place.end)
    for (const [figure] of text.slice(start, end).matchAll(figures))
      if (!cited.includes(figure)) missing.push(`${figure} in “${cited}”`)
  }
  // What isn't claimed says nothing in figures, but for the request's own words and the numbers of sources.
  let rest = text
  const places = new Map(citations.map(({ claim_start: start, claim_end: end }) => [start, end]))
  for (const [start, end] of [...places].sort(([one], [other]) => other - one)) rest = rest.slice(0, start) + rest.slice(end)
  const sources = (await Promise.all([...new Set(citations.map(({ document_id }) => document_id))].map(read))).join('\n')
  for (const [figure] of rest.replaceAll(/\[\d+\]/g, '').matchAll(figures))
    if (!sources.includes(figure)) missing.push(`${figure} outside of claims`)
  return missing
}

describe('plinth run, offline', () => {
  it('compares things of several documents in a report whose every figure is found in its source [R46, R47, R54, R56, R57, R58, R64, R65, R126, G3]', async () => {
    const began = Date.now()
    const request =
      'Compare the price and the warranty of the Aster 200, the Boreas 350 and the Celsus 500, and report which is cheapest.'
    const { exit, stdout, stderr } = await runPlinth(['run', request], { environment })
    expect([exit.code, stderr]).toEqual([0, expect.stringContaining('research-3 (research)')])
    expect(Date.now() - began).toBeLessThan(60_000)
    const printed = stdout.trim()
    const shown = await newest()
    expect(shown.status).toBe('completed')
    expect(shown.result.text.trim()).toBe(printed)
    expect(shown.plan.source).toBe('rules')
    expect(shown.plan.steps.map(({ id, agent_type, dependencies }) => [id, agent_type, dependencies])).toEqual([
      ['research-1', 'research', []],
      ['research-2', 'research', []],
      ['research-3', 'research', []],
      ['analysis', 'analysis', ['research-1', 'research-2', 'research-3']],
      ['report', 'report', ['research-1', 'research-2', 'research-3', 'analysis']],
    ])
    expect(Object.values(shown.steps).map(({ status, attempts }) => [status, attempts])).toEqual(
      Array.from({ length: 5 }, () => ['completed', 1]),
    )
    expect(printed).toContain('| Aster 200 | 1,250 euros [1] | 24 months [1] |')
    expect(printed).toContain('| Boreas 350 | 1,890 euros [1] | 36 months [1] |')
    expect(printed).toContain('| Celsus 500 | €2,740 [2] | 60 months [2] |')
    expect(printed).toContain('price: lowest for Aster 200 with 1,250 euros [1], highest for Celsus 500 with €2,740 [2].')
    expect(printed).toContain('No language model was used.')
    expect(shown.result.sources).toEqual(['pumps.md', 'celsus.md'])
    expect(await untraced(shown)).toEqual([])
  }, 120_000)

  it('answers five questions side by side, and says which one no document answers [R52, R65]', async () => {
    const five = await ran({
      request:
        '1. Who built the lighthouse at Cape Fell? 2. How tall is it? 3. When was its lamp converted? 4. What do visitors pay? 5. Who owns it?',
    })
    expect(five.plan.steps.filter(({ agent_type }) => agent_type === 'research')).toHaveLength(5)
    const { text } = five.result
    for (const words of ['Agnes Thorne', '42 metres', '1934', '6 euros']) expect(text).toContain(words)
    expect(text.split('## Not found')[1]).toContain('Who owns it (Cape Fell)?')
    expect(await untraced(five)).toEqual([])
    const none = await ran({ request: 'Compare the speed of the Aster 200 and the price of the Dione 700.' })
    expect(none.result.text).toContain('The documents do not say:\n\n- The speed of the Aster 200\n- The price of the Dione 700')
    expect(none.result).toMatchObject({ sources: [], citations: [] })
  }, 120_000)

  it('computes what it is asked to, and shows of what [R53]', async () => {
    const total = await ran({ request: 'What is the total revenue of all regions in 2024?' })
    expect(total.result.text).toContain(
      '- Computed, in no source: sum of revenue, all regions in 2024: 1250000 [1] + 980000 [1] = 2230000.',
    )
    // The only figure that stands in no source is the one that says so.
    expect(await untraced(total)).toEqual(['2230000 outside of claims'])
  }, 120_000)

  it('shows a plan that can be handed in again and does the same [R60]', async () => {
    const request = 'Compare the weight of the Aster 200 and the Boreas 350.'
    const first = await ran({ request })
    const again = await ran({ request, plan: first.plan })
    expect(again.workflow_id).not.toBe(first.workflow_id)
    expect(again.plan).toEqual({ ...first.plan, source: 'caller' })
    expect(again.result).toEqual(first.result)
  }, 120_000)
})
