/**
 * What things cost, USD, of quantities. The formulas are those of AWS's pricing pages, as gathered with the prices; worked examples are in the tests.
 * @module
 */
import type { UsdOf } from '../service-prices.ts'

/** AWS's month. */
export const hoursMonth = 730
/** Lambda asks a queue that is empty with five pollers, each for 20 seconds at a time; so often in 30 days. */
export const pollsMonth: number = (5 * 30 * 24 * 3_600) / 20
const million = 1e6
const gibibyte = 2 ** 30
const tebibyte = 2 ** 40

export interface Tokens {
  readonly input: number
  readonly output: number
}

/** USD of a million tokens. */
export interface TokenPrice {
  readonly input: number
  readonly output: number
}

export function tokensUsd(tokens: Tokens, price: TokenPrice): number {
  return (tokens.input * price.input + tokens.output * price.output) / million
}

/** @param use.seconds of a call, waits for models included. @param use.gigabytes of memory. */
export function functionsUsd(
  usd: UsdOf,
  use: { readonly calls: number; readonly seconds: number; readonly gigabytes: number },
): number {
  return use.calls * (usd('functionCall') + use.seconds * use.gigabytes * usd('functionGigabyteSecond'))
}

/** What a request is written, sent and told by: rows of its states and events, a message that is sent, received and deleted, two events. */
const requestUse = { events: 2, queueCalls: 3, writes: 6, reads: 3 } as const

export function requestUsd(usd: UsdOf): number {
  const { events, queueCalls, writes, reads } = requestUse
  return (
    usd('apiCall') + events * usd('event') + queueCalls * usd('queueCall') + writes * usd('writeUnit') + reads * usd('readUnit')
  )
}

/** Bytes of a vector in S3 Vectors: 4 a number, and what AWS's own example adds: a key, what can be filtered by, and what can't. */
export function vectorBytes(dimensions: number): { readonly kept: number; readonly searched: number } {
  const kibibyte = 1024
  const searched = 4 * dimensions + 1.17 * kibibyte
  return { kept: searched + kibibyte, searched }
}

/** The first of an index cost more to look through. */
const firstVectors = 100_000

/** A month of S3 Vectors. @param use.put vectors that are put in it. */
export function vectorsUsd(
  usd: UsdOf,
  use: {
    readonly vectors: number
    readonly indexes: number
    readonly dimensions: number
    readonly queries: number
    readonly put: number
  },
): number {
  const { kept, searched } = vectorBytes(use.dimensions)
  const each = use.vectors / use.indexes
  const first = Math.min(each, firstVectors)
  const looked = (first * usd('vectorTerabyteFirst') + (each - first) * usd('vectorTerabyteMore')) * (searched / tebibyte)
  return (
    (use.vectors * kept * usd('vectorGigabyteMonth')) / gibibyte +
    (use.put * kept * usd('vectorGigabytePut')) / gibibyte +
    use.queries * (usd('vectorQuery') + looked)
  )
}

/** A month of a collection of OpenSearch Serverless. @param use.units of compute that are there all the time: 2 at the least, 1 for tries. */
export function searchUsd(usd: UsdOf, use: { readonly units: number; readonly gigabytes: number }): number {
  return use.units * hoursMonth * usd('searchUnitHour') + use.gigabytes * usd('searchGigabyteMonth')
}

/** A unit of a put into Kinesis. */
const putBytes = 25_000
/** What a shard takes a second. */
const shardBytes = 1_000_000
const shardPuts = 1_000

export interface StreamUse {
  /** Of Kinesis: several of ours lie in one. */
  readonly putsPerSecond: number
  readonly bytesPerSecond: number
}

/** Shards that a steady load needs. */
export function shardsFor({ putsPerSecond, bytesPerSecond }: StreamUse): number {
  return Math.max(1, Math.ceil(Math.max(bytesPerSecond / shardBytes, putsPerSecond / shardPuts)))
}

/** Idle or not. */
export function shardHoursUsd(usd: UsdOf, use: StreamUse): number {
  return shardsFor(use) * hoursMonth * usd('shardHour')
}

export function putsUsd(usd: UsdOf, use: StreamUse): number {
  return Math.max(use.putsPerSecond, use.bytesPerSecond / putBytes) * hoursMonth * 3_600 * usd('streamPut')
}

/** A month of the same stream on demand. @param use.readers that all of it is given to. */
export function onDemandStreamUsd(usd: UsdOf, use: StreamUse & { readonly readers: number }): number {
  const gigabytes = (use.bytesPerSecond * hoursMonth * 3_600) / gibibyte
  return hoursMonth * usd('streamHour') + gigabytes * (usd('streamGigabyteIn') + use.readers * usd('streamGigabyteOut'))
}

export function keysUsd(usd: UsdOf, use: { readonly keys: number; readonly calls: number }): number {
  return use.keys * usd('keyMonth') + use.calls * usd('keyCall')
}

export function webAclUsd(usd: UsdOf, use: { readonly rules: number; readonly calls: number }): number {
  return usd('webAclMonth') + use.rules * usd('webAclRuleMonth') + use.calls * usd('webAclCall')
}
