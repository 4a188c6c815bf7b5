/** `POST /model/{id}/converse` and `/converse-stream`. @module */
import type { ChatRequest } from '@plinth/core'
import type { ChatCall, StreamEncoder } from '../protocol.ts'
import { checked, wrong } from './checked.ts'
import { ConverseEvents, converseText, type OwnFields, ownFields } from './converse-answer.ts'
import { type ConverseBody, converseBody } from './converse-body.ts'
import { frame } from './frames.ts'
import { promptOf } from './prompt.ts'
import { exceptionFrame } from './refuse.ts'
import { addInference, addModelFields, addOutput, addTools, type Draft } from './settings.ts'

/**
 * Request metadata, service tier and performance settings have no part in the answer and are ignored.
 * @throws InvalidInputError for what is malformed, and for what would change the answer and isn't there: guardrails of an account,
 * stored prompts, documents that aren't text, video, audio.
 */
export function readConverse(modelId: string, body: unknown, streamed: boolean): ChatCall {
  const read = checked(converseBody, body)
  const own = ownFields(read.additionalModelResponseFieldPaths)
  return {
    request: converseRequest(modelId, read),
    streamed,
    answer: (answer) => ({
      status: 200,
      headers: { 'content-type': 'application/json', 'x-amzn-requestid': answer.id },
      body: converseText(answer, own),
    }),
    stream: ({ id }) => converseStream(id, own),
  }
}

/** @param at the path of the body: empty, or with a dot at its end. */
export function converseRequest(modelId: string, body: ConverseBody, at = ''): ChatRequest {
  const { guardrailConfig, promptVariables } = body
  // The client relies on it to keep things out of answers: answering without it would be worse than not at all.
  if (guardrailConfig) throw wrong(`${at}guardrailConfig`, 'Guardrails are not supported: filters are set for the tenant')
  if (promptVariables && Object.keys(promptVariables).length > 0)
    throw wrong(`${at}promptVariables`, 'Stored prompts are not supported')
  const draft: Draft = { modelId, prompt: promptOf(body, at) }
  addModelFields(draft, body.additionalModelRequestFields, `${at}additionalModelRequestFields`)
  addInference(draft, body.inferenceConfig)
  addTools(draft, body.toolConfig, `${at}toolConfig`)
  addOutput(draft, body.outputConfig)
  return draft
}

function converseStream(id: string, own: OwnFields): StreamEncoder {
  const events = new ConverseEvents(own)
  const write = (list: ReturnType<ConverseEvents['part']>): Uint8Array | '' => {
    const frames = list.map(({ type, payload }) => frame('event', type, JSON.stringify(payload)))
    return frames.length < 2 ? (frames[0] ?? '') : Buffer.concat(frames)
  }
  return {
    headers: { 'content-type': 'application/vnd.amazon.eventstream', 'x-amzn-requestid': id },
    start: () => write(events.start()),
    part: (part) => write(events.part(part)),
    ping: () => '',
    fail: (refusal) => exceptionFrame(refusal, 'converse'),
  }
}
