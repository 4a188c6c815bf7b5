/** What spans cost that other work lies between. @module */

/** Adds up spans: milliseconds on the clock, and of CPU on all threads. */
export class Stopwatch {
  wall = 0
  cpu = 0

  /** @returns what the work gives. */
  async time(work) {
    const cpu = process.cpuUsage()
    const began = performance.now()
    const result = await work()
    this.wall += performance.now() - began
    const { user, system } = process.cpuUsage(cpu)
    this.cpu += (user + system) / 1000
    return result
  }
}
