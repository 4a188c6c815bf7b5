/** How much each section does. One place, so that the results can say it. @module */

export const full = {
  e2e: { requests: 50_000, seconds: 8, producers: 64, concurrency: 64, warmUp: 2_000 },
  http: { seconds: 10, warmUpSeconds: 2, connections: [1, 64], concurrency: 64 },
  backlog: { acknowledged: 10_000, drained: 20_000, warmUp: 2_000, producers: 64, concurrency: 64 },
  fairness: { flood: 20_000, others: 50, latencies: [0, 20], concurrency: 64, warmUp: 1_000 },
  idle: { seconds: 60, settleSeconds: 10, concurrency: 64 },
}

export const quick = {
  e2e: { ...full.e2e, requests: 4_000, seconds: 3, warmUp: 500 },
  http: { ...full.http, seconds: 2, warmUpSeconds: 1 },
  backlog: { ...full.backlog, acknowledged: 1_000, drained: 1_500, warmUp: 500 },
  fairness: { ...full.fairness, flood: 2_000, warmUp: 300 },
  idle: { ...full.idle, seconds: 5, settleSeconds: 2 },
}

/** About 300 bytes as a JSON payload, different each time. */
export function promptOf(number) {
  return `Summarise ticket ${number}. `.padEnd(285, 'The pump of line 7 stopped twice this morning and was restarted by hand. ')
}
