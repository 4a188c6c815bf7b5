import { S3Client } from '@aws-sdk/client-s3'
import { type Block, type GetDocumentTextDetectionResponse, TextractClient } from '@aws-sdk/client-textract'
import { type OcrImage, PlinthError } from '@plinth/core'
import { FakeClock } from '@plinth/core/testing'
import { describe, expect, it } from 'vitest'
import { TextractOcr } from '../src/textract-ocr.ts'
import { Answering, awsError, type GivenAnswer, nowhere, onlyOnAnAccount, type SentRequest } from './support/answering.ts'

const minute = 60_000

describe('TextractOcr', () => {
  it('[R25] sends one image with the request, and gives its words in pixels, line by line', async () => {
    const { ocr, textract, s3 } = setUp({
      DetectDocumentText: () => ({
        body: {
          Blocks: blocks(
            [
              ['Total', 0.1, 0.5, 0.2, 0.05, 98.5],
              ['due', 0.35, 0.5],
            ],
            ['Thanks'],
          ),
        },
      }),
    })
    expect(await ocr.read([png(1000, 400)])).toEqual([
      {
        lines: [
          [
            { text: 'Total', x0: 100, y0: 200, x1: 300, y1: 220, confidence: 0.985 },
            { text: 'due', x0: 350, y0: 200, x1: 450, y1: 220, confidence: 0.9 },
          ],
          [{ text: 'Thanks', x0: 100, y0: 40, x1: 200, y1: 60, confidence: 0.9 }],
        ],
      },
    ])
    expect(s3.sent).toEqual([])
    const { Document } = JSON.parse(textract.sent[0]?.body.toString() ?? '')
    expect(Buffer.from(Document.Bytes, 'base64')).toEqual(Buffer.from(png(1000, 400).bytes))
  })

  it("keeps a box that leaves the page within the image, and leaves out what isn't a word", async () => {
    const { ocr } = setUp({
      DetectDocumentText: () => ({
        body: {
          Blocks: [
            ...blocks([['edge', -0.01, 0.9, 1.2, 0.3, 120]]),
            { BlockType: 'LINE', Id: 'empty', Relationships: [{ Type: 'CHILD', Ids: ['nowhere'] }] },
            { BlockType: 'WORD', Id: 'unboxed', Text: 'unboxed' },
          ],
        },
      }),
    })
    expect(await ocr.read([jpeg(200, 100)])).toEqual([
      { lines: [[{ text: 'edge', x0: 0, y0: 90, x1: 200, y1: 100, confidence: 1 }]] },
    ])
  })

  it('[R25] [X27] reads several images by jobs, in their order, whichever is done first', async () => {
    const asked = new Map<string, number>()
    const { ocr, textract, s3, run } = setUp({
      StartDocumentTextDetection: ({ body }) => ({ body: { JobId: JSON.parse(String(body)).DocumentLocation.S3Object.Name } }),
      GetDocumentTextDetection: ({ body }) => {
        const { JobId } = JSON.parse(String(body))
        const times = (asked.get(JobId) ?? 0) + 1
        asked.set(JobId, times)
        // The earlier an image was put, the longer it takes.
        const place = s3.sent.filter(({ method }) => method === 'PUT').findIndex(({ path }) => path.endsWith(JobId))
        return { body: times + place < 4 ? { JobStatus: 'IN_PROGRESS' } : finished(blocks([[`page${place}`]])) }
      },
    })
    const pages = await run(ocr.read([png(100, 100), jpeg(100, 100), png(10, 10)]))
    expect(pages.map(({ lines }) => lines[0]?.[0]?.text)).toEqual(['page0', 'page1', 'page2'])
    expect(textract.operations()).not.toContain('DetectDocumentText')
    const puts = s3.sent.filter(({ method }) => method === 'PUT')
    expect(puts.map(({ headers }) => headers['content-type'])).toEqual(['image/png', 'image/jpeg', 'image/png'])
    expect(puts.every(({ path }) => /^\/scans\/\.incoming\/[0-9a-f-]{36}$/.test(path))).toBe(true)
    expect(left(s3)).toEqual([])
  })

  it('[R25] joins the pages of a long answer, and gives a page without words as an empty one', async () => {
    const all = blocks([['one']], [['two']], [['three']])
    const { ocr, run } = setUp({
      ...started,
      GetDocumentTextDetection: ({ body }) => {
        const { NextToken, JobId } = JSON.parse(String(body))
        if (JobId === 'job-2') return { body: finished([]) }
        const from = Number(NextToken ?? 0)
        const more = from + 2 < all.length ? { NextToken: String(from + 2) } : {}
        return { body: { ...finished(all.slice(from, from + 2)), ...more } }
      },
    })
    const [first, second] = await run(ocr.read([png(10, 10), png(10, 10)]))
    expect(first?.lines.map((line) => line.map(({ text }) => text))).toEqual([['one'], ['two'], ['three']])
    expect(second).toEqual({ lines: [] })
  })

  it('an image too large for the request goes by a job', async () => {
    const { ocr, textract, run } = setUp({ ...started, GetDocumentTextDetection: () => ({ body: finished(blocks([['big']])) }) })
    await run(ocr.read([png(4000, 4000, 11_000_000)]))
    expect(textract.operations()).toEqual(['StartDocumentTextDetection', 'GetDocumentTextDetection'])
  })

  it.each([
    ['no image', new Uint8Array(40)],
    ['nothing', new Uint8Array(0)],
    ['a PNG that is cut off', png(1, 1).bytes.subarray(0, 20)],
    ['a PNG without pixels', png(0, 5).bytes],
    ['a JPEG without a frame', Uint8Array.of(0xff, 0xd8, 0xff, 0xda, 0, 4, 0, 0)],
    ['a JPEG whose lengths lead nowhere', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, 0, 0)],
  ])('%s is document_damaged, and no page of it is sent', async (_, bytes) => {
    const { ocr, textract, s3 } = setUp({})
    const read = ocr.read([png(10, 10), { bytes, contentType: 'image/png' }])
    await expect(read).rejects.toMatchObject({ code: 'document_damaged', retryable: false })
    expect([...textract.sent, ...s3.sent]).toEqual([])
  })

  it.each([
    ['UnsupportedDocumentException', 'document_damaged', false],
    ['BadDocumentException', 'document_damaged', false],
    ['DocumentTooLargeException', 'document_too_large', false],
    ['AccessDeniedException', 'aws_denied', true],
    ['InvalidParameterException', 'aws_unavailable', true],
  ])('%s becomes %s', async (name, code, retryable) => {
    const { ocr } = setUp({ DetectDocumentText: () => awsError(name) })
    await expect(ocr.read([png(10, 10)])).rejects.toMatchObject({ code, retryable })
  })

  it('what fails in one image ends the others, and nothing stays in S3', async () => {
    let starts = 0
    const { ocr, s3, run } = setUp({
      StartDocumentTextDetection: () =>
        ++starts === 2 ? awsError('UnsupportedDocumentException') : { body: { JobId: `job-${starts}` } },
      GetDocumentTextDetection: () => ({ body: { JobStatus: 'IN_PROGRESS' } }),
    })
    await expect(run(ocr.read([png(10, 10), png(10, 10), png(10, 10)]))).rejects.toMatchObject({ code: 'document_damaged' })
    expect(s3.sent.some(({ method }) => method === 'PUT')).toBe(true)
    expect(left(s3)).toEqual([])
  })

  it('a job that failed is asked about directly: the answer has a code', async () => {
    const failing = { ...started, GetDocumentTextDetection: () => ({ body: { JobStatus: 'FAILED', StatusMessage: 'Whatever' } }) }
    const bad = setUp({ ...failing, DetectDocumentText: () => awsError('BadDocumentException') })
    await expect(bad.run(bad.ocr.read([png(10, 10), png(10, 10)]))).rejects.toMatchObject({ code: 'document_damaged' })
    expect(left(bad.s3)).toEqual([])
    const good = setUp({ ...failing, DetectDocumentText: () => ({ body: { Blocks: blocks([['there']]) } }) })
    const pages = await good.run(good.ocr.read([png(10, 10), png(10, 10)]))
    expect(pages.map(({ lines }) => lines[0]?.[0]?.text)).toEqual(['there', 'there'])
    const large = setUp(failing)
    await expect(large.run(large.ocr.read([png(10, 10, 11_000_000)]))).rejects.toMatchObject({
      code: 'ocr_failed',
      retryable: true,
    })
  })

  it('waits while it is throttled or too many jobs run, and starts one job for one image', async () => {
    const refusals = ['ProvisionedThroughputExceededException', 'LimitExceededException', 'ThrottlingException']
    const { ocr, textract, run } = setUp({
      StartDocumentTextDetection: () => awsErrorOnce(refusals) ?? { body: { JobId: 'job' } },
      GetDocumentTextDetection: () => awsErrorOnce(refusals) ?? { body: finished(blocks([['late']])) },
    })
    const [page] = await run(ocr.read([png(10, 10, 11_000_000)]))
    expect(page?.lines[0]?.[0]?.text).toBe('late')
    const starts = textract.sent.filter(({ operation }) => operation === 'StartDocumentTextDetection')
    expect(starts.length).toBe(4)
    expect(new Set(starts.map(({ body }) => JSON.parse(String(body)).ClientRequestToken)).size).toBe(1)
  })

  it.each([
    ['a job that never ends', { GetDocumentTextDetection: () => ({ body: { JobStatus: 'IN_PROGRESS' } }) }],
    ['throttles that never end', { GetDocumentTextDetection: () => awsError('ThrottlingException') }],
  ])('%s ends as ocr_timed_out when the time is over, and leaves nothing in S3', async (_, answers) => {
    const { ocr, s3, run, clock } = setUp({ ...started, ...answers })
    const start = clock.now()
    await expect(run(ocr.read([png(10, 10), png(10, 10)]))).rejects.toMatchObject({ code: 'ocr_timed_out', retryable: true })
    expect(clock.now() - start).toBeLessThanOrEqual(5 * minute)
    expect(left(s3)).toEqual([])
  })

  it("ends with the signal's reason at once, and takes what it put along", async () => {
    const { ocr, s3, clock } = setUp({ ...started, GetDocumentTextDetection: () => ({ body: { JobStatus: 'IN_PROGRESS' } }) })
    const stop = new AbortController()
    const outcome = ocr.read([png(10, 10), png(10, 10)], { signal: stop.signal }).then(
      () => 'read',
      (error: unknown) => error,
    )
    await clock.advance(3_000)
    stop.abort(new Error('enough'))
    expect(await outcome).toMatchObject({ message: 'enough' })
    expect(s3.sent.filter(({ method }) => method === 'PUT').length).toBe(2)
    expect(left(s3)).toEqual([])
    await expect(ocr.read([png(10, 10)], { signal: stop.signal })).rejects.toThrow('enough')
  })

  it("a bucket that can't be written ends as a fault of the service, not of the document", async () => {
    const { ocr, run } = setUp({}, () => ({ status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }))
    const error = await run(ocr.read([png(10, 10), png(10, 10)])).catch((reason: unknown) => reason)
    expect(PlinthError.is(error) && [error.code, error.retryable]).toEqual(['aws_denied', true])
  })
})

