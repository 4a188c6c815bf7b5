import { afterAll, afterEach, beforeAll, beforeEach, describe, it, type TestContext } from 'vitest'
import type { FakeClock } from '../testing/fake-clock.ts'

/** One adapter, ready to be tried. */
export interface Subject<Port> {
  readonly port: Port
  /** The clock that the adapter reads; contracts move it, they never wait. Absent for a service with its own time. */
  readonly clock?: FakeClock
  /**
   * Lets the adapter do what it does on its own (another thread, a disk, a service), for adapters that `clock.advance` alone
   * doesn't carry there. Contracts call it between looks at something that they wait for.
   */
  settle?(): Promise<void>
  /** Closes the adapter and opens it again over the same data; absent where nothing outlives the process. */
  reopen?(): Promise<Port>
  dispose(): Promise<void>
}

export interface ContractOptions<Port> {
  create(): Promise<Subject<Port>>
  /** Promises that this adapter can't keep, or that can't be shown here: the promise's words and the reason, printed with the skip. */
  readonly unsupported?: Readonly<Record<string, string>>
  /** Makes a subject for each promise: for adapters that what other tests left slows down. */
  readonly fresh?: boolean
}

/** Tests by the promise that they hold an adapter to. `skip` ends one with a reason that is printed. */
export type Promises<Port> = Readonly<
  Record<string, (subject: () => Subject<Port>, skip: (reason: string) => never) => Promise<void>>
>

/**
 * A port's contract: every promise is one test, in the words of the port's doc comment. An adapter's test file calls it
 * with a way to make the adapter; a promise is skipped only by its words, with a reason.
 */
export function describeContract<Port>(
  port: string,
  adapter: string,
  options: ContractOptions<Port>,
  promises: Promises<Port>,
): void {
  const unsupported = options.unsupported ?? {}
  for (const words of Object.keys(unsupported)) {
    if (!(words in promises)) throw new Error(`${adapter} skips "${words}", which ${port} doesn't promise.`)
  }
  describe(`${port} contract: ${adapter}`, () => {
    let subject: Subject<Port>
    const [before, after] = options.fresh ? [beforeEach, afterEach] : [beforeAll, afterAll]
    before(async () => {
      subject = following(await options.create())
    })
    after(() => subject?.dispose())
    for (const [words, check] of Object.entries(promises)) {
      it(words, async (context: TestContext) => {
        const reason = unsupported[words]
        if (reason !== undefined) context.skip(reason)
        await check(
          () => subject,
          (why) => context.skip(why),
        )
      })
    }
  })
}

/** The subject whose port is the one that was opened last: the tests share one subject, and one of them may reopen it. */
function following<Port>(made: Subject<Port>): Subject<Port> {
  const { clock, settle, reopen } = made
  let port = made.port
  return {
    get port() {
      return port
    },
    ...(clock ? { clock } : {}),
    ...(settle ? { settle: () => settle.call(made) } : {}),
    ...(reopen ? { reopen: async () => (port = await reopen.call(made)) } : {}),
    dispose: () => made.dispose(),
  }
}
