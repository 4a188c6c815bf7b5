/** `POST /model/{id}/invoke` and `/invoke-with-response-stream`: each family of models has a form of its own. @module */
import type { ChatFinish, ChatUsage, ModelEntry } from '@plinth/core'
import type { ChatCall, StreamEncoder } from '../protocol.ts'
import { wrong } from './checked.ts'
import { freshTokens } from './converse-answer.ts'
import { frame } from './frames.ts'
import { readCommandR } from './invoke/command-r.ts'
import type { ChunkWriter, InvokeForm } from './invoke/form.ts'
import { readLlama } from './invoke/llama.ts'
import { readMistral } from './invoke/mistral.ts'
import { readNova } from './invoke/nova.ts'
import { readTitanText } from './invoke/titan-text.ts'
import { readAnthropic, readOpenAI } from './invoke/wrapped.ts'
import { exceptionFrame } from './refuse.ts'

type ReadForm = (modelId: string, body: object, streamed: boolean) => InvokeForm

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
  if (entry.kind !== 'language') throw wrong('modelId', 'This model gives no text')
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw wrong('', 'The body must be an object')
  const read = forms.find(([family]) => entry.family.startsWith(family))?.[1]
  const form = (read ?? ('anthropic_version' in body ? readAnthropic : readOpenAI))(modelId, body, streamed)
  return {
    request: form.request,
    streamed,
    answer: (answer) => ({ status: 200, headers: answerHeaders(answer.id, answer.finish.usage), body: form.answer(answer) }),
    stream: (head) => invokeStream(head.id, form.chunks(head)),
  }
}

function answerHeaders(id: string, usage: ChatUsage): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-amzn-requestid': id,
    'x-amzn-bedrock-input-token-count': String(freshTokens(usage)),
    'x-amzn-bedrock-output-token-count': String(usage.outputTokens),
    'x-amzn-bedrock-cache-read-input-token-count': String(usage.cacheReadTokens),
    'x-amzn-bedrock-cache-write-input-token-count': String(usage.cacheWriteTokens),
    'x-amzn-bedrock-invocation-latency': String(Math.round(usage.latencyMs)),
  }
}

function invokeStream(id: string, chunks: ChunkWriter): StreamEncoder {
  return {
    headers: {
      'content-type': 'application/vnd.amazon.eventstream',
      'x-amzn-requestid': id,
      'x-amzn-bedrock-content-type': 'application/json',
    },
    start: () => chunkFrames(chunks.start()),
    part: (part) => chunkFrames(part.type === 'finish' ? withMetrics(chunks.part(part), part.finish) : chunks.part(part)),
    ping: () => '',
    fail: (refusal) => exceptionFrame(refusal, 'invoke'),
  }
}

function chunkFrames(chunks: readonly string[]): Uint8Array | '' {
  const frames = chunks.map((json) => frame('event', 'chunk', `{"bytes":"${Buffer.from(json).toString('base64')}"}`))
  return frames.length < 2 ? (frames[0] ?? '') : Buffer.concat(frames)
}

/** The last chunk says what the call took. When its first byte came isn't known here. */
function withMetrics(chunks: readonly string[], { usage }: ChatFinish): readonly string[] {
  const last = chunks.at(-1)
  if (last === undefined) return chunks
  const metrics = JSON.stringify({
    inputTokenCount: freshTokens(usage),
    outputTokenCount: usage.outputTokens,
    invocationLatency: Math.round(usage.latencyMs),
    cacheReadInputTokenCount: usage.cacheReadTokens,
    cacheWriteInputTokenCount: usage.cacheWriteTokens,
  })
  return [...chunks.slice(0, -1), `${last.slice(0, -1)},"amazon-bedrock-invocationMetrics":${metrics}}`]
}
