import { type StoredRow, tenantPrefix, tenantPrefixOf } from './row-codec.ts'

/** What each of two generations may take, in characters and bytes: some thousand requests between acceptance and work. */
const most = 2 * 1024 * 1024
const perRow = 200

/**
 * Rows as this process last wrote or read them, so that what was just written isn't read from the file again. Only for the one
 * process that writes: what stands here is what stands there. A row that is being changed is forgotten until it is known how
 * it came out, so nobody sees an older version after a newer one. Kept in their stored form: nobody can change one in place.
 *
 * When the younger generation is full the older one is dropped: as good as dropping the row that was used longest ago, and it
 * costs nothing a row.
 */
export class RecentRows {
  #young = new Map<string, StoredRow>()
  #old = new Map<string, StoredRow>()
  #size = 0
  /** How many commits are on their way to the file that change a row, by its key. */
  readonly #changing = new Map<string, number>()
  /** How many removals of a whole tenant are on their way, by what its keys begin with. */
  readonly #removing = new Map<string, number>()

  get(key: string): StoredRow | undefined {
    const row = this.#young.get(key)
    if (row) return row
    const old = this.#old.get(key)
    if (old) this.add(old)
    return old
  }

  /** A row was read from the file, or is new in it. */
  add(row: StoredRow): void {
    if (this.#changing.has(row.key) || this.#isRemoved(row.key)) return
    this.#young.set(row.key, row)
    this.#size += perRow + row.key.length + row.plain.length + (row.sealed?.byteLength ?? 0)
    if (this.#size < most) return
    this.#old = this.#young
    this.#young = new Map()
    this.#size = 0
  }

  /** A commit that changes or removes the row is on its way. */
  begin(key: string): void {
    this.#young.delete(key)
    this.#old.delete(key)
    this.#changing.set(key, (this.#changing.get(key) ?? 0) + 1)
  }

  /** It came back. @param row what stands there now, when that is certain. */
  end(key: string, row: StoredRow | undefined): void {
    const others = (this.#changing.get(key) ?? 1) - 1
    if (others > 0) {
      this.#changing.set(key, others)
      return
    }
    this.#changing.delete(key)
    if (row) this.add(row)
  }

  /** The removal of a tenant's rows is on its way: until it came back nothing is known of them. */
  beginTenant(tenant: string): void {
    const prefix = tenantPrefix(tenant)
    for (const rows of [this.#young, this.#old]) {
      for (const key of rows.keys()) if (key.startsWith(prefix)) rows.delete(key)
    }
    this.#removing.set(prefix, (this.#removing.get(prefix) ?? 0) + 1)
  }

  endTenant(tenant: string): void {
    const prefix = tenantPrefix(tenant)
    const others = (this.#removing.get(prefix) ?? 1) - 1
    if (others > 0) this.#removing.set(prefix, others)
    else this.#removing.delete(prefix)
  }

  #isRemoved(key: string): boolean {
    return this.#removing.size > 0 && this.#removing.has(tenantPrefixOf(key))
  }
}
