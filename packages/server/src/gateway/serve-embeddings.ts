import { embedGoverned, type ModelEntry } from '@plinth/core'
import type { Answer } from '../exchange.ts'
import { readBody } from '../json-body.ts'
import { readInvokeEmbeddings } from './bedrock/invoke-embeddings.ts'
import { embeddingsAnswer, readEmbeddings } from './openai/embeddings.ts'
import type { GatewayCall } from './serve-chat.ts'

/** `POST /v1/embeddings`. @throws PlinthError. */
export async function serveEmbeddings(call: GatewayCall): Promise<Answer> {
  const { modelId, inputs, format, dimensions } = readEmbeddings(await readBody(call.arrival))
  const { vectors, inputTokens, modelId: servedBy } = await embed(call, modelId, inputs, dimensions)
  return marked(embeddingsAnswer({ modelId, vectors, tokens: inputTokens, format }), servedBy)
}

/** `POST /model/{id}/invoke` of a model that makes vectors. @throws PlinthError. */
export async function serveInvokeEmbeddings(call: GatewayCall, modelId: string, entry: ModelEntry): Promise<Answer> {
  const { inputs, dimensions, answer } = readInvokeEmbeddings(modelId, entry, await readBody(call.arrival))
  const { vectors, inputTokens, modelId: servedBy } = await embed(call, modelId, inputs, dimensions)
  return marked(answer(vectors, inputTokens), servedBy)
}

function embed(
  { scope, requestId, name, stopping }: GatewayCall,
  modelId: string,
  texts: readonly string[],
  dimensions: number | undefined,
): ReturnType<typeof embedGoverned> {
  return embedGoverned(scope, { id: requestId, modelId, texts, dimensions, what: name, signal: stopping })
}

function marked({ headers, ...answer }: Answer, servedBy: string): Answer {
  return { ...answer, headers: { 'cache-control': 'private, no-store', ...headers, 'x-plinth-model': servedBy } }
}
