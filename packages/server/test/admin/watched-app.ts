import { allPermissions, Dispatcher, LocalIssuer, patterns, Relay, StreamDeliveries, silentLog, WorkerHost } from '@plinth/core'
import { type MemoryPlatform, memoryPlatform, scriptedModels } from '@plinth/core/testing'
import { expect } from 'vitest'
import { type App, createApp } from '../../src/app.ts'
import { bootstrap } from '../../src/bootstrap.ts'
import { startTelemetry } from '../../src/telemetry/telemetry.ts'

export interface Told {
  readonly status: number
  /** Their names. */
  readonly headers: readonly string[]
  /** Where what was made can be seen. */
  readonly location: string | null
  readonly text: string
  /** What the stores were asked meanwhile, in order, with what each call was given. */
  readonly asked: readonly string[]
}

/** The app on a platform in memory that works nothing by itself, and on which every call of a store is seen. */
export class WatchedApp {
  readonly memory: MemoryPlatform
  readonly #app: App
  readonly #issuer: LocalIssuer
  #asked: string[] = []

  private constructor(memory: MemoryPlatform, app: App, issuer: LocalIssuer) {
    this.memory = memory
    this.#app = app
    this.#issuer = issuer
    const { state, objects, keys } = memory.adapters
    for (const port of [state, objects, keys]) this.#watch(port)
  }

  static async open(): Promise<WatchedApp> {
    const memory = memoryPlatform({
      models: scriptedModels(({ prompt }) => {
        if (prompt.includes('[[fail]]')) throw new Error('It fails for good.')
        return 'An answer.'
      }),
    })
    const { platform } = memory
    const identity = await bootstrap(platform)
    const parts = { platform, patterns, telemetry: startTelemetry(), log: silentLog, ready: () => true }
    const app = createApp({ ...identity, ...parts, stopping: new AbortController().signal })
    return new WatchedApp(memory, app, await LocalIssuer.open(platform.operate()))
  }

  token(tenant: string, permissions: readonly string[] = allPermissions): Promise<string> {
    return this.#issuer.sign({ tenant, user: 'ann', permissions, lifetime: 3_600 })
  }

  async ask(
    method: string,
    path: string,
    options: { readonly token: string; readonly body?: object | undefined; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Told> {
    const { token, body, headers = {} } = options
    this.#asked = []
    const request = new Request(`http://plinth${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const answer = await this.#app.fetch(request)
    const streams = answer.headers.get('content-type')?.startsWith('text/event-stream')
    if (streams) await answer.body?.cancel()
    const text = streams ? '' : await answer.text()
    const { status, headers: answered } = answer
    return { status, headers: [...answered.keys()].sort(), location: answered.get('location'), text, asked: this.#asked }
  }

  /** Makes something. @returns the field of the answer that names it. */
  async make(path: string, token: string, body: object, field: string): Promise<string> {
    const { status, text } = await this.ask('POST', path, { token, body })
    expect([201, 202], text).toContain(status)
    return String(JSON.parse(text)[field])
  }

  /** Lets everything that waits be worked, by a worker that is gone afterwards. */
  async work(): Promise<void> {
    const { platform, clock } = this.memory
    const operator = platform.operate()
    const relay = new Relay({ operator, log: silentLog, dispatcher: new Dispatcher({ operator, patterns, log: silentLog }) })
    const host = new WorkerHost({ platform, patterns, log: silentLog })
    const deliveries = new StreamDeliveries({ platform, patterns, log: silentLog })
    for (let second = 0; second < 120; second++) await clock.advance(1_000)
    const drained = [host.drain(), deliveries.drain()]
    await clock.advance(1_000)
    await Promise.all([...drained, relay.stop()])
  }

  #watch(port: object): void {
    for (const name of ['get', 'read', 'list', 'events', 'commit', 'add', 'put', 'head', 'delete', 'wrap', 'unwrap', 'ensure']) {
      const method: unknown = Reflect.get(port, name)
      if (typeof method !== 'function') continue
      const watched = (...given: readonly unknown[]): unknown => {
        this.#asked.push(`${port.constructor.name}.${name}(${JSON.stringify(given, shortened)})`)
        return method.apply(port, given)
      }
      Object.defineProperty(port, name, { value: watched })
    }
  }
}

/** Bytes are no two times the same; how many there are is. */
function shortened(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? `${value.byteLength} bytes` : value
}
