import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { call, listAll } from './support/api.ts'
import { runPlinth, startPlinth } from './support/plinth-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

interface Shown {
  readonly document_id: string
  readonly source: string
  readonly status: string
  readonly embedding: string
  readonly version: number
}

/** The word that only one document has. */
const wordOf = (number: number, version: number): string => `zq${number}v${version}`
const textOf = (number: number, version: number): string =>
  `# Report ${number}\n\nThe code of this report is ${wordOf(number, version)}.\n\n${'It says nothing else of note, at some length. '.repeat(40)}`

async function tokenFor(folder: string): Promise<string> {
  const { stdout } = await runPlinth(['token', '--tenant', 'demo'], { environment: { PLINTH_DATA_DIR: folder } })
  return stdout.trim().split('\n').at(-1) ?? ''
}

const jsonLines = (objects: readonly object[]): string => objects.map((object) => JSON.stringify(object)).join('\n')
const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')

describe('documents, on a server that is killed', () => {
  it('that were accepted are read to the end, each whole and once, and old versions serve until then [R25, R44, X25, X26]', async () => {
    const folder = temporaryFolder()
    const count = 120
    let plinth = await startPlinth(folder)
    const token = await tokenFor(folder)
    const send = async (version: number): Promise<void> => {
      const documents = Array.from({ length: count }, (_, number) => ({
        source: `report-${number}.md`,
        content: textOf(number, version),
        metadata: { version },
      }))
      for (let at = 0; at < count; at += 40) {
        const answer = await call(plinth.url, '/api/documents', { token, body: { documents: documents.slice(at, at + 40) } })
        expect(answer.status).toBe(202)
      }
    }
    /** Which versions of a document its words find. In one question: between two of them a version may take another's place. */
    const found = async (number: number): Promise<readonly number[]> => {
      const words = [1, 2].map((version) => wordOf(number, version))
      const body = { query: words.join(' '), top_k: 100, dense_weight: 0 }
      const { body: answer } = await call<{ results: { source: string; content: string }[] }>(plinth.url, '/api/rag/retrieve', {
        token,
        body,
      })
      const own = answer.results.filter(({ source }) => source === `report-${number}.md`)
      return [1, 2].filter((version) => own.some(({ content }) => content.includes(wordOf(number, version))))
    }
    const done = async (): Promise<readonly Shown[] | false> => {
      const all = await listAll<Shown>(plinth.url, '/api/documents', token)
      return all.every(({ status, embedding }) => status === 'processed' && embedding === 'done') && all
    }
    for (const version of [1, 2]) {
      await send(version)
      for (const wait of [30, 120, 400, 900]) {
        await new Promise((resolve) => setTimeout(resolve, wait))
        await plinth.process.kill()
        plinth = await startPlinth(folder)
        // Whatever is half done: never two versions of one, and never none once the first was there.
        for (const number of [0, 45, 119]) {
          const versions = await found(number)
          expect(versions.length).toBeLessThan(2)
          if (version === 2) expect(versions).toHaveLength(1)
        }
      }
      const all = (await until('all documents are read', done, { within: 120_000, every: 250 })) as readonly Shown[]
      expect(all).toHaveLength(count)
      expect(new Set(all.map(({ version: shown }) => shown))).toEqual(new Set([version]))
    }
    for (let number = 0; number < count; number += 7) expect(await found(number)).toEqual([2])
    const index = await call<{ documents: number }>(plinth.url, '/api/rag/index', { token })
    expect(index.body.documents).toBe(count)
    expect((await plinth.process.stop()).code).toBe(0)
  }, 300_000)
})

