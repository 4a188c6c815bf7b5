/** Filling an index: how soon so many chunks are found. @module */
import { diskOf, residentOf } from '../../event-driven/harness/machine.mjs'
import { loadContender } from '../contenders.mjs'
import { groupsOf, vectorOf } from './data.mjs'
import { Stopwatch } from './stopwatch.mjs'

/** Fills a fresh folder. @returns figures; what isn't there, the contender doesn't have. */
export async function build({ name, directory, size }) {
  const { open } = await loadContender(name)
  const contender = await open({ directory })
  const figures = await fill(contender, size)
  const kept = new Stopwatch()
  if (contender.save) await kept.time(() => contender.save())
  const status = await contender.status?.()
  await contender.close()
  return { ...figures, savedIn: kept.wall, ...residentOf(process.pid), disk: diskOf(directory), status }
}

/** The same for a contender that is open. */
export async function fill(contender, size) {
  const figures = {}
  for (const way of ['texts', 'vectors', 'both']) {
    const name = `${way[0].toUpperCase()}${way.slice(1)}`
    const add = contender[`add${name}`]
    if (!add) continue
    const watch = new Stopwatch()
    for (const groups of windows(size, contender.parallel, way !== 'texts'))
      await watch.time(() => Promise.all(groups.map((group) => add(group))))
    const added = contender[`${way}Added`]
    if (added) await watch.time(() => added())
    const settled = new Stopwatch()
    if (contender.settle) await settled.time(() => contender.settle())
    figures[way] = {
      rate: (size / watch.wall) * 1000,
      cpu: (watch.cpu * 1000) / size,
      settleSeconds: settled.wall / 1000,
      settleCpu: (settled.cpu * 1000) / size,
    }
  }
  return figures
}

/** So many groups at a time, made before they are timed. */
function* windows(size, parallel, wantsVectors) {
  let groups = []
  for (const group of groupsOf(size)) {
    const complete = (document) => ({ ...document, vectors: document.chunks.map((_, at) => vectorOf(document.first + at)) })
    groups.push(wantsVectors ? group.map(complete) : group)
    if (groups.length < parallel) continue
    yield groups
    groups = []
  }
  if (groups.length > 0) yield groups
}
