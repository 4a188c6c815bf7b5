import { createHash } from 'node:crypto'
import { DeleteObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import {
  type Clock,
  ConflictError,
  checkObjectBytes,
  checkObjectName,
  checkObjectQuery,
  cutRange,
  isObjectName,
  NotFoundError,
  type ObjectHead,
  type ObjectKey,
  type ObjectPage,
  type ObjectQuery,
  type ObjectRange,
  type ObjectStore,
  uuid,
} from '@plinth/core'
import { type AwsFault, isFault, unavailable } from './aws-fault.ts'
import { MeasuredContent } from './measured-content.ts'
import { S3Reading } from './s3-reading.ts'
import { copyStaged, partBytes, type S3Place, type S3Target, stage, stagingPlace, unstage } from './s3-staging.ts'

export interface S3ObjectStoreOptions {
  readonly client: S3Client
  /** Of this store alone; its rules should remove unfinished uploads, and what lies below `.incoming/`, after a day. */
  readonly bucket: string
  readonly clock: Clock
}

const headsAtOnce = 16
/** How often a put is tried whose name was put or deleted by another at the same moment. */
const attempts = 3

/** An object as this store put it. */
interface Found {
  readonly head: ObjectHead
  /** The id of the call that put it. */
  readonly put: string
}

/**
 * Objects in an S3 bucket, as `<tenant>/<name>`. SHA-256 and time of the put are metadata of the object itself, so that they can't
 * disagree with it; what has none was put by someone else: it has no head and isn't listed.
 *
 * S3 lists no metadata, so a page asks for the head of each of its items, 16 at a time. With the hash in the key two contents of a
 * name would be two objects, and an index beside the objects could be wrong.
 */
export class S3ObjectStore implements ObjectStore {
  readonly #client: S3Client
  readonly #bucket: string
  readonly #clock: Clock

  constructor(options: S3ObjectStoreOptions) {
    this.#client = options.client
    this.#bucket = options.bucket
    this.#clock = options.clock
  }

  async put(
    key: ObjectKey,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options: { readonly ifAbsent?: boolean } = {},
  ): Promise<ObjectHead> {
    checkObjectName(key)
    const ifAbsent = options.ifAbsent ?? false
    if (!(content instanceof Uint8Array)) return this.#putStream(key, content, ifAbsent)
    checkObjectBytes(content.byteLength)
    if (content.byteLength <= partBytes) return this.#putWhole(key, content, ifAbsent)
    return this.#putStream(key, slices(content), ifAbsent)
  }

  async get(key: ObjectKey, range?: ObjectRange): Promise<Uint8Array | undefined> {
    checkObjectName(key)
    cutRange(range, 0)
    if (range && range.start === range.end) return (await this.head(key)) && new Uint8Array(0)
    const reading = await S3Reading.open(this.#client, this.#at(key), range)
    if (!reading) return undefined
    const content = new Uint8Array(reading.bytes)
    let offset = 0
    for await (const piece of reading.pieces()) {
      content.set(piece, offset)
      offset += piece.byteLength
    }
    return content
  }

  async stream(key: ObjectKey): Promise<AsyncIterable<Uint8Array> | undefined> {
    return (await this.head(key)) && this.#pieces(key)
  }

  async head(key: ObjectKey): Promise<ObjectHead | undefined> {
    checkObjectName(key)
    return (await this.#find(key))?.head
  }

  async list(query: ObjectQuery): Promise<ObjectPage> {
    checkObjectQuery(query)
    const { names, more } = await this.#names(query)
    const ours = names.filter(isObjectName)
    const items: ObjectHead[] = []
    for (let start = 0; start < ours.length; start += headsAtOnce) {
      const page = ours.slice(start, start + headsAtOnce)
      const heads = await Promise.all(page.map((name) => this.head({ tenant: query.tenant, name })))
      // One that was deleted meanwhile is left out.
      for (const head of heads) if (head) items.push(head)
    }
    const last = names.at(-1)
    return more && last !== undefined ? { items, after: last } : { items }
  }

  async delete(key: ObjectKey): Promise<void> {
    checkObjectName(key)
    try {
      await this.#client.send(new DeleteObjectCommand(this.#at(key)))
    } catch (error) {
      throw unavailable(error, 's3:DeleteObject')
    }
  }

  /** Opened when the first piece is asked for, so that a stream which nobody reads holds no connection. */
  async *#pieces(key: ObjectKey): AsyncGenerator<Uint8Array> {
    const reading = await S3Reading.open(this.#client, this.#at(key))
    if (!reading) throw new NotFoundError('object')
    yield* reading.pieces()
  }

  async #names({ tenant, prefix = '', after, limit }: ObjectQuery): Promise<{ names: string[]; more: boolean }> {
    const below = `${tenant}/`
    try {
      const { Contents = [], IsTruncated } = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: below + prefix,
          StartAfter: after === undefined ? undefined : below + after,
          MaxKeys: limit,
        }),
      )
      return { names: Contents.map(({ Key = '' }) => Key.slice(below.length)), more: IsTruncated ?? false }
    } catch (error) {
      throw unavailable(error, 's3:ListBucket')
    }
  }

  async #putWhole(key: ObjectKey, content: Uint8Array, ifAbsent: boolean): Promise<ObjectHead> {
    const digest = createHash('sha256').update(content).digest()
    const facts = { bytes: content.byteLength, sha256: digest.toString('hex') }
    return this.#place(key, facts, ifAbsent, (target) =>
      // S3 refuses content that isn't what was hashed here.
      this.#client.send(new PutObjectCommand({ ...target, Body: content, ChecksumSHA256: digest.toString('base64') })),
    )
  }

  async #putStream(key: ObjectKey, content: AsyncIterable<Uint8Array>, ifAbsent: boolean): Promise<ObjectHead> {
    const measured = new MeasuredContent(content)
    try {
      const whole = await measured.whole(partBytes)
      if (whole) return await this.#putWhole(key, whole, ifAbsent)
      // Refused before gigabytes are sent; the last request decides for good.
      if (ifAbsent && (await this.head(key))) throw taken(key)
      return await this.#putStaged(key, measured, ifAbsent)
    } finally {
      await measured.close()
    }
  }

  async #putStaged(key: ObjectKey, measured: MeasuredContent, ifAbsent: boolean): Promise<ObjectHead> {
    const staged = stagingPlace(this.#bucket, uuid(this.#clock))
    try {
      await stage(this.#client, staged, measured.pieces())
      const facts = { bytes: measured.bytes, sha256: measured.sha256() }
      return await this.#place(key, facts, ifAbsent, (target) => copyStaged(this.#client, staged, facts.bytes, target))
    } catch (error) {
      throw measured.failure ? measured.failure.reason : unavailable(error, 's3:PutObject')
    } finally {
      await unstage(this.#client, staged)
    }
  }

  /** Lets `write` make the object, and says what became of it. */
  async #place(
    key: ObjectKey,
    facts: Pick<ObjectHead, 'bytes' | 'sha256'>,
    ifAbsent: boolean,
    write: (target: S3Target) => Promise<unknown>,
  ): Promise<ObjectHead> {
    const head = { name: key.name, ...facts, modified: this.#clock.now() }
    const put = uuid(this.#clock)
    const Metadata = { sha256: head.sha256, modified: String(head.modified), put }
    for (let attempt = 1; ; attempt++) {
      try {
        await write({ ...this.#at(key), Metadata, ...(ifAbsent ? { IfNoneMatch: '*' } : {}) })
        return head
      } catch (error) {
        // The answer to a write that took effect may be lost; its repetition then finds the name taken, by ourselves.
        if ((await this.#find(key).catch(() => undefined))?.put === put) return head
        if (isFault(error, 'PreconditionFailed')) throw taken(key)
        if (!isFault(error, 'ConditionalRequestConflict')) throw unavailable(error, 's3:PutObject')
        if (attempt === attempts) throw taken(key)
      }
    }
  }

  async #find(key: ObjectKey): Promise<Found | undefined> {
    try {
      const { ContentLength = 0, Metadata = {} } = await this.#client.send(new HeadObjectCommand(this.#at(key)))
      const { sha256, modified, put } = Metadata
      if (sha256 === undefined || modified === undefined || put === undefined) return undefined
      return { head: { name: key.name, bytes: ContentLength, sha256, modified: Number(modified) }, put }
    } catch (error) {
      if (isFault(error, 'NotFound')) return undefined
      throw unavailable(namedAsDenied(error), 's3:GetObject')
    }
  }

  #at(key: ObjectKey): S3Place {
    return { Bucket: this.#bucket, Key: `${key.tenant}/${key.name}` }
  }
}

/** An answer to HEAD has no body, and so no code: the SDK calls a refusal `Unknown`. */
function namedAsDenied(error: unknown): unknown {
  const status = (error as Partial<AwsFault>).$metadata?.httpStatusCode
  return status === 403 ? { name: 'AccessDenied', cause: error } : error
}

function taken(key: ObjectKey): ConflictError {
  return new ConflictError(`objects/${key.tenant}/${key.name}`)
}

async function* slices(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.byteLength; start += partBytes) yield content.subarray(start, start + partBytes)
}
