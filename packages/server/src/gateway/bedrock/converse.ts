/** `POST /model/{id}/converse` and `/converse-stream`. @module */
import { type ChatRequest, readInput } from '@plinth/core'
import { fieldsBy } from '../client-fields.ts'
import { wrong } from '../form.ts'
import type { ChatCall, StreamEncoder } from '../protocol.ts'
import { bedrockAnswer, requestHeader } from './answer.ts'
import { type ConverseEvent, ConverseEvents, converseBodyOf, type OwnFields, ownFields } from './converse-answer.ts'
import { type ConverseBody, converseBody } from './converse-body.ts'
import { frame, joined } from './frames.ts'
import { placesOf, promptOf } from './prompt.ts'
import { exceptionFrame } from './refuse.ts'
import { inferenceOf, modelFieldsOf, outputOf, toolsOf } from './settings.ts'

/**
 * Request metadata, service tier and performance settings have no part in the answer and are ignored.
 * @throws InvalidInputError for what is malformed, and for what would change the answer and isn't there: guardrails of an account,
 * stored prompts, documents that aren't text, video, audio.
 */
export function readConverse(modelId: string, body: unknown, streamed: boolean): ChatCall {
  const read = readInput(converseBody, body)
  const own = ownFields(read.additionalModelResponseFieldPaths)
  return {
    request: converseRequest(modelId, read),
    streamed,
    answer: (answer) => bedrockAnswer(answer.id, converseBodyOf(answer, own)),
    stream: ({ id }) => converseStream(id, own),
    fieldOf: fieldsBy(fieldNames, () => placesOf(read)),
  }
}

const fieldNames = {
  max_tokens: 'inferenceConfig.maxTokens',
  stop_sequences: 'inferenceConfig.stopSequences',
  tools: 'toolConfig.tools',
  tool_choice: 'toolConfig.toolChoice',
  response_format: 'outputConfig.textFormat',
  reasoning: 'additionalModelRequestFields',
}

const noGuardrails = 'Guardrails are not supported: filters are set for the tenant.'

/** @param at the path of the body: empty, or with a dot at its end. */
export function converseRequest(modelId: string, body: ConverseBody, at = ''): ChatRequest {
  const { guardrailConfig, promptVariables } = body
  // The client relies on it to keep things out of answers: answering without it would be worse than not at all.
  if (guardrailConfig) throw wrong(`${at}guardrailConfig`, noGuardrails)
  if (promptVariables && Object.keys(promptVariables).length > 0)
    throw wrong(`${at}promptVariables`, 'Stored prompts are not supported.')
  return {
    modelId,
    prompt: promptOf(body, at),
    ...modelFieldsOf(body.additionalModelRequestFields, `${at}additionalModelRequestFields`),
    ...inferenceOf(body.inferenceConfig),
    ...toolsOf(body.toolConfig, `${at}toolConfig`),
    ...outputOf(body.outputConfig, at),
  }
}

function converseStream(id: string, own: OwnFields): StreamEncoder {
  const events = new ConverseEvents(own)
  const write = (list: readonly ConverseEvent[]): Uint8Array | '' =>
    joined(list.map(({ type, payload }) => frame('event', type, JSON.stringify(payload))))
  return {
    headers: { 'content-type': 'application/vnd.amazon.eventstream', ...requestHeader(id) },
    start: () => write(events.start()),
    part: (part) => write(events.part(part)),
    ping: () => '',
    fail: (refusal) => exceptionFrame(refusal, 'converse'),
  }
}
