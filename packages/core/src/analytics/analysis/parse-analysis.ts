import { jsonInText } from '../../multi-agent/plan/json-in-text.ts'
import type { Analysis, RiskLevel } from '../insight.ts'
import { riskLevels } from './analyse-by-rule.ts'

/** What a model wrote, or what is wrong with it: each fault in words that a model can mend it by. */
type ParsedAnalyses = { readonly analyses: readonly Analysis[] } | { readonly faults: readonly string[] }

const mostTexts = 20
const longestText = 500

/**
 * Reads the analyses of so many incidents, in their order. Tolerant of form: fences and words around the JSON, case and spelling of names,
 * numbers as strings, one text where a list is meant, a single analysis without its wrapping. Strict in meaning: what isn't one of the
 * values asked for is a fault, and nothing is guessed (X46).
 */
export function parseAnalyses(text: string, incidents: number): ParsedAnalyses {
  const found = jsonInText(text)
  if (!('value' in found)) return { faults: [unreadable[found.fault]] }
  const whole = fieldsOf(found.value)
  const list = whole?.get('incidents')
  const given = list ?? (incidents === 1 ? [found.value] : undefined)
  if (!Array.isArray(given)) return { faults: ['`incidents` must be a list with an object for each incident.'] }
  const byNumber = new Map<number, unknown>()
  for (const [index, each] of given.entries()) byNumber.set(numberOf(fieldsOf(each)?.get('incident')) ?? index + 1, each)
  const faults: string[] = []
  const analyses: Analysis[] = []
  for (let number = 1; number <= incidents; number++) {
    const read = parseAnalysis(byNumber.get(number))
    if ('analysis' in read) analyses.push(read.analysis)
    else faults.push(...read.faults.map((fault) => `Incident ${number}: ${fault}`))
  }
  if (given.length > incidents) faults.push(`There are ${incidents} incidents, and you wrote ${given.length}.`)
  return faults.length > 0 ? { faults } : { analyses }
}

const unreadable = {
  no_json: 'There was no JSON object in the answer.',
  cut_off: 'The JSON was cut off before its end: write less.',
  malformed: 'The JSON was malformed.',
} as const

/** One analysis. */
function parseAnalysis(value: unknown): { readonly analysis: Analysis } | { readonly faults: readonly string[] } {
  const fields = fieldsOf(value)
  if (!fields) return { faults: ['must be an object with the five fields, each once.'] }
  const patterns = textsOf(fields.get('patterns'))
  const risk_level = riskOf(fields.get('risklevel'))
  const recommended_actions = textsOf(fields.get('recommendedactions'))
  const confidence = within(fields.get('confidence'), 0, 1)
  const alert_priority = within(fields.get('alertpriority'), 1, 5)
  const faults: string[] = []
  if (!patterns) faults.push('`patterns` must be a list of texts.')
  if (!risk_level) faults.push('`risk_level` must be "low", "medium" or "high".')
  if (!recommended_actions) faults.push('`recommended_actions` must be a list of texts.')
  if (confidence === undefined) faults.push('`confidence` must be a number from 0 to 1.')
  if (alert_priority === undefined || !Number.isInteger(alert_priority))
    faults.push('`alert_priority` must be a whole number from 1 to 5.')
  if (!patterns || !risk_level || !recommended_actions || confidence === undefined || !alert_priority || faults.length > 0)
    return { faults }
  return { analysis: { patterns, risk_level, recommended_actions, confidence, alert_priority } }
}

/** An object's fields by their names without case, blanks and underscores; undefined where two come to the same. */
function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const entries = Object.entries(value).map(([name, each]) => [name.toLowerCase().replace(/[\s_-]/g, ''), each] as const)
  const fields = new Map(entries)
  return fields.size === entries.length ? fields : undefined
}

function textsOf(value: unknown): readonly string[] | undefined {
  const list = typeof value === 'string' ? [value] : value
  if (!Array.isArray(list) || !list.every((each): each is string => typeof each === 'string')) return undefined
  const texts = list.map((each) => each.trim().slice(0, longestText).toWellFormed()).filter((each) => each !== '')
  return texts.slice(0, mostTexts)
}

function riskOf(value: unknown): RiskLevel | undefined {
  if (typeof value !== 'string') return undefined
  const word = value.trim().toLowerCase()
  return riskLevels.find((level) => level === word)
}

function within(value: unknown, least: number, most: number): number | undefined {
  const number = numberOf(value)
  return number !== undefined && number >= least && number <= most ? number : undefined
}

/** A plain decimal, as a number or written out; no percentages, no units. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^\s*\d{1,9}(?:\.\d{1,9})?\s*$/.test(value) ? Number(value) : undefined
}
