import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type HandlerName, handlerNames } from './handlers.ts'
import { bundleFile } from './lambda-code.ts'

const repeats = 3

/** How long a function's code takes to be imported in a new process of this machine, the median of three, milliseconds. */
export interface ImportTime {
  readonly handler: HandlerName
  readonly milliseconds: number
}

/** Imports each handler that `bundleHandlers` put into a folder. @throws Error when one can't be imported. */
export function measureImports(folder: string): readonly ImportTime[] {
  return handlerNames.map((handler) => {
    const times = Array.from({ length: repeats }, () => importOnce(join(folder, handler, bundleFile)))
    return { handler, milliseconds: Math.round(times.toSorted((one, other) => one - other)[Math.floor(repeats / 2)] ?? 0) }
  })
}

function importOnce(path: string): number {
  // What Lambda's runtime has there, for the handler that streams.
  const script = `globalThis.awslambda = { streamifyResponse: (handle) => handle }
    const began = performance.now()
    const { handler } = await import(${JSON.stringify(pathToFileURL(path).href)})
    if (typeof handler !== 'function') throw new Error('There is no handler.')
    console.log(performance.now() - began)`
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`${path} can't be imported: ${run.stderr.trim().split('\n').at(-1)}`)
  return Number(run.stdout)
}
