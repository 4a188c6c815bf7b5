import type { Clock } from '../ports/clock.ts'
import {
  type Outbound,
  type OutboundCode,
  OutboundError,
  type OutboundRequest,
  type OutboundResponse,
  parseOutboundUrl,
} from '../ports/outbound.ts'

/** What a receiver does with a request: an answer, an answer that never comes (whole), or no connection. */
export type ReceiverAnswer =
  | OutboundCode
  | {
      /** Default 200. */
      readonly status?: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
      /** It falls silent: before it says anything, or within the body. */
      readonly hangs?: 'at once' | 'in the body'
    }

export type ReceiverScript = (request: OutboundRequest) => ReceiverAnswer | Promise<ReceiverAnswer>

/** Refused at sight, as a real one would. */
const refusedHosts = ['localhost', '127.0.0.1', '10.0.0.1', '169.254.169.254', '[::1]']
/** Good to look at; its name leads to an address that is refused. */
const refusedNames = ['rebinding.test']

/** Other people's servers in memory, by a script. */
export class MemoryOutbound implements Outbound {
  /** Every request that reached a receiver. */
  readonly requests: OutboundRequest[] = []
  answer: ReceiverScript
  readonly #clock: Clock

  constructor(options: { readonly clock: Clock; readonly answer?: ReceiverScript }) {
    this.#clock = options.clock
    this.answer = options.answer ?? (() => ({}))
  }

  checkUrl(url: string): void {
    if (refusedHosts.includes(parseOutboundUrl(url).hostname)) throw new OutboundError('address_refused')
  }

  async send(request: OutboundRequest): Promise<OutboundResponse> {
    this.checkUrl(request.url)
    if (request.signal?.aborted) throw new OutboundError('cancelled')
    if (refusedNames.includes(new URL(request.url).hostname)) throw new OutboundError('address_refused')
    this.requests.push(request)
    return new Promise((resolve, reject) => {
      let status: number | undefined
      const fail = (code: OutboundCode): void => {
        stop()
        reject(new OutboundError(code, { status }))
      }
      const cancel = (): void => fail('cancelled')
      const timer = this.#clock.setTimer(request.timeout, () => fail('timeout'))
      const stop = (): void => {
        timer.cancel()
        request.signal?.removeEventListener('abort', cancel)
      }
      request.signal?.addEventListener('abort', cancel)
      Promise.resolve(this.answer(request)).then((answer) => {
        if (typeof answer === 'string') return fail(answer)
        if (answer.hangs === 'at once') return
        status = answer.status ?? 200
        const body = new TextEncoder().encode(answer.body ?? '')
        if (body.byteLength > request.maxBytes) return fail('too_large')
        if (answer.hangs) return
        stop()
        resolve({ status, headers: answer.headers ?? {}, body })
      }, reject)
    })
  }
}
