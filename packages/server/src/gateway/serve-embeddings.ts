import { embedGoverned, type GovernedEmbedding, type ModelEntry } from '@plinth/core'
import type { Answer } from '../exchange.ts'
import { guardrailHeaders } from './bedrock/invoke.ts'
import { readInvokeEmbeddings } from './bedrock/invoke-embeddings.ts'
import { CallEnd } from './call-end.ts'
import { type FieldOf, fieldsBy, inClientFields } from './client-fields.ts'
import { embeddingsAnswer, readEmbeddings } from './openai/embeddings.ts'
import { readOwnBody } from './own-body.ts'
import { type GatewayCall, refuseHeaders } from './serve-chat.ts'

/** `POST /v1/embeddings`. @throws PlinthError. */
export async function serveEmbeddings(call: GatewayCall): Promise<Answer> {
  const { modelId, inputs, format, dimensions } = readEmbeddings(await readOwnBody(call))
  const {
    vectors,
    inputTokens,
    modelId: servedBy,
  } = await embed(call, openAiFields, {
    modelId,
    texts: inputs,
    dimensions,
  })
  return marked(embeddingsAnswer({ modelId, vectors, tokens: inputTokens, format }), servedBy)
}

/** `POST /model/{id}/invoke` of a model that makes vectors. @throws PlinthError. */
export async function serveInvokeEmbeddings(call: GatewayCall, modelId: string, entry: ModelEntry): Promise<Answer> {
  refuseHeaders(call.arrival, guardrailHeaders)
  const { inputs, dimensions, purpose, fieldOf, answer } = readInvokeEmbeddings(entry, await readOwnBody(call))
  const made = await embed(call, fieldOf, { modelId, texts: inputs, dimensions, purpose })
  return marked(answer({ requestId: call.requestId, vectors: made.vectors, tokens: made.inputTokens }), made.modelId)
}

/** Of texts, all of which are input, there may be too many tokens for a minute. */
const openAiFields = fieldsBy({ max_tokens: 'input' })

function embed(
  call: GatewayCall,
  fieldOf: FieldOf,
  asked: Pick<GovernedEmbedding, 'modelId' | 'texts' | 'dimensions' | 'purpose'>,
): ReturnType<typeof embedGoverned> {
  const { scope, requestId, name } = call
  const end = new CallEnd(call)
  const governed = { ...asked, id: requestId, what: name, signal: end.signal }
  return inClientFields(fieldOf, () => embedGoverned(scope, governed)).finally(() => end.release())
}

function marked({ headers, ...answer }: Answer, servedBy: string): Answer {
  return { ...answer, headers: { 'cache-control': 'private, no-store', ...headers, 'x-plinth-model': servedBy } }
}
