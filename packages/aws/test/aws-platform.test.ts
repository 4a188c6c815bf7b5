import { SegmentSearchIndex } from '@plinth/core'
import { FakeClock, MemoryOutbound, scriptedModels } from '@plinth/core/testing'
import { describe, expect, it } from 'vitest'
import { awsPlatform, OpenSearchSearchIndex, openTextractOcr, readAwsEnvironment, S3VectorsSearchIndex } from '../src/index.ts'

const region = { AWS_REGION: 'eu-central-1' }
const emulator = { ...region, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }
const openSearch = { PLINTH_SEARCH: 'opensearch', PLINTH_OPENSEARCH_ENDPOINT: 'https://x.eu-central-1.es.amazonaws.com' }

describe('the platform of an environment', () => {
  it.each([
    ['sealed segments', {}, SegmentSearchIndex],
    ['S3 Vectors', { PLINTH_SEARCH: 's3vectors', PLINTH_VECTOR_BUCKET: 'vectors' }, S3VectorsSearchIndex],
    ['OpenSearch', openSearch, OpenSearchSearchIndex],
  ])('finds documents by %s', async (_, search, engine) => {
    const clock = new FakeClock()
    const platform = await awsPlatform({
      environment: readAwsEnvironment({ ...region, ...search }),
      models: scriptedModels(() => ''),
      clock,
      outbound: new MemoryOutbound({ clock }),
      jobs: [],
    })
    expect(platform.operate().search).toBeInstanceOf(engine)
    await platform.close()
  })

  it('has Textract read images where nothing else is named, and no emulator is there', async () => {
    const open = (variables: Record<string, string>) =>
      openTextractOcr({ environment: readAwsEnvironment(variables), clock: new FakeClock() })
    for (const variables of [{ ...region, PLINTH_OCR: 'off' }, { ...region, PLINTH_OCR: 'tesseract' }, emulator])
      expect(open(variables)).toBeUndefined()
    for (const variables of [region, { ...emulator, PLINTH_OCR: 'textract' }]) {
      const ocr = open(variables)
      expect(await ocr?.read([])).toEqual([])
      const none = { bytes: new Uint8Array(9), contentType: 'image/png' } as const
      await expect(ocr?.read([none])).rejects.toMatchObject({ code: 'document_damaged' })
      await ocr?.close()
    }
  })
})
