import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidInputError, PlinthError, userPermissions } from '@plinth/core'
import { readEnvironment } from '@plinth/server'
import { mintToken } from './local-identity.ts'

/** What a server answers to `POST /api/requests`. */
export interface Acknowledged {
  readonly request_id: string
  readonly estimated_completion: string
}

export interface Finished {
  readonly request_id: string
  readonly status: 'processing' | 'completed' | 'failed' | 'cancelled'
  readonly result: { readonly text: string; readonly stop_reason: string; readonly model_id: string } | null
  readonly error: { readonly code: string; readonly message: string } | null
  readonly usage: {
    readonly input_tokens: number
    readonly output_tokens: number
    readonly usd: number
    readonly latency_ms: number
  } | null
}

const firstWait = 30
const longestWait = 1_000
const sendTries = 8
/** A server that restarts is back by then. */
const goneMilliseconds = 30_000

/** PLINTH_URL, else this machine's server. @throws InvalidInputError for what is no URL. */
export function serverUrl(environment: Readonly<Record<string, string | undefined>>): string {
  const url = (environment.PLINTH_URL || `http://127.0.0.1:${environment.PORT || '4000'}`).replace(/\/+$/, '')
  if (/^https?:/.test(url) && URL.canParse(url)) return url
  throw new InvalidInputError(`PLINTH_URL is no URL: ${url}`, { field: 'PLINTH_URL' })
}

/** A running server, as the verbs see it. */
export class Client {
  readonly url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.url = url
    this.#token = token
  }

  /** PLINTH_URL and PLINTH_TOKEN; else this machine's server, with a token from its data folder for tenant demo. */
  static async fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Promise<Client> {
    const url = serverUrl(environment)
    await reach(url)
    return new Client(url, environment.PLINTH_TOKEN?.trim() || (await ownToken(url, environment)))
  }

  /** Sends a request; a full queue or a server that restarts is waited for, under the same key. */
  async submit(body: object, idempotencyKey: string): Promise<Acknowledged> {
    for (let attempt = 1; ; attempt++) {
      try {
        return (await this.#call('POST', '/api/requests', body, { 'idempotency-key': idempotencyKey })) as Acknowledged
      } catch (error) {
        if (attempt === sendTries || !PlinthError.is(error) || !error.retryable) throw error
        await pause(Math.min(longestWait * 5, 100 * 2 ** attempt, (error.retryAfter ?? 5) * 1000))
      }
    }
  }

  /** Waits until a request has ended. @throws PlinthError `no_server` when none has answered for half a minute. */
  async wait(requestId: string): Promise<Finished> {
    let answered = Date.now()
    for (let wait = firstWait; ; wait = Math.min(longestWait, wait * 1.5)) {
      const found = await this.#get(`/api/requests/${encodeURIComponent(requestId)}`)
      if (found && found.status !== 'processing') return found
      if (found) answered = Date.now()
      else if (Date.now() - answered > goneMilliseconds) {
        throw new PlinthError(
          'no_server',
          `The server no longer answers. The request ${requestId} is kept and goes on when it does.`,
          true,
        )
      }
      await pause(wait)
    }
  }

  // A server that can't be reached for a moment is no reason to stop waiting; one that refuses is.
  async #get(path: string): Promise<Finished | undefined> {
    try {
      return (await this.#call('GET', path)) as Finished
    } catch (error) {
      if (PlinthError.is(error) && error.retryable) return undefined
      throw error
    }
  }

  async #call(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<unknown> {
    const response = await send(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const answer = (await response.json().catch(() => undefined)) as
      | { code?: string; detail?: string; field?: string }
      | undefined
    if (!answer)
      throw new PlinthError('not_plinth', `What answers at ${this.url} is no Plinth (status ${response.status}).`, false)
    if (response.ok) return answer
    const retryable = response.status === 429 || response.status === 503
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
    const field = answer.field === undefined ? '' : ` (${answer.field})`
    throw new PlinthError(
      answer.code ?? `http_${response.status}`,
      `${answer.detail ?? response.statusText}${field}`,
      retryable,
      {
        ...(Number.isFinite(retryAfter) ? { retryAfter } : {}),
      },
    )
  }
}

/** A token from the data folder of this machine's server, for tenant demo. */
async function ownToken(url: string, environment: Readonly<Record<string, string | undefined>>): Promise<string> {
  const { directory } = readEnvironment(environment)
  if (!existsSync(join(directory, 'plinth.db'))) {
    const message = `${url} answers, but its data is not in ${directory}. Set PLINTH_DATA_DIR to its folder, or PLINTH_TOKEN to a token.`
    throw new InvalidInputError(message, { code: 'no_token', field: 'PLINTH_TOKEN' })
  }
  return mintToken({ tenant: 'demo', user: 'cli', permissions: userPermissions, lifetime: 86_400 }, environment)
}

async function reach(url: string): Promise<void> {
  const response = await send(`${url}/healthz`, {})
  await response.body?.cancel()
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (cause) {
    throw new PlinthError(
      'no_server',
      `No Plinth answers at ${new URL(url).origin}. Start one with npm start, or set PLINTH_URL.`,
      true,
      { cause },
    )
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
