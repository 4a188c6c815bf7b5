import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { mountSmall, noMount, type SmallDisk } from '../../packages/local/test/small-disk.ts'
import { seededRandom } from '../../test/e2e/support/crash-clients.ts'
import { ApiClient } from './api-client.ts'
import { type Disturbance, type DisturbanceKind, disturbancesOf, modeOf } from './disturbances.ts'
import { type FinalState, type Reading, readFile } from './final-state.ts'
import { findServerFaults } from './findings/find.ts'
import { OutsideLedger } from './ledger.ts'
import { Load, type Tokens } from './load.ts'
import { look } from './look.ts'
import { tenants } from './marks.ts'
import { FaultyModel } from './model.ts'
import { Receivers } from './receivers.ts'
import { comeToRest } from './rest.ts'
import { dataOf, type LifeOptions, ServerProcess } from './server-process.ts'
import { setUp } from './set-up.ts'
import { tearLog } from './tear-log.ts'

export interface RunOptions {
  /** An empty folder for everything. */
  readonly folder: string
  readonly shim: { readonly path: string } | { readonly reason: string }
  readonly kills: number
  readonly wanted: readonly DisturbanceKind[]
  readonly seed: number
  /** No new round is begun after so long. */
  readonly milliseconds: number
  onRound?(round: number, disturbance: Disturbance): void
}

export interface RunResult {
  readonly findings: ReadonlyMap<string, readonly string[]>
  readonly state: FinalState
  readonly ledger: OutsideLedger
  /** How many processes died of each kind of disturbance. */
  readonly deaths: ReadonlyMap<DisturbanceKind, number>
  /** What could not be tried here, and why. */
  readonly untried: readonly string[]
  readonly seconds: number
}

const hour = 3_600_000
/** By so much the last life's clock is ahead: of what a life that was an hour ahead claimed as it died, a model's call, for four minutes. */
const ahead = hour + 5 * 60_000
const longestLoad = 1_500
/** Of a life: at which call on the data folder it may die. */
const mostCalls = 900
const longestWait = 6_000
/** How much more is seen outside before a kill at a random moment. */
const mostSeen = 120
const step = 5
const diskSize = '512m'
const piece = Buffer.alloc(1024 * 1024)
const roomLeft = 200_000

/** Starts a server and kills it, again and again, under load; then lets everything come to rest and compares. */
export async function runServerFaults(options: RunOptions): Promise<RunResult> {
  const run = new Run(options)
  try {
    return await run.go()
  } finally {
    await run.close()
  }
}

class Run {
  readonly #options: RunOptions
  readonly #ledger: OutsideLedger
  readonly #disk: string
  readonly #small: SmallDisk | undefined
  readonly #deaths = new Map<DisturbanceKind, number>()
  readonly #begin = Math.floor(Date.now() / hour) * hour - 12 * hour
  #model: FaultyModel | undefined
  #receivers: Receivers | undefined
  #client: ApiClient | undefined
  #server: ServerProcess | undefined
  #url: string | undefined
  #tokens: Tokens | undefined

