import type { Answer } from '../../exchange.ts'
import { jsonAnswer } from '../json-answer.ts'

/** By this name AWS's clients know a request; they show it with what fails. */
export function requestHeader(requestId: string): { readonly 'x-amzn-requestid': string } {
  return { 'x-amzn-requestid': requestId }
}

/** A whole answer of Bedrock. @param headers more of them. */
export function bedrockAnswer(requestId: string, body: object, headers: Readonly<Record<string, string>> = {}): Answer {
  return jsonAnswer(body, { ...requestHeader(requestId), ...headers })
}
