// Ours beside BullMQ and pg-boss, in one run: what is measured and how is in docs/benchmarks.md. Linux only.
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contenders } from './contenders/contenders.mjs'
import { argumentsOrExit, readArguments, usage } from './harness/arguments.mjs'
import { checkDisk, describeMachine, load, watchOthers } from './harness/machine.mjs'
import { installPeers, ownVersions, peerVersions } from './harness/peers.mjs'
import { root, temporaryFolder } from './harness/processes.mjs'
import { full, quick } from './harness/sizes.mjs'
import { storeVersions } from './harness/stores.mjs'
import { render } from './harness/tables.mjs'
import { backlog } from './measures/backlog.mjs'
import { e2e } from './measures/end-to-end.mjs'
import { fairness } from './measures/fairness.mjs'
import { http } from './measures/http.mjs'
import { idle } from './measures/idle.mjs'

const measures = { e2e, http, backlog, fairness, idle }

const options = argumentsOrExit(readArguments, usage)
const folder = temporaryFolder(options.dir, end)
// PostgreSQL runs as a user of its own, who must get through here.
chmodSync(folder, 0o711)

const out = options.out ?? join(root, 'benchmarks', 'results.json')
const sizes = options.quick ? quick : full
const context = { folder, sizes, waiting: new Map() }
let results
results = await begin().catch((error) => {
  say(error.message)
  end(1)
})
for (const section of options.sections) await measureSection(section)
end(results.failures.length > 0 ? 1 : 0)

/** Checks what must be there, and describes what the figures depend on. */
async function begin() {
  checkDisk(folder)
  const missing = missingTools()
  const peers = Object.entries(contenders).filter(([name, { peer }]) => peer !== undefined && !missing.has(name))
  await installPeers([...new Set(['hono', ...peers.map(([, { peer }]) => peer)])], say)
  const described = {
    form: 1,
    started: new Date().toISOString(),
    quick: options.quick,
    rounds: options.rounds,
    machine: describeMachine(folder),
    versions: { ...(await ownVersions()), ...storeVersions(), peers: peerVersions() },
    settings: {
      sizes,
      redis: 'appendonly yes, save "", appendfsync as named',
      postgres: 'fsync on, synchronous_commit on, full_page_writes on; else as installed',
    },
    rows: [],
    failures: [...missing].map(([contender, reason]) => ({ contender, reason, skipped: true })),
  }
  for (const [contender, reason] of missing) say(`skipped: ${contender}: ${reason}`)
  const { cpu, cores, load: average, sync } = described.machine
  say(
    `${cores} × ${cpu}, load ${average[0].toFixed(2)}, a synced 4 KiB takes ${sync.p50.toFixed(2)} ms (p99 ${sync.p99.toFixed(2)})`,
  )
  say(JSON.stringify(described.versions))
  return described
}

/** Contenders whose server isn't installed, with the reason. */
function missingTools() {
  const { redis, postgres } = storeVersions()
  const lacks = Object.entries(contenders).flatMap(([name, { store }]) => {
    if (store?.kind === 'redis' && redis === undefined)
      return [[name, 'redis-server is missing (Debian: apt-get install redis-server)']]
    if (store?.kind === 'postgres' && postgres === undefined)
      return [[name, 'PostgreSQL is missing (Debian: apt-get install postgresql)']]
    return []
  })
  return new Map(lacks)
}

/** All rounds of a section. Every second round goes the other way round, so that who is first changes. */
async function measureSection(section) {
  const measure = measures[section]
  const skipped = new Set(results.failures.filter((failure) => failure.skipped).map((failure) => failure.contender))
  const names = (options.contenders ?? measure.contenders).filter(
    // What has no queue has nothing to show but how fast the server is.
    (name) => !skipped.has(name) && (name !== 'nothing' || section === 'http'),
  )
  const turns = measure
    .variants(options, sizes)
    .flatMap((variant) => names.map((name) => ({ name, variant })))
    .filter(({ name, variant }) => measure.applies?.(name, variant, options) ?? true)
  for (let round = 1; round <= options.rounds; round++) {
    for (const { name, variant } of round % 2 === 1 ? turns : turns.toReversed()) await measureOne(section, name, variant, round)
  }
}

async function measureOne(section, name, variant, round) {
  const row = { section, contender: name, variant, round, at: new Date().toISOString(), load: load() }
  const others = watchOthers()
  try {
    const figures = await measures[section].measure(context, name, variant)
    results.rows.push({ ...row, ...others(), figures })
    say(`${section} ${round}/${options.rounds} ${title(name, variant)}: ${short(figures)}`)
  } catch (error) {
    results.failures.push({ ...row, reason: error.message })
    say(`${section} ${round}/${options.rounds} ${title(name, variant)} FAILED: ${error.message}`)
  }
  save()
}

function title(name, variant) {
  return [name, ...Object.entries(variant).map(([key, value]) => `${key}=${value}`)].join(' ')
}

function short(figures) {
  const shown = Object.entries(figures).filter(([, value]) => value !== undefined)
  return shown.map(([key, value]) => `${key} ${Number(value.toPrecision(4)).toLocaleString('en')}`).join(', ')
}

function save() {
  writeFileSync(out, `${JSON.stringify({ ...results, ended: new Date().toISOString() }, undefined, 1)}\n`)
}

function end(code) {
  if (results?.rows.length > 0) {
    save()
    console.log(render(results))
    say(`Raw results are in ${out}.`)
  }
  process.exit(code)
}

// On the error stream: the tables are what is printed.
function say(text) {
  console.error(text)
}
