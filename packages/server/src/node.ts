import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import {
  analytics,
  patterns as everyPattern,
  type LocalIssuer,
  type Log,
  type Models,
  type Pattern,
  PlinthError,
  sleep,
  UnavailableError,
  uuid,
  warnOfLifecycles,
} from '@plinth/core'
import { createDocumentReader } from '@plinth/documents'
import { systemClock } from '@plinth/local'
import { createMcpEndpoint } from '@plinth/mcp'
import { createModels, modelLimits, modelOptions } from '@plinth/models'
import { GuardedHttp } from '@plinth/outbound'
import { SpanExport } from '@plinth/outbound/span-export'
import { createApp } from './app.ts'
import { atMost } from './at-most.ts'
import { bootstrap } from './bootstrap.ts'
import { alsoHttp2, type OpenConnections } from './connections.ts'
import { OneTimeCodes } from './console/one-time-codes.ts'
import { loadSite } from './console/site.ts'
import { startEngine } from './engine.ts'
import { readEnvironment } from './environment.ts'
import { Listeners } from './listeners.ts'
import { createLog } from './logging.ts'
import { nodeListener } from './node-listener.ts'
import { type OpenedPlatform, openOcr, openPeers, openPlatform, openTools } from './open-platform.ts'
import { readiness } from './readiness.ts'
import { Regions } from './regions.ts'
import { SelfMetrics } from './self-metrics.ts'
import { startTelemetry } from './telemetry/telemetry.ts'
import type { Synthesise } from './template-route.ts'
import { loadTrustedIssuers } from './trusted-issuers.ts'
import { version } from './version.ts'

export interface ServerOptions {
  /** The process's environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What is served and worked here; of others there are no routes, jobs and streams. @default - all that Plinth has */
  readonly patterns?: readonly Pattern[]
  /** Makes templates of infrastructure. @default - none are made here */
  readonly synthesise?: Synthesise
  /** Called once when the data can't be written any more: nothing more is accepted, and the process should end. */
  onFatal(error: PlinthError): void
}

export interface RunningServer extends OpenedPlatform {
  readonly url: string
  readonly models: Models
  /** Signs tokens that this server takes. */
  readonly issuer: LocalIssuer
  readonly log: Log
  /** Where the console is, with a code that opens it once; undefined where it isn't built. */
  consoleLink(): string | undefined
  /** Takes no more requests, lets what runs end for a while, and closes the data in good order. */
  stop(): Promise<void>
}

const siteFolder = dirname(fileURLToPath(import.meta.resolve('@plinth/console/site/index.html')))
/** Work that is still running after this time is left to the next start, which takes it up again. */
const drainMilliseconds = 7_000
const connectionMilliseconds = 6_000
/** What is being answered may go on for so long; then it is told to end, while there is still time to say so. */
const answerMilliseconds = 4_000
/** For a request that is on its way. */
const arrivingMilliseconds = 1_000
/** For those who were cut off then, to be settled before the data is closed. */
const settleMilliseconds = 500
/** For spans to go to their collector: no request waits for that, but whoever stops the server does. */
const spanPatience = 2_000

