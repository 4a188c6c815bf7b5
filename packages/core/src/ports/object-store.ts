import { InvalidInputError, TooLargeError } from '../errors.ts'

/**
 * Where an object is: a tenant of 1–64 characters `A-Z a-z 0-9 _ -`, and a name of 1–512 characters `A-Z a-z 0-9 . _ - /`
 * whose parts (between the `/`) are not empty, `.` or `..`.
 */
export interface ObjectKey {
  readonly tenant: string
  readonly name: string
}

export interface ObjectHead {
  readonly name: string
  readonly bytes: number
  /** SHA-256 of the content, lower-case hexadecimal. */
  readonly sha256: string
  /** When it was put, milliseconds UTC. */
  readonly modified: number
}

/** Part of an object: the bytes from `start` up to, not including, `end`. */
export interface ObjectRange {
  readonly start: number
  readonly end: number
}

export interface ObjectQuery {
  readonly tenant: string
  readonly prefix?: string
  /** Behind this name. */
  readonly after?: string
  /** 1–1000. */
  readonly limit: number
}

export interface ObjectPage {
  readonly items: readonly ObjectHead[]
  /** Where the next page starts; absent at the end. */
  readonly after?: string
}

/**
 * Bytes under a name.
 *
 * Promises:
 * - A put is durable when it resolves and visible whole or not at all; after it every `get` and `head` sees it, `list` too.
 * - `ifAbsent` puts of one name: exactly one wins, the others get ConflictError, also at the same time.
 * - A range is [start, end), cut to the object's size; an absent object is undefined, never an empty one.
 * - Listing is in byte order of names, complete over its pages.
 * - A stream shows one version of the object whole, also when it is overwritten meanwhile.
 * - A put whose content throws fails with that error, and leaves what was there.
 * - Deleting what isn't there is fine. Nothing of one tenant is visible under another's name.
 *
 * Limits: 5 GiB an object, else TooLargeError; keys, ranges and queries as their types say, else InvalidInputError.
 */
export interface ObjectStore {
  put(
    key: ObjectKey,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options?: { readonly ifAbsent?: boolean },
  ): Promise<ObjectHead>
  get(key: ObjectKey, range?: ObjectRange): Promise<Uint8Array | undefined>
  /** The content in pieces, for what doesn't fit in memory. */
  stream(key: ObjectKey): Promise<AsyncIterable<Uint8Array> | undefined>
  head(key: ObjectKey): Promise<ObjectHead | undefined>
  list(query: ObjectQuery): Promise<ObjectPage>
  delete(key: ObjectKey): Promise<void>
}

/** The most bytes of one object (what S3 takes in one put). */
export const objectBytesLimit: number = 5 * 1024 ** 3

const tenantPattern = /^[A-Za-z0-9_-]{1,64}$/
// The lookahead refuses the parts `.` and `..` wherever they stand.
const namePattern = /^(?!(?:.*\/)?\.{1,2}(?:\/|$))[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/

/** Whether a name is one that {@link ObjectKey} allows. */
export function isObjectName(name: string): boolean {
  return name.length <= 512 && namePattern.test(name)
}

/** Refuses a key that some platform couldn't keep; adapters call it first. @throws InvalidInputError */
export function checkObjectName(key: ObjectKey): void {
  checkTenant(key.tenant)
  if (!isObjectName(key.name)) {
    throw new InvalidInputError(
      'The name of an object is 1 to 512 characters A-Z a-z 0-9 . _ - / without empty, . or .. parts.',
      {
        code: 'invalid_object_name',
      },
    )
  }
}

/** Refuses a query that some platform couldn't answer. @throws InvalidInputError */
export function checkObjectQuery(query: ObjectQuery): void {
  checkTenant(query.tenant)
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > 1000) {
    throw new InvalidInputError('A page of objects holds 1 to 1000.', { code: 'invalid_object_query', field: 'limit' })
  }
}

/** Refuses content above {@link objectBytesLimit}; adapters call it while the content grows. @throws TooLargeError */
export function checkObjectBytes(bytes: number): void {
  if (bytes > objectBytesLimit) throw new TooLargeError(`An object holds at most ${objectBytesLimit} bytes.`)
}

/** The range cut to an object's size; without a range all of it. @throws InvalidInputError */
export function cutRange(range: ObjectRange | undefined, bytes: number): ObjectRange {
  if (!range) return { start: 0, end: bytes }
  if (!Number.isSafeInteger(range.start) || !Number.isSafeInteger(range.end) || range.start < 0 || range.end < range.start) {
    throw new InvalidInputError('A range is two whole numbers, 0 <= start <= end.', { code: 'invalid_object_range' })
  }
  return { start: Math.min(range.start, bytes), end: Math.min(range.end, bytes) }
}

function checkTenant(tenant: string): void {
  if (tenantPattern.test(tenant)) return
  throw new InvalidInputError('The tenant of an object is 1 to 64 characters A-Z a-z 0-9 _ -.', { code: 'invalid_object_name' })
}
