import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { PdfFile } from '../../documents/test/support/pdf-file.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

interface ShownDocument {
  readonly document_id: string
  readonly document: string
  readonly source: string
  readonly content_type: string
  readonly status: string
  readonly chunks_count: number
  readonly embedding: string
  readonly version: number
  readonly error?: { readonly code: string }
}
interface Passage {
  readonly document_id: string
  readonly source: string
  readonly content: string
  readonly start: number
  readonly end: number
  readonly page?: number
}

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer({ PLINTH_MODEL: 'local/extractive' })
  token = await server.token()
})

const send = (documents: readonly object[]) => call<ShownDocument[]>(server.url, '/api/documents', { token, body: { documents } })

async function read(id: string): Promise<ShownDocument> {
  return until('a document is read', async () => {
    const { body } = await call<ShownDocument>(server.url, `/api/documents/${id}`, { token })
    return body.status !== 'processing' && body
  })
}

async function ingest(...documents: readonly object[]): Promise<readonly ShownDocument[]> {
  const { body } = await send(documents)
  return Promise.all(body.map(({ document_id }) => read(document_id)))
}

async function text(id: string): Promise<string> {
  const response = await fetch(`${server.url}/api/documents/${id}/text`, { headers: { authorization: `Bearer ${token}` } })
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  return response.text()
}

async function retrieve(query: string, more: object = {}, as = token): Promise<readonly Passage[]> {
  const { body } = await call<{ results: Passage[] }>(server.url, '/api/rag/retrieve', { token: as, body: { query, ...more } })
  return body.results
}

async function postForm(form: FormData): Promise<Response> {
  return fetch(`${server.url}/api/documents`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: form })
}