type Answers = Readonly<Record<string, (request: SentRequest) => GivenAnswer>>

const started: Answers = (() => {
  let jobs = 0
  return { StartDocumentTextDetection: () => ({ body: { JobId: `job-${(jobs++ % 2) + 1}` } }) }
})()

function setUp(answers: Answers, onS3: () => GivenAnswer = () => ({ body: '' })) {
  const clock = new FakeClock()
  const textract = new Answering(
    onlyOnAnAccount('textract:DetectDocumentText', 'textract:StartDocumentTextDetection', 'textract:GetDocumentTextDetection'),
    (request) => answers[request.operation]?.(request) ?? new Error(`${request.operation} is not expected`),
  )
  const s3 = new Answering(onlyOnAnAccount('s3:PutObject', 's3:DeleteObject'), onS3)
  const ocr = new TextractOcr({
    textract: new TextractClient({ ...nowhere, requestHandler: textract, maxAttempts: 1 }),
    s3: new S3Client({ ...nowhere, requestHandler: s3, maxAttempts: 1, forcePathStyle: true }),
    bucket: 'scans',
    clock,
  })
  /** Lets time go by until it is over. */
  const run = async <Result>(work: Promise<Result>): Promise<Result> => {
    let over = false
    const end = work.finally(() => (over = true))
    end.catch(() => undefined)
    while (!over) {
      await new Promise((resolve) => setImmediate(resolve))
      await clock.advance(250)
    }
    return end
  }
  return { ocr, textract, s3, clock, run }
}

