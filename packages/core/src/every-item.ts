import type { Page } from './ports/state-store.ts'

/** What a page is asked for: nothing of the first, and of each later one where the one before ended. */
export interface Continuation {
  readonly after?: string
}

/** The items of all pages, one after the other. A page is asked for when the one before it is used up. */
export async function* everyItem<Item>(ask: (from: Continuation) => Promise<Page<Item>>): AsyncGenerator<Item> {
  let from: Continuation = {}
  for (;;) {
    const { items, after } = await ask(from)
    yield* items
    if (after === undefined) return
    from = { after }
  }
}
