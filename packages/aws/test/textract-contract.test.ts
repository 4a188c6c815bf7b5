import { S3Client } from '@aws-sdk/client-s3'
import { type Block, TextractClient } from '@aws-sdk/client-textract'
import type { OcrPage } from '@plinth/core'
import { describeOcrContract } from '@plinth/core/contracts'
import { FakeClock, memoryImage, memoryPage } from '@plinth/core/testing'
import { TextractOcr } from '../src/textract-ocr.ts'
import { Answering, nowhere, onlyOnAnAccount } from './support/answering.ts'

const textractOperations = onlyOnAnAccount(
  'textract:DetectDocumentText',
  'textract:StartDocumentTextDetection',
  'textract:GetDocumentTextDetection',
)

/*
 * Moto's Textract answers the same words to any image. So the contract runs against a simulation at the seam of the SDK's request handler:
 * it shows what the adapter makes of answers as they are documented, not how well Textract reads.
 */
describeOcrContract('TextractOcr, Textract simulated', {
  create: async () => {
    const s3 = new Answering(onlyOnAnAccount('s3:PutObject', 's3:DeleteObject'), () => ({ body: '' }))
    const textract = new Answering(textractOperations, ({ operation, body }) => {
      const asked = JSON.parse(String(body))
      if (operation === 'DetectDocumentText')
        return { body: { Blocks: blocksOf(memoryPage(Buffer.from(asked.Document.Bytes, 'base64'))) } }
      if (operation === 'StartDocumentTextDetection') return { body: { JobId: asked.DocumentLocation.S3Object.Name } }
      const put = s3.sent.find(({ method, path }) => method === 'PUT' && path.endsWith(asked.JobId))
      return { body: { JobStatus: 'SUCCEEDED', Blocks: blocksOf(memoryPage(put?.body ?? new Uint8Array())) } }
    })
    const ocr = new TextractOcr({
      textract: new TextractClient({ ...nowhere, requestHandler: textract, maxAttempts: 1 }),
      s3: new S3Client({ ...nowhere, requestHandler: s3, maxAttempts: 1, forcePathStyle: true }),
      bucket: 'scans',
      clock: new FakeClock(),
    })
    return { port: { ocr, image: memoryImage }, dispose: () => ocr.close() }
  },
})

/** A page of {@link memoryImage} as Textract says it: words with boxes in shares of the page, under their lines. */
function blocksOf({ lines }: OcrPage): readonly Block[] {
  const words = lines.map((line, row) =>
    line.map(({ text, x0, y0, x1, y1, confidence }, column): Block => {
      const BoundingBox = { Left: x0 / 1_240, Top: y0 / 400, Width: (x1 - x0) / 1_240, Height: (y1 - y0) / 400 }
      const Id = `word-${row}-${column}`
      return { BlockType: 'WORD', Id, Text: text, Confidence: confidence * 100, Geometry: { BoundingBox } }
    }),
  )
  const found = words.map((line, row): Block => {
    const Relationships: Block['Relationships'] = [{ Type: 'CHILD', Ids: line.map(({ Id = '' }) => Id) }]
    return { BlockType: 'LINE', Id: `line-${row}`, Relationships }
  })
  return [{ BlockType: 'PAGE', Id: 'page' }, ...found, ...words.flat()]
}
