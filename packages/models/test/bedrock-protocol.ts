/**
 * Bedrock's side of the Converse API, made of AWS's own parts: the service model of its client says how bodies look, its codecs write
 * bodies and frames, its signer signs. Nothing here comes from what Plinth uses to call it.
 * @module
 */
import {
  AccessDeniedException$,
  type ConverseCommandOutput,
  ConverseRequest$,
  ConverseResponse$,
  type ConverseStreamOutput,
  ConverseStreamRequest$,
  ConverseStreamResponse$,
  InternalServerException$,
  ModelErrorException$,
  ModelNotReadyException$,
  ModelStreamErrorException$,
  ModelTimeoutException$,
  ResourceNotFoundException$,
  ServiceQuotaExceededException$,
  ServiceUnavailableException$,
  ThrottlingException$,
  ValidationException$,
} from '@aws-sdk/client-bedrock-runtime'
import { Sha256 } from '@smithy/core/checksum'
import { EventStreamCodec, EventStreamMarshaller, EventStreamSerde } from '@smithy/core/event-streams'
import { HttpRequest, JsonCodec2 } from '@smithy/core/protocols'
import { NormalizedSchema } from '@smithy/core/schema'
import { fromUtf8, toUtf8 } from '@smithy/core/serde'
import { SignatureV4 } from '@smithy/signature-v4'

export type ConverseAnswer = Omit<ConverseCommandOutput, '$metadata'>
export type StreamEvent = ConverseStreamOutput

const codec = new JsonCodec2({ timestampFormat: { useTrait: true, default: 7 }, httpBindings: true, jsonName: true })
const frames = new EventStreamCodec(toUtf8, fromUtf8)

const faults = {
  AccessDeniedException: AccessDeniedException$,
  InternalServerException: InternalServerException$,
  ModelErrorException: ModelErrorException$,
  ModelNotReadyException: ModelNotReadyException$,
  ModelStreamErrorException: ModelStreamErrorException$,
  ModelTimeoutException: ModelTimeoutException$,
  ResourceNotFoundException: ResourceNotFoundException$,
  ServiceQuotaExceededException: ServiceQuotaExceededException$,
  ServiceUnavailableException: ServiceUnavailableException$,
  ThrottlingException: ThrottlingException$,
  ValidationException: ValidationException$,
}
export type FaultName = keyof typeof faults

/** The body of an answer to Converse. */
export function writeAnswer(answer: ConverseAnswer): string {
  return write(ConverseResponse$, answer)
}

/** The status and the body of a fault, as the service model has them. */
export function writeFault(name: FaultName, message: string): { readonly status: number; readonly body: string } {
  const status = NormalizedSchema.of(faults[name]).getMergedTraits().httpError
  return { status: Number(status), body: write(faults[name], { message }) }
}

/** Frames of events, written by what AWS's clients write theirs with. */
export async function writeEvents(events: readonly StreamEvent[]): Promise<Uint8Array> {
  const serde = new EventStreamSerde({
    marshaller: new EventStreamMarshaller({ utf8Encoder: toUtf8, utf8Decoder: fromUtf8 }),
    serializer: codec.createSerializer(),
    deserializer: codec.createDeserializer(),
    defaultContentType: 'application/json',
  })
  const stream = await serde.serializeEventStream({
    eventStream: each(events),
    requestSchema: NormalizedSchema.of(ConverseStreamResponse$),
  })
  const parts: Uint8Array[] = []
  for await (const part of stream as AsyncIterable<Uint8Array>) parts.push(part)
  return Buffer.concat(parts)
}

/** The frame of a fault in the middle of a stream. */
export function writeException(name: FaultName, message: string): Uint8Array {
  const text = (value: string) => ({ type: 'string' as const, value })
  const headers = {
    ':exception-type': text(name.charAt(0).toLowerCase() + name.slice(1)),
    ':content-type': text('application/json'),
    ':message-type': text('exception'),
  }
  return frames.encode({ headers, body: fromUtf8(write(faults[name], { message })) })
}

