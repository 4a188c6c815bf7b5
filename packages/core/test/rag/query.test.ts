import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { answerQuestion, type RagAnswer } from '../../src/index.ts'
import { estimateTextTokens } from '../../src/language-model/token-estimate.ts'
import { streamAnswer } from '../../src/rag/answer-question.ts'
import { revisionPlace } from '../../src/rag/documents.ts'
import { queryBody } from '../../src/rag/rag-forms.ts'
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

  it('finds passages by where they stand, also far from the beginning [R34, R43]', async () => {
    const content = `Opening remarks ${'without any weight '.repeat(45)}\n\nThe gearbox of a crane is of steel ${'and so forth '.repeat(55)}`
    await bench.ingest([{ source: 'cranes.txt', content }])
    const question = { query: 'gearbox of a crane', top_k: 1, dense_weight: 0 }
    const { passages } = await retrievePassages(await bench.scope(), question, signal)
    const { start, end, content: found } = passages[0] ?? expect.fail()
    expect(start).toBe(content.indexOf('The gearbox'))
    expect(found).toBe(content.slice(start, end))
  })

  it('is answered with what is cited, and where [R27, R32, R39, R43, X24, X28]', async () => {
    const answer = await ask('How often is the pump PX-4711 serviced?')
    expect(answer).toMatchObject({ tenant_id: 'alpha', abstained: false, sources: ['pumps.txt'] })
    const [citation] = answer.citations
    const { revision } = (await retrievePassages(await bench.scope(), { query: 'PX-4711', top_k: 1 }, signal)).passages[0] ?? {}
    expect(citation?.revision).toBe(revision)
    expect((await bench.fields(citation?.document_id ?? '')).live).toBe(revision)
    expect(pumps.slice(citation?.start, citation?.end)).toBe('The pump PX-4711 is serviced every 400 hours.')
    expect(answer.response.slice(citation?.claim_start, citation?.claim_end)).toContain('every 400 hours')
    expect(answer.confidence).toBeGreaterThan(0.5)
    expect(answer.usage.input_tokens).toBeGreaterThan(0)
  })

  it('is answered from as many passages as it asks for, five unless it says [R27]', async () => {
    await bench.ingest(
      Array.from({ length: 8 }, (_, at) => ({
        source: `crane-${at}.txt`,
        content: `Crane ${at} lifts ${at + 3} tons in hall ${at}.`,
      })),
    )
    const query = 'How much does a crane lift?'
    expect(await sourcesOf(query, { top_k: 3 })).toHaveLength(3)
    expect(await sourcesOf(query, queryBody.parse({ query }))).toHaveLength(5)
  })

  it('is embedded by the model that made the vectors, as a question, and searched by that and by its words [R28, R126, X35]', async () => {
    const search = vi.spyOn(bench.plinth.memory.platform.operate().search, 'search')
    const query = 'How long does the seal last?'
    await sourcesOf(query)
    const [space] = (await (await bench.scope()).search.status()).spaces
    expect(bench.plinth.models.embeddingCalls.at(-1)).toMatchObject({
      values: [query],
      providerOptions: { plinth: { purpose: 'query' } },
    })
    // test/embedding gives a text's length first.
    expect(search.mock.calls.at(-1)?.[1]).toMatchObject({
      texts: [{ text: query, weight: 1 }],
      vector: { space: space?.name, values: { 0: query.length } },
    })
    search.mockRestore()
  })

  it('finds what only its words tell, and what only its vector does [R29, R126, X31]', async () => {
    // No document has one of these words. The vectors of test/embedding are of one kind for all texts: they find both documents.
    const byVector = 'Zqx wvu jjj'
    expect((await sourcesOf(byVector)).length).toBe(2)
    expect(await sourcesOf(byVector, { dense_weight: 0 })).toEqual([])
    expect(await sourcesOf('PX-4711', { dense_weight: 0 })).toEqual(['pumps.txt'])
    expect(await sourcesOf('PX-4711')).toEqual(['pumps.txt', 'boats.txt'])
  })

  it('is put to the model with what was found, for up to 2,000 tokens or what is asked for [R30, R31]', async () => {
    await ask('How often is the pump PX-4711 serviced?')
    await ask('How often is the pump PX-4711 serviced?', { max_tokens: 50 })
    // The model that the question names, which gives no more.
    await ask('How often is the pump PX-4711 serviced?', { model_id: 'test/small' })
    const [first, ...others] = bench.plinth.models.calls
    expect(first?.prompt).toContain(`Source: pumps.txt\nContent: ${pumps}`)
    expect(first?.prompt).toContain('User Question: How often is the pump PX-4711 serviced?')
    expect([first, ...others].map((call) => call?.options.maxOutputTokens)).toEqual([2_000, 50, 10])
  })

  it('shows the model no more than it has room for, the best first [X35]', async () => {
    const filler = (at: number): string => Array.from({ length: 150 }, (_, word) => `w${at}x${word}`).join(' ')
    await bench.ingest(
      Array.from({ length: 30 }, (_, at) => ({
        source: `pump-${at}.txt`,
        content: `The pump of hall ${at} is red. ${filler(at)}.`,
      })),
    )
    const query = 'How often is the pump PX-4711 serviced?'
    expect((await sourcesOf(query, { top_k: 100 })).length).toBeGreaterThan(20)
    await ask(query, { top_k: 100 })
    const prompt = bench.plinth.models.calls.at(-1)?.prompt ?? ''
    const shown = [...prompt.matchAll(/^Source: (.*)$/gm)].map(([, source]) => source)
    expect(shown[0]).toBe('pumps.txt')
    expect(shown.length).toBeGreaterThan(5)
    expect(estimateTextTokens(prompt)).toBeLessThan(6_000 + 400)
  })

  it('is answered from all texts of an answer of any form, and refused where there is none [X34]', async () => {
    const texts = ['The pump PX-4711 is serviced', ' every 400 hours [1].']
    script = () => ({
      content: [{ type: 'reasoning', text: 'Let me see: 17 hours.' }, ...texts.map((text) => ({ type: 'text' as const, text }))],
    })
    const query = 'How often is the pump PX-4711 serviced?'
    expect(await ask(query)).toMatchObject({ response: texts.join(''), abstained: false })
    script = () => ({ content: [] })
    expect(await ask(query)).toMatchObject({ abstained: true, sources: [], citations: [] })
    script = () => ({ content: [{ type: 'reasoning', text: 'The pump PX-4711 is serviced every 400 hours [1].' }] })
    expect(await ask(query)).toMatchObject({ abstained: true, sources: [] })
  })

  it('is answered with a confidence that comes of question, evidence and answer [R33, R126, X29]', async () => {
    const confidence = async (query: string, answer: string): Promise<number> => {
      script = () => answer
      return (await ask(query)).confidence
    }
    const query = 'How often is the pump PX-4711 serviced?'
    const whole = await confidence(query, 'The pump PX-4711 is serviced every 400 hours [1].')
    const half = await confidence(query, 'The pump PX-4711 is serviced every 400 hours [1]. It was built in Rome by monks.')
    const none = await confidence(query, 'It was built in Rome by monks [1].')
    const other = await confidence('Which composer wrote the opera Fidelio?', 'The pump PX-4711 is serviced every 400 hours [1].')
    expect(whole).toBeGreaterThan(half)
    expect(half).toBeGreaterThan(other)
    for (const low of [none, other]) expect(low).toBeLessThan(0.5)
  })

  it('that the documents have nothing on is refused without a model [R38, X29, X30]', async () => {
    const calls = bench.plinth.models.calls.length
    const answer = await ask('Which composer wrote the opera Fidelio?')
    expect(answer).toMatchObject({ abstained: true, sources: [], citations: [] })
    expect(answer.confidence).toBeLessThan(0.5)
    expect(bench.plinth.models.calls).toHaveLength(calls)
  })

  it('whose filter nothing fits is told so, and not that the documents have nothing', async () => {
    const answer = await ask('How often is the pump PX-4711 serviced?', { filter: { team: 'nobody' } })
    expect(answer.abstained).toBe(true)
    expect(answer.response).toContain('no document that you may see fits the filter')
  })

  it('whose answer no passage supports is refused, with what was looked at [R38, R41, X29]', async () => {
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

  it('finds the passage beside which the words stand that decide, before one that stands alone [R29, X31]', async () => {
    // Of three chunks each, the questioned one in the middle. The alone one is shorter: by itself it would come first.
    const three = (middle: string, last: string): string =>
      [`Opening remarks ${'without any weight '.repeat(45)}`, `${middle} ${'and so forth '.repeat(55)}`, last].join('.\n\n')
    await bench.ingest([
      {
        source: 'beside.txt',
        content: three('The zeppelin is moored by its crew, as is usual', `Helium ${'is a gas of no smell '.repeat(45)}`),
      },
      {
        source: 'alone.txt',
        content: three('The zeppelin is moored by its crew', `Timber ${'is a wood of no smell '.repeat(45)}`),
      },
    ])
    const scope = await bench.scope()
    const { passages } = await retrievePassages(scope, { query: 'moored zeppelin helium', top_k: 5, dense_weight: 0 }, signal)
    expect(passages[0]?.source).toBe('beside.txt')
    expect(passages[0]?.content).toContain('zeppelin')
    expect(passages[0]?.content).not.toContain('Helium')
  })

  it('of passages that fit equally well lets another subject in before more of the same', async () => {
    const tail = 'is tuned by ear and played by hand in the valleys of the south, on feast days'
    await bench.ingest([
      { source: 'same-1.txt', content: `A zither ${tail} of the village where its makers live.` },
      { source: 'same-2.txt', content: `A zither ${tail} when the harvest is brought home.` },
      {
        source: 'else.txt',
        content:
          'A zither was sold at auction last week for more than anybody had thought it could be worth to a museum in the north, which put it behind glass there at once.',
      },
    ])
    const scope = await bench.scope()
    const found = async (top_k: number) => {
      const { passages } = await retrievePassages(scope, { query: 'zither', top_k, dense_weight: 0 }, signal)
      return passages.map(({ source }) => source)
    }
    expect(await found(2)).toEqual(['same-1.txt', 'else.txt'])
    expect(await found(3)).toEqual(['same-1.txt', 'same-2.txt', 'else.txt'])
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
    const question = { query: 'How often is PX-4711 serviced?', top_k: 5 }
    for await (const event of await streamAnswer(await bench.scope(), question, signal)) events.push(event)
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

    it('is looked up in the agent’s own words, and answered from what that found [R45, G2]', async () => {
      await bench.ingest([{ source: 'decks.txt', content: 'The ferry to Helgoland carries 300 passengers on its two decks.' }])
      let shown = ''
      let turn = 0
      script = ({ options }) => {
        if (!options.tools) return 'The ferry to Helgoland carries 300 passengers [1].'
        shown = JSON.stringify(options.prompt.at(-1))
        turn++
        return turn === 1 ? searching('How many passengers does the ferry to Helgoland carry?') : 'done'
      }
      const question = 'And how many fit in?'
      // By its own words nothing is found that would answer it.
      expect(await ask(question)).toMatchObject({ abstained: true, sources: [] })
      const answer = await ask(question, { agent: true, model_id: 'test/tools' })
      expect(answer).toMatchObject({ abstained: false, sources: ['decks.txt'] })
      expect(turn).toBe(2)
      expect(shown).toContain('decks.txt')
    })

    it('that follows others is put to it behind them, and looked up by what it makes of them [R45]', async () => {
      // Named by the assistant alone, whose turns the search itself leaves out.
      const history = [
        { role: 'user', content: 'Which vessel do tourists like?' },
        { role: 'assistant', content: 'They like the zeppelin Borealis.' },
      ]
      await bench.ingest([{ source: 'air.txt', content: 'The Borealis holds 19 people in two cabins.' }])
      const prompts: string[][] = []
      script = ({ options }) => {
        if (!options.tools) return 'The Borealis holds 19 people [1].'
        const said = options.prompt.flatMap(({ role, content }) =>
          typeof content === 'string' ? [] : content.flatMap((part) => (part.type === 'text' ? [`${role}: ${part.text}`] : [])),
        )
        prompts.push(said)
        const name = /zeppelin (\w+)/.exec(said.join('\n'))?.[1] ?? 'it'
        return prompts.length === 1 ? searching(`How many people does ${name} hold?`) : 'done'
      }
      const question = 'And what is the most for a trip with that?'
      expect(await sourcesOf(question, { history, dense_weight: 0 })).not.toContain('air.txt')
      const asked = { history, dense_weight: 0, model_id: 'test/tools' }
      expect(await ask(question, asked)).toMatchObject({ abstained: true, sources: [] })
      expect(await ask(question, { ...asked, agent: true })).toMatchObject({ abstained: false, sources: ['air.txt'] })
      expect(prompts[0]).toEqual(
        [...history, { role: 'user', content: question }].map(({ role, content }) => `${role}: ${content}`),
      )
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