describe('POST /api/documents', () => {
  it('answers 202 with a bare list in the order sent [R26]', async () => {
    const answer = await send([
      { source: 'b.md', content: '# B\n\nOf bees.' },
      { source: 'a.txt', content: 'Of ants.' },
    ])
    expect(answer.status).toBe(202)
    expect(answer.body).toMatchObject([
      { document: 'b.md', source: 'b.md', content_type: 'text/markdown', status: 'processing', embedding: 'pending', version: 1 },
      { document: 'a.txt', source: 'a.txt', content_type: 'text/plain', status: 'processing' },
    ])
    const done = await read(answer.body[0]?.document_id ?? '')
    expect(done).toMatchObject({ status: 'processed', chunks_count: 1 })
    expect(done).not.toHaveProperty('error')
  })

  it.each([
    [{ documents: [] }, 'documents'],
    [{ documents: [{ content: 'x' }] }, 'documents.0.source'],
    [{ documents: [{ source: 'a.txt' }] }, 'documents.0.content'],
    [{ documents: [{ source: 'a.txt', content: 'x', upload_id: 'y' }] }, 'documents.0.content'],
    [{ documents: [{ source: 'a.txt', content: 7 }] }, 'documents.0.content'],
    [{ documents: [{ source: 'a.txt', content: 'x', more: 1 }] }, 'documents.0.more'],
    [{ documents: [{ source: 'a.txt', content: 'x', acl: {} }] }, 'documents.0.acl'],
    [{ documents: [{ source: 'a.txt', content: 'x', acl: { users: 'ann' } }] }, 'documents.0.acl.users'],
    [{ documents: [{ source: 'a.txt', content: 'x', metadata: { a: { b: 1 } } }] }, 'documents.0.metadata.a'],
    [{ documents: [{ source: 'a.zip', content: 'x', content_type: 'application/zip' }] }, 'documents.0.content_type'],
    [{ documents: [{ source: 'a.txt', upload_id: 'nobody' }] }, 'documents.0.upload_id'],
  ])('refuses %j, naming %s, and keeps nothing', async (body, field) => {
    const before = (await call<{ items: unknown[] }>(server.url, '/api/documents?limit=1000', { token })).body.items.length
    const answer = await call(server.url, '/api/documents', { token, body })
    expectProblem(answer, 400)
    expect(answer.body).toMatchObject({ field })
    const { items } = (await call<{ items: unknown[] }>(server.url, '/api/documents?limit=1000', { token })).body
    expect(items).toHaveLength(before)
  })

  it('takes 32 MiB of JSON, and no more', async () => {
    const answer = await send([{ source: 'large.txt', content: 'x '.repeat(16 * 1024 * 1024) }])
    expectProblem(answer, 413)
  })

  it('keeps offsets right in every script [R25, X24]', async () => {
    const content =
      'Ein Käfer 🐞 krabbelt.\n\n漢字とひらがなの文章です。猫が好きです。\n\nالقطة تنام على السطح.\n\ne\u0301te\u0301 arrive.'
    const [{ document_id: id } = expect.fail()] = await ingest({ source: 'scripts.txt', content })
    expect(await text(id)).toBe(content)
    for (const query of ['Käfer', '猫', 'القطة', 'été']) {
      const [first = expect.fail(query)] = (await retrieve(query)).filter(({ document_id }) => document_id === id)
      expect(content.slice(first.start, first.end)).toBe(first.content)
    }
  })

  it('tells of a passage on which page it stands, where there are pages [R43, X27]', async () => {
    // Each page fills more than a chunk.
    const page = (text: string) => ({
      texts: Array.from({ length: 30 }, (_, line) => ({
        text: line === 15 ? text : `Line ${line} speaks at length of nothing in particular, as such lines do, and so on.`,
        x: 50,
        y: 800 - line * 25,
      })),
    })
    const form = new FormData()
    const file = PdfFile.of(['The aardvark digs.', 'The pangolin rolls itself up.', 'The okapi hides.'].map(page))
    form.append('files', new Blob([file]), 'pages.pdf')
    const [sent = expect.fail()] = (await (await postForm(form)).json()) as ShownDocument[]
    expect(await read(sent.document_id)).toMatchObject({ status: 'processed' })
    for (const [at, animal] of ['aardvark', 'pangolin', 'okapi'].entries())
      expect((await retrieve(`Where is the ${animal}?`))[0]).toMatchObject({ source: 'pages.pdf', page: at + 1 })
    const [plain = expect.fail()] = await ingest({ source: 'no-pages.txt', content: 'The tamandua climbs.' })
    expect((await retrieve('tamandua')).find(({ document_id }) => document_id === plain.document_id)).not.toHaveProperty('page')
  })

  it('takes files of a form, with metadata and acl for all of them [R25, X26]', async () => {
    const form = new FormData()
    form.append('metadata', JSON.stringify({ shelf: 'forms' }))
    form.append('files', new Blob(['# Otters\n\nOtters hold hands.']), 'animals/otters.md')
    form.append('files', new Blob([Uint8Array.of(0xff, 0xfe, 0x00)]), 'broken.txt')
    const response = await postForm(form)
    expect(response.status).toBe(202)
    const sent = (await response.json()) as ShownDocument[]
    expect(sent.map(({ source }) => source)).toEqual(['animals/otters.md', 'broken.txt'])
    expect(await read(sent[0]?.document_id ?? '')).toMatchObject({ status: 'processed', content_type: 'text/markdown' })
    expect(await read(sent[1]?.document_id ?? '')).toMatchObject({ status: 'failed', error: { code: expect.any(String) } })
    expect((await retrieve('otters hands', { filter: { shelf: 'forms' } })).map(({ source }) => source)).toEqual([
      'animals/otters.md',
    ])
  })

  it.each([
    ['a field that nobody knows', (form: FormData) => form.append('extra', '1'), 'extra'],
    ['metadata that is no JSON', (form: FormData) => form.append('metadata', '{'), 'metadata'],
    ['a name that no metadata can have', (form: FormData) => form.append('metadata', '{"__proto__": "b"}'), 'metadata.__proto__'],
    ['no files', (form: FormData) => form.delete('files'), 'documents'],
  ])('refuses a form with %s', async (_, change, field) => {
    const form = new FormData()
    form.append('files', new Blob(['x']), 'x.txt')
    form.append('acl', JSON.stringify({ users: ['ann'] }))
    change(form)
    const response = await postForm(form)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ field })
  })

  it('refuses what is no form, and a form of another tenant', async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'multipart/form-data; boundary=x' }
    const broken = await fetch(`${server.url}/api/documents`, { method: 'POST', headers, body: '--y\r\nno form' })
    expect(broken.status).toBe(400)
    const form = new FormData()
    form.append('tenant_id', 'other')
    form.append('files', new Blob(['x']), 'x.txt')
    expect((await postForm(form)).status).toBe(403)
  })
})

