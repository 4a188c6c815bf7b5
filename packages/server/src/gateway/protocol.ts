/** What every protocol of the gateway is: pure translation between a client's bytes and the one form of a chat. @module */
import type { ChatAnswer, ChatHead, ChatPart, ChatRequest } from '@plinth/core'
import type { Answer } from '../exchange.ts'
import type { FieldOf } from './client-fields.ts'
import type { Refusal } from './refusal.ts'

/** What a protocol understood of one call, and how the call's answer looks in it. */
export interface ChatCall {
  readonly request: ChatRequest
  readonly streamed: boolean
  /** The whole answer. `x-request-id` and the gateway's own headers are added by the gateway. */
  answer(answer: ChatAnswer): Answer
  /** For a call that is streamed. */
  stream(head: ChatHead): StreamEncoder
  /** For errors that come after the body was read. */
  readonly fieldOf: FieldOf
  /** Headers that would change the answer and can't be heeded: a call with one of them is refused. */
  readonly refusedHeaders?: readonly string[]
}

/** Text goes out as UTF-8; an empty one is not sent. */
export type Encoded = string | Uint8Array

/** Makes a protocol's events of the parts of one answer, as they come, without any framing. */
export interface EventWriter<Event extends object> {
  /** Comes before all parts. */
  start(): readonly Event[]
  part(part: ChatPart): readonly Event[]
}

/** Encodes one streamed answer, part by part, as it comes. */
export interface StreamEncoder {
  readonly headers: Readonly<Record<string, string>>
  /** Comes before all parts. */
  start(): Encoded
  /** After `finish` nothing more may come. */
  part(part: ChatPart): Encoded
  /** Keeps the connection open while the model thinks; empty where the protocol has nothing for it. */
  ping(): Encoded
  /** The end of a stream that fails after it began. */
  fail(refusal: Refusal): Encoded
}
