/** What can be set of a question; two of it can be compared. @module */
import type { Call } from '../../api/client.ts'
import { addressed } from '../../kit/addressed.ts'
import { numberFault } from '../../kit/typed.ts'
import { readValues, type Values } from './metadata.ts'

/** As it stands in the address: what is left out is the server's own choice. */
export interface Settings {
  readonly top_k?: number
  /** As typed: names and values, a line each. */
  readonly filter?: string
  readonly model_id?: string
  readonly agent?: boolean
  readonly dense_weight?: number
}

/** The server's own. */
export const usualTopK = 5

const kinds = { top_k: 'number', filter: 'string', model_id: 'string', agent: 'boolean', dense_weight: 'number' } as const

/** What stands in the address may be anything: what can't be a setting is passed over. */
export function readSettings(text: string | null): Settings {
  const found = addressed(text)
  return Object.fromEntries(
    Object.entries(kinds).flatMap(([name, kind]) => (typeof found[name] === kind ? [[name, found[name]]] : [])),
  )
}

/** The settings with one of them changed; without it for undefined. */
export function withSetting<Name extends keyof Settings>(
  settings: Settings,
  name: Name,
  value: Settings[Name] | undefined,
): Settings {
  const { [name]: _, ...rest } = settings
  return value === undefined || value === '' ? rest : { ...rest, [name]: value }
}

export type SettingFaults = Readonly<Partial<Record<keyof Settings, string>>>

/** What is wrong with settings, by their fields, for whoever types them. */
export function faultsOf({ filter = '', top_k = usualTopK, dense_weight = 0 }: Settings): SettingFaults {
  const found: Partial<Record<keyof Settings, string>> = {}
  const top = numberFault(top_k, { from: 1, to: 100, isWhole: true })
  if (top !== undefined) found.top_k = top
  const weight = numberFault(dense_weight, { from: 0, to: 1 })
  if (weight !== undefined) found.dense_weight = weight
  try {
    readValues(filter)
  } catch (error) {
    found.filter = (error as Error).message
  }
  return found
}

/** The call that asks a question. */
export function askCall(query: string, { filter = '', ...settings }: Settings): Call {
  const values: Values = readValues(filter)
  const body = { query, ...settings, ...(Object.keys(values).length > 0 ? { filter: values } : {}), stream: true, explain: true }
  return { method: 'POST', path: '/api/rag/query', body }
}

/** In few words, for the head of an answer. */
export function describeSettings({ top_k = usualTopK, filter, model_id, agent, dense_weight }: Settings): string {
  return [
    `${top_k} ${top_k === 1 ? 'passage' : 'passages'}`,
    agent ? 'agent' : '',
    model_id ?? '',
    dense_weight === undefined ? '' : `vectors ${dense_weight}`,
    (filter ?? '').split('\n').join('; '),
  ]
    .filter((part) => part !== '')
    .join(' · ')
}
