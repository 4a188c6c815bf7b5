import type { JsonObject } from '../json.ts'
import type { Job } from '../ports/queue.ts'
import type { DomainEvent, Key, ListEntry, NewRow, Page, Row, StateStore } from '../ports/state-store.ts'

/** A key in the collection that contracts use. */
export function keyOf(tenant: string, sort: string, partition = 'partition', collection = 'contract'): Key {
  return { tenant, collection, partition, sort }
}

/** A row without content. */
export function rowOf(key: Key, parts: Partial<Omit<NewRow, keyof Key>> = {}): NewRow {
  return { ...key, schema: 1, index: {}, sealed: {}, lists: [], ...parts }
}

/** A row that shows in the first list only. */
export function listedRow(key: Key, entry: ListEntry, index: JsonObject = {}): NewRow {
  return rowOf(key, { lists: [entry], index })
}

export function eventOf(tenant: string, id: string, parts: Partial<DomainEvent> = {}): DomainEvent {
  const fixed = {
    kind: 'event',
    type: 'genai.contract.tried',
    version: 1,
    subject: 'subject',
    correlationId: 'correlation',
  } as const
  return { ...fixed, id, tenant, time: Date.UTC(2026, 0, 1), detail: { id }, ...parts }
}

export function jobOf(tenant: string, id: string, parts: Partial<Job> = {}): Job {
  return { queue: 'contract.one', tenant, id, lane: 'normal', version: 1, correlationId: 'correlation', body: { id }, ...parts }
}

/** Bytes that aren't text, the same for the same seed. */
export function sampleBytes(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 167 + seed * 71 + (index >> 8)) & 0xff)
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = []
  for await (const item of items) collected.push(item)
  return collected
}

/** All of a list, page by page; `between` runs before every further page. */
export async function listAll(
  state: StateStore,
  query: Omit<Parameters<StateStore['list']>[0], 'after'>,
  between: () => Promise<void> = async () => {},
): Promise<Row[]> {
  const rows: Row[] = []
  let page: Page<Row> = await state.list(query)
  for (let pages = 0; ; pages++) {
    rows.push(...page.items)
    if (page.after === undefined) return rows
    if (pages > 10_000) throw new Error('The list has no end.')
    await between()
    page = await state.list({ ...query, after: page.after })
  }
}

/** What a promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('It should have been refused.')
}
