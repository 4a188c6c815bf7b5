import { InvalidInputError, PlinthError, TooLargeError } from '@plinth/core'
import type { Arrival } from './exchange.ts'
import { UnsupportedEncodingError } from './problem.ts'

/** Bodies of the native API (the contract). */
export const bodyLimit: number = 10 * 1024 * 1024
const deepest = 64
/** Of a body whose parts are looked at one by one: as deep as it may be without a cost. */
const deepestOfParts = 1_000
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * The JSON of a request's body.
 * @param options.ofParts who reads it looks at its parts one by one, and refuses by itself what is wrong with one.
 * @throws TooLargeError above the limit; UnsupportedEncodingError for one that is packed; InvalidInputError for another content type, broken UTF-8, malformed, empty or too
 * deeply nested JSON.
 */
export async function readJson(
  arrival: Arrival,
  limit: number = bodyLimit,
  options: { readonly ofParts?: boolean } = {},
): Promise<unknown> {
  const type = arrival.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? 'application/json'
  if (type !== 'application/json' && !type.endsWith('+json')) {
    throw new InvalidInputError('The body must be application/json.', { code: 'content_type_unsupported' })
  }
  return readBody(arrival, limit, options)
}

/**
 * The same whatever its type is said to be: AWS's clients send JSON as bytes of no known kind.
 * @throws TooLargeError above the limit; UnsupportedEncodingError for one that is packed; InvalidInputError for broken UTF-8, malformed, empty or too deeply nested JSON.
 */
export async function readBody(
  arrival: Arrival,
  limit: number = bodyLimit,
  { ofParts = false }: { readonly ofParts?: boolean } = {},
): Promise<unknown> {
  const bytes = await readBytes(arrival, limit).catch((cause: unknown) => {
    throw PlinthError.is(cause) ? cause : bodyCut(cause)
  })
  if (bytes.byteLength === 0) throw new InvalidInputError('The body is empty.')
  const most = ofParts ? deepestOfParts : deepest
  // Before it is parsed, which takes seconds for what is nested a million deep, and stops everyone meanwhile.
  if (isDeeper(bytes, most)) throw new InvalidInputError(`The JSON is nested more than ${most} deep.`)
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    throw new InvalidInputError('The body is not UTF-8.')
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InvalidInputError('The body is not JSON.')
  }
  if (!ofParts && mayName.test(text)) refusePrototype(value, [])
  return value
}

const quote = 0x22
const backslash = 0x5c
/** Whether arrays and objects are nested so deep, by the brackets outside of texts; what is no JSON is told of later. */
function isDeeper(json: Uint8Array, most: number): boolean {
  // What is that deep is at least that long.
  if (json.byteLength < most) return false
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number
    if (byte === quote) {
      for (at++; at < json.length && json[at] !== quote; at++) if (json[at] === backslash) at++
      continue
    }
    // Square and curly brackets differ in one bit.
    const bracket = byte & ~0x20
    if (bracket === 0x5b && ++depth >= most) return true
    if (bracket === 0x5d) depth--
  }
  return false
}

/** `__proto__` as JSON may spell it. */
const mayName = /__proto__|\\u00(?:5f|70|72|6f|74)/i

/**
 * No form has a field of this name, and forms with names of any kind pass over it without a word, so that what is kept isn't what was
 * sent. `constructor` and the like are usual names.
 * @param value of bounded depth.
 * @throws InvalidInputError with the field.
 */
function refusePrototype(value: unknown, path: readonly string[]): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    const field = [...path, name]
    if (name === '__proto__') throw new InvalidInputError('There is no field "__proto__" here.', { field: field.join('.') })
    refusePrototype(inner, field)
  }
}

/** Nothing, or a word for it. */
const unpacked = /^\s*(?:identity\s*)?$/i

/** A body of unknown length is read on for so many times its limit: a client that is cut off while it sends may never see why. */
const patience = 4

/**
 * The bytes of a body, refused when they are too many; those beyond the limit are dropped as they come. None are unpacked: no client that
 * is known packs what it asks, and a small body can unpack to any size.
 */
export async function readBytes(arrival: Arrival, limit: number): Promise<Uint8Array> {
  refusePacked(arrival)
  const announced = arrival.header('content-length')
  if (announced !== undefined && Number(announced) > limit) throw bodyTooLarge(limit)
  const chunks: Uint8Array[] = []
  let length = 0
  await arrival.collect((chunk) => {
    length += chunk.byteLength
    if (length > limit * patience) throw bodyTooLarge(limit)
    if (length <= limit) chunks.push(chunk)
  })
  if (length > limit) throw bodyTooLarge(limit)
  const [only] = chunks
  if (only && chunks.length === 1) return only
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

/** @throws UnsupportedEncodingError */
export function refusePacked(arrival: Arrival): void {
  const encoding = arrival.header('content-encoding')
  if (encoding !== undefined && !unpacked.test(encoding)) throw new UnsupportedEncodingError()
}

export function bodyTooLarge(limit: number): TooLargeError {
  const kibibytes = limit / 1024
  return new TooLargeError(`The body holds at most ${kibibytes < 1024 ? `${kibibytes} KiB` : `${kibibytes / 1024} MiB`}.`)
}

/** The client went away, or what it sent is no body. */
export function bodyCut(cause: unknown): InvalidInputError {
  return new InvalidInputError('The body could not be read to its end.', { code: 'body_cut', cause })
}
