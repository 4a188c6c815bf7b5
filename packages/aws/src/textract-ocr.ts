import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import {
  type Block,
  DetectDocumentTextCommand,
  GetDocumentTextDetectionCommand,
  StartDocumentTextDetectionCommand,
  type TextractClient,
} from '@aws-sdk/client-textract'
import {
  type Clock,
  type ImageSize,
  imageSize,
  type Ocr,
  type OcrImage,
  type OcrPage,
  sleep,
  UnavailableError,
  uuid,
} from '@plinth/core'
import { unavailable } from './aws-fault.ts'
import { type S3Place, stagingPlace, unstage } from './s3-staging.ts'
import { pageOfBlocks } from './textract-blocks.ts'
import { damagedImage, isBusy, textractFault } from './textract-fault.ts'

export interface TextractOcrOptions {
  readonly textract: TextractClient
  readonly s3: S3Client
  /** Where images wait while a job reads them, below `.incoming/`; the bucket's rule removes there what is older than a day. */
  readonly bucket: string
  readonly clock: Clock
  /** In which all pages must be read, milliseconds. Default five minutes. */
  readonly within?: number
  /** Jobs that run at once, of one call. Default 4: an account's own limits are told by throttles. */
  readonly jobsAtOnce?: number
}

/** An image that is ready to be sent. */
interface Page extends OcrImage {
  readonly size: ImageSize
}

interface Deadline {
  readonly at: number
  readonly signal: AbortSignal | undefined
}

/** What DetectDocumentText takes in the request itself (Textract's quotas: 10 MB for synchronous operations). */
const directBytes = 10 * 1000 ** 2
const firstWait = 1_000
const longestWait = 5_000
const growth = 1.5
const usualWithin = 5 * 60_000

/**
 * Reads images by Amazon Textract. One image goes with the request and is answered at once; for more, or a larger one, each image is
 * put into S3, read by a job of Textract's asynchronous API, which has the higher limits, and removed again, whatever happens. Its name
 * there tells nothing of the tenant.
 *
 * A job that failed says why in words only. So its image is then asked about directly, where it is small enough: that answer has a code.
 */
export class TextractOcr implements Ocr {
  readonly #textract: TextractClient
  readonly #s3: S3Client
  readonly #bucket: string
  readonly #clock: Clock
  readonly #within: number
  readonly #jobsAtOnce: number

  constructor(options: TextractOcrOptions) {
    this.#textract = options.textract
    this.#s3 = options.s3
    this.#bucket = options.bucket
    this.#clock = options.clock
    this.#within = options.within ?? usualWithin
    this.#jobsAtOnce = options.jobsAtOnce ?? 4
  }

  /** @throws UnreadableDocumentError, UnavailableError (`ocr_timed_out` when the time is over), or the signal's reason. */
  async read(images: readonly OcrImage[], options: { readonly signal?: AbortSignal } = {}): Promise<readonly OcrPage[]> {
    options.signal?.throwIfAborted()
    // All are looked at before any is sent: what is no image costs nothing.
    const pages = images.map((image): Page => {
      const size = imageSize(image.bytes)
      if (!size) throw damagedImage()
      return { ...image, size }
    })
    const [only] = pages
    const until = { at: this.#clock.now() + this.#within }
    if (only && pages.length === 1 && only.bytes.byteLength <= directBytes) {
      return [await this.#direct(only, { ...until, signal: options.signal })]
    }
    const stop = new AbortController()
    const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
    const read: OcrPage[] = []
    let next = 0
    const reader = async (): Promise<void> => {
      for (let index = next++; index < pages.length; index = next++) {
        const page = pages[index]
        if (page) read[index] = await this.#byJob(page, { ...until, signal })
      }
    }
    const readers = Array.from({ length: Math.min(this.#jobsAtOnce, pages.length) }, reader)
    try {
      await Promise.all(readers)
    } finally {
      // The others of a call that failed end too, and take what they put into S3 with them, before it does.
      stop.abort()
      await Promise.allSettled(readers)
    }
    return read
  }

  async close(): Promise<void> {}

  async #direct(page: Page, deadline: Deadline): Promise<OcrPage> {
    const command = new DetectDocumentTextCommand({ Document: { Bytes: page.bytes } })
    const { Blocks = [] } = await this.#patiently('textract:DetectDocumentText', deadline, (options) =>
      this.#textract.send(command, options),
    )
    return pageOfBlocks(Blocks, page.size)
  }

  async #byJob(page: Page, deadline: Deadline): Promise<OcrPage> {
    const place = stagingPlace(this.#bucket, uuid(this.#clock))
    try {
      await this.#put(place, page, deadline)
      const job = await this.#start(place, deadline)
      const blocks = await this.#finished(job, deadline)
      if (blocks) return pageOfBlocks(blocks, page.size)
    } finally {
      await unstage(this.#s3, place)
    }
    if (page.bytes.byteLength <= directBytes) return this.#direct(page, deadline)
    throw new UnavailableError('ocr_failed', "Textract's job for an image failed.")
  }

  async #put(place: S3Place, { bytes, contentType }: Page, { signal }: Deadline): Promise<void> {
    try {
      await this.#s3.send(new PutObjectCommand({ ...place, Body: bytes, ContentType: contentType }), abortable(signal))
    } catch (error) {
      signal?.throwIfAborted()
      throw unavailable(error, 's3:PutObject')
    }
  }

  async #start({ Bucket, Key }: S3Place, deadline: Deadline): Promise<string> {
    const command = new StartDocumentTextDetectionCommand({
      DocumentLocation: { S3Object: { Bucket, Name: Key } },
      // A retry whose first answer was lost gets the job that was started.
      ClientRequestToken: uuid(this.#clock),
    })
    const { JobId } = await this.#patiently('textract:StartDocumentTextDetection', deadline, (options) =>
      this.#textract.send(command, options),
    )
    if (JobId === undefined) throw new UnavailableError('ocr_failed', 'Textract named no job.')
    return JobId
  }

  /** The blocks of a job, or undefined when it failed. */
  async #finished(JobId: string, deadline: Deadline): Promise<readonly Block[] | undefined> {
    const blocks: Block[] = []
    let wait = firstWait
    for (let NextToken: string | undefined; ; ) {
      const command = new GetDocumentTextDetectionCommand({ JobId, NextToken })
      const page = await this.#patiently('textract:GetDocumentTextDetection', deadline, (options) =>
        this.#textract.send(command, options),
      )
      if (page.JobStatus === 'IN_PROGRESS') {
        await this.#pause(wait, deadline)
        wait = Math.min(wait * growth, longestWait)
        continue
      }
      if (page.JobStatus === 'FAILED') return undefined
      blocks.push(...(page.Blocks ?? []))
      NextToken = page.NextToken
      if (NextToken === undefined) return blocks
    }
  }

  /** Tries until the deadline what is throttled. */
  async #patiently<Answer>(
    action: string,
    deadline: Deadline,
    call: (options: { readonly abortSignal?: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer> {
    for (let wait = firstWait; ; wait = Math.min(wait * growth, longestWait)) {
      try {
        return await call(abortable(deadline.signal))
      } catch (error) {
        deadline.signal?.throwIfAborted()
        if (!isBusy(error)) throw textractFault(error, action)
        await this.#pause(wait, deadline, error)
      }
    }
  }

  async #pause(wait: number, { at, signal }: Deadline, cause?: unknown): Promise<void> {
    if (this.#clock.now() + wait > at)
      throw new UnavailableError('ocr_timed_out', 'Textract did not read the images in time.', { cause })
    await sleep(this.#clock, wait, signal)
  }
}

function abortable(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {}
}
