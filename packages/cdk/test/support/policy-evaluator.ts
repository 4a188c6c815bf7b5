/** As much of IAM's evaluation as the policies here use; what they don't use is an error, not a guess. @module */
import { resolved } from './intrinsics.ts'
import type { Statement } from './statements.ts'
import type { Template } from './synthesised.ts'

export interface Access {
  readonly action: string
  readonly resource: string
  /** By its key; those of many values as lists. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>
}

/** Whether some statement allows it and none denies it. */
export function isAllowed(template: Template, statements: readonly Statement[], access: Access): boolean {
  const matching = statements.filter((statement) => matches(template, statement, access))
  return matching.some(({ effect }) => effect === 'Allow') && !matching.some(({ effect }) => effect === 'Deny')
}

function matches(template: Template, statement: Statement, access: Access): boolean {
  const { actions, resources, notResources, conditions } = statement
  const context = lowered(access.context ?? {})
  const covers = (arn: unknown) => like(access.resource, resolved(template, arn), context)
  return (
    actions.some((action) => like(access.action, action, context)) &&
    (notResources.length > 0 ? !notResources.some(covers) : resources.some(covers)) &&
    Object.entries((conditions ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>>>>).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => {
        const values = [wanted].flat().map((value) => resolved(template, value))
        return holds(operator, context.get(key.toLowerCase()), values, context)
      }),
    )
  )
}

type Context = ReadonlyMap<string, string | readonly string[]>

/** IAM's rules for keys that aren't there: a condition that asks for a value is false, one that asks for none is true. */
function holds(
  operator: string,
  found: string | readonly string[] | undefined,
  wanted: readonly string[],
  context: Context,
): boolean {
  if (operator === 'Null') return wanted.includes(String(found === undefined))
  const [, quantifier, name = ''] = /^(?:(ForAllValues|ForAnyValue):)?(.+)$/.exec(operator) ?? []
  if (Array.isArray(found) && !quantifier) throw new Error(`${operator} compares one value, not many.`)
  const each = (value: string): boolean => compare(name.replace(/IfExists$/, ''), value, wanted, context)
  if (quantifier === 'ForAllValues') return [found ?? []].flat().every(each)
  if (quantifier === 'ForAnyValue') return [found ?? []].flat().some(each)
  if (found === undefined) return name.endsWith('IfExists') || name.includes('Not')
  return each(String(found))
}

function compare(operator: string, value: string, wanted: readonly string[], context: Context): boolean {
  switch (operator) {
    case 'StringEquals':
    case 'Bool':
      return wanted.some((one) => filled(one, context) === value)
    case 'StringNotEquals':
      return !compare('StringEquals', value, wanted, context)
    case 'StringLike':
    case 'ArnEquals':
      return wanted.some((one) => like(value, one, context))
    case 'StringNotLike':
    case 'ArnNotEquals':
      return !compare('StringLike', value, wanted, context)
    case 'NumericLessThan':
      return wanted.some((one) => Number(value) < Number(one))
    default:
      throw new Error(`Nobody evaluates ${operator}.`)
  }
}

/** Wildcards of the pattern count, those in the values of its variables don't. */
function like(value: string, pattern: string, context: Context): boolean {
  const source = pattern
    .split(/(\$\{[^}]+\})/)
    .map((part) =>
      part.startsWith('${') ? quoted(filled(part, context)) : quoted(part).replaceAll('\\*', '.*').replaceAll('\\?', '.'),
    )
  return new RegExp(`^${source.join('')}$`, 's').test(value)
}

/** With the values of its variables. One that has none makes a statement that can't hold. */
function filled(text: string, context: Context): string {
  return text.replace(/\$\{([^}]+)\}/g, (_, key: string) => String(context.get(key.toLowerCase()) ?? '\0'))
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function lowered(context: NonNullable<Access['context']>): Context {
  return new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]))
}
