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

/** What a tool says, tokens; it is sent again with each turn that follows. */
const toolAnswer = 500

/** Calls of a model for a request: a plan, each step, by turns where it has tools, and the report. */
export function callsOf(parts: CostParts): number {
  if (!has(parts, 'multi-agent')) return 1
  return parts.profile.workflow.steps * turnsOf(parts) + 2
}

/** Tokens that a call is sent, on average. */
export function inputOf(parts: CostParts): number {
  const { input_tokens: input, output_tokens: output, workflow } = parts.profile
  const once = input + (has(parts, 'rag') ? passages : 0)
  if (!has(parts, 'multi-agent')) return once
  const turns = turnsOf(parts)
  // The last turn of a step brings along all before it, the first one nothing.
  const before = (turns - 1) / 2
  return once + before * (output + toolAnswer) * ((workflow.steps * turns) / callsOf(parts))
}

function turnsOf({ profile, scenario }: CostParts): number {
  return profile.workflow.tools ? scenario.turns : 1
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
  // Whoever waits for an answer has a function to themselves; what nobody waits for is worked several at a time.
  const isWaitedFor = profile.response === 'interactive' || profile.response === 'seconds'
  const waiting = (calls * secondsOf(parts)) / (isWaitedFor ? 1 : scenario.together)
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
