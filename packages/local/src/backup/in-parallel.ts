/** Enough to keep a disk busy, and few beside a server that runs. */
const atOnce = 8

/** Does the work for each, a few at a time. After a failure nothing more is begun; what runs has ended when it is thrown. */
export async function inParallel<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  let failed = false
  const lane = async (): Promise<void> => {
    try {
      for (let next = await iterator.next(); !next.done && !failed; next = await iterator.next()) await work(next.value)
    } catch (error) {
      failed = true
      throw error
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, lane))
  const end = ends.find((one) => one.status === 'rejected')
  if (end) throw end.reason
}