describe('uploads', () => {
  it('take a file in pieces, once, and become a document', async () => {
    const asked = await call<{ upload_id: string; upload_url: string; expires_at: string }>(server.url, '/api/uploads', {
      token,
      body: {},
    })
    expect(asked.status).toBe(201)
    expect(new Date(asked.body.expires_at).getTime()).toBeGreaterThan(Date.now())
    const content = `${'Padding of the upload. '.repeat(800_000)}The walrus sings.`
    const put = () =>
      fetch(new URL(asked.body.upload_url, server.url), {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}` },
        body: new Blob([content]).stream(),
        duplex: 'half',
      } as RequestInit)
    const first = await put()
    expect(await first.json()).toEqual({ upload_id: asked.body.upload_id, bytes: content.length })
    expect((await put()).status).toBe(409)
    const [document = expect.fail()] = await ingest({ source: 'walrus.txt', upload_id: asked.body.upload_id })
    expect(document).toMatchObject({ status: 'processed' })
    expect((await retrieve('walrus sings'))[0]).toMatchObject({ source: 'walrus.txt' })
    expect((await text(document.document_id)).length).toBe(content.length)
    const again = { source: 'again.txt', upload_id: asked.body.upload_id }
    expectProblem(await send([again]), 400, 'upload_unknown', 'documents.0.upload_id')
    expectProblem(await send([again, { ...again, source: 'twice.txt' }]), 400, 'upload_taken', 'documents.1.upload_id')
  })

  it('refuse more than 256 MiB as soon as it is said', async () => {
    const { body } = await call<{ upload_url: string }>(server.url, '/api/uploads', { token, body: {} })
    const response = await fetch(new URL(body.upload_url, server.url), {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}` },
      body: new Blob([new Uint8Array(256 * 1024 * 1024 + 1)]),
    }).catch((error: Error) => error)
    if (!(response instanceof Error)) expect(response.status).toBe(413)
  })

  it('that brought nothing are no document', async () => {
    const { body } = await call<{ upload_id: string }>(server.url, '/api/uploads', { token, body: {} })
    const answer = await send([{ source: 'x.txt', upload_id: body.upload_id }])
    expectProblem(answer, 400, 'upload_empty')
  })
})

describe('questions', () => {
  beforeAll(async () => {
    await ingest(
      { source: 'pumps.txt', content: 'The pump PX-4711 is serviced every 400 hours. Its seal is made of rubber.' },
      { source: 'boats.txt', content: 'The ferry to Helgoland leaves at 9 in the morning.', acl: { groups: ['sailors'] } },
    )
  })

  it.each([
    [{ query: '' }, 'query'],
    [{ query: ' \n' }, 'query'],
    [{}, 'query'],
    [{ query: 7 }, 'query'],
    [{ query: 'x', top_k: 0 }, 'top_k'],
    [{ query: 'x', top_k: -1 }, 'top_k'],
    [{ query: 'x', top_k: 1e9 }, 'top_k'],
    [{ query: 'x', top_k: 1.5 }, 'top_k'],
    [{ query: 'x', filter: { a: {} } }, 'filter.a'],
    [{ query: 'x', other: 1 }, 'other'],
    [{ query: 'x', history: [{ role: 'system', content: 'x' }] }, 'history.0.role'],
  ])('like %j are refused, naming %s', async (body, field) => {
    for (const path of ['/api/rag/retrieve', '/api/rag/query']) {
      const answer = await call(server.url, path, { token, body })
      expectProblem(answer, 400)
      expect(answer.body).toMatchObject({ field })
    }
  })

  it('of 100 KB are answered', async () => {
    const passages = await retrieve(`Pump PX-4711 ${'and words that nobody wrote '.repeat(4_000)}`)
    expect(passages[0]).toMatchObject({ source: 'pumps.txt' })
  })

  it('are answered with evidence, whole and in parts [R32, R43]', async () => {
    const body = { query: 'How often is the pump PX-4711 serviced?' }
    const whole = await call<Record<string, unknown>>(server.url, '/api/rag/query', { token, body })
    expect(whole.body).toMatchObject({ tenant_id: 'demo', abstained: false, sources: ['pumps.txt'] })
    expect(Object.keys(whole.body).sort()).toEqual([
      'abstained',
      'citations',
      'confidence',
      'filtered',
      'response',
      'sources',
      'tenant_id',
      'usage',
    ])
    const streamed = await call(server.url, '/api/rag/query', { token, body: { ...body, stream: true } })
    expect(streamed.headers.get('content-type')).toBe('text/event-stream')
    const last =
      streamed.text
        .trim()
        .split('\n\n')
        .filter((each) => !each.startsWith(':'))
        .at(-1) ?? ''
    expect(last).toMatch(/event: done\n/)
    const { usage: _, ...done } = JSON.parse(last.slice(last.indexOf('data: ') + 6))
    const { usage: __, ...answer } = whole.body
    expect(done).toEqual(answer)
  })

  it('see what is for the groups of the token [X33]', async () => {
    const issuer = server.issuer
    const tokenOf = (groups: readonly string[]) =>
      issuer.sign({ tenant: 'demo', user: 'eve', permissions: ['rag:read', 'documents:read'], groups, lifetime: 600 } as never)
    const query = 'When does the ferry to Helgoland leave?'
    expect((await retrieve(query, {}, await tokenOf(['sailors']))).map(({ source }) => source)).toContain('boats.txt')
    const other = await tokenOf(['cooks'])
    expect((await retrieve(query, {}, other)).map(({ source }) => source)).not.toContain('boats.txt')
    const { items } = (await call<{ items: ShownDocument[] }>(server.url, '/api/documents?limit=1000', { token: other })).body
    expect(items.map(({ source }) => source)).not.toContain('boats.txt')
  })
})

