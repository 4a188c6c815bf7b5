// What a governed call costs beside a bare proxy and a peer, all before the same stub. Linux only; needs wrk and a built checkout.
// node benchmarks/gateway/run.mjs --help
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkDisk, describeMachine, load, watchOthers } from '../event-driven/harness/machine.mjs'
import { ownVersions } from '../event-driven/harness/peers.mjs'
import { firstLine, killAll, nodeBinary, root, run, start, stop } from '../event-driven/harness/processes.mjs'
import { contenders } from './contenders.mjs'
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

const options = readOrExit()
const folder = mkdtempSync(join(options.dir, 'plinth-bench-'))
process.once('exit', () => {
  killAll()
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130))

checkDisk(folder)
if (options.only.includes('portkey')) await installPortkey()
const stub = start(nodeBinary(), [join(import.meta.dirname, 'stub.mjs')])
const { url: upstream } = await firstLine(stub)
const results = {
  form: 1,
  started: new Date().toISOString(),
  rounds: options.rounds,
  machine: describeMachine(folder),
  versions: await versions(),
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

async function installPortkey() {
  const cwd = join(import.meta.dirname, 'peers', 'portkey')
  try {
    readFileSync(join(cwd, 'node_modules', '@portkey-ai', 'gateway', 'package.json'))
  } catch {
    console.error('installing Portkey …')
    await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], { cwd })
  }
}

async function versions() {
  const { node, sqlite } = JSON.parse(await run(nodeBinary(), ['-p', 'JSON.stringify(process.versions)']))
  const commit = await run('git', ['describe', '--always', '--dirty'], { cwd: root }).catch(() => 'unknown\n')
  const wrk = /wrk \S+ ?[\d.]*\S*/.exec(await run('sh', ['-c', 'wrk -v 2>&1 || true']))?.[0]
  return { ...ownVersions(), commit: commit.trim(), node, sqlite, wrk, portkey: '1.15.2' }
}

function readOrExit() {
  try {
    if (process.platform !== 'linux') throw new Error('It reads /proc, and so runs on Linux only.')
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string', default: '3' },
        seconds: { type: 'string', default: '8' },
        tenants: { type: 'string', default: '2000' },
        only: { type: 'string', default: Object.keys(contenders).join(',') },
        scale: { type: 'string', default: '10,1000,10000' },
        out: { type: 'string' },
        dir: { type: 'string', default: tmpdir() },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) {
      console.log(usage)
      process.exit(0)
    }
    const numbers = Object.fromEntries(['rounds', 'seconds', 'tenants'].map((name) => [name, Number(values[name])]))
    if (!Object.values(numbers).every((number) => Number.isInteger(number) && number > 0))
      throw new Error('Whole numbers from 1.')
    const only = values.only.split(',')
    if (!only.every((name) => Object.hasOwn(contenders, name))) throw new Error(`There is no such contender: ${values.only}.`)
    const scale = values.scale
      .split(',')
      .map(Number)
      .filter((number) => number > 0)
    return { ...values, ...numbers, only, scale }
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}
