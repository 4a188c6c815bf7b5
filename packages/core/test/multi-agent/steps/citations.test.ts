import { afterEach, describe, expect, it } from 'vitest'
import { getDocument } from '../../../src/rag/access.ts'
import { revisionPlace } from '../../../src/rag/documents.ts'
import { deleteDocument } from '../../../src/rag/manage-documents.ts'
import { readText } from '../../../src/rag/text.ts'
import { step } from '../support.ts'
import { AgentBench, calling, toldBy } from './agent-bench.ts'

let bench: AgentBench | undefined
afterEach(async () => {
  await bench?.plinth.stop()
  bench = undefined
})

const steps = [
  step('find', [], { agent_type: 'worker', prompt: 'How often is it serviced?' }),
  step('weigh', ['find'], { agent_type: 'analysis', prompt: 'Weigh it.' }),
  step('write', ['weigh'], { agent_type: 'report', prompt: 'Write it.' }),
]

async function open(report: string): Promise<AgentBench> {
  return AgentBench.open(
    (call) => {
      if (call.prompt.includes('Task: Write it.')) return report
      if (call.prompt.includes('Task: Weigh it.')) return 'The pump is serviced every 400 hours.'
      return toldBy(call).length === 0
        ? calling(['search_knowledge', { query: 'pump serviced' }])
        : 'The pump is serviced every 400 hours.'
    },
    { agent: { tools: ['search_knowledge'] } },
  )
}

describe('what a report of models rests on', () => {
  it('is found by string in the documents that it cites, through all steps between', async () => {
    const report = '# Report\n\nThe pump is serviced every 400 hours. It costs 99,000 dollars.'
    bench = await open(report)
    await bench.ingest('pumps.txt', 'The pump is serviced every 400 hours. The valve is serviced every 90 days.')
    await bench.ingest('other.txt', 'Nothing of this is about that.')
    const { result } = await bench.run({ request: 'Report.', plan: { steps } })
    expect(result?.text).toBe(report)
    expect(result?.sources).toContain('pumps.txt')
    expect(result?.citations.length).toBeGreaterThan(0)
    const scope = await bench.plinth.scope()
    for (const citation of result?.citations ?? []) {
      const claim = report.slice(Number(citation.claim_start), Number(citation.claim_end))
      const id = String(citation.document_id)
      const { live = '' } = (await getDocument(scope, id)).fields
      const cited = await readText(scope, revisionPlace(id, live), Number(citation.start), Number(citation.end))
      for (const [figure] of claim.matchAll(/\d[\d,]*/g)) expect(cited).toContain(figure)
    }
    // What nothing says isn't cited, though it stands there.
    const cited = (result?.citations ?? []).map((each) => report.slice(Number(each.claim_start), Number(each.claim_end)))
    expect(cited.some((claim) => claim.includes('99,000'))).toBe(false)
  })

  it('is not cited when the document is gone by then', async () => {
    bench = await open('The pump is serviced every 400 hours.')
    const id = await bench.ingest('pumps.txt', 'The pump is serviced every 400 hours.')
    const gated = steps.map((each) => (each.id === 'write' ? { ...each, approval: true } : each))
    const { workflow_id: workflow } = await bench.run({ request: 'Report.', plan: { steps: gated } })
    await deleteDocument(await bench.plinth.scope(), id)
    await bench.approve(workflow, 'write')
    await bench.plinth.pass(10_000, 250)
    expect((await bench.shown(workflow)).result).toMatchObject({ citations: [], sources: ['pumps.txt'] })
  })

  it('is not cited when the document says something else there by then', async () => {
    bench = await open('The pump is serviced every 400 hours.')
    await bench.ingest('pumps.txt', 'The pump is serviced every 400 hours.')
    const gated = steps.map((each) => (each.id === 'write' ? { ...each, approval: true } : each))
    const { workflow_id: workflow } = await bench.run({ request: 'Report.', plan: { steps: gated } })
    // What stands in the same place now would still bear the claim out, by halves of sentences that nobody cited.
    await bench.ingest('pumps.txt', 'The pump is serviced every 400 hours; so it was said until May, and it is wrong.')
    await bench.approve(workflow, 'write')
    await bench.plinth.pass(10_000, 250)
    expect((await bench.shown(workflow)).result).toMatchObject({ citations: [], sources: ['pumps.txt'] })
  })

  it('without documents has no sources and no citations', async () => {
    bench = await AgentBench.open(() => 'It is 42.')
    const { result } = await bench.run({ request: 'Report.', plan: { steps: [step('write', [], { agent_type: 'report' })] } })
    expect(result).toEqual({ text: 'It is 42.', sources: [], citations: [] })
  })
})
