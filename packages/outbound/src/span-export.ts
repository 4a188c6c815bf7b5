import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace'
import { type Clock, type Log, sleep, tracesEndpoint } from '@plinth/core'

type Send = SpanExporter['export']

/** A collector that is away isn't asked again for so long. */
const pauseMilliseconds = 30_000
/** OpenTelemetry's ExportResultCode: what became of spans is told to nobody else, so to the processor all went well. */
const handled = { code: 0 }

export interface SpanExportOptions {
  /** How long one batch, and the flush of all that wait, may take, milliseconds. */
  readonly patience: number
  readonly clock: Clock
  readonly log: Log
}

/**
 * Sends spans to an OpenTelemetry collector, by OTLP over HTTP as JSON, in batches of up to 512 each 5 seconds. No more than 2,048 wait, as
 * the SDK has it; spans beyond are let go, and so are those of a batch that did not arrive, and what ends in the half minute after it: a
 * collector that is away, or hangs, keeps nobody waiting for longer than `patience`. It is told of in the log once, until one arrives again.
 */
export class SpanExport implements SpanProcessor {
  readonly resource: Resource
  readonly #options: SpanExportOptions
  readonly #exporter: OTLPTraceExporter
  readonly #batches: BatchSpanProcessor
  #pausedAt = Number.NEGATIVE_INFINITY
  #isTold = false

  /**
   * What the environment asks for; undefined: nothing. The spans are those of `OTEL_SERVICE_NAME`, else of the function, else of `plinth`.
   * Headers, such as those of a collector that asks for a token, are the SDK's to read: `OTEL_EXPORTER_OTLP_HEADERS`.
   * @throws InvalidInputError that names the variable.
   */
  static of(variables: Readonly<Record<string, string | undefined>>, options: SpanExportOptions): SpanExport | undefined {
    const endpoint = tracesEndpoint(variables)
    const service = variables.OTEL_SERVICE_NAME || variables.AWS_LAMBDA_FUNCTION_NAME || 'plinth'
    return endpoint === undefined ? undefined : new SpanExport(endpoint, service, options)
  }

  private constructor(url: string, service: string, options: SpanExportOptions) {
    const { patience } = options
    this.#options = options
    this.resource = defaultResource().merge(resourceFromAttributes({ 'service.name': service }))
    this.#exporter = new OTLPTraceExporter({ url, timeoutMillis: patience })
    this.#batches = new BatchSpanProcessor({
      exporter: {
        export: (spans, done) => this.#export(spans, done),
        shutdown: () => this.#exporter.shutdown(),
      },
      exportTimeoutMillis: patience,
    })
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.#batches.onEnd(span)
  }

  /** Sends what waits. Never rejects, and takes no longer than `patience`. */
  async forceFlush(): Promise<void> {
    const { clock, patience } = this.#options
    const over = new AbortController()
    // What is on its way already is waited for, too, unless it has kept others waiting.
    const sent = this.#batches.forceFlush().then(() => (this.#isPaused ? undefined : this.#exporter.forceFlush()))
    const pause = (): void => this.#pause()
    await Promise.race([sent.catch(pause), sleep(clock, patience, over.signal).then(pause, () => {})])
    over.abort()
  }

  /** Sends what waits, as {@link forceFlush}; spans that end later stay here. */
  async shutdown(): Promise<void> {
    await this.forceFlush()
    void this.#batches.shutdown().catch(() => {})
  }

  #export(spans: ReadableSpan[], done: Parameters<Send>[1]): void {
    if (this.#isPaused) {
      done(handled)
      return
    }
    this.#exporter.export(spans, ({ code }) => {
      if (code === handled.code) this.#resume()
      else this.#pause()
      done(handled)
    })
  }

  get #isPaused(): boolean {
    const since = this.#options.clock.now() - this.#pausedAt
    // A clock that is set back must not make the pause longer.
    return since >= 0 && since < pauseMilliseconds
  }

  #resume(): void {
    this.#pausedAt = Number.NEGATIVE_INFINITY
    this.#isTold = false
  }

  /** Neither the endpoint nor the answer is told: both may hold secrets. */
  #pause(): void {
    const { clock, log } = this.#options
    this.#pausedAt = clock.now()
    if (!this.#isTold) log.warn({}, 'The collector of OTEL_EXPORTER_OTLP_ENDPOINT takes no spans; they are let go.')
    this.#isTold = true
  }
}
