/** What can be set of a tenant, as the API names it. @module */
import { type Numbers, numberIn, wordsIn } from '../../kit/typed.ts'

export interface Setting {
  /** By which the server names it when it refuses a value. */
  readonly path: string
  readonly label: string
  readonly kind: 'text' | 'number' | 'words' | 'choice' | 'time'
  readonly options?: readonly string[]
  /** Of a number: which it may be. */
  readonly numbers?: Numbers
  readonly hint?: string
  /** Whether it can be taken back; then it is sent as null. */
  readonly isOptional: boolean
}

export interface SettingGroup {
  readonly title: string
  readonly settings: readonly Setting[]
}

const actions = ['mask', 'block', 'flag']
/** As filters know them. */
const kinds = ['email', 'phone', 'payment_card', 'iban', 'ssn', 'ip_address', 'credential', 'deny_list', 'prompt_injection']
const optional = { isOptional: true } as const
const number = { ...optional, kind: 'number' } as const
const most = 1_000_000_000
const whole = (from: number, to: number): Numbers => ({ from, to, isWhole: true })
/** USD a month; of a key as well. */
export const budgetNumbers: Numbers = { from: 0, to: most }

export const settingGroups: readonly SettingGroup[] = [
  {
    title: 'Who it is',
    settings: [
      { path: 'name', label: 'Name', kind: 'text', isOptional: false },
      { path: 'tier', label: 'Tier', kind: 'text', isOptional: false, hint: 'A class of yours; metrics show it.' },
      {
        path: 'isolation_level',
        label: 'Isolation',
        kind: 'choice',
        options: ['pool', 'silo'],
        isOptional: false,
        hint: 'silo: a key of its own.',
      },
      { ...number, path: 'weight', numbers: whole(1, 100), label: 'Weight', hint: 'Its share of the work beside other tenants.' },
      { ...optional, path: 'data_residency_region', label: 'Region of its data', kind: 'text', hint: 'Empty: any.' },
      {
        ...optional,
        path: 'residency',
        label: 'How far prompts may go',
        kind: 'choice',
        options: ['in-region', 'geo', 'global'],
      },
    ],
  },
  {
    title: 'Limits',
    settings: [
      { ...number, path: 'limits.requests_per_minute', numbers: whole(0, most), label: 'Requests a minute' },
      { ...number, path: 'limits.tokens_per_minute', numbers: whole(0, most), label: 'Tokens a minute' },
      { ...number, path: 'limits.concurrent', numbers: whole(1, 100_000), label: 'Calls of models at a time' },
      { ...number, path: 'limits.monthly_budget_usd', numbers: budgetNumbers, label: 'Budget a month, USD' },
      { ...number, path: 'limits.triage_calls_per_hour', numbers: whole(0, 100_000), label: 'Calls about streams an hour' },
    ],
  },
  {
    title: 'Models',
    settings: [
      { ...optional, path: 'model_config.model_id', label: 'Usual model', kind: 'text' },
      { ...number, path: 'model_config.max_tokens', numbers: whole(1, 1_000_000), label: 'Most tokens of an answer' },
      {
        ...optional,
        path: 'model_config.allowed_models',
        label: 'Models it may use',
        kind: 'words',
        hint: 'With commas; empty: all.',
      },
      { ...optional, path: 'model_config.fallback', label: 'Asked when one can’t answer', kind: 'words' },
      { ...optional, path: 'model_config.cache', label: 'Answers are kept', kind: 'choice', options: ['5m', '1h', '24h'] },
    ],
  },
  {
    title: 'Content',
    settings: [
      ...['input', 'output'].flatMap((side) =>
        kinds.map((name) => ({
          ...optional,
          path: `filters.${side}.${name}`,
          label: `${name.replaceAll('_', ' ')} in ${side === 'input' ? 'prompts' : 'answers'}`,
          kind: 'choice' as const,
          options: actions,
        })),
      ),
      { ...optional, path: 'filters.deny_list', label: 'Words that are refused', kind: 'words' },
      { ...number, path: 'retention.requests_days', numbers: whole(1, 3_650), label: 'Days that requests are kept' },
      {
        ...optional,
        path: 'tokens_not_before',
        label: 'Tokens made before are revoked',
        kind: 'time',
        hint: 'A time such as 2026-11-27T12:00:00Z.',
      },
    ],
  },
]

/** Which numbers each of them may be, by its path. */
export const settingNumbers: Readonly<Record<string, Numbers>> = Object.fromEntries(
  settingGroups.flatMap(({ settings }) => settings.flatMap(({ path, numbers }) => (numbers ? [[path, numbers] as const] : []))),
)

/** The change that sets one value, as PATCH takes it. */
export function changeOf(path: string, value: unknown): Readonly<Record<string, unknown>> {
  return path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Readonly<Record<string, unknown>>
}

/** Changes of several settings as one. */
export function mergedChanges(changes: readonly Readonly<Record<string, unknown>>[]): Readonly<Record<string, unknown>> {
  return changes.reduce<Readonly<Record<string, unknown>>>((all, change) => mergeTwo(all, change), {})
}

function mergeTwo(
  one: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const merged: Record<string, unknown> = { ...one }
  for (const [name, value] of Object.entries(other)) {
    const before = merged[name]
    merged[name] = isObject(before) && isObject(value) ? mergeTwo(before, value) : value
  }
  return merged
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What was typed, as the API takes it; null takes a setting back. */
export function settingOf({ kind, isOptional }: Setting, typed: string): unknown {
  const text = typed.trim()
  if (text === '' && isOptional) return null
  if (kind === 'words') return wordsIn(text)
  return kind === 'number' ? numberIn(text) : text
}
