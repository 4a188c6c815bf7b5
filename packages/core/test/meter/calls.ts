import { APICallError } from '@ai-sdk/provider'
import type { EventBench } from '../event-driven/bench.ts'

type Part = Parameters<ReadableStreamDefaultController['enqueue']>[0]

export const never = (): Promise<string> => new Promise(() => {})

/** A piece each second of the bench's clock, and then the end, or a connection that breaks. */
export function piecewise(
  bench: EventBench,
  pieces: readonly string[],
  options: { readonly breaks?: boolean; readonly every?: number } = {},
): ReadableStream<Part> {
  const { clock } = bench.memory
  let at = 0
  let left = false
  return new ReadableStream<Part>({
    pull: (controller) =>
      new Promise((resolve) => {
        clock.setTimer(options.every ?? 1_000, () => {
          if (left) return
          const delta = pieces[at++]
          if (delta !== undefined) controller.enqueue({ type: 'text-delta', id: '0', delta })
          else if (options.breaks)
            controller.error(new APICallError({ message: '', url: '', requestBodyValues: {}, statusCode: 500 }))
          else {
            const usage = { inputTokens: { total: 4 }, outputTokens: { total: 9 } }
            controller.enqueue({ type: 'finish', finishReason: { unified: 'stop', raw: undefined }, usage })
            controller.close()
          }
          resolve()
        })
      }),
    cancel: () => {
      left = true
    },
  })
}
