// Plinth's retrieval beside its peers, with vectors that are made beforehand. Linux only; needs a built checkout.
// node benchmarks/rag/run.mjs --help
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOrExit } from '../event-driven/harness/arguments.mjs'
import { checkDisk, describeMachine, flushDisks, load, watchOthers } from '../event-driven/harness/machine.mjs'
import { installPackages, ownVersions, versionOf } from '../event-driven/harness/peers.mjs'
import { runTask, temporaryFolder } from '../event-driven/harness/processes.mjs'
import { readArguments, roundsOf, usage } from './arguments.mjs'
import { contenders } from './contenders.mjs'
import { documentsByHttp } from './documents.mjs'
import { render } from './tables.mjs'

const subject = join(import.meta.dirname, 'load', 'subject.mjs')
const taskMilliseconds = 30 * 60_000
/** Ways of whole documents: beside a quick embedding model, which questions wait for, and beside the usual one, which they don't. */
const ways = [
  {
    contender: 'plinth',
    title: 'Plinth by HTTP, embedding by local/hashing',
    measure: (where) => documentsByHttp({ ...where, embedding: 'local/hashing', asks: 100 }),
  },
  {
    contender: 'plinth',
    title: 'Plinth by HTTP, embedding by local/sentence-encoder',
    measure: (where) => documentsByHttp({ ...where, embedding: 'local/sentence-encoder', asks: 0 }),
  },
  {
    contender: 'langchain',
    title: 'LangChain.js, splitter and MemoryVectorStore, in process, vectors given',
    measure: (where) => run({ task: 'documents', name: 'langchain', ...where }),
  },
]

// LanceDB warns of each search.
process.env.LANCEDB_LOG = 'error'
const options = argumentsOrExit(readArguments, usage)
const folder = temporaryFolder(options.dir)
checkDisk(folder)
const peers = options.only.flatMap((name) => contenders[name].peer ?? [])
for (const peer of peers) await installPackages(peer.folder, peer.packages, console.error)
const results = {
  form: 1,
  started: new Date().toISOString(),
  machine: describeMachine(folder),
  versions: {
    ...(await ownVersions()),
    peers: Object.fromEntries(
      peers.flatMap((peer) => peer.packages.map((name) => [name, versionOf(join(peer.folder, 'node_modules', name))])),
    ),
  },
  settings: { rounds: options.rounds, questions: options.questions, limit: options.limit, documents: options.documents },
  rows: [],
  documents: [],
}
for (const size of options.sizes) {
  const exact = await run({ task: 'exact', size, count: Math.min(options.questions, 100) })
  for (let round = 1; round <= roundsOf(size, options.rounds); round++)
    for (const name of round % 2 === 1 ? options.only : options.only.toReversed())
      if (size <= (contenders[name].most ?? size)) await measure(name, { size, round, exact })
}
for (let round = 1; options.documents > 0 && round <= options.rounds; round++)
  for (const way of ways) if (options.only.includes(way.contender)) await measureDocuments(way, round)
keep()
const tables = render(results)
if (options.markdown) writeFileSync(options.markdown, `${tables}\n`)
console.log(tables)

async function measure(name, { size, round, exact }) {
  const directory = join(folder, `${name}-${size}-${round}`)
  mkdirSync(directory)
  flushDisks()
  const before = load()
  const others = watchOthers()
  try {
    const built = contenders[name].keeps ? await run({ task: 'build', name, directory, size }) : undefined
    const { questions: count, limit } = options
    const figures = await run({ task: 'query', name, directory, size, count, limit, exact })
    results.rows.push({ contender: name, size, round, load: before, others: others().others, built, ...figures })
    console.error(JSON.stringify(results.rows.at(-1)))
  } catch (error) {
    console.error(`${name}, ${size} chunks, round ${round}: ${error.message}`)
  }
  rmSync(directory, { recursive: true, force: true })
  keep()
}

async function measureDocuments({ title, measure: ofWay }, round) {
  const directory = join(folder, `documents-${results.documents.length}`)
  const others = watchOthers()
  const figures = await ofWay({ directory, documents: options.documents })
  results.documents.push({ title, round, others: others().others, ...figures })
  console.error(JSON.stringify(results.documents.at(-1)))
  rmSync(directory, { recursive: true, force: true })
}

function run(task) {
  return runTask(subject, task, taskMilliseconds)
}

/** What is there already, should the rest fail. */
function keep() {
  if (options.out) writeFileSync(options.out, `${JSON.stringify(results, undefined, 1)}\n`)
}
