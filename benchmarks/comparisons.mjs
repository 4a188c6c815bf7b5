/**
 * What of each benchmark's results is put side by side in one table: ours beside each peer, by one figure, and the CPU and memory that go
 * with it where they are measured. All else stands in the benchmark's own tables.
 * @module
 */

const eventDriven = {
  benchmark: 'event-driven',
  rowsOf: ({ rows }) => rows.map(({ figures, ...row }) => ({ ...row, ...figures })),
  cpu: ({ cpuClient, cpuStore }) => cpuClient + cpuStore,
  memory: ({ rss, storeMemory }) => rss + storeMemory,
}
const queues = { 'bullmq-everysec': 'BullMQ, everysec', 'bullmq-always': 'BullMQ, always', 'pg-boss': 'pg-boss' }
const perSecond = { unit: '/s', better: 'high' }

export const comparisons = [
  {
    ...eventDriven,
    what: 'requests end to end',
    ...perSecond,
    only: ({ section }) => section === 'e2e',
    figure: ({ rate }) => rate,
    peers: queues,
  },
  {
    ...eventDriven,
    what: 'requests by HTTP, 64 connections',
    ...perSecond,
    only: ({ section, variant }) => section === 'http' && variant.connections === 64,
    figure: ({ rate }) => rate,
    peers: queues,
  },
  {
    ...eventDriven,
    what: 'acknowledgement by HTTP, 64 connections, p99',
    unit: ' ms',
    better: 'low',
    only: ({ section, variant }) => section === 'http' && variant.connections === 64,
    figure: ({ ackP99 }) => ackP99,
    peers: queues,
  },
  {
    ...eventDriven,
    what: 'drained, deepest backlog',
    ...perSecond,
    only: ({ section, variant }, all) =>
      section === 'backlog' && variant.depth === Math.max(...all.map((row) => row.variant?.depth ?? 0)),
    figure: ({ drainRate }) => drainRate,
    peers: queues,
  },
  {
    ...eventDriven,
    what: 'idle, CPU of a minute',
    unit: ' s',
    better: 'low',
    only: ({ section }) => section === 'idle',
    figure: ({ cpuSeconds, cpuStoreSeconds }) => cpuSeconds + cpuStoreSeconds,
    cpu: undefined,
    peers: queues,
  },
  {
    benchmark: 'gateway',
    rowsOf: ({ rows }) =>
      rows.filter(({ figures, round }) => figures && round > 0).map(({ figures, ...row }) => ({ ...row, ...figures })),
    what: 'CPU of a governed call, 64 connections',
    unit: ' µs',
    better: 'low',
    only: ({ connections, streamed }) => connections === 64 && !streamed,
    figure: ({ cpu }) => cpu,
    memory: ({ rss }) => rss,
    peers: { bare: 'a bare proxy', portkey: 'Portkey' },
  },
  {
    benchmark: 'rag',
    rowsOf: ({ rows }) => rows,
    what: 'CPU of a hybrid question, most chunks',
    unit: ' ms',
    better: 'low',
    only: ({ size }, all) => size === Math.max(...all.map((row) => row.size)),
    figure: ({ kinds }) => kinds.hybrid?.cpu,
    memory: ({ memory, size }) => memory * size,
    peers: { lancedb: 'LanceDB', minisearch: 'minisearch' },
  },
  {
    benchmark: 'multi-agent',
    rowsOf: ({ rows }) => rows,
    what: 'random-1000 against the critical path, journal on disk',
    unit: ' ms',
    better: 'low',
    ours: 'plinth-journal',
    only: ({ part }) => part === 'makespan',
    figure: ({ milliseconds }) => milliseconds,
    cpu: ({ cpu }) => cpu,
    memory: ({ memory }) => memory,
    peers: { 'langgraph-sqlite': 'LangGraph.js, SqliteSaver', mastra: 'Mastra', strands: 'Strands' },
  },
  {
    benchmark: 'analytics',
    rowsOf: ({ rows }) => rows,
    what: 'records, whole path, 1,000 keys',
    ...perSecond,
    only: ({ part, keys }) => part === 'path' && keys === 1_000,
    figure: ({ records, wall }) => records / wall,
    cpu: ({ records, cpu }) => (cpu * 1e6) / records,
    memory: ({ rss }) => rss,
    peers: { promises: 'promises alone', 'model-per-record': 'a model call each' },
  },
  {
    benchmark: 'start',
    rowsOf: ({ rows }) => rows,
    what: 'start until it is ready, fresh folder',
    unit: ' ms',
    better: 'low',
    ours: 'plinth-fresh',
    only: () => true,
    figure: ({ ready }) => ready,
    cpu: ({ cpu }) => cpu,
    memory: ({ rss }) => rss,
    peers: { nothing: 'Hono alone, which keeps nothing' },
  },
]
