import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { InvalidInputError, PlinthError, userPermissions } from '@plinth/core'
import { firstTenant, readEnvironment } from '@plinth/server'
import { mintAdministratorToken, mintToken } from './local-identity.ts'

type Variables = Readonly<Record<string, string | undefined>>

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

interface Question {
  /** Sent as JSON. */
  readonly body?: object
  /** Sent as they are, in the place of a body. */
  readonly content?: FormData | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

interface Answered {
  readonly body: unknown
  readonly location: string | undefined
}

const firstWait = 30
const longestWait = 1_000
const sendTries = 8
/** A server that restarts is back by then. */
const goneMilliseconds = 30_000

/** PLINTH_URL, else this machine's server. @throws InvalidInputError for what is no URL. */
export function serverUrl(environment: Variables): string {
  const url = (environment.PLINTH_URL || `http://127.0.0.1:${environment.PORT || '4000'}`).replace(/\/+$/, '')
  if (/^https?:/.test(url) && URL.canParse(url)) return url
  throw new InvalidInputError(`PLINTH_URL is no URL: ${url}`, { field: 'PLINTH_URL' })
}

/** A running server, as the verbs see it. */
export class Client {
  readonly url: string
  readonly #token: string
  readonly #send: typeof send
  readonly #hints: Readonly<Record<string, string>>

  /** @param options.fetching in the place of the network. @param options.hints what more to say about refusals, by their code. */
  constructor(
    url: string,
    token: string,
    { fetching = send, hints = {} }: { readonly fetching?: typeof send; readonly hints?: Readonly<Record<string, string>> } = {},
  ) {
    this.url = url
    this.#token = token
    this.#send = fetching
    this.#hints = hints
  }

  /** PLINTH_URL and PLINTH_TOKEN; else this machine's server, with a token from its data for tenant demo. */
  static fromEnvironment(environment: Variables): Promise<Client> {
    const grant = { tenant: firstTenant, user: 'cli', permissions: userPermissions, lifetime: 86_400 }
    return reached(environment, () => mintToken(grant, environment))
  }

  /** The same for whoever administers tenants, with a token from the data folder for a tenant that is active. */
  static administrator(environment: Variables): Promise<Client> {
    return reached(environment, () => mintAdministratorToken(environment))
  }

  /** Sends a request; a full queue or a server that restarts is waited for, under the same key. */
  async submit(body: object, idempotencyKey: string): Promise<Acknowledged> {
    const headers = { 'idempotency-key': idempotencyKey }
    return (await this.callPatiently('POST', '/api/requests', { body, headers })) as Acknowledged
  }

  /** What a path answers to something that can be sent again without harm: a server that restarts, or asks to slow down, is waited for. */
  async callPatiently(method: string, path: string, options: Question = {}): Promise<unknown> {
    return (await this.answerPatiently(method, path, options)).body
  }

  /** The same, and where what it made can be seen, by its Location. */
  async answerPatiently(method: string, path: string, options: Question = {}): Promise<Answered> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#answer(method, path, options)
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