/**
 * The composition root on Node: reads the environment, opens the platform, starts relay, worker and sweeper, and listens.
 * @throws PlinthError with a message for the person who started it.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { patterns = everyPattern } = options
  const environment = readEnvironment(options.environment)
  const log = createLog(environment.logLevel)
  const telemetry = startTelemetry({
    spanExport: SpanExport.of(options.environment, { patience: spanPatience, clock: systemClock, log }),
  })
  const models = createModels({ ...modelOptions(options.environment), clock: systemClock })
  warnOfLifecycles(models, log)
  let state: 'starting' | 'ready' | 'stopping' = 'starting'
  const onFatal = (error: PlinthError): void => {
    state = 'stopping'
    options.onFatal(error)
  }
  const outbound = new GuardedHttp({ clock: systemClock, allow: environment.outboundAllow })
  const tools = openTools({ environment, variables: options.environment, log })
  const ocr = await openOcr({ environment, variables: options.environment })
  const reader = createDocumentReader({ clock: systemClock, ...(ocr ? { ocr } : {}) })
  const parts = {
    environment,
    variables: options.environment,
    limits: modelLimits(options.environment),
    jobs: patterns.flatMap(({ jobs }) => jobs.map(({ name }) => name)),
    log,
    outbound,
    reader,
    ...(tools ? { tools } : {}),
    onFatal,
  }
  const { platform, ...where } = await openPlatform({ ...parts, models })
  const opened = [platform]
  try {
    const peers = await openPeers(platform, {
      ...parts,
      modelsOf: (region) =>
        createModels({ ...modelOptions({ ...options.environment, PLINTH_REGION: region }), clock: systemClock }),
    })
    for (const peer of peers.values()) if (typeof peer !== 'string') opened.push(peer)
    const stopping = new AbortController()
    const ending = new AbortController()
    const reachable = opened.map((each) => readiness(each))
    const { issuer, authenticator } = await bootstrap(platform, { trusted: loadTrustedIssuers(environment.issuers), outbound })
    const regions = new Regions(platform, peers)
    const site = loadSite(siteFolder)
    const codes = new OneTimeCodes(systemClock)
    const app = createApp({
      platform,
      regions,
      patterns,
      authenticator,
      issuer,
      telemetry,
      mcp: createMcpEndpoint({ routes: patterns.flatMap(({ routes }) => routes), version }),
      site,
      codes,
      synthesise: options.synthesise,
      log,
      ready: async () => state === 'ready' && (await Promise.all(reachable.map((look) => look()))).every(Boolean),
      stopping: stopping.signal,
      ending: ending.signal,
    })
    const listening = await listen(nodeListener(app.handle, app.refuseTarget), environment.host, environment.port)
    const engines = opened.map((each) => startEngine({ platform: each, patterns, worker: environment.worker, log }))
    state = 'ready'
    const { directory, selfMetrics: isWanted, worker } = environment
    const watchesItself = isWanted && worker && environment.platform === 'local' && patterns.includes(analytics)
    const selfMetrics = watchesItself
      ? new SelfMetrics({ regions, authenticator, issuer, directory, clock: systemClock, log })
      : undefined
    const stop = async (): Promise<void> => {
      state = 'stopping'
      const reason = new UnavailableError('stopping', 'Plinth stops; ask again.', { retryAfter: 1 })
      stopping.abort(reason)
      const late = systemClock.setTimer(answerMilliseconds, () => ending.abort(reason))
      const stopped = engines.map((engine) => engine.stop(drainMilliseconds))
      await Promise.all([closeConnections(listening), selfMetrics?.stop(), ...stopped])
      late.cancel()
      const toolsEnd = tools?.close()
      for (const each of opened.toReversed()) await each.close()
      await toolsEnd
      await reader.close()
      await ocr?.close()
      outbound.close()
      await telemetry.flush()
    }
    const url = urlOf(listening.server, environment.host)
    // Behind the #, which goes into no log and to no other server.
    const consoleLink = (): string | undefined => (site ? `${url}/#/?code=${codes.make()}` : undefined)
    return { url, platform, models, issuer, ...where, log, consoleLink, stop }
  } catch (error) {
    for (const each of opened.toReversed()) await each.close()
    await tools?.close()
    await reader.close()
    await ocr?.close()
    throw error
  }
}

interface Listening {
  readonly server: Server
  readonly listeners: Listeners
  readonly connections: OpenConnections
}

async function listen(listener: RequestListener, host: string, port: number): Promise<Listening> {
  // A client that keeps a connection for a minute must not meet one that we close at the same moment.
  const server = createServer({ keepAliveTimeout: 65_000, requireHostHeader: false }, listener)
  server.on('clientError', refuseMalformed)
  // What else Node would answer by itself, without a body or an id: an expectation that nobody serves is passed over.
  server.on('checkExpectation', listener)
  const connections = alsoHttp2(server, listener)
  try {
    return { server, connections, listeners: await Listeners.open(server, { host, port }) }
  } catch (error) {
    throw notListening(error as NodeJS.ErrnoException, host, port)
  }
}

/** Why it can't listen, in words that name the variable to change. */
function notListening(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  if (cause.code === 'EADDRINUSE')
    return new PlinthError('port_in_use', `Port ${port} is in use. Set PORT to another one.`, true, { cause })
  if (cause.code === 'EACCES')
    return new PlinthError('port_denied', `Port ${port} is not for this user. Set PORT to one above 1023.`, false, { cause })
  if (!/^(?:ENOTFOUND|EAI_|EADDRNOTAVAIL|EINVAL)/.test(cause.code ?? '')) return cause
  return new PlinthError('host_unknown', `PLINTH_HOST is "${host}", which is no address of this machine.`, false, { cause })
}

const parserStatuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** What Node's parser gives up on never reaches the app; its refusal has the same form all the same. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const status = parserStatuses[error.code ?? ''] ?? 400
  const title = STATUS_CODES[status]
  const code = 'malformed_request'
  const request_id = uuid(systemClock)
  const detail = 'This is no HTTP request that can be read.'
  const body = JSON.stringify({ type: `urn:plinth:problem:${code}`, title, status, detail, code, request_id })
  const headers = [
    `content-type: application/problem+json`,
    `content-length: ${body.length}`,
    `x-request-id: ${request_id}`,
    'connection: close',
  ]
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${headers.join('\r\n')}\r\n\r\n${body}`)
}

/** Ends idle connections at once, those with a request on them when it is answered, and whatever else is left after a while. */
async function closeConnections({ server, listeners, connections }: Listening): Promise<void> {
  const closed = listeners.close()
  server.closeIdleConnections()
  connections.close()
  let over = false
  void closed.then(() => {
    over = true
  })
  await atMost(systemClock, arrivingMilliseconds, closed)
  connections.closeArriving()
  await atMost(systemClock, connectionMilliseconds - arrivingMilliseconds, closed)
  server.closeAllConnections()
  connections.destroy()
  if (!over) await sleep(systemClock, settleMilliseconds)
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
