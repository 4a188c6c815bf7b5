import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answerQuestion, type RagAnswer } from '../../src/index.ts'
import { streamAnswer } from '../../src/rag/answer-question.ts'
import { revisionPlace } from '../../src/rag/documents.ts'
import { retrievePassages } from '../../src/rag/retrieve-passages.ts'
import { readText } from '../../src/rag/text.ts'
import type { Script } from '../../src/testing/index.ts'
import { RagBench } from './rag-bench.ts'

const pumps = 'The pump PX-4711 is serviced every 400 hours. Its seal is made of rubber and lasts for two years.'
const boats = 'The ferry to Helgoland leaves at 9 in the morning. It carries 300 passengers and no cars.'
const signal = new AbortController().signal

describe('a question', () => {
  let bench: RagBench
  let script: Script
  beforeEach(async () => {
    script = () => 'The pump PX-4711 is serviced every 400 hours [1].'
    bench = await RagBench.open((call) => script(call))
    await bench.ingest([
      { source: 'pumps.txt', content: pumps, metadata: { team: 'plant', floor: 2 } },
      { source: 'boats.txt', content: boats, metadata: { team: 'harbour' } },
    ])
  })
  afterEach(() => bench.stop())

  const ask = async (query: string, more: object = {}, user = 'ada', tenant = 'alpha'): Promise<RagAnswer> =>
    answerQuestion(await bench.scope(tenant, user), { query, top_k: 5, ...more }, signal)
  const sourcesOf = async (query: string, more: object = {}, user = 'ada', tenant = 'alpha'): Promise<readonly string[]> =>
    (await retrievePassages(await bench.scope(tenant, user), { query, top_k: 5, ...more }, signal)).passages.map(
      ({ source }) => source,
    )

  it('finds passages whose content is the text from start to end [R29, R34]', async () => {
    const scope = await bench.scope()
    const { passages } = await retrievePassages(scope, { query: 'How often is PX-4711 serviced?', top_k: 3 }, signal)
    expect(passages[0]).toMatchObject({ source: 'pumps.txt', content: pumps, start: 0, end: pumps.length })
    const { document_id = '', start = 0, end = 0 } = passages[0] ?? {}
    const { live = '' } = await bench.fields(document_id)
    expect(await readText(scope, revisionPlace(document_id, live), start, end)).toBe(passages[0]?.content)
  })

  it('is answered with what is cited, and where [R27, R32, R39, R43, X24, X28]', async () => {
    const answer = await ask('How often is the pump PX-4711 serviced?')
    expect(answer).toMatchObject({ tenant_id: 'alpha', abstained: false, sources: ['pumps.txt'] })
    const [citation] = answer.citations
    expect(pumps.slice(citation?.start, citation?.end)).toBe('The pump PX-4711 is serviced every 400 hours.')
    expect(answer.response.slice(citation?.claim_start, citation?.claim_end)).toContain('every 400 hours')
    expect(answer.confidence).toBeGreaterThan(0.5)
    expect(answer.usage.input_tokens).toBeGreaterThan(0)
  })

  it('that the documents have nothing on is refused without a model [R38, X29, X30]', async () => {
    const calls = bench.plinth.models.calls.length
    const answer = await ask('Which composer wrote the opera Fidelio?')
    expect(answer).toMatchObject({ abstained: true, sources: [], citations: [] })
    expect(answer.confidence).toBeLessThan(0.5)
    expect(bench.plinth.models.calls).toHaveLength(calls)
  })

  it('whose answer no passage supports is refused, with what was looked at [R38, X29]', async () => {
    script = () => 'The pump PX-4711 was invented by Marie Curie in Paris.'
    const answer = await ask('Who invented the pump PX-4711?')
    expect(answer).toMatchObject({ abstained: true, sources: [], citations: [] })
    expect(answer.response).toContain('pumps.txt')
    expect(answer.response).not.toContain('Curie')
    expect(answer.confidence).toBeLessThan(0.5)
  })

  it('that the model declines stays declined', async () => {
    script = () => 'The provided context does not contain information about who invented it.'
    expect(await ask('Who invented the pump PX-4711?')).toMatchObject({ abstained: true, citations: [] })
  })

  it.each([
    [{ team: 'plant' }, ['pumps.txt']],
    [{ team: ['plant', 'harbour'] }, ['pumps.txt', 'boats.txt']],
    [{ floor: 2 }, ['pumps.txt']],
    [{ floor: '2' }, []],
    [{ team: 'harbour', floor: 2 }, []],
  ])('with the filter %j sees only what passes it [X33]', async (filter, sources) => {
    expect(await sourcesOf('pump PX-4711 ferry passengers', { filter })).toEqual(sources)
  })

  it('finds what is for the caller, by user or group, and nothing else; from the next question on [X33]', async () => {
    await bench.ingest([{ source: 'secret.txt', content: 'The zeppelin lands on Monday.', acl: { users: ['bob'] } }])
    expect(await sourcesOf('When does the zeppelin land?')).not.toContain('secret.txt')
    expect(await sourcesOf('When does the zeppelin land?', {}, 'bob')).toContain('secret.txt')
    bench.hold()
    // Taken off the list, bob is out before the new version is read.
    await bench.send([{ source: 'secret.txt', content: 'The zeppelin lands on Monday.', acl: { users: ['eve'] } }])
    expect(await sourcesOf('When does the zeppelin land?', {}, 'bob')).not.toContain('secret.txt')
    expect(await sourcesOf('When does the zeppelin land?', {}, 'eve')).not.toContain('secret.txt')
    bench.release()
    await bench.plinth.pass(5_000)
    expect(await sourcesOf('When does the zeppelin land?', {}, 'eve')).toContain('secret.txt')
  })

  it('of another tenant finds nothing [X33]', async () => {
    expect(await sourcesOf('pump PX-4711', {}, 'ada', 'beta')).toEqual([])
  })

  it('is embedded once, however often it is asked [X35]', async () => {
    const before = bench.plinth.models.embeddingCalls.length
    await sourcesOf('How long does the seal last?')
    await sourcesOf('How long does the seal last?')
    expect(bench.plinth.models.embeddingCalls).toHaveLength(before + 1)
  })

  it('finds what says the same twice once', async () => {
    await bench.ingest([{ source: 'copy.txt', content: pumps }])
    expect((await sourcesOf('pump PX-4711 seal rubber')).filter((source) => source !== 'boats.txt')).toHaveLength(1)
  })

  it('that follows another is understood by it', async () => {
    const history = [
      { role: 'user', content: 'Tell me about the ferry to Helgoland.' },
      { role: 'assistant', content: 'It leaves in the morning.' },
    ]
    expect((await sourcesOf('How many does it carry?', { history }))[0]).toBe('boats.txt')
  })

  it('is answered in parts, and then as it counts', async () => {
    const events: { event: string; data: object }[] = []
    for await (const event of streamAnswer(await bench.scope(), { query: 'How often is PX-4711 serviced?', top_k: 5 }, signal))
      events.push(event)
    const text = events.filter(({ event }) => event === 'token').map(({ data }) => (data as { text: string }).text)
    const last = events.at(-1)
    expect(last).toMatchObject({ event: 'done', data: { abstained: false, sources: ['pumps.txt'] } })
    expect(last?.data).toMatchObject({ response: text.join('') })
  })

  describe('to an agent', () => {
    const searching = (query: string) => ({
      content: [{ type: 'tool-call' as const, toolCallId: 'c1', toolName: 'search_documents', input: JSON.stringify({ query }) }],
      finishReason: { unified: 'tool-calls' as const, raw: undefined },
    })

    it('is looked up in the agent’s own words, and answered from what that found [R45]', async () => {
      let turn = 0
      script = ({ options }) => {
        if (!options.tools) return 'The ferry carries 300 passengers [1].'
        turn++
        return turn === 1 ? searching('How many passengers does the ferry to Helgoland carry?') : 'done'
      }
      const answer = await ask('And how many fit in?', { agent: true, model_id: 'test/tools' })
      expect(answer).toMatchObject({ sources: ['boats.txt'] })
      expect(turn).toBe(2)
    })

    it('ends, whatever the model asks for', async () => {
      let turns = 0
      script = ({ options }) => {
        if (!options.tools) return 'The pump PX-4711 is serviced every 400 hours [1].'
        turns++
        return {
          ...searching('x'),
          content: [{ type: 'tool-call', toolCallId: 'c', toolName: 'search_documents', input: '{broken' }],
        }
      }
      expect(await ask('How often is the pump PX-4711 serviced?', { agent: true, model_id: 'test/tools' })).toMatchObject({
        sources: ['pumps.txt'],
      })
      expect(turns).toBe(3)
    })
  })
})
