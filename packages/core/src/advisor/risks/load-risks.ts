import { figure, hasWorkflow, type RiskRule } from './risk-rule.ts'

/** Keys of a stream that are all in use and still lie in memory (docs/patterns/analytics.md, limits). */
const keysInMemory = 250_000
/** Records a second when they don't. */
const recordsFromPages = 1_000
/** What a shard of Kinesis takes a second, bytes; a stack of ours has one. */
const shardBytes = 1_000_000
/** A tenant's changes a second on AWS (docs/aws.md, limits): a request makes about three of them. */
const tenantRequests = 100 / 3
/** Chunks that are searched in the memory of one function: about a kilobyte each, of its gigabyte half. */
const chunksInMemory = 500_000
const chunksOfAPage = 2

/** What load makes of it: what is throttled, slow, or full. */
export const loadRisks: readonly RiskRule[] = [
  {
    id: 'quota-below-need',
    severity: 'high',
    when: ({ quota }) => quota.needs_rise,
    risk: ({ quota }) =>
      `In the busiest minute ${figure(quota.needed_requests_per_minute)} requests come, ${quota.stream_tokens_per_minute > 0 ? `records of streams take ${figure(quota.stream_tokens_per_minute)} tokens, ` : ''}and ${figure(quota.tokens_per_minute)} tokens a minute bear ${figure(quota.sustainable_requests_per_minute)} requests: the provider throttles the rest.`,
    what_to_do:
      'Ask the provider for more before launch, and lower `max_tokens`, which is reserved with each call. Hold calls below the quota by `PLINTH_MODEL_LIMITS`, and give tenants another model by `plinth tenants configure --fallback`.',
    practices: ['GENREL01-BP01', 'GENOPS02-BP03', 'GENCOST03-BP02'],
    runbook: 'throttling',
  },
  {
    id: 'interactive-steps',
    severity: 'high',
    when: ({ profile }) => profile.response === 'interactive' && profile.workflow.steps > 1,
    risk: ({ profile }) =>
      `Somebody waits two seconds, and ${figure(profile.workflow.steps)} steps are as many calls of a model or more, one after the other where they need each other.`,
    what_to_do:
      'Show what is done by the events of `GET /api/workflows/{id}/events`, and let it take seconds. Give the plan yourself, so that no call is spent on it, with few dependencies, and research agents a small model.',
    practices: ['AGENTPERF02-BP03', 'GENPERF01-BP02'],
  },
  {
    id: 'stream-keys-beyond-memory',
    severity: 'high',
    when: ({ profile: { stream } }) => stream.keys > keysInMemory && stream.records_per_second > recordsFromPages,
    risk: ({ profile: { stream } }) =>
      `${figure(stream.keys)} keys are more than a process keeps in memory while all are in use (some ${figure(keysInMemory)}): each record may then read and write a page, about ${figure(recordsFromPages)} records a second.`,
    what_to_do:
      'Use coarser keys, or several streams on several processes with `PLINTH_PLATFORM=aws`, and look at `lag_ms` of `GET /api/streams/{name}`.',
    practices: ['GENOPS02-BP01', 'GENPERF01-BP02'],
    runbook: 'lagging-stream',
  },
  {
    id: 'stream-beyond-a-shard',
    severity: 'medium',
    when: ({ profile: { stream } }) =>
      stream.capacity === 'shards' && stream.records_per_second * stream.record_bytes > shardBytes,
    risk: ({ profile: { stream } }) =>
      `${figure((stream.records_per_second * stream.record_bytes) / 1e6)} MB a second are more than the one shard of Kinesis that a stack begins with takes: records are refused with 429.`,
    what_to_do: 'Set `analytics.stream.shards` of the stack, or `on-demand`, before load comes.',
    practices: ['GENOPS02-BP03'],
    runbook: 'lagging-stream',
  },
  {
    id: 'tenant-changes',
    severity: 'high',
    when: ({ profile, quota }) => (quota.needed_requests_per_minute / 60) * profile.tenants.largest_share > tenantRequests,
    risk: ({ profile, quota }) =>
      `The largest tenant sends ${figure((quota.needed_requests_per_minute / 60) * profile.tenants.largest_share)} requests a second at the peak. On AWS its changes follow each other at its sequence of events, about a hundred a second.`,
    what_to_do:
      'Split its work among several tenants, gather prompts into fewer requests, or let them come over a longer time by `not_before`.',
    practices: ['GENOPS02-BP03', 'AGENTPERF07-BP01'],
    runbook: 'throttling',
  },
  {
    id: 'largest-tenant',
    severity: 'medium',
    when: ({ profile: { tenants } }) => tenants.count > 1 && tenants.largest_share >= 0.5,
    risk: ({ profile: { tenants } }) =>
      `One tenant of ${figure(tenants.count)} sends ${figure(tenants.largest_share * 100)} percent of all requests, and shares the provider's quota with the others.`,
    what_to_do:
      'Bound it by `plinth tenants configure --concurrent --requests-per-minute --tokens-per-minute`. Queues give tenants turns; on AWS weights of tenants are not known to SQS.',
    practices: ['AGENTPERF07-BP01', 'GENOPS02-BP03'],
    runbook: 'throttling',
  },
  {
    id: 'bursts-without-a-queue',
    severity: 'medium',
    when: ({ profile }) => profile.peak_factor >= 5 && profile.response === 'interactive',
    risk: ({ profile }) =>
      `Load varies by ${figure(profile.peak_factor)} times, and nothing evens it out while people wait for answers.`,
    what_to_do:
      'Send what nobody watches through `POST /api/requests` with a low `priority`, and bound tenants by `plinth tenants configure --requests-per-minute`, so that a burst is refused early and with `Retry-After`.',
    practices: ['GENOPS02-BP03', 'GENREL01-BP01'],
    runbook: 'throttling',
  },
  {
    id: 'index-beyond-memory',
    severity: 'medium',
    when: ({ profile: { knowledge } }) =>
      knowledge.vector_store === 'segments' && knowledge.pages * chunksOfAPage > chunksInMemory,
    risk: ({ profile: { knowledge } }) =>
      `${figure(knowledge.pages)} pages are some ${figure(knowledge.pages * chunksOfAPage)} chunks, about a kilobyte of memory each in every process that answers from them.`,
    what_to_do:
      'Divide them among tenants, whose indexes are loaded one by one, or take another engine by `PLINTH_SEARCH` on AWS: it keeps in clear what it searches.',
    practices: ['GENPERF04-BP01', 'GENCOST02-BP02'],
  },
  {
    id: 'work-that-fails-for-good',
    severity: 'low',
    when: ({ profile, composition }) =>
      composition.primary === 'event-driven' || composition.secondary.includes('event-driven') || hasWorkflow(profile),
    risk: 'What fails for good waits where nobody looks: a dead letter is kept for 30 days.',
    what_to_do:
      'Have `plinth doctor --json` asked every few minutes, and put somebody on the alarms of dead letters. A redrive does them again.',
    practices: ['GENREL03-BP01', 'AGENTREL07-BP02'],
    runbook: 'dead-letters',
  },
]