  constructor(options: RunOptions) {
    this.#options = options
    const mount = join(options.folder, 'mount')
    mkdirSync(mount)
    this.#small = mountSmall(mount, diskSize)
    // Not the mount itself: the library keeps what may have to come back in a folder beside.
    this.#disk = join(mount, 'disk')
    mkdirSync(this.#disk)
    this.#ledger = new OutsideLedger(join(options.folder, 'ledger.jsonl'))
  }

  async go(): Promise<RunResult> {
    const { seed, kills, shim, milliseconds } = this.#options
    const began = performance.now()
    const random = seededRandom(seed)
    this.#model = await FaultyModel.start(this.#ledger, seed)
    this.#receivers = await Receivers.start(this.#ledger)
    this.#client = new ApiClient(() => this.#url, this.#ledger)
    await this.#start('set up')
    const { tokens, requesters } = await setUp(dataOf(this.#disk), this.#client, this.#receivers)
    this.#tokens = tokens
    const load = new Load({ client: this.#client, ledger: this.#ledger, tokens, requesters, seed, begin: this.#begin })
    const has = { shim: 'path' in shim, disk: this.#small !== undefined }
    await this.#kill('random')
    let round = 0
    for (const disturbance of disturbancesOf(random, kills, has, this.#options.wanted)) {
      if (performance.now() - began > milliseconds) break
      this.#options.onRound?.(++round, disturbance)
      await this.#round(disturbance)
    }
    const state = await this.#end(load)
    const outcome = { entries: this.#ledger.entries, state }
    return {
      ...{ state, ledger: this.#ledger, deaths: this.#deaths },
      findings: findServerFaults(outcome),
      untried: [...('reason' in shim ? [shim.reason] : []), ...(this.#small ? [] : [noMount])],
      seconds: (performance.now() - began) / 1_000,
    }
  }

  async close(): Promise<void> {
    this.#client?.end()
    await this.#server?.kill()
    await Promise.all([this.#model?.close(), this.#receivers?.close()])
    this.#ledger.close()
    this.#small?.unmount()
  }

  #life(more: Partial<LifeOptions> = {}): LifeOptions {
    const host = this.#receivers?.host ?? ''
    const environment = { ...this.#model?.environment, PLINTH_OUTBOUND_ALLOW: host }
    return { disk: this.#disk, cache: join(this.#options.folder, 'compiled'), environment, ...more }
  }

  /** @returns whether it came to listen. */
  async #start(how: string, more: Partial<LifeOptions> = {}): Promise<boolean> {
    this.#ledger.add({ type: 'begun', life: ++this.#ledger.life, how })
    this.#server = new ServerProcess(this.#life(more))
    this.#url = await this.#server.listens()
    return this.#url !== undefined
  }

  async #kill(kind: DisturbanceKind): Promise<void> {
    const server = this.#server
    if (!server) return
    await server.kill()
    if (!server.wasKilled) this.#ledger.odd(`process ${this.#ledger.life} (${kind}) ended by itself with ${server.ending}`)
    this.#gone(kind)
  }

  #gone(kind: DisturbanceKind): void {
    this.#url = undefined
    this.#deaths.set(kind, (this.#deaths.get(kind) ?? 0) + 1)
    this.#ledger.add({ type: 'gone', life: this.#ledger.life, how: kind })
  }

  async #round({ kind, chance, seed }: Disturbance): Promise<void> {
    const { shim, folder } = this.#options
    const mode = modeOf(kind)
    if (mode && 'path' in shim) {
      const at = 1 + Math.floor(chance * mostCalls)
      const trace = join(folder, 'trace')
      await this.#start(`${kind} ${at}`, { faults: { shim: shim.path, mode, at, seed, trace } })
      if (this.#url !== undefined) await Promise.all([this.#wait(longestWait), this.#look(seed)])
      await this.#kill(kind)
      rmSync(trace, { force: true })
      return rmSync(`${this.#disk}.lost`, { recursive: true, force: true })
    }
    if (kind === 'read-only') return this.#startReadOnly()
    if (kind === 'start') {
      const starting = this.#start(kind)
      await Promise.race([starting, this.#wait(chance * longestLoad)])
      await this.#kill(kind)
      await starting
      this.#url = undefined
      return
    }
    const jump = { ahead: hour, back: -hour }[kind as 'ahead' | 'back']
    const clock = jump === undefined ? {} : { clock: { from: Date.now() + longestLoad, by: jump } }
    if (!(await this.#start(kind, clock))) {
      this.#ledger.odd(`process ${this.#ledger.life} (${kind}) did not start: ${this.#server?.ending}`)
      return
    }
    const looking = this.#look(seed)
    if (jump !== undefined) await this.#wait(longestLoad)
    await this.#workOn(chance * mostSeen)
    if (kind === 'full') await this.#fill()
    await this.#kill(kind)
    await looking
    rmSync(this.#ballast, { force: true })
    if (kind === 'log') tearLog(`${this.#database}-wal`)
  }

  /** A server can't work there, and must say so or answer so; then the disk can be written again. */
  async #startReadOnly(): Promise<void> {
    this.#small?.makeReadOnly()
    await this.#start('read-only')
    if (this.#url !== undefined) await this.#wait(longestLoad)
    const ended = this.#server
    if (ended?.isOver && (ended.stderr.trim() === '' || /\n\s+at /.test(ended.stderr)))
      this.#ledger.odd(`a start on a read-only disk ended without a word of why: ${ended.ending}`)
    await this.#server?.kill()
    this.#gone('read-only')
    this.#small?.makeWritable()
  }

  get #database(): string {
    return join(dataOf(this.#disk), 'plinth.db')
  }

  get #ballast(): string {
    return `${this.#disk}.ballast`
  }

  async #fill(): Promise<void> {
    const ballast = openSync(this.#ballast, 'w')
    try {
      const { bavail, bsize } = statfsSync(this.#disk)
      for (let left = bavail * bsize - roomLeft; left > 0; left -= piece.length) writeSync(ballast, piece)
    } catch (error) {
      // The server took the rest meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(ballast)
    }
    await this.#wait(longestLoad)
  }

  /** Until then, or until the process is gone. */
  async #wait(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const time = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds)
    })
    await Promise.race([time, this.#server?.exited])
    clearTimeout(timer)
  }

  /** Until so much more was seen outside: on a slow machine later than on a fast one. */
  async #workOn(seen: number): Promise<void> {
    const least = this.#ledger.entries.length + seen
    const due = performance.now() + longestWait
    while (this.#ledger.entries.length < least && performance.now() < due) await this.#wait(step)
  }

  async #look(seed: number): Promise<void> {
    const tenant = tenants[seed % tenants.length] ?? 'alpha'
    const reading = this.#reading
    if (reading) await look(reading, tenant, this.#ledger)
  }

  get #reading(): Reading | undefined {
    if (this.#url === undefined || !this.#tokens) return undefined
    const day = (time: number): string => new Date(time).toISOString().slice(0, 10)
    const days = { from: day(this.#begin), to: day(Date.now() + 2 * hour) }
    return { url: this.#url, tokens: this.#tokens, entries: this.#ledger.entries, ...days }
  }

  /** The last life, whose clock is ahead of all that was set in any: nothing waits for an hour that went by. */
  async #end(load: Load): Promise<FinalState> {
    this.#model?.calm()
    if (!(await this.#start('the end', { clock: { from: 0, by: ahead } })))
      throw new Error(`The server does not start at the end: ${this.#server?.ending}`)
    await load.end()
    const reading = this.#reading
    if (!reading || !this.#client) throw new Error('The server does not listen at the end.')
    const state = await comeToRest(reading, { client: this.#client, path: this.#database, begin: this.#begin, ahead })
    // What comes due while it stops is for its next life.
    const now = Date.now() + ahead
    await this.#server?.stop()
    return { ...state, ...readFile(this.#database, now) }
  }
}
