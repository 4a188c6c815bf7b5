/** What the tables of all four say in the same way. @module */
import { table } from '../../event-driven/harness/markdown.mjs'

export { percent, table } from '../../event-driven/harness/markdown.mjs'

export function milliseconds(value) {
  if (!Number.isFinite(value)) return '–'
  return value < 10 ? value.toFixed(1) : String(Math.round(value))
}

export function megabytes(bytes) {
  return (bytes / 1e6).toFixed(Math.abs(bytes) < 1e7 ? 1 : 0)
}

/** Lines about the machine and what runs on it. */
export function circumstances({ started, machine, versions, others, settings }) {
  return [
    `- ${started.slice(0, 10)}; Plinth ${versions.plinth} at ${versions.commit}, Node.js ${versions.node}, SQLite ${versions.sqlite}`,
    `- ${machine.cores} × ${machine.cpu}, ${megabytes(machine.memory)} MB, Linux ${machine.kernel}, ${machine.filesystem}; a synced 4 KiB takes ${machine.sync.p50.toFixed(2)} ms (p99 ${machine.sync.p99.toFixed(2)})`,
    `- load average at the start ${machine.load[0].toFixed(2)}; others took ${(100 * others).toFixed(1)}% of the cores`,
    `- ${settings}`,
  ].join('\n')
}

/** Health checks and what an administrator looks at, of some bins together. */
export function probeTable(bins) {
  const names = [...new Set(bins.flatMap(({ probes }) => Object.keys(probes)))]
  const rows = names.map((name) => {
    const all = bins.flatMap(({ probes }) => (probes[name] ? [probes[name]] : []))
    const worst = (key) => Math.max(...all.map((probe) => probe[key]))
    return [name, String(all.reduce((sum, { count }) => sum + count, 0)), milliseconds(worst('p50')), milliseconds(worst('max'))]
  })
  return table(['asked meanwhile', 'times', 'worst second’s p50 ms', 'slowest ms'], rows)
}
