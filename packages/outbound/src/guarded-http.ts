import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import {
  type Clock,
  type Outbound,
  OutboundError,
  type OutboundRequest,
  type OutboundResponse,
  parseOutboundUrl,
} from '@plinth/core'
import { isPublicAddress } from './address-rules.ts'
import { AllowList, hostOf } from './allow-list.ts'
import { type NameLookup, nameServerLookup, systemLookup } from './name-lookup.ts'

export interface GuardedHttpOptions {
  readonly clock: Clock
  /** What may be called besides the public internet: hosts, host:port, addresses, blocks of addresses. Default: nothing. */
  readonly allow?: readonly string[]
  /** Default: the machine's name servers. */
  readonly lookup?: NameLookup
}

/** Connections are kept for a moment, since events come in bursts; never many to one host, or for long. */
const connections = { keepAlive: true, timeout: 4_000, maxSockets: 32, maxTotalSockets: 1_024, scheduling: 'lifo' } as const
const headerBytes = 16 * 1024

/**
 * Outbound on node:http and node:https. Names are looked up inside the connection attempt, by a look-up that refuses unless every
 * address is good: what was looked at is what is connected to.
 */
export class GuardedHttp implements Outbound {
  readonly #clock: Clock
  readonly #allow: AllowList
  readonly #lookup: NameLookup
  // Agents of our own: the global ones may have been told of a proxy.
  readonly #http = new http.Agent(connections)
  readonly #https = new https.Agent({ ...connections, rejectUnauthorized: true })

  /** @throws InvalidInputError for an entry of `allow` that can't be read. */
  constructor(options: GuardedHttpOptions) {
    this.#clock = options.clock
    this.#allow = new AllowList(options.allow ?? [])
    this.#lookup = options.lookup ?? nameServerLookup()
  }

  checkUrl(url: string): void {
    this.#checked(url)
  }

  async send(request: OutboundRequest): Promise<OutboundResponse> {
    const url = this.#checked(request.url)
    if (request.signal?.aborted) throw new OutboundError('cancelled')
    return this.#exchange(url, request)
  }

  /** Ends the connections that are kept. */
  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  #checked(text: string): URL {
    const url = parseOutboundUrl(text)
    const host = hostOf(url.hostname)
    if (this.#allow.allowsHost(host, portOf(url))) return url
    const local = host === 'localhost' || host.endsWith('.localhost')
    if (local || (isIP(host) !== 0 && !this.#good(host, portOf(url)))) throw new OutboundError('address_refused')
    return url
  }

  #good(address: string, port: number): boolean {
    return isPublicAddress(address) || this.#allow.allowsAddress(address, port)
  }

  async #addresses(host: string, port: number): Promise<readonly string[]> {
    if (this.#allow.allowsHost(host, port)) return systemLookup(host)
    const addresses = await this.#lookup(host)
    if (!addresses.every((address) => this.#good(address, port))) throw new OutboundError('address_refused')
    return addresses
  }

  /** What node:net asks for addresses; it is not asked for a host that is one. */
  #lookupFor(port: number): LookupFunction {
    return (host, options, done) => {
      this.#addresses(host, port).then(
        (addresses) => {
          const found = addresses.map((address) => ({ address, family: isIP(address) }))
          const [first] = found
          if (!first) done(new OutboundError('unreachable', { reason: 'ENOTFOUND' }), '', 0)
          else if (options.all) done(null, found)
          else done(null, first.address, first.family)
        },
        (error: NodeJS.ErrnoException) => done(error, '', 0),
      )
    }
  }

  #exchange(url: URL, request: OutboundRequest): Promise<OutboundResponse> {
    const { body, signal } = request
    const secure = url.protocol === 'https:'
    const options: https.RequestOptions = {
      agent: secure ? this.#https : this.#http,
      hostname: hostOf(url.hostname),
      port: portOf(url),
      path: url.pathname + url.search,
      method: request.method,
      headers: { ...request.headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
      lookup: this.#lookupFor(portOf(url)),
      maxHeaderSize: headerBytes,
    }
    return new Promise((resolve, reject) => {
      let outgoing: ClientRequest
      let status: number | undefined
      let ended = false
      const end = (settle: () => void): void => {
        ended = true
        timer.cancel()
        signal?.removeEventListener('abort', cancel)
        settle()
      }
      const fail = (error: OutboundError): void => {
        end(() => reject(error))
        outgoing.destroy()
      }
      const cancel = (): void => fail(new OutboundError('cancelled', { status }))
      const timer = this.#clock.setTimer(request.timeout, () => fail(new OutboundError('timeout', { status })))
      const attempt = (connection: https.RequestOptions): void => {
        outgoing = (secure ? https : http).request(connection)
        outgoing.on('response', (response) => {
          status = response.statusCode ?? 0
          collect(response, request.maxBytes).then(
            (answer) => end(() => resolve(answer)),
            (error) => fail(outboundError(error, status)),
          )
        })
        // Nobody asked for another protocol.
        for (const other of ['upgrade', 'connect'] as const)
          outgoing.on(other, () => fail(new OutboundError('response_malformed')))
        outgoing.on('error', (error: NodeJS.ErrnoException) => {
          // The receiver closed a kept connection at the moment that it was used: it has answered nothing, and saw nothing whole.
          const stale = outgoing.reusedSocket && status === undefined && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
          if (stale && !ended) attempt({ ...options, agent: false })
          else fail(outboundError(error, status))
        })
        outgoing.end(body)
      }
      signal?.addEventListener('abort', cancel)
      try {
        attempt(options)
      } catch (error) {
        // What Node.js refuses to send, such as a header with a line break, has no request that could be ended later.
        end(() => reject(error))
      }
    })
  }
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}

/** The whole answer, read as far as it may be. */
async function collect(response: IncomingMessage, maxBytes: number): Promise<OutboundResponse> {
  const status = response.statusCode ?? 0
  const pieces: Buffer[] = []
  let bytes = 0
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw new OutboundError('too_large', { status })
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.byteLength
    if (bytes > maxBytes) throw new OutboundError('too_large', { status })
    pieces.push(piece)
  }
  const headers = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')])
  return { status, headers: Object.fromEntries(headers) as Record<string, string>, body: new Uint8Array(Buffer.concat(pieces)) }
}

/** Never with the error's own words: they name hosts and addresses. */
function outboundError(error: unknown, status: number | undefined): OutboundError {
  if (error instanceof OutboundError) return error
  const { code } = error as NodeJS.ErrnoException
  const reason = typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : undefined
  return new OutboundError(reason?.startsWith('HPE_') ? 'response_malformed' : 'unreachable', { status, reason })
}