/** What in a request's body the service model doesn't allow; nothing if it is right. */
export function violationsOf(operation: 'converse' | 'converse-stream', modelId: string, body: unknown): readonly string[] {
  const schema = operation === 'converse' ? ConverseRequest$ : ConverseStreamRequest$
  return [...violations(NormalizedSchema.of(schema), { ...(body as object), modelId }, '$')]
}

export interface Signing {
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
}

export interface ReceivedRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Signs what was received anew, and compares: why a request's signature is wrong, or undefined. */
export async function signatureFault(request: ReceivedRequest, { region, credentials }: Signing): Promise<string | undefined> {
  const given = request.headers.authorization ?? ''
  const names = /SignedHeaders=([^,]+)/.exec(given)?.[1]?.split(';') ?? []
  const stamp = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(request.headers['x-amz-date'] ?? '')
  if (!stamp) return 'no date'
  const [year = 0, month = 0, day = 0, ...time] = stamp.slice(1).map(Number)
  const signingDate = new Date(Date.UTC(year, month - 1, day, ...time))
  if (Math.abs(Date.now() - signingDate.getTime()) > 5 * 60_000) return 'the date is too far off'
  if (credentials.sessionToken !== undefined && !names.includes('x-amz-security-token')) return 'no session token'
  for (const name of ['host', 'x-amz-date']) if (!names.includes(name)) return `${name} is not signed`
  const signer = new SignatureV4({ region, credentials, service: 'bedrock', sha256: Sha256, applyChecksum: false })
  const headers = Object.fromEntries(names.map((name) => [name, request.headers[name] ?? '']))
  const signed = await signer.sign(new HttpRequest({ method: 'POST', path: request.path, headers, body: request.body }), {
    signingDate,
    signableHeaders: new Set(names),
  })
  const plain = (value = ''): string => value.replaceAll(' ', '')
  return plain(signed.headers.authorization) === plain(given) ? undefined : 'the signature does not match'
}

function write(schema: Parameters<typeof NormalizedSchema.of>[0], value: unknown): string {
  const serializer = codec.createSerializer()
  serializer.write(NormalizedSchema.of(schema), value)
  const body = serializer.flush()
  return typeof body === 'string' ? body : toUtf8(body)
}

async function* each(events: readonly StreamEvent[]): AsyncGenerator<StreamEvent> {
  yield* events
}

/** A static schema of a structure: its seventh place says how many of its members, from the first, must be there. */
const requiredPlace = 6

function* violations(schema: NormalizedSchema, value: unknown, path: string): Generator<string> {
  if (value === undefined || value === null) yield `${path} is empty`
  else if (schema.isDocumentSchema()) return
  else if (schema.isStructSchema()) yield* violationsOfStructure(schema, value, path)
  else if (schema.isListSchema()) {
    if (!Array.isArray(value)) yield `${path} is no list`
    else for (const [index, item] of value.entries()) yield* violations(schema.getValueSchema(), item, `${path}[${index}]`)
  } else if (schema.isMapSchema()) {
    for (const [key, item] of Object.entries(value)) yield* violations(schema.getValueSchema(), item, `${path}.${key}`)
  } else if (schema.isBlobSchema() || schema.isStringSchema()) {
    if (typeof value !== 'string') yield `${path} is no text`
  } else if (schema.isNumericSchema()) {
    if (typeof value !== 'number') yield `${path} is no number`
  } else if (schema.isBooleanSchema()) {
    if (typeof value !== 'boolean') yield `${path} is no boolean`
  } else yield `${path} is of a kind that this check doesn't know`
}

function* violationsOfStructure(schema: NormalizedSchema, value: unknown, path: string): Generator<string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return yield `${path} is no structure`
  const members = schema.getMemberSchemas()
  const given = Object.entries(value).filter(([, item]) => item !== undefined)
  for (const [name, item] of given) {
    const member = members[name]
    if (member) yield* violations(member, item, `${path}.${name}`)
    else yield `${path}.${name} is unknown`
  }
  if (schema.isUnionSchema() && given.length !== 1) yield `${path} is a union of ${given.length}`
  const required = (schema.getSchema() as readonly unknown[])[requiredPlace]
  if (schema.isUnionSchema() || typeof required !== 'number') return
  for (const name of Object.keys(members).slice(0, required))
    if (!given.some(([other]) => other === name)) yield `${path}.${name} is missing`
}
