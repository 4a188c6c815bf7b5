import type { LanguageModelV4CallOptions, LanguageModelV4GenerateResult, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import type { ResolvedModel } from './catalogue.ts'
import { ModelFailure } from './failure.ts'

/** UTF-16 code units. No record holds a longer text; a model that goes on and on is left before it fills the memory. */
const longestText = 64 * 1024 * 1024

type Result = Pick<LanguageModelV4GenerateResult, 'content' | 'finishReason' | 'usage'>

/**
 * Asks for an answer bit by bit and gathers it.
 * @param onText is told of the text so far, each time that it grew.
 * @returns what a call that isn't streamed would give.
 * @throws whatever the stream fails with, also in a part of it; ModelFailure `model_answer_cut` when it ends without saying so,
 * `too_large`.
 */
export async function gatherStream(
  { model }: ResolvedModel,
  options: LanguageModelV4CallOptions,
  onText: (text: string) => void,
): Promise<Result> {
  const { stream } = await model.doStream(options)
  const reader = stream.getReader()
  const leave = (): void => void reader.cancel().catch(() => {})
  // Whoever aborted waits no longer; a model that ignores its signal is left alone.
  options.abortSignal?.addEventListener('abort', leave, { once: true })
  let text = ''
  let finish: Extract<LanguageModelV4StreamPart, { type: 'finish' }> | undefined
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      options.abortSignal?.throwIfAborted()
      const part: LanguageModelV4StreamPart | undefined = read.value
      if (part?.type === 'error') throw part.error
      if (part?.type === 'finish') finish = part
      if (part?.type !== 'text-delta' || typeof part.delta !== 'string' || part.delta === '') continue
      text += part.delta
      if (text.length > longestText) throw new ModelFailure('permanent', 'too_large', 'The answer is larger than can be kept.')
      onText(text)
    }
  } finally {
    leave()
  }
  if (!finish) throw new ModelFailure('transient', 'model_answer_cut', 'The answer broke off.')
  return { content: [{ type: 'text', text }], finishReason: finish.finishReason, usage: finish.usage }
}
