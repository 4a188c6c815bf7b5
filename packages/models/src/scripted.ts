/** The model for tests and load: cheap, predictable, and able to be slow, throttled or broken on request. @module */
import {
  APICallError,
  type LanguageModelV4,
  type LanguageModelV4CallOptions,
  type LanguageModelV4GenerateResult,
  type LanguageModelV4Prompt,
} from '@ai-sdk/provider'
import { type Clock, sleep } from '@plinth/core'
import { scriptedId } from './catalogue.ts'
import { generateResult, streamResult } from './completion.ts'
import { hashStart, hashText, mixBits } from './hash-text.ts'
import { messageTexts, unsupportedWarnings } from './prompt-text.ts'
import { generateJson } from './schema/generate.ts'
import { smallest } from './schema/smallest.ts'
import { tokensOfBytes, utf8Bytes } from './tokens.ts'

/** How the scripted models behave. */
export interface ScriptedOptions {
  /** How long every call waits before it answers, in milliseconds; 0 when left out. */
  readonly latencyMs?: number
  /** The share of calls, 0 to 1, that are throttled (status 429, retryable); 0 when left out. */
  readonly failureRate?: number
  readonly clock: Clock
}

/** A prompt that holds this fails for good: status 400, not retryable. */
export const failMarker = '[[fail]]'

const words = 'amber basin cedar delta ember fjord grove heath inlet jetty knoll lagoon mesa notch oasis prairie'.split(' ')
const about = { kind: 'scripted' }

/**
 * Answers with one short line that depends on the prompt's text alone and does not repeat it, or, where a schema is asked for,
 * with the smallest value valid for it. No tools. Errors are `APICallError`: 429 when throttled, 400 on {@link failMarker}.
 */
export function createScriptedModel(behaviour: ScriptedOptions): LanguageModelV4 {
  const { latencyMs = 0, clock } = behaviour
  async function doGenerate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
    const { abortSignal } = options
    abortSignal?.throwIfAborted()
    if (latencyMs > 0) await sleep(clock, latencyMs, abortSignal)
    const prompt = readPrompt(options.prompt)
    failAsTold(prompt.fails, behaviour)
    const completion = {
      modelId: scriptedId,
      text: answerTo(prompt, options.responseFormat),
      inputTokens: Math.max(1, tokensOfBytes(prompt.bytes)),
      about,
      warnings: unsupportedWarnings(options),
    }
    return generateResult(completion, options)
  }

  return {
    specificationVersion: 'v4',
    provider: 'plinth.scripted',
    modelId: scriptedId,
    supportedUrls: {},
    doGenerate,
    doStream: async (options) => streamResult(await doGenerate(options), options.abortSignal),
  }
}

/** Throws what a call is to fail with. @param fails whether the marker is in it. */
export function failAsTold(fails: boolean, { failureRate = 0, clock }: ScriptedOptions): void {
  if (fails) throw failure(400, false, 'The scripted model was told to fail.')
  if (failureRate > 0 && clock.random() < failureRate) throw failure(429, true, 'The scripted model throttles this call.')
}

interface PromptDigest {
  readonly bytes: number
  readonly hash: number
  readonly fails: boolean
  /** All messages, where that is short enough to be contained in an answer; else empty. */
  readonly short: string
}

const longestAnswer = 64

function readPrompt(prompt: LanguageModelV4Prompt): PromptDigest {
  let bytes = 0
  let hash = hashStart
  let fails = false
  let short = ''
  for (const { text } of messageTexts(prompt)) {
    bytes += utf8Bytes(text)
    hash = hashText(hash, text)
    fails ||= text.includes(failMarker)
    if (short.length + text.length <= longestAnswer) short += text
  }
  return { bytes, hash, fails, short: short.trim() }
}

function answerTo({ hash, short }: PromptDigest, format: LanguageModelV4CallOptions['responseFormat']): string {
  if (format?.type === 'json') return JSON.stringify(generateJson(format.schema ?? { type: 'object' }, smallest).value)
  // A very short prompt may be part of the line: the next try has other words, and what every line holds is left out in the end.
  for (let tries = 0; ; tries++) {
    const salt = mixBits(hash + tries) >>> 0
    const varied = `${salt.toString(16).padStart(8, '0')} ${words[salt & 15]} ${words[(salt >>> 8) & 15]}`
    const line = tries < 8 ? `Scripted ${varied}.` : varied
    if (short === '' || tries === 256 || !line.includes(short)) return line
  }
}

function failure(statusCode: number, isRetryable: boolean, message: string): APICallError {
  // The prompt is left out on purpose: errors are logged.
  return new APICallError({ message, url: 'plinth:scripted', requestBodyValues: {}, statusCode, isRetryable })
}
