import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { functionLog } from '@plinth/aws/handlers/function-log'
import { FunctionMetrics } from '@plinth/aws/handlers/function-metrics'
import { functionPatterns, functionPlatform } from '@plinth/aws/handlers/function-platform'
import { functionSpans } from '@plinth/aws/handlers/function-spans'
import { createMcpEndpoint } from '@plinth/mcp'
import { GuardedHttp, systemClock } from '@plinth/outbound'
import { type App, createApp } from './app.ts'
import { bootstrap } from './bootstrap.ts'
import { loadSite } from './console/site.ts'
import { readEnvironment } from './environment.ts'
import { arrivalOf, type ProxyEvent, writeAnswer } from './lambda-exchange.ts'
import { readiness } from './readiness.ts'
import { Regions } from './regions.ts'
import { startTelemetry, type Telemetry } from './telemetry/telemetry.ts'
import { loadTrustedIssuers } from './trusted-issuers.ts'
import { version } from './version.ts'

/** What Lambda's runtime offers for responses that stream. */
declare const awslambda: {
  streamifyResponse(handle: (event: ProxyEvent, response: ResponseStream) => Promise<void>): unknown
}
type ResponseStream = Writable & { setContentType(type: string): void }
/** Says that the stream begins with status and headers. */
const responseType = 'application/vnd.awslambda.http-integration-response'

let telemetry: Telemetry | undefined
let opened: Promise<App> | undefined

/** The composition root on Lambda: the app of node.ts behind API Gateway's REST API, opened once for as long as the function lives. */
export const handler: unknown = awslambda.streamifyResponse(async (event, response) => {
  telemetry ??= startTelemetry({ spanExport: functionSpans(), readers: [new FunctionMetrics({ pattern: 'api' })] })
  const { flush } = telemetry
  try {
    await respond(event, response, telemetry)
  } finally {
    // Whoever asked has the answer by now, or is gone.
    await flush()
  }
})

async function respond(event: ProxyEvent, response: ResponseStream, telemetry: Telemetry): Promise<void> {
  opened ??= open(telemetry)
  opened.catch(() => {
    opened = undefined
  })
  const app = await opened
  const arrival = arrivalOf(event)
  const answer = arrival ? await app.handle(arrival) : app.refuseTarget()
  response.setContentType(responseType)
  await writeAnswer(response, answer, event.httpMethod === 'HEAD')
}

async function open(telemetry: Telemetry): Promise<App> {
  const platform = await functionPlatform()
  const { issuers, regions } = readEnvironment(process.env)
  const outbound = new GuardedHttp({ clock: systemClock })
  const identity = await bootstrap(platform, { trusted: loadTrustedIssuers(issuers), outbound })
  const stopping = new AbortController().signal
  const patterns = functionPatterns()
  const parts = {
    platform,
    patterns,
    regions: new Regions(platform, regions),
    telemetry,
    mcp: createMcpEndpoint({ routes: patterns.flatMap(({ routes }) => routes), version }),
    // Where the bundle has it.
    site: loadSite(fileURLToPath(new URL('./console', import.meta.url))),
    log: functionLog,
    stopping,
  }
  return createApp({ ...identity, ...parts, ready: readiness(platform) })
}
