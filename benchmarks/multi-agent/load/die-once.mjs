/** What becomes of a run whose process is killed in the midst of it. @module */
import { appendFileSync } from 'node:fs'

/** Of `fan-7`: the one that is in flight when the process dies, behind all beside it. */
const fatal = 's5'
const apart = 60

/**
 * Runs the graph, whose process is killed while one step is in flight and all beside it have ended; or goes on with it.
 * @param options.log a file to which each step that is begun puts its id. @param options.resumes whether it goes on.
 */
export async function dieOnce(contender, graph, { log, resumes }) {
  const work = async (id) => {
    appendFileSync(log, `${id}\n`)
    const place = Number(id.slice(1))
    await pause(place * apart)
    if (id === fatal && !resumes) {
      // What has ended may be kept meanwhile.
      await pause(10 * apart)
      process.kill(process.pid, 'SIGKILL')
    }
    return `result of ${id}`
  }
  const prepared = await contender.prepare(graph, work)
  const began = performance.now()
  await (resumes ? prepared.resume() : prepared.run())
  return { milliseconds: performance.now() - began }
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