describe('plinth ingest and ask', () => {
  it('read a folder, name what failed, and answer with its place', async () => {
    const folder = temporaryFolder()
    const docs = temporaryFolder()
    mkdirSync(join(docs, 'manuals', '.hidden'), { recursive: true })
    writeFileSync(join(docs, 'manuals', 'pumps.md'), '# Pumps\n\nThe pump PX-4711 is serviced every 400 hours.\n')
    writeFileSync(join(docs, 'manuals', 'broken.pdf'), 'no PDF')
    writeFileSync(join(docs, 'manuals', '.hidden', 'secret.md'), 'The zeppelin lands.')
    writeFileSync(join(docs, 'large.txt'), `${'Padding of a large file. '.repeat(200_000)}The walrus sings at noon.`)
    const plinth = await startPlinth(folder, { PLINTH_MODEL: 'local/extractive' })
    const environment = { PLINTH_DATA_DIR: folder, PLINTH_URL: plinth.url }
    const run = (...args: string[]) => runPlinth(args, { environment, cwd: docs })
    const ingested = await run('ingest', 'manuals', '*.txt', '--metadata', 'shelf=a')
    expect(ingested.exit.code).toBe(1)
    expect(ingested.stderr).toContain('manuals/broken.pdf')
    expect(ingested.stdout).toMatch(/^2 documents are found, in \d+ chunks; 1 failed\.$/m)
    const again = await run('ingest', 'manuals/pumps.md', 'large.txt', '--metadata', 'shelf=a', '--json')
    expect(again.exit.code).toBe(0)
    expect(JSON.parse(again.stdout).documents).toMatchObject([{ version: 1 }, { version: 1 }])
    const answer = JSON.parse((await run('ask', 'How often is the pump PX-4711 serviced?', '--json')).stdout)
    expect(answer).toMatchObject({ abstained: false, sources: ['manuals/pumps.md'] })
    const shown = await run('ask', 'How often is the pump PX-4711 serviced?')
    expect(shown.stdout).toMatch(/manuals\/pumps\.md:\d+-\d+/)
    const passages = await run('ask', 'When does the walrus sing?', '--passages', '--top-k', '1', '--filter', 'shelf=a')
    expect(passages.stdout).toContain('large.txt')
    const nothing = await run('ask', 'When does the zeppelin land?')
    expect([nothing.exit.code, nothing.stdout]).toEqual([0, expect.stringContaining('No answer')])
    // Neither a name nor a text steers the terminal.
    writeFileSync(join(docs, 'turned\u202egnp.md'), 'The lighthouse blinks every \u001b]0;mine\u0007\u202e7 seconds.')
    expect((await run('ingest', 'turned\u202egnp.md')).exit.code).toBe(0)
    for (const options of [[], ['--stream'], ['--passages', '--top-k', '1']]) {
      const { stdout } = await run('ask', 'How often does the lighthouse blink?', ...options)
      expect(stdout).toMatch(/turned\?gnp\.md:\d+-\d+/)
      expect(stdout).toMatch(/blinks every .+7 seconds/)
      expect(stdout).not.toMatch(/[\u001b\u0007\u202e]/)
    }
    for (const wrong of [
      ['ingest', 'nothing-here'],
      ['ingest', '*.nothing'],
      ['ask', 'x', '--top-k', 'many'],
      ['ask', 'x', '--filter', 'y'],
    ]) {
      const refused = await run(...wrong)
      expect(refused.exit.code).toBe(1)
      expect(refused.stderr).not.toMatch(/\n\s+at /)
    }
  }, 120_000)

  it('ask shows an answer as it comes, and goes on with a conversation that a file keeps', async () => {
    const folder = temporaryFolder()
    const docs = temporaryFolder()
    writeFileSync(join(docs, 'pumps.md'), '# Pumps\n\nThe pump PX-4711 is serviced by Mrs Okafor of the workshop.\n')
    writeFileSync(join(docs, 'boats.md'), '# Boats\n\nThe ferry to Helgoland is serviced by Mr Brandt of the shipyard.\n')
    const plinth = await startPlinth(folder, { PLINTH_MODEL: 'local/extractive' })
    const environment = { PLINTH_DATA_DIR: folder, PLINTH_URL: plinth.url }
    const run = (...args: string[]) => runPlinth(args, { environment, cwd: docs })
    expect((await run('ingest', '.')).exit.code).toBe(0)
    const question = 'Who services the ferry to Helgoland?'
    const { response } = JSON.parse((await run('ask', question, '--json')).stdout)
    const streamed = await run('ask', question, '--stream')
    // Once, though it came in parts and is checked at the end.
    expect(streamed.stdout.split(response)).toHaveLength(2)
    expect(streamed.stdout).toMatch(/boats\.md:\d+-\d+/)
    const events = lines((await run('ask', question, '--stream', '--json')).stdout).map((line) => JSON.parse(line))
    const parts = events.filter(({ event }) => event === 'token').map(({ data }) => data.text)
    expect(parts.length).toBeGreaterThan(0)
    expect(parts.join('').trim()).toBe(response)
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { response, sources: ['boats.md'] } })

    const first = JSON.parse((await run('ask', 'What is PX-4711?', '--json', '--conversation', 'talk.json')).stdout)
    const followUp = 'And who services it?'
    const second = JSON.parse((await run('ask', followUp, '--json', '--conversation', 'talk.json')).stdout)
    expect(second).toMatchObject({ abstained: false, sources: ['pumps.md'] })
    const turns = [
      { role: 'user', content: 'What is PX-4711?' },
      { role: 'assistant', content: first.response },
      { role: 'user', content: followUp },
      { role: 'assistant', content: second.response },
    ]
    expect(JSON.parse(readFileSync(join(docs, 'talk.json'), 'utf8'))).toEqual(turns)
    // By itself it is understood otherwise.
    const alone = JSON.parse((await run('ask', followUp, '--json')).stdout)
    expect(alone.sources).not.toEqual(['pumps.md'])
  }, 120_000)

  it('eval measures a collection, and fails below a threshold', async () => {
    const set = temporaryFolder()
    writeFileSync(
      join(set, 'corpus.jsonl'),
      jsonLines([
        { id: 'a', title: 'Pumps', text: 'The pump PX-4711 is serviced every 400 hours.' },
        { id: 'b', title: 'Boats', text: 'The ferry leaves at nine.' },
      ]),
    )
    writeFileSync(
      join(set, 'queries.jsonl'),
      jsonLines([
        { id: '1', text: 'How often is the pump PX-4711 serviced?', answers: ['400 hours'] },
        { id: '2', text: 'Who painted the Mona Lisa?', answerable: false },
      ]),
    )
    writeFileSync(join(set, 'qrels.tsv'), 'query-id\tcorpus-id\tscore\n1\ta\t1\n')
    const run = (...args: string[]) =>
      runPlinth(['eval', ...args, '--dataset', set, '--json'], {
        environment: { PLINTH_EMBEDDING_MODEL: 'local/hashing', PLINTH_MODEL: 'local/extractive' },
      })
    const retrieval = await run('retrieval', '--min', 'ndcg@10=0.9')
    expect(retrieval.stderr).toBe('')
    expect(JSON.parse(retrieval.stdout)).toMatchObject({ questions: 1, 'ndcg@10': 1, mrr: 1 })
    const answers = await run('answers', '--max', 'refused_unanswerable=0.5')
    expect(JSON.parse(answers.stdout)).toMatchObject({
      questions: 2,
      answer_contained: 1,
      citation_contained: 1,
      refused_unanswerable: 1,
    })
    expect([answers.exit.code, answers.stderr]).toEqual([1, expect.stringContaining('refused_unanswerable is 1, above 0.5')])
    writeFileSync(join(set, 'corpus.jsonl'), '{"id":"a"')
    const broken = await run('retrieval')
    expect([broken.exit.code, broken.stdout]).toEqual([1, expect.stringMatching(/Line 1 of corpus\.jsonl/)])
  }, 120_000)

  it('eval prints its figures for people, and tune says which weight fits and how sure that is', async () => {
    const set = temporaryFolder()
    // All words of a question stand in a long text. The right one is nothing but one of them: nearer to the question as a whole.
    const pairs = [
      ['quoll', 'burrow'],
      ['okapi', 'thicket'],
      ['numbat', 'hollow'],
      ['tapir', 'riverbank'],
      ['saiga', 'steppe'],
      ['dhole', 'cavern'],
    ] as const
    const report = (animal: string, place: string): string =>
      `The committee spoke of many things, of budgets, of chairs, of the weather; a ${animal} was named once, and its ${place} by somebody.`
    const corpus = pairs.flatMap(([animal, place]) => [
      { id: animal, title: '', text: report(animal, place) },
      { id: place, title: '', text: `${place}.` },
    ])
    writeFileSync(join(set, 'corpus.jsonl'), jsonLines(corpus))
    writeFileSync(join(set, 'queries.jsonl'), jsonLines(pairs.map(([id, place]) => ({ id, text: `${id} ${place}` }))))
    const right = pairs.map(([animal, place]) => `${animal}\t${place}\t1`)
    writeFileSync(join(set, 'qrels.tsv'), ['query-id\tcorpus-id\tscore', ...right].join('\n'))
    const run = (...args: string[]) =>
      runPlinth(['eval', ...args, '--dataset', set], { environment: { PLINTH_EMBEDDING_MODEL: 'local/hashing' } })
    const table = await run('retrieval')
    expect([table.exit.code, table.stderr]).toEqual([0, ''])
    expect(lines(table.stdout).map((line) => line.split(/ {2,}/))).toEqual([
      ['questions', '6'],
      // Each second of its list: 1 / log2(3), and a half.
      ['ndcg@10', '0.631'],
      ['recall@10', '1'],
      ['recall@100', '1'],
      ['mrr', '0.500'],
      ['p50_ms', expect.stringMatching(/^\d+\.\d+$/)],
      ['p99_ms', expect.stringMatching(/^\d+\.\d+$/)],
      ['chunks', '12'],
    ])
    const tuned = await run('tune')
    expect([tuned.exit.code, tuned.stderr]).toEqual([0, ''])
    const figures = new Map(lines(tuned.stdout).map((line) => line.split(/ {2,}/) as [string, string]))
    const chosen = Number(figures.get('chosen'))
    expect([figures.get('questions'), figures.get('current')]).toEqual(['6', '0.100'])
    expect(chosen).toBeGreaterThan(0.2)
    const [low = 0, gain = 0, high = 0] = ['gain_low', 'gain', 'gain_high'].map((name) => Number(figures.get(name)))
    expect([low > 0, low <= gain, gain <= high]).toEqual([true, true, true])
    expect(tuned.stdout).toMatch(/^dense_weight 0 {2}mean 0\.631 {2}low 0\.631 {2}high 0\.631$/m)
    expect(tuned.stdout).toMatch(/^dense_weight 0\.700 {2}mean 1 {2}low 1 {2}high 1$/m)
    expect(figures.get('advice')).toBe(`PUT /api/rag/index {"dense_weight": ${chosen}}`)
  }, 120_000)
})
