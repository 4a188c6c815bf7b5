import { Readable } from 'node:stream'
import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3'
import type { ObjectRange } from '@plinth/core'
import { isFault, unavailable } from './aws-fault.ts'
import type { S3Place } from './s3-staging.ts'

/** How often reading one object may be taken up again where a connection broke. */
const resumptions = 3

/** One version of an object, or a range of it, which S3 has begun to send. Read once. */
export class S3Reading {
  readonly #client: S3Client
  readonly #place: S3Place
  readonly #start: number
  readonly #answer: GetObjectCommandOutput
  readonly bytes: number

  private constructor(parts: { client: S3Client; place: S3Place; start: number; answer: GetObjectCommandOutput }) {
    this.#client = parts.client
    this.#place = parts.place
    this.#start = parts.start
    this.#answer = parts.answer
    this.bytes = parts.answer.ContentLength ?? 0
  }

  /** Undefined when there is no object. @param range not an empty one, which S3 doesn't have. */
  static async open(client: S3Client, place: S3Place, range?: ObjectRange): Promise<S3Reading | undefined> {
    const start = range?.start ?? 0
    try {
      const Range = range && `bytes=${start}-${range.end - 1}`
      return new S3Reading({ client, place, start, answer: await client.send(new GetObjectCommand({ ...place, Range })) })
    } catch (error) {
      if (isFault(error, 'NoSuchKey')) return undefined
      // The range begins behind the object's last byte.
      if (isFault(error, 'InvalidRange')) return new S3Reading({ client, place, start, answer: { $metadata: {} } })
      throw unavailable(error, 's3:GetObject')
    }
  }

  /** The bytes as they come. When a connection breaks, the rest of the same version is asked for. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    let answer = this.#answer
    let read = 0
    for (let resumed = 0; ; resumed++) {
      try {
        // A copy, since a Buffer of a socket may share its memory.
        for await (const piece of bodyOf(answer)) {
          read += piece.byteLength
          yield new Uint8Array(piece)
        }
        return
      } catch (error) {
        // Complete and yet at fault: it wasn't what S3 keeps.
        if (resumed === resumptions || read >= this.bytes) throw unavailable(error, 's3:GetObject')
      }
      answer = await this.#rest(read)
    }
  }

  async #rest(read: number): Promise<GetObjectCommandOutput> {
    const Range = `bytes=${this.#start + read}-${this.#start + this.bytes - 1}`
    try {
      return await this.#client.send(new GetObjectCommand({ ...this.#place, Range, IfMatch: this.#answer.ETag }))
    } catch (error) {
      throw unavailable(error, 's3:GetObject')
    }
  }
}

/** In Node.js the SDK gives a Readable, whatever its types allow. */
function bodyOf({ Body }: GetObjectCommandOutput): AsyncIterable<Uint8Array> {
  return Body instanceof Readable ? Body : Readable.from([])
}
