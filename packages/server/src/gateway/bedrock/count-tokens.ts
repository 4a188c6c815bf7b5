/** `POST /model/{id}/count-tokens`. @module */
import { type ChatRequest, type ModelEntry, readInput } from '@plinth/core'
import { z } from 'zod'
import type { Answer } from '../../exchange.ts'
import { base64, jsonValue, wrong } from '../form.ts'
import { bedrockAnswer } from './answer.ts'
import { decodedText } from './content.ts'
import { converseRequest } from './converse.ts'
import { converseBody } from './converse-body.ts'
import { readInvoke } from './invoke.ts'

const countBody = z.object({
  input: z.object({ converse: z.unknown().optional(), invokeModel: z.object({ body: base64 }).nullish() }),
})

/**
 * What would be sent to the model.
 * @throws InvalidInputError for what is malformed, as the operation itself would.
 */
export function readCountTokens(modelId: string, entry: Pick<ModelEntry, 'id' | 'family' | 'kind'>, body: unknown): ChatRequest {
  const { converse, invokeModel } = readInput(countBody, body).input
  if (converse !== undefined && converse !== null && !invokeModel)
    return converseRequest(modelId, readInput(converseBody, converse, 'input.converse'), 'input.converse.')
  if (!invokeModel || (converse !== undefined && converse !== null)) throw wrong('input', 'Must hold converse or invokeModel.')
  const field = 'input.invokeModel.body'
  return readInvoke(modelId, entry, jsonValue(decodedText(invokeModel.body, field), field), false).request
}

export function countTokensAnswer(inputTokens: number, requestId: string): Answer {
  return bedrockAnswer(requestId, { inputTokens })
}
