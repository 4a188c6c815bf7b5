import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
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
async function withDocuments(): Promise<{
  readonly plinth: RunningPlinth
  readonly token: string
  run(request: string): Promise<string>
}> {
  const folder = temporaryFolder()
  const docs = temporaryFolder()
  for (const [name, text] of Object.entries(documents)) writeFileSync(join(docs, name), text)
  const plinth = await startPlinth(folder, { PLINTH_MODEL: 'local/extractive' })
  const environment = { PLINTH_DATA_DIR: folder, PLINTH_URL: plinth.url }
  const { exit, stderr } = await runPlinth(['ingest', '.'], { environment, cwd: docs })
  expect([exit.code, stderr]).toEqual([0, expect.any(String)])
  const { stdout } = await runPlinth(['token', '--tenant', 'demo'], { environment })
  const run = async (request: string): Promise<string> => {
    const ran = await runPlinth(['run', request], { environment })
    expect([ran.exit.code, ran.stderr]).toEqual([0, expect.any(String)])
    return ran.stdout.trim()
  }
  return { plinth, token: stdout.trim().split('\n').at(-1) ?? '', run }
}

/** The newest run, as the API shows it. */
async function newest({ plinth, token }: { readonly plinth: RunningPlinth; readonly token: string }): Promise<Shown> {
  const { body: list } = await call<{ items: { workflow_id: string }[] }>(plinth.url, '/api/workflows?limit=1', { token })
  const { body } = await call<Shown>(plinth.url, `/api/workflows/${list.items[0]?.workflow_id}`, { token })
  return body
}

const figures = /\d[\d.,]*\d|\d/g

/** The figures of a report that no cited place holds, looked up where everybody can: in the documents' texts over HTTP. */
async function untraced({ result }: Shown, read: (documentId: string) => Promise<string>): Promise<readonly string[]> {
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
    const server = await withDocuments()
    const { plinth, token, run } = server
    const texts = new Map<string, Promise<string>>()
    const read = (documentId: string): Promise<string> => {
      const known =
        texts.get(documentId) ?? call(plinth.url, `/api/documents/${documentId}/text`, { token }).then(({ text }) => text)
      texts.set(documentId, known)
      return known
    }
    const began = Date.now()
    const printed = await run(
      'Compare the price and the warranty of the Aster 200, the Boreas 350 and the Celsus 500, and report which is cheapest.',
    )
    expect(Date.now() - began).toBeLessThan(30_000)
    const shown = await newest(server)
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
    expect(await untraced(shown, read)).toEqual([])

    // Five questions, one of which no document answers.
    const tower = await run(
      '1. Who built the lighthouse at Cape Fell? 2. How tall is it? 3. When was its lamp converted? 4. What do visitors pay? 5. Who owns it?',
    )
    const five = await newest(server)
    expect(five.plan.steps.filter(({ agent_type }) => agent_type === 'research')).toHaveLength(5)
    for (const words of ['Agnes Thorne', '42 metres', '1934', '6 euros']) expect(tower).toContain(words)
    expect(tower.split('## Not found')[1]).toContain('Who owns it (Cape Fell)?')
    expect(await untraced(five, read)).toEqual([])

    // A computed figure stands in no source: it shows what it was computed of.
    const total = await run('What is the total revenue of all regions in 2024?')
    expect(total).toContain('- Computed, in no source: sum of revenue')
    expect(total).toContain('1250000 [1] + 980000 [1] = 2230000.')
    expect(await untraced(await newest(server), read)).toEqual(['2230000 outside of claims'])

    const none = await run('Compare the speed of the Aster 200 and the price of the Dione 700.')
    expect(none).toContain('The documents do not say:\n\n- The speed of the Aster 200\n- The price of the Dione 700')
    expect((await newest(server)).result).toMatchObject({ sources: [], citations: [] })
  }, 120_000)

  it('shows a plan that can be handed in again and does the same [R60]', async () => {
    const server = await withDocuments()
    const { plinth, token, run } = server
    const request = 'Compare the weight of the Aster 200 and the Boreas 350.'
    const printed = await run(request)
    const { plan } = await newest(server)
    const { status, body } = await call<{ workflow_id: string }>(plinth.url, '/api/workflows', { token, body: { request, plan } })
    expect(status).toBe(202)
    const events = await call(plinth.url, `/api/workflows/${body.workflow_id}/events`, {
      token,
      headers: { accept: 'text/event-stream' },
    })
    expect(events.text).toContain('event: done')
    const again = await newest(server)
    expect(again.workflow_id).toBe(body.workflow_id)
    expect(again.plan).toEqual({ ...plan, source: 'caller' })
    expect(again.result.text.trim()).toBe(printed)
  }, 120_000)
})
