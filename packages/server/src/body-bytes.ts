import { PlinthError } from '@plinth/core'
import type { Arrival } from './exchange.ts'
import { bodyCut, bodyTooLarge } from './json-body.ts'

/**
 * A body as it comes, no faster than it is taken.
 * @throws TooLargeError above the limit, InvalidInputError when it breaks off; both while it is read.
 */
export async function* bodyBytes(arrival: Arrival, limit: number): AsyncGenerator<Uint8Array> {
  const announced = Number(arrival.header('content-length') ?? 0)
  if (announced > limit) throw bodyTooLarge(limit)
  let length = 0
  let given: { readonly chunk: Uint8Array; readonly taken: () => void } | undefined
  let wake = (): void => {}
  let ended = false
  let left = false
  const all = arrival.collect((chunk) => {
    length += chunk.byteLength
    if (length > limit || left) throw bodyTooLarge(limit)
    return new Promise<void>((taken) => {
      given = { chunk, taken }
      wake()
    })
  })
  const end = all.then(
    () => undefined,
    (error: unknown) => error,
  )
  void end.then(() => {
    ended = true
    wake()
  })
  for (;;) {
    if (!given && !ended)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    const next = given
    given = undefined
    if (!next) break
    try {
      left = true
      yield next.chunk
      left = false
    } finally {
      // Whoever reads no further leaves the rest to be passed over.
      next.taken()
    }
  }
  const error = await end
  if (error === undefined) return
  throw PlinthError.is(error) ? error : bodyCut(error)
}
