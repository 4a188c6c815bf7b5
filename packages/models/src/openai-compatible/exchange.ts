/** One request and its answer, on undici's own dispatcher: nothing stands between the socket's bytes and whoever reads them. @module */
import { APICallError } from '@ai-sdk/provider'
import { ModelFailure } from '@plinth/core'
import type { Dispatcher } from 'undici'
import { longestError, tooLarge } from '../bounded-answer.ts'
import { faultBody } from '../provider-fault.ts'
import type { Fields } from './fields.ts'

export type AnswerHeaders = Readonly<Record<string, string>>

/** How the bytes come. */
export interface Flow {
  pause(): void
  resume(): void
  /** Lets the connection go. Nothing is read any more. */
  leave(): void
}

/** Reads an answer whose status is one of success. `end` or `fail` comes last, once; what `data` throws fails it, too. */
export interface AnswerReader {
  /** How many bytes are read; `too_large` beyond it. */
  readonly longest: number
  begin(headers: AnswerHeaders, flow: Flow): void
  data(bytes: Buffer): void
  end(): void
  fail(error: unknown): void
}

export interface ExchangeOptions {
  readonly url: string
  readonly reader: AnswerReader
  /** Its reason is what the answer fails with. */
  readonly signal: AbortSignal | undefined
}

/** What fails is told as an `APICallError` without the prompt, by status, headers and the parsed body of the answer; aborts by their reason. */
export class Exchange implements Dispatcher.DispatchHandler, Flow {
  readonly #url: string
  readonly #reader: AnswerReader
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = (): void => this.#abandon(this.#signal?.reason)
  #controller: Dispatcher.DispatchController | undefined
  #over = false
  #headers: AnswerHeaders | undefined
  #status = 0
  #statusText = ''
  #total = 0
  /** The body of a fault. */
  #fault: Buffer[] | undefined

  constructor({ url, reader, signal }: ExchangeOptions) {
    this.#url = url
    this.#reader = reader
    this.#signal = signal
    if (signal?.aborted) this.#abandon(signal.reason)
    else signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get over(): boolean {
    return this.#over
  }

  pause(): void {
    if (!this.#over) this.#controller?.pause()
  }

  resume(): void {
    if (!this.#over) this.#controller?.resume()
  }

  leave(): void {
    if (!this.#finish()) return
    // Where there is none yet the request hasn't begun, and is ended when it does.
    this.#controller?.abort(new Error('Nobody reads the answer any more.'))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#over) controller.abort(new Error('Nobody waits for the answer any more.'))
  }

  onResponseStart(_: unknown, status: number, headers: Record<string, string | string[] | undefined>, statusText?: string): void {
    // Others than these come before the answer.
    if (this.#over || status < 200) return
    this.#status = status
    this.#statusText = statusText ?? ''
    this.#headers = joined(headers)
    if (status < 300) this.#reader.begin(this.#headers, this)
    else this.#fault = []
  }

  onResponseData(_: unknown, bytes: Buffer): void {
    if (this.#over) return
    this.#total += bytes.length
    if (!this.#fault) {
      if (this.#total > this.#reader.longest) throw tooLarge()
      this.#reader.data(bytes)
      return
    }
    const beyond = this.#total - longestError
    this.#fault.push(beyond > 0 ? bytes.subarray(0, bytes.length - beyond) : bytes)
    if (beyond <= 0) return
    // Its beginning says all that it says.
    const fault = this.#refusal(this.#fault)
    this.leave()
    this.#reader.fail(fault)
  }

  onResponseEnd(): void {
    if (!this.#finish()) return
    if (this.#fault) this.#reader.fail(this.#refusal(this.#fault))
    else this.#reader.end()
  }

  onResponseError(_: unknown, error: unknown): void {
    if (this.#finish()) this.#reader.fail(this.#broken(error))
  }

  #abandon(reason: unknown): void {
    if (this.#over) return
    this.leave()
    this.#reader.fail(reason)
  }

  /** @returns whether it wasn't over yet. */
  #finish(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
    return true
  }

  #refusal(body: readonly Buffer[]): APICallError {
    const data = faultBody(Buffer.concat(body).toString())
    const { message } = ((data as Fields | undefined)?.error ?? {}) as Fields
    return this.#error({ message: typeof message === 'string' ? message : this.#statusText || `Status ${this.#status}`, data })
  }

  #broken(cause: unknown): unknown {
    if (cause instanceof ModelFailure) return cause
    const message = this.#headers ? 'The connection broke in the middle of the answer.' : 'The server could not be reached.'
    return this.#error({ message, cause, isRetryable: true })
  }

  #error(parts: { readonly message: string } & Partial<ConstructorParameters<typeof APICallError>[0]>): APICallError {
    return apiError({ url: this.#url, headers: this.#headers, status: this.#status }, parts)
  }
}

/** @param answer as far as there was one. */
export function apiError(
  answer: { readonly url: string; readonly headers: AnswerHeaders | undefined; readonly status: number },
  parts: { readonly message: string } & Partial<ConstructorParameters<typeof APICallError>[0]>,
): APICallError {
  const { url, headers, status } = answer
  return new APICallError({
    url,
    requestBodyValues: {},
    ...(headers && { statusCode: status, responseHeaders: headers }),
    ...parts,
  })
}

function joined(headers: Record<string, string | string[] | undefined>): AnswerHeaders {
  const all: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) all[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return all
}
