import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** @returns the bytes of buffers that this process can't let go of: without a collection the figure is of when the last one was. */
export function heldBuffers(): number {
  // What the first one found to be free, the second one gives back: V8 does that beside the program.
  collect()
  collect()
  return process.memoryUsage().arrayBuffers
}
