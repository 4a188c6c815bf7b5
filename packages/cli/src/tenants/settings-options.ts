import { InvalidInputError } from '@plinth/core'
import type { Command } from 'commander'
import { readJsonObject } from '../json-file.ts'

export interface SettingsOptions {
  readonly name?: string
  readonly tier?: string
  readonly isolation?: string
  readonly region?: string
  readonly residency?: string
  readonly model?: string
  readonly maxTokens?: string
  readonly allow?: readonly string[]
  readonly fallback?: string
  readonly cache?: string
  readonly requestsPerMinute?: string
  readonly tokensPerMinute?: string
  readonly concurrent?: string
  readonly triageCalls?: string
  readonly budget?: string
  readonly filters?: string
  readonly settings?: string
}

/**
 * The options by which a tenant is set up.
 * @param name what the help says of its name.
 */
export function withSettings(command: Command, name = 'what it is called'): Command {
  return command
    .option('--name <name>', name)
    .option('--tier <tier>', 'a class of yours; metrics show it')
    .option('--isolation <level>', 'pool: the key of all wraps its keys; silo: a key of its own does')
    .option('--region <region>', 'the only region that may hold its data')
    .option('--residency <level>', 'how far its prompts may travel: in-region, geo or global')
    .option('--model <id>', 'the model of requests that name none')
    .option('--max-tokens <number>', 'the most tokens of an answer')
    .option('--allow <model...>', 'the only models that it may use')
    .option('--fallback <models>', 'the models that are asked when the one of a call fails, in this order, with commas between')
    .option('--cache <class>', 'how long the model gateway answers the same question by the same answer: off, 5m, 1h or 24h')
    .option('--requests-per-minute <number>', 'the most requests in a minute')
    .option('--tokens-per-minute <number>', 'the most tokens in a minute, in and out')
    .option('--concurrent <number>', 'the most calls of models at a time')
    .option('--triage-calls <number>', 'the most calls of models in an hour that explain what streams found')
    .option('--budget <usd>', 'the most US dollars in a month')
    .option('--filters <file.json>', 'what is looked for in texts: {"input": {"email": "mask"}, "output": {}, "deny_list": []}')
    .option('--settings <file.json>', 'all of these from a file, in the form of the HTTP API, instead of the options above')
}

/** What the options set, in the form of the API. @throws InvalidInputError, also when there is nothing. */
export function settingsOf(options: SettingsOptions): Readonly<Record<string, unknown>> {
  const settings = settingsIn(options)
  if (settings) return settings
  throw new InvalidInputError(eitherWay, { field: 'settings' })
}

const eitherWay = 'Give either options such as --name and --tier, or --settings.'

/** The same; undefined when there is nothing. */
export function settingsIn(options: SettingsOptions): Readonly<Record<string, unknown>> | undefined {
  const { settings: file } = options
  const set = settingsOfOptions(options)
  if (file === undefined) return set
  if (set) throw new InvalidInputError(eitherWay, { field: 'settings' })
  return readJsonObject(file, 'settings')
}

function settingsOfOptions(options: SettingsOptions): Readonly<Record<string, unknown>> | undefined {
  const { name, tier, isolation, region, residency, model, allow, fallback, cache, filters } = options
  return given({
    name,
    tier,
    isolation_level: isolation,
    data_residency_region: orNull(region),
    residency: orNull(residency),
    model_config: given({
      model_id: orNull(model),
      max_tokens: numberOf('max-tokens', options.maxTokens),
      allowed_models: allow?.join() === none ? null : allow,
      fallback: fallback === none ? null : fallback?.split(',').map((id) => id.trim()),
      cache: cache === 'off' ? null : orNull(cache),
    }),
    limits: given({
      requests_per_minute: numberOf('requests-per-minute', options.requestsPerMinute),
      tokens_per_minute: numberOf('tokens-per-minute', options.tokensPerMinute),
      concurrent: numberOf('concurrent', options.concurrent),
      triage_calls_per_hour: numberOf('triage-calls', options.triageCalls),
      monthly_budget_usd: numberOf('budget', options.budget),
    }),
    filters: filters === undefined || filters === none ? orNull(filters) : readJsonObject(filters, 'filters'),
  })
}

/** Takes a setting back. */
const none = 'none'

function orNull(text: string | undefined): string | null | undefined {
  return text === none ? null : text
}

/** The number of an option; whole, but for money. @throws InvalidInputError for what is none. */
export function numberOf(option: string, text: string | undefined): number | null | undefined {
  if (text === undefined || text === none) return orNull(text) as null | undefined
  const money = option === 'budget'
  if ((money ? /^\d{1,10}(\.\d{1,9})?$/ : /^\d{1,10}$/).test(text)) return Number(text)
  throw new InvalidInputError(`--${option} must be a ${money ? '' : 'whole '}number or ${none}, not "${text}".`, {
    field: option,
  })
}

/** Without what isn't there; undefined when nothing is. */
export function given(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  const there = Object.entries(fields).filter(([, value]) => value !== undefined)
  return there.length === 0 ? undefined : Object.fromEntries(there)
}
