// What a governed call costs beside a bare proxy and a peer, all before the same stub. Linux only; needs wrk and a built checkout.
// node benchmarks/gateway/run.mjs --help
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOrExit, readLoadArguments, whole } from '../event-driven/harness/arguments.mjs'
import { checkDisk, describeMachine, load, watchOthers } from '../event-driven/harness/machine.mjs'
import { installPackages, ownVersions, versionOf } from '../event-driven/harness/peers.mjs'
import { firstLine, nodeBinary, start, stop, temporaryFolder } from '../event-driven/harness/processes.mjs'
import { contenders, portkey } from './contenders.mjs'
import { cost, firstByte } from './measures.mjs'
import { render } from './tables.mjs'

const usage = `node benchmarks/gateway/run.mjs [options]
  --rounds N       rounds, every second one the other way round (3)
  --seconds N      of load in each (8)
  --tenants N      whose tokens take turns (2000)
  --only a,b       contenders: ${Object.keys(contenders).join(', ')} (all)
  --scale a,b      also Plinth with so many tenants (10,1000,10000); 0 leaves it out
  --out FILE       raw results as JSON
  --dir FOLDER     where data lies while it runs; a real disk (the system's temporary folder)`

const usual = [
  { connections: 16, streamed: false },
  { connections: 64, streamed: false },
]
/** Portkey 1.15.2 answers every stream with 500. */
const loads = { usual: [...usual, { connections: 16, streamed: true }], portkey: usual }

const options = argumentsOrExit(readArguments, usage)
const folder = temporaryFolder(options.dir)
checkDisk(folder)
if (options.only.includes('portkey')) await installPackages(portkey.folder, [portkey.name], console.error)
const stub = start(nodeBinary(), [join(import.meta.dirname, 'stub.mjs')])
const { url: upstream } = await firstLine(stub)
const results = {
  form: 1,
  started: new Date().toISOString(),
  rounds: options.rounds,
  machine: describeMachine(folder),
  versions: { ...(await ownVersions()), portkey: versionOf(join(portkey.folder, 'node_modules', portkey.name)) },
  settings: { seconds: options.seconds, tenants: options.tenants },
  rows: [],
}
for (let round = 1; round <= options.rounds; round++)
  for (const name of round % 2 === 1 ? options.only : options.only.toReversed())
    await measure(name, { round, tenants: options.tenants, loads: loads[name] ?? loads.usual })
for (const tenants of options.scale) await measure('plinth', { round: 0, tenants, loads: [{ connections: 64, streamed: false }] })
await stop(stub)
if (options.out) writeFileSync(options.out, `${JSON.stringify(results, undefined, 1)}\n`)
console.log(render(results))

async function measure(name, { round, tenants, loads }) {
  const directory = join(folder, `${name}-${round}-${tenants}`)
  mkdirSync(directory)
  const others = watchOthers()
  const opened = await contenders[name].open({ upstream, directory: join(directory, 'data'), tenants })
  const rows = []
  try {
    for (const way of loads) {
      const figures = await cost(opened, { directory, seconds: options.seconds, ...way })
      rows.push({ contender: name, round, tenants, load: load(), ...way, figures })
      console.error(`${round} ${name} ${tenants} ${JSON.stringify({ ...way, ...figures })}`)
    }
    if (round > 0 && name !== 'portkey') {
      const first = await firstByte(opened, 400)
      rows.push({ contender: name, round, tenants, load: load(), first })
      console.error(`${round} ${name} first byte ${first.toFixed(2)} ms`)
    }
  } finally {
    await stop(opened.child)
  }
  const { others: share } = others()
  for (const row of rows) results.rows.push({ ...row, others: share })
  rmSync(directory, { recursive: true, force: true })
}

function readArguments(args) {
  const values = readLoadArguments(args, Object.keys(contenders), {
    rounds: '3',
    seconds: '8',
    tenants: '2000',
    scale: '10,1000,10000',
  })
  return {
    ...values,
    tenants: whole('tenants', values.tenants),
    scale: values.scale
      .split(',')
      .map(Number)
      .filter((number) => number > 0),
  }
}
