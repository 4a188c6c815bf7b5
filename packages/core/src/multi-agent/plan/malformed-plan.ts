import type { z } from 'zod'
import { isObject } from '../../json.ts'
import { planKeys, stepKeys } from './plan.ts'

/** What a plan of one step looks like, for whoever wrote something else. */
const example = '{"steps": [{"id": "find", "agent_type": "research", "prompt": "…"}]}'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/** What is wrong with the form of a plan, in words: a key that isn't there is told with the unknown one that may stand for it. */
export function formFaults(
  value: unknown,
  issues: readonly Issue[],
): readonly { readonly field: string; readonly message: string }[] {
  return issues.map((issue) => ({ field: fieldOf(issue), message: messageOf(value, issue) }))
}

/** A field that doesn't exist is named itself, not what it stands in. */
function fieldOf(issue: Issue): string {
  return [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])].join('.')
}

function messageOf(value: unknown, issue: Issue): string {
  if (issue.code === 'unrecognized_keys') {
    const [unknown = ''] = issue.keys
    const meant = meantBy(unknown, value, issue.path)
    return `${issue.message}${meant === undefined ? '' : ` Did you mean "${meant}"?`}`
  }
  const key = String(issue.path.at(-1) ?? '')
  const parent = issue.path.slice(0, -1)
  const holder = at(value, parent)
  if (issue.code !== 'invalid_type' || !isObject(holder) || Object.hasOwn(holder, key)) return issue.message
  if (key === 'steps') return `A plan is ${example}${steadOf(Object.keys(holder))}.`
  const known = keysAt(parent)
  const unknown = Object.keys(holder).filter((name) => !known.includes(name))
  const stands = unknown.find((name) => meantBy(name, value, parent) === key) ?? unknown[0]
  if (stands === undefined) return 'Is missing.'
  const close = meantBy(stands, value, parent) === key
  return `Is missing; "${stands}" is no key of a step${close ? `, did you mean "${key}"?` : '.'}`
}

function steadOf(keys: readonly string[]): string {
  const [unknown] = keys.filter((key) => !planKeys.includes(key))
  if (unknown === undefined) return ''
  return unknown === 'plan' ? ', without "plan" around it' : `; "${unknown}" is no key of it`
}

/** The key that an unknown one begins like, of those that aren't there. */
function meantBy(unknown: string, value: unknown, path: Path): string | undefined {
  const there = at(value, path)
  const free = keysAt(path).filter((key) => !isObject(there) || !Object.hasOwn(there, key))
  const alike = free.map((key) => ({ key, letters: sameLetters(key, unknown) })).filter(({ letters }) => letters >= 3)
  return alike.sort((one, other) => other.letters - one.letters)[0]?.key
}

function keysAt(path: Path): readonly string[] {
  if (path.length === 0) return planKeys
  return path.length === 2 && path[0] === 'steps' ? stepKeys : []
}

/** How many letters two keys begin with in common. */
function sameLetters(one: string, other: string): number {
  const [left, right] = [lettersOf(one), lettersOf(other)]
  let count = 0
  while (count < left.length && left[count] === right[count]) count++
  return count
}

function lettersOf(key: string): string {
  return key.toLowerCase().replaceAll(/[^a-z]/g, '')
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((found, key) => (isHolder(found) ? found[key] : undefined), value)
}

function isHolder(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null
}
