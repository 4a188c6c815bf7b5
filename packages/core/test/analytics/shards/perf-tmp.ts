import { RecordRules } from '../../../src/analytics/alerts/record-rules.ts'
import { packEntry } from '../../../src/analytics/entry.ts'
import { MemoryBudget } from '../../../src/analytics/shards/memory-budget.ts'
import { Shard } from '../../../src/analytics/shards/shard.ts'
import { ShardBench, start, testParts } from './shard-bench.ts'

const keys = Number(process.argv[2] ?? 1000)
const total = Number(process.argv[3] ?? 300_000)
let parts = testParts
if (process.argv[4] === 'real') parts = (await import('../../../src/analytics/shards/detecting-parts.ts')).keyParts
const bench = await ShardBench.open({ windows: [{ name: '1m', kind: 'tumbling', size: 60_000 }], lateness: 10_000 })
const budget = new MemoryBudget(2e9)
const rules = new RecordRules([])
const shard = await Shard.open(bench.scope, bench.stream, 0, rules, { parts, budget, keepAfter: { milliseconds: 15_000, records: Number(process.argv[5] ?? 500_000) } })
const per = 1_000
let seed = 1
const random = (): number => { seed = (seed * 1103515245 + 12345) & 0x7fffffff; return seed / 0x7fffffff }
let made = 0
let cpu = 0
const entriesAt = (): { sequence: string; at: number; data: Uint8Array }[] => {
  const list = []
  for (let entry = 0; entry < 10; entry++) {
    const records = []
    for (let at = 0; at < per; at++, made++) {
      const time = start + Math.floor(made / 50)
      records.push({ key: `sensor-${made % keys}`, timestamp: time, data: { value: 20 + random() * 5, state: made % 3 ? 'on' : 'off' } })
    }
    list.push({ sequence: String(made).padStart(12, '0'), at: start + Math.floor(made / 50), data: packEntry(records) })
  }
  return list
}
const rounds: number[] = []
while (made < total) {
  const entries = entriesAt()
  const before = process.cpuUsage()
  await shard.take(bench.scope, entries, bench.stream, rules, false)
  const { user, system } = process.cpuUsage(before)
  cpu += user + system
  rounds.push((user + system) / (per * 10))
}
const before = process.cpuUsage()
await shard.take(bench.scope, [], bench.stream, rules, true)
const { user, system } = process.cpuUsage(before)
rounds.sort((a, b) => a - b)
console.log(`${keys} keys: ${(cpu / made).toFixed(2)} µs a record, median round ${rounds[rounds.length >> 1]?.toFixed(2)}; flush ${((user + system) / 1000).toFixed(0)} ms = ${((user + system) / made).toFixed(2)} µs a record; weight ${(budget.weight / keys / 1024).toFixed(1)} KiB a key; rss ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`)
shard.close()
