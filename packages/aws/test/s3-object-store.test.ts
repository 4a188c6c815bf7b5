import { createHash } from 'node:crypto'
import { CreateBucketCommand, ListMultipartUploadsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { ConflictError, type ObjectKey } from '@plinth/core'
import { FakeClock } from '@plinth/core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { S3ObjectStore } from '../src/s3-object-store.ts'
import {
  type Fault,
  type Matches,
  oneAtATime,
  refuse,
  resetAfter,
  resetBefore,
  rewrite,
  route,
  useFaultProxy,
} from './support/fault-proxy.ts'
import { describeWithMoto } from './support/moto.ts'

const bucket = 'objects'
const clock = new FakeClock()
const key = (name: string): ObjectKey => ({ tenant: 'acme', name })
const mebibyte = 1024 ** 2

const puts = route('PUT', /^\/objects\/acme\//)
const heads = route('HEAD', /^\/objects\/acme\//)
const gets = route('GET', /^\/objects\/acme\//)
/** The last request of an object that goes in parts. */
const completes = route('POST', /^\/objects\/acme\/.*uploadId=/)

describeWithMoto('S3ObjectStore', (moto) => {
  const proxy = useFaultProxy(moto)
  const open = (options?: { maxAttempts: number }) => new S3ObjectStore({ client: proxy.clients(options).s3, bucket, clock })
  let store: S3ObjectStore
  beforeAll(async () => {
    await moto.clients.s3.send(new CreateBucketCommand({ Bucket: bucket }))
    store = open()
  })

  describe('content that is too much for one request', () => {
    const failure = new Error('the source broke')
    const breaking = async function* (): AsyncGenerator<Uint8Array> {
      yield* pieces(sample(17 * mebibyte))
      throw failure
    }

    it('goes in parts, with hash and size, and leaves nothing beside it', async () => {
      const [array, large] = [sample(9 * mebibyte), sample(33 * mebibyte + 7)]
      for (const [name, content, given] of [
        ['array', array, array],
        ['stream', large, pieces(large)],
      ] as const) {
        const head = await store.put(key(name), given)
        expect(head).toEqual({ name, bytes: content.byteLength, sha256: sha256(content), modified: clock.now() })
        expect(await store.head(key(name))).toEqual(head)
        expect(sha256((await store.get(key(name))) ?? '')).toBe(head.sha256)
      }
      expect(proxy.requests.filter(route('PUT', /acme\/stream.*partNumber=/))).toHaveLength(2)
      expect(await leftovers()).toEqual([])
    })

    it('is one object for one winner, also at the same time', async () => {
      const contents = [sample(9 * mebibyte, 1), sample(9 * mebibyte, 2)]
      const finished = proxy.inject(completes, oneAtATime(), 2)
      const race = await Promise.allSettled(
        contents.map((content) => store.put(key('race'), pieces(content), { ifAbsent: true })),
      )
      const winner = race.findIndex(({ status }) => status === 'fulfilled')
      expect(finished.met).toBe(2)
      expect(race[1 - winner]).toMatchObject({ status: 'rejected', reason: expect.any(ConflictError) })
      expect((await store.head(key('race')))?.sha256).toBe(sha256(contents[winner] ?? ''))
      expect(await leftovers()).toEqual([])
    })

    it('is refused where the name is taken before it is sent, and its source let go', async () => {
      await store.put(key('taken'), sample(1))
      let given = 0
      let closed = false
      const source = async function* (): AsyncGenerator<Uint8Array> {
        try {
          for (; given < 100; given++) yield new Uint8Array(mebibyte)
        } finally {
          closed = true
        }
      }
      await expect(store.put(key('taken'), source(), { ifAbsent: true })).rejects.toBeInstanceOf(ConflictError)
      expect(given).toBeLessThan(20)
      expect(closed).toBe(true)
      expect(proxy.requests.filter(({ path }) => path.includes('.incoming'))).toEqual([])
    })

    it('that breaks midway fails with its own error, and leaves what was there', async () => {
      await store.put(key('kept'), sample(10))
      await expect(store.put(key('kept'), breaking())).rejects.toBe(failure)
      expect(await store.get(key('kept'))).toEqual(sample(10))
      expect(await leftovers()).toEqual([])
    })

    it.each([
      ['a part', route('PUT', /^\/objects\/\.incoming\/.*partNumber=2/)],
      ['a copy of a part', route('PUT', /^\/objects\/acme\/.*partNumber=1/)],
    ])('is not there when S3 fails at %s', async (_, matches) => {
      const injected = proxy.inject(matches, refuse(503, 'SlowDown'))
      await expect(store.put(key('failed'), pieces(sample(9 * mebibyte)))).rejects.toMatchObject({
        code: 'aws_unavailable',
        message: 'AWS could not do s3:PutObject now (SlowDown).',
      })
      expect(injected.met).toBe(1)
      expect(await store.head(key('failed'))).toBeUndefined()
      expect(await leftovers()).toEqual([])
    })

    it('that breaks midway fails with its own error also when nothing can be cleaned up', async () => {
      const injected = proxy.inject(route('DELETE', /./), refuse(503, 'SlowDown'), 9)
      await expect(store.put(key('unclean'), breaking())).rejects.toBe(failure)
      expect(injected.met).toBeGreaterThan(0)
      // The bucket's rule removes it.
      expect(await leftovers()).toHaveLength(1)
      expect(await store.head(key('unclean'))).toBeUndefined()
    })
  })

  describe('a put whose answer is lost', () => {
    const large = () => pieces(sample(9 * mebibyte))
    it.each([
      ['in one request', 'small', () => sample(9), puts, 1],
      ['in one request that the SDK repeats', 'repeated', () => sample(9), puts, 2],
      ['in parts', 'large', large, completes, 1],
      ['in parts, with a last request that the SDK repeats', 'large-repeated', large, completes, 2],
    ] as const)('has won when it took effect: %s', async (_, name, content, matches, maxAttempts) => {
      const injected = proxy.inject(matches, resetAfter)
      const head = await open({ maxAttempts }).put(key(name), content(), { ifAbsent: true })
      expect(injected.met).toBe(1)
      expect(await store.head(key(name))).toEqual(head)
      await expect(store.put(key(name), content(), { ifAbsent: true })).rejects.toBeInstanceOf(ConflictError)
    })

    it('has not won where another put came before its repetition', async () => {
      const overtake: Fault = async () => {
        await store.put(key('overtaken'), sample(2))
        return 'reset'
      }
      proxy.inject(puts, overtake)
      await expect(open({ maxAttempts: 2 }).put(key('overtaken'), sample(1), { ifAbsent: true })).rejects.toBeInstanceOf(
        ConflictError,
      )
      expect(await store.get(key('overtaken'))).toEqual(sample(2))
    })

    it('is unavailable when it had no effect', async () => {
      proxy.inject(puts, resetBefore)
      await expect(store.put(key('lost'), sample(1))).rejects.toMatchObject({ code: 'aws_unavailable', retryable: true })
      expect(await store.head(key('lost'))).toBeUndefined()
    })
  })

  it('a put that S3 says was disturbed by another is tried again, and is a conflict in the end', async () => {
    const disturbed = refuse(409, 'ConditionalRequestConflict')
    const first = proxy.inject(puts, disturbed, 2)
    expect(await store.put(key('disturbed'), sample(1), { ifAbsent: true })).toMatchObject({ bytes: 1 })
    expect(first.met).toBe(2)
    proxy.inject(puts, disturbed, 3)
    await expect(store.put(key('disturbed-again'), sample(1), { ifAbsent: true })).rejects.toBeInstanceOf(ConflictError)
  })

  it('content goes with its SHA-256, which S3 compares', async () => {
    const { sha256: hash } = await store.put(key('checked'), sample(5))
    const [put] = proxy.requests
    expect(put?.headers['x-amz-checksum-sha256']).toBe(Buffer.from(hash, 'hex').toString('base64'))
  })

  describe('reading over a connection that breaks', () => {
    const content = sample(500_000)
    const cut: Fault = rewrite((answer) => ({ ...answer, cutAfter: 200_000 }))

    it('goes on where it broke', async () => {
      await store.put(key('read'), content)
      const cuts = proxy.inject(gets, cut, 2)
      expect(await store.get(key('read'))).toEqual(content)
      expect(cuts.met).toBe(2)
      proxy.inject(gets, cut)
      expect(await read((await store.stream(key('read'))) ?? [])).toEqual(content)
      proxy.inject(gets, cut)
      expect(await store.get(key('read'), { start: 100, end: 400_000 })).toEqual(content.slice(100, 400_000))
    })

    it('fails when it breaks again and again', async () => {
      await store.put(key('read'), content)
      const cuts = proxy.inject(
        gets,
        rewrite((answer) => ({ ...answer, cutAfter: 0 })),
        9,
      )
      await expect(store.get(key('read'))).rejects.toMatchObject({ code: 'aws_unavailable' })
      expect(cuts.met).toBe(4)
    })

    it('never joins two versions', async () => {
      await store.put(key('read'), content)
      proxy.inject(gets, async (_, forward) => {
        const answer = await forward()
        await store.put(key('read'), sample(500_000, 2))
        return { ...answer, cutAfter: 200_000 }
      })
      await expect(store.get(key('read'))).rejects.toMatchObject({ code: 'aws_unavailable' })
    })
  })

  describe('a stream', () => {
    it('that nobody reads asks for no content', async () => {
      await store.put(key('unread'), sample(5))
      await store.stream(key('unread'))
      expect(proxy.requests.filter(gets)).toEqual([])
    })

    it('that is left early closes its connection', async () => {
      await store.put(key('left'), sample(5))
      // Too much for the buffers between: a reader who only stays away leaves it half sent.
      proxy.inject(
        gets,
        rewrite((answer) => ({ ...answer, body: Buffer.alloc(32 * mebibyte) })),
      )
      for await (const piece of (await store.stream(key('left'))) ?? []) {
        expect(piece.byteLength).toBeGreaterThan(0)
        break
      }
      await until('the connection closes', () => proxy.sending === 0)
    })

    it('of an object that was deleted before the first piece was asked for fails with not_found', async () => {
      await store.put(key('gone'), sample(5))
      const stream = await store.stream(key('gone'))
      await store.delete(key('gone'))
      await expect(read(stream ?? [])).rejects.toMatchObject({ code: 'not_found' })
    })
  })

  it('what others put has no head and is not listed, nor is what is deleted while a page is made', async () => {
    const tenant = 'listed'
    for (const name of ['a', 'b', 'c']) await store.put({ tenant, name }, sample(1))
    for (const name of ['b-foreign', 'b//foreign']) {
      await moto.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${tenant}/${name}`, Body: 'x' }))
    }
    expect(await store.head({ tenant, name: 'b-foreign' })).toBeUndefined()
    proxy.inject(route('HEAD', /\/listed\/a$/), refuse(404, 'NotFound'))
    const page = await store.list({ tenant, limit: 4 })
    expect(page.items.map(({ name }) => name)).toEqual(['b'])
    expect((await store.list({ tenant, limit: 4, after: page.after ?? '' })).items.map(({ name }) => name)).toEqual(['c'])
  })

  it.each<[string, Matches, (store: S3ObjectStore) => Promise<unknown>]>([
    ['s3:PutObject', puts, (denied) => denied.put(key('a'), new TextEncoder().encode('crown jewels'))],
    ['s3:GetObject', gets, (denied) => denied.get(key('a'))],
    ['s3:GetObject', heads, (denied) => denied.head(key('a'))],
    ['s3:ListBucket', route('GET', /list-type=2/), (denied) => denied.list({ tenant: 'acme', limit: 1 })],
    ['s3:DeleteObject', route('DELETE', /./), (denied) => denied.delete(key('a'))],
  ])('a missing permission for %s is named, and nothing of the content', async (action, matches, call) => {
    proxy.inject(matches, refuse(403, 'AccessDenied'), 2)
    const error: unknown = await call(store).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'aws_denied', retryable: true, message: expect.stringContaining(action) })
    expect(String(error)).not.toContain('crown jewels')
  })

  /** What is in the bucket beside finished objects. */
  async function leftovers(): Promise<readonly unknown[]> {
    const { s3 } = moto.clients
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: '.incoming/' }))
    return [...Uploads, ...Contents]
  }
})

function sample(bytes: number, seed = 1): Uint8Array {
  const content = new Uint8Array(bytes)
  for (let index = 0; index < bytes; index++) content[index] = (index * 167 + (index >> 8) + seed) & 0xff
  return content
}

function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex')
}

async function read(stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return new Uint8Array(Buffer.concat(parts))
}

async function* pieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.byteLength; start += mebibyte) yield content.subarray(start, start + mebibyte)
}