  /** What a path answers, as JSON; undefined for an answer without content. @throws PlinthError with the code of the server's. */
  async call(method: string, path: string, options: Question = {}): Promise<unknown> {
    return (await this.#answer(method, path, options)).body
  }

  /** The text that a path answers with. */
  async text(path: string): Promise<string> {
    return (await this.#ask('GET', path, {})).text()
  }

  /** Where what a path made can be seen, by its Location. */
  async created(method: string, path: string, options: Question = {}): Promise<string> {
    const response = await this.#ask(method, path, options)
    await response.body?.cancel()
    return response.headers.get('location') ?? this.#notPlinth(response)
  }

  /**
   * The bytes of what a path answers, as they come; reading them fails when the answer is cut off, or the signal fires.
   * @param options.type the content type that it must have.
   * @param options.body is posted; without it the path is only asked.
   * @throws PlinthError as {@link call}; `interrupted`.
   */
  async stream(
    path: string,
    options: Pick<Question, 'body' | 'headers'> & { readonly type: string; readonly signal?: AbortSignal },
  ): Promise<AsyncIterable<Uint8Array>> {
    const { type, ...asked } = options
    const response = await this.#ask(asked.body ? 'POST' : 'GET', path, asked)
    if (response.body && response.headers.get('content-type')?.startsWith(type)) return response.body
    await response.body?.cancel()
    return this.#notPlinth(response)
  }

  // A server that can't be reached for a moment is no reason to stop waiting; one that refuses is.
  async #get(path: string): Promise<Finished | undefined> {
    try {
      return (await this.call('GET', path)) as Finished
    } catch (error) {
      if (PlinthError.is(error) && error.retryable) return undefined
      throw error
    }
  }

  async #answer(method: string, path: string, options: Question): Promise<Answered> {
    const response = await this.#ask(method, path, options)
    const body = response.status === 204 ? undefined : ((await readJson(response)) ?? this.#notPlinth(response))
    return { body, location: response.headers.get('location') ?? undefined }
  }

  async #ask(
    method: string,
    path: string,
    { body, content, headers, signal }: Question & { readonly signal?: AbortSignal },
  ): Promise<Response> {
    const response = await this.#send(this.url + path, {
      method,
      ...(signal ? { signal } : {}),
      headers: { authorization: `Bearer ${this.#token}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
      ...(content ? { body: content as RequestInit['body'] & {} } : {}),
    })
    if (response.ok) return response
    const problem = (await readJson(response)) as { code?: string; detail?: string; field?: string } | undefined
    if (!problem) return this.#notPlinth(response)
    const retryable = response.status === 429 || response.status === 503
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
    const field = problem.field === undefined ? '' : ` (${problem.field})`
    const hint = this.#hints[problem.code ?? '']
    throw new PlinthError(
      problem.code ?? `http_${response.status}`,
      `${problem.detail ?? response.statusText}${field}${hint === undefined ? '' : ` ${hint}`}`,
      retryable,
      {
        ...(Number.isFinite(retryAfter) ? { retryAfter } : {}),
        ...(problem.field === undefined ? {} : { field: problem.field }),
      },
    )
  }

  #notPlinth({ status }: Response): never {
    throw new PlinthError('not_plinth', `What answers at ${this.url} is no Plinth (status ${status}).`, false)
  }
}

/** The public keys of a server, by which anyone can see what it signed. @throws PlinthError `no_server`, `not_plinth`. */
export async function readKeySet(url: string): Promise<unknown> {
  const response = await send(url, {})
  const found = response.ok ? await readJson(response) : undefined
  if (found !== undefined) return found
  throw new PlinthError('not_plinth', `${url} answers with no key set (status ${response.status}).`, false)
}

async function reached(environment: Variables, mint: () => Promise<string>): Promise<Client> {
  const url = serverUrl(environment)
  await reach(url)
  const given = environment.PLINTH_TOKEN?.trim()
  if (given) return new Client(url, given)
  const token = await ownToken(url, environment, mint)
  const { platform, directory } = readEnvironment(environment)
  if (platform !== 'local') return new Client(url, token)
  const otherData = `The token is of the data in ${directory}, and what answers at ${url} has other data.`
  const whatToSet = 'Set PLINTH_URL to the server of that folder, or PLINTH_DATA_DIR to the folder of this one.'
  return new Client(url, token, { hints: { token_invalid: `${otherData} ${whatToSet}` } })
}

/** A token from the server's data: this machine's folder, or the table on AWS. */
async function ownToken(url: string, environment: Variables, mint: () => Promise<string>): Promise<string> {
  const { platform, directory } = readEnvironment(environment)
  if (platform === 'local' && !existsSync(join(directory, 'plinth.db'))) {
    const message = `${url} answers, but its data is not in ${directory}. Set PLINTH_DATA_DIR to its folder, or PLINTH_TOKEN to a token.`
    throw new InvalidInputError(message, { code: 'no_token', field: 'PLINTH_TOKEN' })
  }
  return mint()
}

function readJson(response: Response): Promise<unknown> {
  return response.json().catch(() => undefined)
}

async function reach(url: string): Promise<void> {
  const response = await send(`${url}/healthz`, {})
  await response.body?.cancel()
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (cause) {
    if (init.signal?.aborted) throw new PlinthError('interrupted', 'Interrupted.', true, { cause })
    throw new PlinthError(
      'no_server',
      `No Plinth answers at ${new URL(url).origin}. Start one with npm start, or set PLINTH_URL.`,
      true,
      { cause },
    )
  }
}
