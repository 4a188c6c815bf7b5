import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number }
}

/** As OTLP has it in JSON. */
interface Traces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[]
  }[]
}

interface RawSpan {
  readonly traceId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly attributes: readonly Attribute[]
}

export interface CollectedSpan {
  readonly service: unknown
  readonly name: string
  readonly traceId: string
  readonly isRoot: boolean
  readonly attributes: Readonly<Record<string, unknown>>
}

/** A collector of OpenTelemetry on a socket of this machine: it takes spans by OTLP over HTTP as JSON, or keeps whoever brings them waiting. */
export class Collector {
  readonly spans: CollectedSpan[] = []
  /** What was asked for: method, path and type of content. */
  readonly asked: string[] = []
  hangs = false
  /** Answers without an end, bit by bit. */
  drips = false
  readonly #server: Server

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const body = await text(request)
      this.asked.push(`${request.method} ${request.url} ${request.headers['content-type']}`)
      if (this.hangs) return
      if (this.drips) return drip(response)
      this.spans.push(...spansIn(JSON.parse(body)))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  }

  static async open(port = 0): Promise<Collector> {
    const collector = new Collector()
    await new Promise<void>((resolve) => collector.#server.listen(port, '127.0.0.1', resolve))
    return collector
  }

  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The spans of one correlation id. */
  of(correlation: string): readonly CollectedSpan[] {
    return this.spans.filter(({ attributes }) => attributes['plinth.correlation_id'] === correlation)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

function drip(response: ServerResponse): void {
  const dripping = setInterval(() => response.write(' '), 20)
  response.once('close', () => clearInterval(dripping))
}

function spansIn({ resourceSpans }: Traces): readonly CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = valuesOf(resource.attributes)['service.name']
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, traceId, parentSpanId, attributes }) => ({
        service,
        name,
        traceId,
        isRoot: parentSpanId === undefined,
        attributes: valuesOf(attributes),
      })),
    )
  })
}

function valuesOf(attributes: readonly Attribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value]))
}
