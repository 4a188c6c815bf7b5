import { statfs } from 'node:fs/promises'
import { availableParallelism, cpus, freemem, loadavg, totalmem } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { cpuUsage, memoryUsage } from 'node:process'

/** One measurement of this machine, as a record of a stream. */
export interface Reading {
  readonly key: 'cpu' | 'memory' | 'event-loop' | 'disk'
  readonly data: Readonly<Record<string, number>>
}

const nanoseconds = 1e6
/**
 * How often the event loop is looked at, milliseconds: what it measures is that time, and the delay. Each look wakes an idle process; what
 * holds the loop for less is seen by chance.
 */
const resolution = 250
const mebibyte = 1024 * 1024

/** What this machine and this process are doing, since it was asked before. Shares are 0 to 1, memory is MiB, delays are milliseconds. */
export class MachineReadings {
  readonly #folder: string
  readonly #delay: ReturnType<typeof monitorEventLoopDelay>
  #busy = busyTime()
  #own = cpuUsage()
  #at = performance.now()

  /** @param folder on the disk that is looked at. */
  constructor(folder: string) {
    this.#folder = folder
    this.#delay = monitorEventLoopDelay({ resolution })
    this.#delay.enable()
  }

  async take(): Promise<readonly Reading[]> {
    const readings: Reading[] = [
      { key: 'cpu', data: this.#cpu() },
      {
        key: 'memory',
        data: { used_share: shareOf(1 - freemem() / totalmem()), rss_mib: rounded(memoryUsage.rss() / mebibyte) },
      },
      { key: 'event-loop', data: this.#eventLoop() },
    ]
    const disk = await statfs(this.#folder).catch(() => undefined)
    if (disk && disk.blocks > 0) {
      const free_mib = rounded((disk.bavail * disk.bsize) / mebibyte)
      readings.push({ key: 'disk', data: { used_share: shareOf(1 - disk.bavail / disk.blocks), free_mib } })
    }
    return readings
  }

  stop(): void {
    this.#delay.disable()
  }

  #cpu(): Reading['data'] {
    const { busy, all } = busyTime()
    const now = performance.now()
    const own = cpuUsage(this.#own)
    const share = all > this.#busy.all ? (busy - this.#busy.busy) / (all - this.#busy.all) : 0
    const process_share = (own.user + own.system) / 1000 / Math.max(1, now - this.#at) / availableParallelism()
    this.#busy = { busy, all }
    this.#own = cpuUsage()
    this.#at = now
    const [load_1m = 0] = loadavg()
    return { share: shareOf(share), process_share: shareOf(process_share), load_1m: rounded(load_1m, 100) }
  }

  #eventLoop(): Reading['data'] {
    const { mean, max, count } = this.#delay
    this.#delay.reset()
    const delayOf = (measured: number): number =>
      count === 0 ? 0 : rounded(Math.max(0, measured / nanoseconds - resolution), 1000)
    return { delay_ms: delayOf(mean), longest_ms: delayOf(max) }
  }
}

/** Of all processors, milliseconds since the machine began. */
function busyTime(): { readonly busy: number; readonly all: number } {
  let busy = 0
  let all = 0
  for (const { times } of cpus()) {
    const sum = times.user + times.nice + times.sys + times.irq + times.idle
    all += sum
    busy += sum - times.idle
  }
  return { busy, all }
}

/** @param part of one that still counts. */
function rounded(amount: number, part = 10): number {
  return Math.round(amount * part) / part
}

function shareOf(amount: number): number {
  return rounded(amount, 10_000)
}
