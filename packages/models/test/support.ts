import type { JSONSchema7, LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import type { Clock } from '@plinth/core'

type Options = Omit<LanguageModelV4CallOptions, 'prompt'>

/** A prompt of one user message. */
export function promptOf(text: string): LanguageModelV4CallOptions['prompt'] {
  return [{ role: 'user', content: [{ type: 'text', text }] }]
}

/** What the model says to one user message. */
export async function say(model: LanguageModelV4, text: string, options: Options = {}): Promise<string> {
  return textOf((await model.doGenerate({ prompt: promptOf(text), ...options })).content)
}

/** The value that the model fills into a schema. */
export async function fill<Value = unknown>(model: LanguageModelV4, text: string, schema: object): Promise<Value> {
  return JSON.parse(await say(model, text, { responseFormat: { type: 'json', schema: schema as JSONSchema7 } }))
}

export function textOf(content: readonly { readonly type: string; readonly text?: string }[]): string {
  return content.map((part) => part.text ?? '').join('')
}

export async function readAll(stream: ReadableStream<LanguageModelV4StreamPart>): Promise<readonly LanguageModelV4StreamPart[]> {
  const parts: LanguageModelV4StreamPart[] = []
  for await (const part of stream as unknown as AsyncIterable<LanguageModelV4StreamPart>) parts.push(part)
  return parts
}

/** A clock whose timers run when the test says so, with random numbers from a fixed sequence. */
export class HandClock implements Clock {
  readonly waiting: { readonly delay: number; readonly run: () => void }[] = []
  #random = 1

  now(): number {
    return 0
  }

  random(): number {
    this.#random = (this.#random * 16_807) % 2_147_483_647
    return this.#random / 2_147_483_647
  }

  randomBytes(length: number): Uint8Array {
    return new Uint8Array(length)
  }

  setTimer(delay: number, run: () => void): { cancel(): void } {
    const timer = { delay, run }
    this.waiting.push(timer)
    return {
      cancel: () => {
        const at = this.waiting.indexOf(timer)
        if (at !== -1) this.waiting.splice(at, 1)
      },
    }
  }

  /** Runs everything that waits. */
  runAll(): void {
    for (const { run } of this.waiting.splice(0)) run()
  }
}
