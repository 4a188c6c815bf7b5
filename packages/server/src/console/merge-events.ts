/** What several sources bring, each as it comes, in the order of its own source. Ends when all have; a source that fails fails it. */
export async function* mergeEvents<Value>(sources: readonly AsyncIterable<Value>[]): AsyncGenerator<Value> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]())
  const pending = new Map<number, Promise<readonly [number, IteratorResult<Value>]>>()
  const ask = (index: number): void => {
    const next = iterators[index]?.next().then((result) => [index, result] as const)
    if (next) pending.set(index, next)
  }
  for (const index of iterators.keys()) ask(index)
  try {
    while (pending.size > 0) {
      const [index, result] = await Promise.race(pending.values())
      if (result.done) {
        pending.delete(index)
        continue
      }
      ask(index)
      yield result.value
    }
  } finally {
    // Those that wait end by their signal; nobody waits for them here.
    for (const promise of pending.values()) promise.catch(() => {})
  }
}
