import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { Client } from '../src/client.ts'
import type { DocumentFile } from '../src/document-files.ts'
import { batches, sendFiles } from '../src/document-sender.ts'
import { awaitBatch } from '../src/ingest-progress.ts'
import { serverEvents } from '../src/server-events.ts'

const folder = temporaryFolder()
const file = (source: string, content = 'words'): DocumentFile => {
  const path = join(folder, source)
  writeFileSync(path, content)
  return { path, source, bytes: content.length }
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly files: readonly string[]
}

/** A server that answers as it is told, and what it was asked. */
function fakeServer(answer: (asked: Asked, number: number) => object | Response): { client: Client; asked: Asked[] } {
  const asked: Asked[] = []
  const fetching = async (url: string, { method = 'GET', body }: RequestInit): Promise<Response> => {
    const files = body instanceof FormData ? body.getAll('files').map((each) => (each as File).name) : []
    asked.push({ method, path: new URL(url).pathname, files })
    const answered = answer(asked.at(-1) ?? expect.fail(), asked.length)
    return answered instanceof Response ? answered : Response.json(answered, { headers: { location: '/api/ingests/1' } })
  }
  return { client: new Client('http://server', 'token', { fetching }), asked }
}

const problem = (status: number, code: string, field?: string): Response =>
  Response.json({ code, detail: 'No.', ...(field ? { field } : {}) }, { status, headers: { 'retry-after': '0' } })
const shown = (source: string, status = 'processing') => ({
  document_id: source,
  source,
  status,
  chunks_count: 1,
  embedding: 'done',
})

describe('sending files', () => {
  it('is done in batches of 100 files and 16 MiB, large ones alone', () => {
    const small = Array.from({ length: 10_000 }, (_, at) => ({ path: `${at}`, source: `${at}`, bytes: 10 }))
    expect(batches(small).map((batch) => batch.length)).toEqual(Array(100).fill(100))
    const size = (bytes: number) => ({ path: 'a', source: 'a', bytes })
    const mebibyte = 1024 * 1024
    expect(batches([3, 3, 5, 3, 3, 3, 3, 3, 3].map((each) => size(each * mebibyte))).map((batch) => batch.length)).toEqual([
      2, 1, 5, 1,
    ])
  })

  it('leaves out what can’t be read or isn’t taken, and sends the rest [X26]', async () => {
    const files = [
      file('a.txt'),
      file('b\u0001.txt'),
      { path: join(folder, 'gone.txt'), source: 'gone.txt', bytes: 5 },
      file('c.txt'),
    ]
    const { client, asked } = fakeServer(({ files: sent }) => {
      const bad = sent.indexOf('b\u0001.txt')
      return bad < 0 ? sent.map((source) => shown(source)) : problem(400, 'invalid_input', `documents.${bad}.source`)
    })
    const { documents, unsent, location } = await sendFiles(client, files, {})
    expect(documents.map(({ source }) => source)).toEqual(['a.txt', 'c.txt'])
    expect(unsent.map(({ source, error }) => [source, error.code])).toEqual([
      ['gone.txt', 'file_unreadable'],
      ['b\u0001.txt', 'invalid_input'],
    ])
    expect([asked.length, location]).toEqual([2, '/api/ingests/1'])
  })

  it('ends with what stops all of it', async () => {
    const { client } = fakeServer(() => problem(401, 'token_invalid'))
    await expect(sendFiles(client, [file('a.txt')], {})).rejects.toMatchObject({ code: 'token_invalid' })
    const wrong = fakeServer(() => problem(400, 'invalid_input', 'metadata'))
    await expect(sendFiles(wrong.client, [file('a.txt')], {})).rejects.toMatchObject({ field: 'metadata' })
  })

  it('begins an upload anew that broke off, and refuses what is larger than any', async () => {
    const large = { ...file('large.txt'), bytes: 5 * 1024 * 1024 }
    let broken = 0
    const { client, asked } = fakeServer(({ method, path }) => {
      if (path === '/api/uploads') return { upload_id: 'u' }
      if (method === 'PUT') return broken++ === 0 ? problem(503, 'unavailable') : { upload_id: 'u', bytes: 5 }
      return [shown('large.txt')]
    })
    expect(await sendFiles(client, [large], {})).toMatchObject({ documents: [{ source: 'large.txt' }], unsent: [] })
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /api/uploads',
      'PUT /api/uploads/u',
      'POST /api/uploads',
      'PUT /api/uploads/u',
      'POST /api/documents',
    ])
    truncateSync(large.path, 257 * 1024 * 1024)
    const huge = await sendFiles(client, [{ ...large, bytes: 257 * 1024 * 1024 }], {})
    expect(huge.unsent).toMatchObject([{ source: 'large.txt', error: { code: 'document_too_large' } }])
  })
})

describe('waiting for a batch', () => {
  it('asks for its figures, then once for each document that was not there before', async () => {
    const figures = { total: 3, unchanged: 1, processed: 1, embedded: 0, failed: 1, superseded: 0 }
    const { client, asked } = fakeServer(({ path }, number) => {
      if (path.startsWith('/api/ingests')) return number === 1 ? { ...figures, processed: 0, failed: 0 } : figures
      return { ...shown(path.slice(-1), path.endsWith('c') ? 'failed' : 'processed'), error: { code: 'x', message: 'X.' } }
    })
    const documents = [shown('a', 'processed'), shown('b'), shown('c')] as never
    const told: number[] = []
    const ended = await awaitBatch(
      client,
      { documents, unsent: [], location: '/api/ingests/1' },
      { vectors: false, told: (each) => told.push(each) },
    )
    expect(told).toEqual([1, 3])
    expect(ended.unchanged).toBe(1)
    expect(ended.documents.map(({ source, status }) => [source, status])).toEqual([
      ['a', 'processed'],
      ['b', 'processed'],
      ['c', 'failed'],
    ])
    expect(asked.map(({ path }) => path)).toEqual(['/api/ingests/1', '/api/ingests/1', '/api/documents/b', '/api/documents/c'])
  })

  it('tells of a document that was deleted meanwhile', async () => {
    const { client } = fakeServer(({ path }) =>
      path.startsWith('/api/ingests')
        ? { total: 1, unchanged: 0, processed: 0, embedded: 0, failed: 0, superseded: 1 }
        : problem(404, 'not_found'),
    )
    const batch = { documents: [shown('a')] as never, unsent: [], location: '/api/ingests/1' }
    const { documents } = await awaitBatch(client, batch, { vectors: false, told: () => {} })
    expect(documents).toMatchObject([{ status: 'failed', error: { code: 'document_gone' } }])
  })
})

it('server-sent events are read however they are cut', async () => {
  const bytes = new TextEncoder().encode(
    ': hi\n\nid: 1\nevent: token\ndata: {"text":"Käfer 🐞"}\n\n: ping\n\nevent: done\ndata: {"ok":1}\n\n',
  )
  for (const size of [1, 7, 1_000]) {
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    }
    const events: unknown[] = []
    for await (const event of serverEvents(pieces())) events.push(event)
    expect(events).toEqual([
      { id: '1', event: 'token', data: { text: 'Käfer 🐞' } },
      { id: undefined, event: 'done', data: { ok: 1 } },
    ])
  }
})