/** Objects that were put and not deleted. */
function left({ sent }: Answering): string[] {
  const deleted = new Set(sent.filter(({ method }) => method === 'DELETE').map(({ path }) => path))
  return sent.filter(({ method, path }) => method === 'PUT' && !deleted.has(path)).map(({ path }) => path)
}

function awsErrorOnce(names: string[]): GivenAnswer | undefined {
  const name = names.shift()
  return name === undefined ? undefined : awsError(name)
}

type Word = readonly [text: string, left?: number, top?: number, width?: number, height?: number, confidence?: number]

/** Blocks as DetectDocumentText gives them: a page, then lines, then their words. */
function blocks(...lines: readonly (readonly Word[] | readonly [string] | readonly (readonly [string])[])[]): Block[] {
  const words = lines.map((line, row) =>
    line.map((word, column): Block => {
      const [text, Left = 0.1, Top = 0.1, Width = 0.1, Height = 0.05, Confidence = 90] = typeof word === 'string' ? [word] : word
      const Geometry = { BoundingBox: { Left, Top, Width, Height } }
      return { BlockType: 'WORD', Id: `word-${row}-${column}`, Text: text, TextType: 'PRINTED', Confidence, Geometry }
    }),
  )
  const found = words.map(
    (line, row): Block => ({
      BlockType: 'LINE',
      Id: `line-${row}`,
      Text: line.map(({ Text }) => Text).join(' '),
      Relationships: [{ Type: 'CHILD', Ids: line.map(({ Id = '' }) => Id) }],
    }),
  )
  const page: Block = { BlockType: 'PAGE', Id: 'page', Relationships: [{ Type: 'CHILD', Ids: found.map(({ Id = '' }) => Id) }] }
  return [page, ...found, ...words.flat()]
}

function finished(Blocks: Block[]): GetDocumentTextDetectionResponse {
  return { JobStatus: 'SUCCEEDED', DocumentMetadata: { Pages: 1 }, Blocks }
}

/** As much of a PNG as tells its size. */
function png(width: number, height: number, length = 33): OcrImage {
  const bytes = Buffer.alloc(length)
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52])
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  return { bytes: new Uint8Array(bytes), contentType: 'image/png' }
}

/** As much of a JPEG: application data, tables, fill bytes, then the frame. */
function jpeg(width: number, height: number): OcrImage {
  const frame = Buffer.alloc(11)
  frame.set([0xff, 0xc2, 0, 17, 8])
  frame.writeUInt16BE(height, 5)
  frame.writeUInt16BE(width, 7)
  const head = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc4, 0, 3, 9, 0xff, 0x01, 0xff, 0xff]
  return { bytes: new Uint8Array([...head, ...frame]), contentType: 'image/jpeg' }
}
