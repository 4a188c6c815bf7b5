/** Runs one bundled function in a process of its own, as Lambda's runtime does: events come and answers go by messages. @module */
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'

type Handle = (event: unknown, context: Context) => Promise<unknown>

/** Of what Lambda says of a call, what ours look at. */
interface Context {
  getRemainingTimeInMillis(): number
}
type Streaming = (event: unknown, response: PassThrough) => Promise<void>

/** Lambda's runtime has it. What is streamed goes back whole, in base64. */
Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (handle: Streaming): Handle => {
      return async (event) => {
        const response = Object.assign(new PassThrough(), { setContentType() {} })
        const written = buffer(response)
        await handle(event, response)
        return (await written).toString('base64')
      }
    },
  },
})

const [, , bundle = ''] = process.argv
const { handler } = (await import(bundle)) as { handler: Handle }

interface Call {
  readonly id: number
  readonly event: unknown
  /** That the call has, milliseconds. */
  readonly time: number
}

process.on('message', async ({ id, event, time }: Call) => {
  const end = Date.now() + time
  try {
    process.send?.({ id, result: await handler(event, { getRemainingTimeInMillis: () => end - Date.now() }) })
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? error.message : String(error) })
  }
})
