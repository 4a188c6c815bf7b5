import { ModelFailure } from '@plinth/core'

const mebibyte = 1024 * 1024
/** A page by a proxy, or an error's JSON: more than its beginning says nothing more. */
export const longestError: number = mebibyte / 4
/** A whole answer; the longest outputs of today's models are a hundredth of it. */
export const longestAnswer: number = 32 * mebibyte
/** A streamed one: each piece of its text has a frame around it, many times its size. */
export const longestStream: number = 512 * mebibyte

/**
 * An answer of which no more is read than can be held: a provider that never ends a body fails its own call and nothing else. Of an
 * error's body the rest is left out; anything else fails as `too_large`, which another call won't mend.
 */
export function boundedAnswer(response: Response): Response {
  const { body, status, statusText, headers } = response
  if (!body) return response
  return new Response(body.pipeThrough(bounds(response)), { status, statusText, headers })
}

function bounds({ ok, headers }: Response): TransformStream<Uint8Array, Uint8Array> {
  const streamed = headers.get('content-type')?.includes('eventstream')
  const most = ok ? (streamed ? longestStream : longestAnswer) : longestError
  let total = 0
  return new TransformStream({
    transform(chunk, controller) {
      if (!ok && total + chunk.byteLength > most) {
        controller.enqueue(chunk.subarray(0, most - total))
        controller.terminate()
        return
      }
      total += chunk.byteLength
      if (total > most) controller.error(tooLarge())
      else controller.enqueue(chunk)
    },
  })
}

/** What a call fails with whose answer is larger than can be held. */
export function tooLarge(): ModelFailure {
  return new ModelFailure('permanent', 'too_large', 'The answer is larger than can be taken.')
}
