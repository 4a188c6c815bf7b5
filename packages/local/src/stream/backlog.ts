/** What was appended and isn't taken yet, of all tenants together, bytes. It lies in memory, too. */
const mostBytes = 64 * 1024 * 1024
/** An entry costs more than its content. */
const entryBytes = 512

export function costOf(data: Uint8Array): number {
  return data.byteLength + entryBytes
}

/**
 * The room for entries that wait for a handler. A tenant may have as much as is left for others (dynamic thresholds, Choudhury and
 * Hahne 1998): one alone half of it, two a third each; so whoever has nothing waiting finds room.
 */
export class Backlog {
  readonly #waiting = new Map<string, number>()
  #total = 0

  /** @returns whether there is room; then it is taken. */
  take(tenant: string, cost: number): boolean {
    const waiting = this.#waiting.get(tenant) ?? 0
    if (waiting + cost > mostBytes - this.#total) return false
    this.add(tenant, cost)
    return true
  }

  /** What waits already takes its room, however much there is. */
  add(tenant: string, cost: number): void {
    const waiting = (this.#waiting.get(tenant) ?? 0) + cost
    this.#total += cost
    if (waiting > 0) this.#waiting.set(tenant, waiting)
    else this.#waiting.delete(tenant)
  }

  give(tenant: string, cost: number): void {
    this.add(tenant, -cost)
  }
}
