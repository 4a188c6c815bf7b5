import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FaultProxy } from '../../packages/aws/test/support/fault-proxy.ts'
import { describeWithMoto } from '../../packages/aws/test/support/moto.ts'
import { bundleHandlers } from '../../packages/cdk/src/index.ts'
import type { Told } from '../../packages/cdk/test/support/rest-api.ts'
import { plinthStack, templateOf } from '../../packages/cdk/test/support/synthesised.ts'
import { PdfFile } from '../../packages/documents/test/support/pdf-file.ts'
import { docxOf, paragraph } from '../../packages/documents/test/support/zip-file.ts'
import { BundledFunctions, emulatedVariables } from './support/bundled-functions.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

interface Shown {
  readonly document_id: string
  readonly source: string
  readonly status: string
  readonly embedding: string
  readonly error?: { readonly code: string }
}

interface Answered {
  readonly response: string
  readonly abstained: boolean
  readonly sources: readonly string[]
  readonly citations: readonly { readonly document_id: string; readonly start: number; readonly end: number }[]
}

/** Bundled functions by the template's wiring, each a process of its own; API Gateway and event sources are doubles. */
describeWithMoto('[G2] [R25] documents on the functions of AWS, on an emulator', (moto) => {
  const template = templateOf(plinthStack())
  const folder = temporaryFolder()
  const proxy = new FaultProxy()
  let functions: BundledFunctions
  let without: BundledFunctions
  let token: string

  beforeAll(async () => {
    bundleHandlers({ folder })
    await proxy.open(moto.endpoint)
    proxy.isolateTransactions()
    const variables = emulatedVariables(proxy.endpoint, { PLINTH_MODEL: 'local/extractive' })
    functions = new BundledFunctions({ moto, template, folder, variables })
    without = new BundledFunctions({ moto, template: templateOf(plinthStack({ rag: false })), folder, variables })
    expect((await functions.api.ask({ path: '/readyz' })).status).toBe(200)
    token = await functions.tokenOf('demo')
  })
  afterAll(() => {
    functions?.stop()
    without?.stop()
    return proxy.close()
  })

  it('are taken by the API, read by rag-processor in all their kinds, and answered from with their evidence [R26, R32, X26]', async () => {
    const sent = await sendFiles({
      'pumps.pdf': PdfFile.of([
        { texts: [{ text: 'Pumps of the northern works.', x: 50, y: 700 }] },
        { texts: [{ text: 'The pump PX-4711 is serviced every 400 hours.', x: 50, y: 700 }] },
      ]),
      'boats.docx': docxOf([paragraph('Boats', 'Heading1'), paragraph('The ferry Marianne leaves at nine.')].join('')),
      'birds.html': new TextEncoder().encode('<h1>Birds</h1><p>The heron Otto sleeps on one leg.'),
      'broken.pdf': new TextEncoder().encode('%PDF-1.7 and then nothing'),
    })
    expect(sent.status).toBe(202)
    await workUntil('all are read', async () => {
      const all = await listed()
      return all.length === 4 && all.every(({ status, embedding }) => status === 'failed' || embedding === 'done')
    })
    const states = Object.fromEntries((await listed()).map(({ source, status, error }) => [source, error?.code ?? status]))
    expect(states).toEqual({
      ...{ 'pumps.pdf': 'processed', 'boats.docx': 'processed', 'birds.html': 'processed' },
      'broken.pdf': expect.stringMatching(/^document_/),
    })
    for (const [question, source, evidence] of [
      ['How often is the pump PX-4711 serviced?', 'pumps.pdf', '400 hours'],
      ['When does the ferry Marianne leave?', 'boats.docx', 'nine'],
      ['How does the heron Otto sleep?', 'birds.html', 'one leg'],
    ] as const) {
      const answer = await asked(question)
      expect(answer).toMatchObject({ abstained: false, sources: [source] })
      const [citation] = answer.citations
      const { body: text } = await ask(`/api/documents/${citation?.document_id}/text`)
      expect(text.slice(citation?.start, citation?.end)).toContain(evidence)
    }
    expect((await asked('Who painted the Mona Lisa?')).abstained).toBe(true)
  })

  it('a new version takes the place of the old one, and of what is deleted no row is left [R24, R44]', async () => {
    const write = async (hour: string) => {
      const documents = [{ source: 'trains.md', content: `# Trains\n\nThe train Ferdinand leaves at ${hour}.\n` }]
      const sent = await ask('/api/documents', { method: 'POST', body: { documents } })
      return (JSON.parse(sent.body) as readonly Shown[])[0]?.document_id ?? ''
    }
    const embedded = async () => (await listed()).find(({ source }) => source === 'trains.md')?.embedding === 'done'
    const id = await write('ten')
    await workUntil('it is read', embedded)
    expect(await write('noon')).toBe(id)
    expect((await asked('When does the train Ferdinand leave?')).response).toContain('ten')
    await workUntil('it is read anew', embedded)
    expect((await asked('When does the train Ferdinand leave?')).response).toContain('noon')
    expect(await rowsOf(id)).not.toEqual([])
    expect((await ask(`/api/documents/${id}`, { method: 'DELETE' })).status).toBeLessThan(300)
    expect((await asked('When does the train Ferdinand leave?')).abstained).toBe(true)
    // What is cleaned, is cleaned by a job.
    expect(await functions.work()).toBeGreaterThan(0)
    await workUntil('nothing waits', async () => (await functions.work()) === 0)
    expect(await rowsOf(id)).toEqual([])
    expect((await ask(`/api/documents/${id}`)).status).toBe(404)
  })

  it('[R22] [X11] a batch fails in part: what is over goes, what the function could not end stays, what is no job is put aside', async () => {
    const queue = 'plinth-rag-ingest-normal'
    const documents = [1, 2, 3].map((number) => ({
      source: `batch-${number}.md`,
      content: `The code of batch ${number} is zq${number}.`,
    }))
    for (const document of documents) await ask('/api/documents', { method: 'POST', body: { documents: [document] } })
    await functions.byName.relay.call({})
    const QueueUrl = await functions.urlOf(queue)
    await moto.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{{' }))
    const records = await functions.receive(queue, 10)
    expect(records).toHaveLength(4)
    const elsewhere = {
      ...records[0],
      messageId: 'elsewhere',
      eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:plinth-nowhere',
    }
    const answer = await functions.byName['document-worker'].call({ Records: [...records, elsewhere] })
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'elsewhere' }] })
    const shown = (await listed()).filter(({ source }) => source.startsWith('batch-'))
    expect(shown.map(({ status }) => status)).toEqual(['processed', 'processed', 'processed'])
    const { Messages = [] } = await moto.clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: await functions.urlOf('plinth-dead') }),
    )
    expect(Messages.map(({ Body }) => Body)).toEqual(['{{'])
    // Delivered once more, it changes nothing.
    await functions.byName['document-worker'].call({ Records: records })
    expect((await listed()).filter(({ source }) => source.startsWith('batch-'))).toEqual(shown)
  })

  it('[X11] a function that dies with a document leaves it to the next one', async () => {
    const queue = 'plinth-rag-ingest-normal'
    const content = `# Long\n\n${'Much is said here, and little of it matters. '.repeat(20_000)}\n\nThe walrus Egon sings at noon.`
    await ask('/api/documents', { method: 'POST', body: { documents: [{ source: 'long.md', content }] } })
    await functions.byName.relay.call({})
    const records = await functions.receive(queue, 1)
    const cut = functions.byName['document-worker'].call({ Records: records })
    await new Promise((resolve) => setTimeout(resolve, 100))
    functions.byName['document-worker'].stop()
    await expect(cut).rejects.toThrow(/ended/)
    await functions.giveBack(queue, records)
    await workUntil('it is read', async () => (await listed()).find(({ source }) => source === 'long.md')?.status === 'processed')
    expect((await asked('When does the walrus Egon sing?')).sources).toEqual(['long.md'])
  })

  it('a function that serves another pattern leaves a job of documents for one that does', async () => {
    const queue = 'plinth-rag-ingest-normal'
    const documents = [{ source: 'astray.md', content: 'The code of what went astray is zq9.' }]
    await ask('/api/documents', { method: 'POST', body: { documents } })
    await functions.byName.relay.call({})
    const records = await functions.receive(queue, 1)
    expect(await functions.byName['request-worker'].call({ Records: records })).toEqual({ batchItemFailures: [] })
    expect((await listed()).find(({ source }) => source === 'astray.md')?.status).toBe('processing')
    const AttributeNames = ['ApproximateNumberOfMessagesDelayed' as const]
    const { Attributes } = await moto.clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: await functions.urlOf(queue), AttributeNames }),
    )
    expect(Attributes).toEqual({ ApproximateNumberOfMessagesDelayed: '1' })
  })

  it('a stack without them takes no documents and answers none of their questions, and everything else works', async () => {
    const there = (path: string, method = 'GET', body?: object) =>
      without.api.ask({ path, method, headers: bearer(), ...(body && { body }) })
    const documents = [{ source: 'a.md', content: 'Lost.' }]
    for (const told of [
      await there('/api/documents', 'POST', { documents }),
      await there('/api/documents'),
      await there('/api/uploads', 'POST', {}),
      await there('/api/rag/query', 'POST', { query: 'When does the ferry leave?' }),
    ])
      expect([told.by, told.status]).toEqual(['server', 404])
    expect((await there('/openapi.json')).body).not.toContain('/api/rag')
    expect((await there('/api/requests', 'POST', { prompt: 'Why queues?', request_id: 'beside' })).status).toBe(202)
    await until(
      'it is worked',
      async () => {
        await without.work()
        return (JSON.parse((await there('/api/requests/beside')).body) as { status: string }).status === 'completed'
      },
      { within: 60_000, every: 100 },
    )
    expect(without.byName).not.toHaveProperty('document-worker')
  })

  const bearer = () => ({ Authorization: `Bearer ${token}` })

  function ask(path: string, { method = 'GET', body }: { readonly method?: string; readonly body?: object } = {}): Promise<Told> {
    return functions.api.ask({
      path,
      method,
      headers: { ...bearer(), 'Content-Type': 'application/json' },
      ...(body && { body }),
    })
  }

  async function sendFiles(files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): Promise<Told> {
    const form = new FormData()
    for (const [name, bytes] of Object.entries(files)) form.append('files', new Blob([bytes]), name)
    const request = new Request('http://nowhere', { method: 'POST', body: form })
    const headers = { ...bearer(), 'Content-Type': request.headers.get('content-type') ?? '' }
    return functions.api.ask({
      path: '/api/documents',
      method: 'POST',
      headers,
      body: new Uint8Array(await request.arrayBuffer()),
    })
  }

  async function asked(query: string): Promise<Answered> {
    const told = await ask('/api/rag/query', { method: 'POST', body: { query } })
    expect(told.status).toBe(200)
    return JSON.parse(told.body) as Answered
  }

  async function listed(): Promise<readonly Shown[]> {
    return (JSON.parse((await ask('/api/documents?limit=100')).body) as { items: readonly Shown[] }).items
  }

  /** The keys of the rows that hold a document; what was told of it stays in the event log. */
  async function rowsOf(id: string): Promise<readonly string[]> {
    const { Items = [] } = await moto.clients.dynamodb.send(new ScanCommand({ TableName: functions.environment.table }))
    return Items.map(({ pk }) => pk?.S ?? '').filter((key) => key.includes(id))
  }

  async function workUntil(what: string, look: () => Promise<boolean>): Promise<void> {
    const round = async () => {
      await functions.work()
      return look()
    }
    await until(what, round, { within: 120_000, every: 50 })
  }
})
