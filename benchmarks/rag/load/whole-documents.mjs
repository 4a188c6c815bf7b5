/** Documents as whole texts, for a contender that splits them itself. @module */
import { residentOf } from '../../event-driven/harness/machine.mjs'
import { loadContender } from '../contenders.mjs'
import { documentsOfGroup, textOfDocument, vectorOf } from './data.mjs'
import { Stopwatch } from './stopwatch.mjs'

/** More than so many chunks come out of no group. */
const mostChunks = 1_000

/** Splits documents and adds them, in groups. */
export async function wholeDocuments({ name, documents, directory }) {
  const contender = await (await loadContender(name)).open({ directory })
  const vectors = Array.from({ length: mostChunks }, (_, number) => Array.from(vectorOf(number)))
  const watch = new Stopwatch()
  let chunks = 0
  for (let from = 0; from < documents; from += documentsOfGroup) {
    const texts = Array.from({ length: Math.min(documentsOfGroup, documents - from) }, (_, at) => textOfDocument(from + at))
    await watch.time(async () => {
      chunks += await contender.addDocuments(texts, vectors)
    })
  }
  await contender.close()
  return { chunks, rate: (chunks / watch.wall) * 1000, cpu: (watch.cpu * 1000) / chunks, ...residentOf(process.pid) }
}