describe('a document that is for some', () => {
  const secret = { source: 'secret.txt', content: 'The heron nests in the tower.', acl: { users: ['ann'] } }

  it('is replaced by whom it is for, and who sent it first, and nobody else [X33]', async () => {
    await ingest(secret)
    const bob = await server.token({ user: 'bob' })
    const sendAs = (as: string, document: object) =>
      call(server.url, '/api/documents', { token: as, body: { documents: [{ source: 'other.txt', content: 'x' }, document] } })
    for (const document of [secret, { ...secret, content: 'Bob was here.', acl: undefined }])
      expectProblem(await sendAs(bob, document), 403, 'document_restricted', 'documents.1.source')
    const { items } = (await call<{ items: ShownDocument[] }>(server.url, '/api/documents?limit=1000', { token })).body
    expect(items.map(({ source }) => source)).not.toContain('other.txt')
    expect((await retrieve('heron nests'))[0]).toMatchObject({ source: 'secret.txt' })
    const [document = expect.fail()] = (await send([{ ...secret, acl: { users: ['bob'] } }])).body
    await until('bob sees it', async () => (await retrieve('heron nests', {}, bob)).some(({ source }) => source === 'secret.txt'))
    expect((await call(server.url, `/api/documents/${document.document_id}`, { token })).status).toBe(404)
    expect((await send([secret])).status).toBe(202)
  })

  it('shows to old and new readers when its next version fails, and is read by those of both lists [X33]', async () => {
    const [document = expect.fail()] = await ingest({ ...secret, source: 'vault.txt' })
    await send([{ source: 'vault.txt', content: ' ', acl: { users: ['bob'] } }])
    for (const user of ['ann', 'bob']) {
      const as = await server.token({ user })
      const shown = () => call<ShownDocument>(server.url, `/api/documents/${document.document_id}`, { token: as })
      await until('it shows', async () => (await shown()).body.status === 'failed')
      expect((await call(server.url, `/api/documents/${document.document_id}/text`, { token: as })).status).toBe(404)
    }
    const eve = await server.token({ user: 'eve' })
    expect((await call(server.url, `/api/documents/${document.document_id}`, { token: eve })).status).toBe(404)
    expect((await send([{ ...secret, source: 'vault.txt' }])).status).toBe(202)
  })
})

describe('documents that are deleted while they are asked for', () => {
  it('are found or not, but never half, and not any more once the answer to it came [X25]', async () => {
    const words = Array.from({ length: 12 }, (_, at) => ({ source: `gone-${at}.txt`, content: `Quokka number ${at} sleeps.` }))
    const ids = (await ingest(...words)).map(({ document_id }) => document_id)
    const gone = new Set<string>()
    const asking = Array.from({ length: 24 }, async () => {
      const before = new Set(gone)
      for (const { document_id, content } of await retrieve('quokka sleeps', { top_k: 100 })) {
        expect(before).not.toContain(document_id)
        if (ids.includes(document_id)) expect(content).toMatch(/^Quokka number \d+ sleeps\.$/)
      }
    })
    const deleting = ids.map(async (id) => {
      expect((await call(server.url, `/api/documents/${id}`, { token, method: 'DELETE' })).status).toBe(204)
      gone.add(id)
    })
    await Promise.all([...asking, ...deleting])
    expect((await retrieve('quokka sleeps')).filter(({ document_id }) => gone.has(document_id))).toEqual([])
  })
})
