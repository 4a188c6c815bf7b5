import { type CostLine, type CostParts, has } from './cost-line.ts'
import { functionsUsd, requestUsd, tokensUsd } from './formulas.ts'

/** Of an answer, by which a call's length is guessed; a second before the first one. */
const tokensASecond = 60
const gigabytes = 1
/** To take a request and show it again, seconds. */
const acknowledging = 0.1
/** Passages that are put before a question, tokens: eight of 250. */
const passages = 2_000
/** What a request leaves for a month, GB. */
const keptGigabytes = 4e-6
const loggedGigabytes = 1e-6

/** Calls of a model for a request: a plan, each step, the report. */
export function callsOf(parts: Omit<CostParts, 'scenario'>): number {
  return has(parts, 'multi-agent') ? parts.profile.workflow.steps + 2 : 1
}

/** Tokens that a call is sent. */
export function inputOf(parts: Omit<CostParts, 'scenario'>): number {
  return parts.profile.input_tokens + (has(parts, 'rag') ? passages : 0)
}

/** Seconds that a call of a model takes. */
export function secondsOf({ profile, scenario }: CostParts): number {
  return 1 + (profile.output_tokens * scenario.tokens) / tokensASecond
}

/** What requests cost: models, functions that wait for them, and what keeps and tells of them. */
export function requestLines(parts: CostParts): readonly CostLine[] {
  const { profile, usd, model, scenario, patterns, kept = 0 } = parts
  const requests = profile.requests_per_month
  const calls = requests * callsOf(parts) * scenario.repeats * (1 - kept)
  const isQueued = has(parts, 'event-driven') || has(parts, 'multi-agent')
  // Whoever waits for an answer word by word has a function to themselves.
  const waiting = (calls * secondsOf(parts)) / (isQueued ? scenario.together : 1)
  const variable = (service: string, what: string, amount: number): CostLine => ({ service, what, kind: 'variable', usd: amount })
  return [
    variable(
      'Bedrock',
      `${profile.model_id}: tokens`,
      tokensUsd(
        { input: calls * inputOf(parts) * scenario.tokens, output: calls * profile.output_tokens * scenario.tokens },
        model,
      ),
    ),
    variable(
      'Lambda',
      'calls, and waiting for models',
      functionsUsd(usd, { calls: requests, seconds: acknowledging, gigabytes }) +
        waiting * gigabytes * usd('functionGigabyteSecond') +
        (isQueued ? calls * usd('functionCall') : 0),
    ),
    patterns.length === 0
      ? variable('API Gateway', 'requests', requests * usd('apiCall'))
      : variable(
          'API Gateway, DynamoDB, SQS, EventBridge',
          'taking, keeping, sending and telling of requests',
          requests * requestUsd(usd),
        ),
    variable(
      'DynamoDB',
      'what is kept of requests for a month',
      requests * keptGigabytes * (usd('tableGigabyteMonth') + usd('recoveryGigabyteMonth')),
    ),
    variable('CloudWatch', 'logs', requests * loggedGigabytes * usd('logGigabyte')),
    ...(has(parts, 'multi-tenant') ? [variable('WAF', 'requests that are looked at', requests * usd('webAclCall'))] : []),
  ]
}
