/** The whole way in and out: documents by HTTP until they are found, and a question by HTTP. @module */
import { setTimeout as pause } from 'node:timers/promises'
import { cpuOf, residentOf } from '../event-driven/harness/machine.mjs'
import { startPlinth } from '../event-driven/harness/plinth.mjs'
import { stop } from '../event-driven/harness/processes.mjs'
import { latencies } from '../event-driven/harness/statistics.mjs'
import { inParallel } from '../event-driven/load/produce.mjs'
import { questionOf, textOfDocument } from './load/data.mjs'

const documentsOfRequest = 50
const requestsAtATime = 4
const lookEvery = 50
const mostSecondsOfTidying = 60

/**
 * Sends documents to `plinth start` and waits until all are found by words, and, where `asks`, until they have their vectors, and then asks.
 * CPU is that of the server with all its threads, behind its start.
 * @param options.embedding the embedding model, which works beside the ingest.
 */
export async function documentsByHttp({ directory, documents, embedding, asks }) {
  const settings = { PLINTH_DATA_DIR: directory, PLINTH_EMBEDDING_MODEL: embedding, PLINTH_LOG_LEVEL: 'error' }
  const { child, url, tokenOf } = await startPlinth(settings)
  try {
    const send = clientOf(url, await tokenOf('demo', '*'))
    const bodies = bodiesOf(documents)
    await pause(1_000)
    const before = cpuOf(child.pid)
    const began = performance.now()
    const ingests = []
    await inParallel(bodies.length, requestsAtATime, async (number) => {
      const response = await send('POST', '/api/documents', bodies[number])
      ingests[number] = response.headers.get('location')
    })
    const accepted = performance.now() - began
    await until(send, ingests, ({ total, unchanged, processed }) => unchanged + processed === total)
    const found = performance.now() - began
    const cpu = cpuOf(child.pid) - before
    const { chunks } = await (await send('GET', '/api/rag/index')).json()
    const rates = { chunks, accepted: (documents / accepted) * 1000, rate: (chunks / found) * 1000, cpu: (cpu * 1e6) / chunks }
    if (!asks) return { ...rates, ...residentOf(child.pid) }
    await until(send, ingests, ({ processed, embedded }) => embedded === processed)
    const withVectors = { seconds: (performance.now() - began) / 1000, cpu: ((cpuOf(child.pid) - before) * 1e6) / chunks }
    // What is tidied behind it is no question's.
    await quiet(child.pid)
    return { ...rates, withVectors, asked: await ask(send, child.pid, asks, chunks), ...residentOf(child.pid) }
  } finally {
    await stop(child)
  }
}

async function ask(send, pid, count, chunks) {
  const question = async (number) => {
    const { text: query } = questionOf(number, chunks)
    const { results } = await (await send('POST', '/api/rag/retrieve', { query, top_k: 5 })).json()
    if (results.length === 0) throw new Error(`Nothing was found for "${query}".`)
  }
  for (let number = count; number < 2 * count; number++) await question(number)
  const before = cpuOf(pid)
  const waits = []
  for (let number = 0; number < count; number++) {
    const began = performance.now()
    await question(number)
    waits.push(performance.now() - began)
  }
  return { ...latencies(waits), cpu: ((cpuOf(pid) - before) * 1000) / count }
}

function bodiesOf(documents) {
  const bodies = []
  for (let from = 0; from < documents; from += documentsOfRequest) {
    const count = Math.min(documentsOfRequest, documents - from)
    const sent = Array.from({ length: count }, (_, at) => ({ source: `d${from + at}.txt`, content: textOfDocument(from + at) }))
    bodies.push({ documents: sent })
  }
  return bodies
}

function clientOf(url, token) {
  return async (method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response
  }
}

async function until(send, ingests, isDone) {
  for (const ingest of ingests) {
    for (;;) {
      const figures = await (await send('GET', ingest)).json()
      if (figures.failed > 0) throw new Error(`${figures.failed} documents failed.`)
      if (isDone(figures)) break
      await pause(lookEvery)
    }
  }
}

/** Resolves when a process has taken no CPU to speak of for a second, or never does. */
async function quiet(pid) {
  let before = cpuOf(pid)
  for (let second = 0; second < mostSecondsOfTidying; second++) {
    await pause(1_000)
    const now = cpuOf(pid)
    if (now - before < 0.05) return
    before = now
  }
}
