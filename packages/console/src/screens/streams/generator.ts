import { Problem, request, send } from '../../api/client.ts'
import { streamPath } from './addresses.ts'
import type { Appended, Stream } from './answers.ts'

/** What can be put in: each into a field of its own, as a field that was told of is only told of again when it gets much worse. */
export const faults = {
  spike: { name: 'Spike', field: 'temperature', milliseconds: 250, what: 'one value of temperature far above the others' },
  drift: { name: 'Drift', field: 'pressure', milliseconds: 20_000, what: 'pressure rises for 20 s' },
  flat: { name: 'Flat line', field: 'flow', milliseconds: 20_000, what: 'flow stays the same for 20 s' },
  dropout: { name: 'Drop-out', field: undefined, milliseconds: 45_000, what: 'nothing comes for 45 s; told of after 10 to 30 s' },
} as const
export type Fault = keyof typeof faults

/** A fault that was put in. Times are milliseconds of the stream. */
export interface PutIn {
  readonly fault: Fault
  readonly at: number
  readonly until: number
}

/** One value of each field every so many milliseconds; sent two at a time. */
const every = 250
const pause = 500
const history = 60_000
/** A stream whose time is so far behind ours isn't going on: older values aren't late in it. */
const idleAfter = 120_000
/** Of the past, no more is made up for: a page in the background sleeps. */
const longestGap = 5_000
/** From so many values on a field's score counts in full. */
export const valuesToLearn = 128

/** Sends normal values of one key to a stream, and puts faults in. */
export class Generator {
  key = ''
  sent = 0
  error: unknown
  putIn: readonly PutIn[] = []
  readonly #stream: string
  readonly #changed: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  /** From its start to its stop: what is under way ends with it, so that none goes on beside the next one. */
  #run: AbortController | undefined
  /** Until when values were sent. */
  #through = 0
  /** The server's clock, less ours. */
  #ahead = 0
  #flow = 0
  /** How long the machine has run, milliseconds: where nothing is sent it stands still, so that its values go on from where they were. */
  #ran = 0

  constructor(stream: string, changed: () => void) {
    this.#stream = stream
    this.#changed = changed
  }

  get isRunning(): boolean {
    return this.#run !== undefined
  }

  get now(): number {
    return Date.now() + this.#ahead
  }

  /** The faults that go on. */
  get active(): readonly PutIn[] {
    return this.putIn.filter(({ until }) => until > this.now)
  }

  /** Begins with a minute of the past, or with as much as the stream still takes, so that it is known at once what is usual. */
  async start(stream: Pick<Stream, 'watermark' | 'allowed_lateness_seconds'>, key: string): Promise<void> {
    if (this.#run) return
    const run = new AbortController()
    this.#run = run
    this.key = key
    this.sent = 0
    this.putIn = []
    this.error = undefined
    this.#changed()
    try {
      const { headers } = await request({ method: 'GET', path: streamPath(this.#stream) }, run.signal)
      const ahead = Date.parse(headers.get('date') ?? '') - Date.now()
      // The header has whole seconds.
      this.#ahead = Math.abs(ahead) > 2_000 ? ahead : 0
      const isIdle = stream.watermark === null || Date.parse(stream.watermark) < this.now - idleAfter
      const past = isIdle ? history : Math.min(history, Math.max(0, stream.allowed_lateness_seconds * 1_000 - 1_500))
      this.#through = this.now - past
      await this.#send(run)
    } catch (error) {
      if (!run.signal.aborted) this.#failed(error)
    }
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#run?.abort()
    this.#run = undefined
    this.putIn = this.putIn.map((each) => ({ ...each, until: Math.min(each.until, this.now) }))
    this.#changed()
  }

  put(fault: Fault): void {
    const at = this.now
    this.putIn = [...this.putIn, { fault, at, until: at + faults[fault].milliseconds }]
    this.#changed()
  }

  /** Ends what goes on. */
  mend(): void {
    this.putIn = this.putIn.map((each) => ({ ...each, until: Math.min(each.until, this.now) }))
    this.#changed()
  }

  async #send(run: AbortController): Promise<void> {
    const records: { readonly key: string; readonly timestamp: string; readonly data: object }[] = []
    const { now } = this
    if (this.sent > 0) this.#through = Math.max(this.#through, now - longestGap)
    for (; this.#through + every <= now; this.#through += every) {
      const at = this.#through + every
      const going = this.putIn.filter((each) => each.at < at && at <= each.until + every)
      if (going.some(({ fault, until }) => fault === 'dropout' && at <= until)) continue
      records.push({ key: this.key, timestamp: new Date(at).toISOString(), data: this.#values(at, going) })
    }
    try {
      if (records.length > 0) {
        await send<Appended>({ method: 'POST', path: streamPath(this.#stream, '/records'), body: { records } }, run.signal)
        if (run.signal.aborted) return
        this.sent += records.length
        this.error = undefined
      }
      this.#again(run, pause)
    } catch (error) {
      if (run.signal.aborted) return
      // A server that is busy, or away for a moment, is asked again.
      if (error instanceof Problem && (error.status === 429 || error.status === 503 || error.status === 0)) {
        this.error = error
        this.#again(run, (error.retryAfter ?? 2) * 1_000)
      } else this.#failed(error)
    }
    this.#changed()
  }

  #again(run: AbortController, milliseconds: number): void {
    this.#timer = setTimeout(() => void this.#send(run), milliseconds)
  }

  #failed(error: unknown): void {
    this.error = error
    this.stop()
  }

  /** Some machine: it breathes, and is never quite the same. */
  #values(at: number, going: readonly PutIn[]): object {
    const is = (fault: Fault): PutIn | undefined => going.find((each) => each.fault === fault)
    this.#ran += every
    const wave = (seconds: number): number => Math.sin((this.#ran / seconds / 1_000) * 2 * Math.PI)
    const noise = (of: number): number => (Math.random() - 0.5) * of
    const drift = is('drift')
    const isFirst = (each: PutIn | undefined): boolean => each !== undefined && at - each.at <= every
    const temperature = 60 + 4 * wave(40) + noise(1.4) + (isFirst(is('spike')) ? 45 : 0)
    const pressure = 2.4 + 0.2 * wave(27) + noise(0.08) + (drift ? ((at - drift.at) / 1_000) * 0.12 : 0)
    // A beat over the slow wave, so that a few values always spread alike: by noise alone one flat line in fifteen wasn't told.
    if (!is('flat')) this.#flow = 130 + 10 * wave(33) + 7 * wave(1.3) + noise(2)
    return { temperature: short(temperature), pressure: short(pressure), flow: short(this.#flow) }
  }
}

function short(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
