import {
  CreateVectorBucketCommand,
  GetVectorsCommand,
  ListIndexesCommand,
  ListVectorsCommand,
  S3VectorsClient,
} from '@aws-sdk/client-s3vectors'
import { memoryPlatform, scriptedModels } from '@plinth/core/testing'
import { beforeAll, expect, it } from 'vitest'
import { S3VectorsSearchIndex } from '../src/s3vectors-search-index.ts'
import { describeWithMoto, motoCredentials, motoRegion } from './support/moto.ts'

const bucket = 'plinth-vectors'
const space = { name: 'model:2', dimensions: 2 }
const first = { document: 'a', version: 'v1' }

/** Moto keeps vectors, and doesn't query them: what a query finds is shown in s3vectors-search-index.test.ts. */
describeWithMoto('S3VectorsSearchIndex on moto', (moto) => {
  let client: S3VectorsClient
  let index: S3VectorsSearchIndex
  beforeAll(async () => {
    client = new S3VectorsClient({ region: motoRegion, endpoint: moto.endpoint, credentials: motoCredentials, maxAttempts: 1 })
    await client.send(new CreateVectorBucketCommand({ vectorBucketName: bucket }))
    const { platform, clock } = memoryPlatform({ models: scriptedModels(() => 'none') })
    const state = (tenant: string) => platform.operate().state(tenant)
    index = new S3VectorsSearchIndex({ client, bucket, clock, state })
  })

  it('[X67] each tenant and space has an index of its own, whose name tells neither', async () => {
    const chunks = Array.from({ length: 3 }, (_, at) => ({ start: at, end: at + 1, text: 'x', context: '' }))
    const access = { users: ['ann'], groups: [] }
    for (const tenant of ['acme', 'globex']) {
      await index.put(tenant, [{ ...first, attributes: { year: 2020 }, access, chunks }])
      await index.putVectors(tenant, space, [{ ...first, vectors: chunks.map((_, at) => Float32Array.of(1, at)) }])
    }
    await index.putVectors('acme', { name: 'other:2', dimensions: 2 }, [
      { ...first, vectors: chunks.map(() => Float32Array.of(1, 1)) },
    ])
    const names = await indexNames()
    expect(names.length).toBe(3)
    expect(names.every((name) => /^plinth-[0-9a-f]{40}$/.test(name))).toBe(true)
  })

  it('a vector lies there as it was put, with tokens to filter by and the place of its chunk', async () => {
    const [indexName] = await indexNames()
    const { vectors = [] } = await client.send(new ListVectorsCommand({ vectorBucketName: bucket, indexName }))
    const keys = vectors.map(({ key = '' }) => key)
    expect(keys.map((key) => key.replace(/\/[^/]+$/, '')).sort()).toEqual(['a/v1/0', 'a/v1/1', 'a/v1/2'])
    const get = new GetVectorsCommand({
      vectorBucketName: bucket,
      indexName,
      keys: keys.slice(2),
      returnData: true,
      returnMetadata: true,
    })
    const [found] = (await client.send(get)).vectors ?? []
    expect(found?.data).toEqual({ float32: [1, 2] })
    const token = expect.stringMatching(/^[\w-]{16}$/)
    expect(found?.metadata).toEqual({
      readers: [token],
      fields: [token],
      put: expect.stringMatching(/^[\w-]{36}$/),
      start: 2,
      end: 3,
    })
  })

  it('what is removed or dropped is gone from there', async () => {
    await index.remove('acme', [first])
    expect(await vectorCount()).toBe(3)
    await index.dropSpace('acme', space.name)
    await index.dropSpace('globex', space.name)
    expect((await indexNames()).length).toBe(1)
    expect(await vectorCount()).toBe(0)
  })

  it('a bucket that is not there is told as missing', async () => {
    const { platform, clock } = memoryPlatform({ models: scriptedModels(() => 'none') })
    const other = new S3VectorsSearchIndex({
      client,
      bucket: 'nowhere',
      clock,
      state: (tenant) => platform.operate().state(tenant),
    })
    await other.put('acme', [{ ...first, attributes: {}, chunks: [{ start: 0, end: 1, text: 'x', context: '' }] }])
    const put = other.putVectors('acme', space, [{ ...first, vectors: [Float32Array.of(1, 1)] }])
    await expect(put).rejects.toMatchObject({ code: 'aws_missing', retryable: true })
  })

  async function indexNames(): Promise<string[]> {
    const { indexes = [] } = await client.send(new ListIndexesCommand({ vectorBucketName: bucket }))
    return indexes.map(({ indexName = '' }) => indexName)
  }

  async function vectorCount(): Promise<number> {
    let count = 0
    for (const indexName of await indexNames()) {
      const { vectors = [] } = await client.send(new ListVectorsCommand({ vectorBucketName: bucket, indexName }))
      count += vectors.length
    }
    return count
  }
})
