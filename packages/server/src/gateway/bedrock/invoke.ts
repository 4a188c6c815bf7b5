/** `POST /model/{id}/invoke` and `/invoke-with-response-stream`: each family of models has a form of its own. @module */
import { type ChatFinish, type ChatUsage, isObject, type ModelEntry } from '@plinth/core'
import { wrong } from '../form.ts'
import { freshTokens } from '../fresh-tokens.ts'
import type { ChatCall, EventWriter, StreamEncoder } from '../protocol.ts'
import { bedrockAnswer, requestHeader } from './answer.ts'
import { frame, joined } from './frames.ts'
import { readAnthropic, readOpenAI } from './invoke/borrowed.ts'
import { readCommandR } from './invoke/command-r.ts'
import type { InvokeForm } from './invoke/form.ts'
import { readLlama } from './invoke/llama.ts'
import { readMistral } from './invoke/mistral.ts'
import { readNova } from './invoke/nova.ts'
import { readTitanText } from './invoke/titan-text.ts'
import { exceptionFrame } from './refuse.ts'

type ReadForm = (modelId: string, body: object) => InvokeForm

/** By the beginning of the family's name. */
const forms: readonly (readonly [family: string, read: ReadForm])[] = [
  ['anthropic.', readAnthropic],
  ['amazon.nova', readNova],
  ['meta.llama', readLlama],
  ['mistral', readMistral],
  ['cohere.command', readCommandR],
  ['amazon.titan-text', readTitanText],
]

/**
 * Models of other families speak the form of OpenAI's chat completions, as those that AWS serves for others do, and imported ones; or
 * Anthropic's, where the body names its version.
 * @throws InvalidInputError for what is malformed, what can't be passed on and would change the answer, and models that don't give text.
 */
export function readInvoke(
  modelId: string,
  entry: Pick<ModelEntry, 'id' | 'family' | 'kind'>,
  body: unknown,
  streamed: boolean,
): ChatCall {
  if (entry.kind !== 'language') throw wrong('modelId', 'This model gives no text.')
  if (!isObject(body)) throw wrong('', 'The body must be an object.')
  const read = forms.find(([family]) => entry.family.startsWith(family))?.[1]
  const form = (read ?? ('anthropic_version' in body ? readAnthropic : readOpenAI))(modelId, body)
  return {
    request: form.request,
    streamed,
    answer: (answer) => bedrockAnswer(answer.id, form.answer(answer), countHeaders(answer.finish.usage)),
    stream: (head) => invokeStream(head.id, form.chunks(head)),
    fieldOf: form.fieldOf,
    refusedHeaders: guardrailHeaders,
  }
}

/** Ignored like `guardrailConfig` they would let out what the client relies on them to keep in. */
export const guardrailHeaders: readonly string[] = ['x-amzn-bedrock-guardrailidentifier', 'x-amzn-bedrock-guardrailversion']

function countHeaders(usage: ChatUsage): Record<string, string> {
  return {
    'x-amzn-bedrock-input-token-count': String(freshTokens(usage)),
    'x-amzn-bedrock-output-token-count': String(usage.outputTokens),
    'x-amzn-bedrock-cache-read-input-token-count': String(usage.cacheReadTokens),
    'x-amzn-bedrock-cache-write-input-token-count': String(usage.cacheWriteTokens),
    'x-amzn-bedrock-invocation-latency': String(Math.round(usage.latencyMs)),
  }
}

function invokeStream(id: string, chunks: EventWriter<object>): StreamEncoder {
  return {
    headers: {
      'content-type': 'application/vnd.amazon.eventstream',
      ...requestHeader(id),
      'x-amzn-bedrock-content-type': 'application/json',
    },
    start: () => chunkFrames(chunks.start()),
    part: (part) => chunkFrames(part.type === 'finish' ? withMetrics(chunks.part(part), part.finish) : chunks.part(part)),
    ping: () => '',
    fail: (refusal) => exceptionFrame(refusal, 'invoke'),
  }
}

function chunkFrames(chunks: readonly object[]): Uint8Array | '' {
  return joined(chunks.map((chunk) => frame('event', 'chunk', `{"bytes":"${base64Of(JSON.stringify(chunk))}"}`)))
}

function base64Of(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** The last chunk says what the call took. When its first byte came isn't known here. */
function withMetrics(chunks: readonly object[], { usage }: ChatFinish): readonly object[] {
  const metrics = {
    inputTokenCount: freshTokens(usage),
    outputTokenCount: usage.outputTokens,
    invocationLatency: Math.round(usage.latencyMs),
    cacheReadInputTokenCount: usage.cacheReadTokens,
    cacheWriteInputTokenCount: usage.cacheWriteTokens,
  }
  return [...chunks.slice(0, -1), { ...chunks.at(-1), 'amazon-bedrock-invocationMetrics': metrics }]
}
