/**
 * A second reading of JSON schema, written for the tests and sharing nothing with the package, so that the two check each other.
 * Returns the places that are wrong.
 */
interface Keywords extends Readonly<Record<string, unknown>> {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly prefixItems?: readonly Schema[]
  readonly items?: Schema
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
}
type Schema = Keywords | boolean

export function problems(schema: Schema, value: unknown, root: Schema = schema, path = '$'): string[] {
  if (typeof schema === 'boolean') return schema ? [] : [`${path}: nothing is allowed`]
  const found: string[] = []
  const check = (holds: boolean, what: string): void => {
    if (!holds) found.push(`${path}: ${what}, but is ${JSON.stringify(value)}`)
  }
  const inner = (part: Schema, item: unknown, step: string): string[] => problems(part, item, root, path + step)
  const equal = (one: unknown, two: unknown): boolean => JSON.stringify(one) === JSON.stringify(two)

  if (schema.$ref) {
    const steps = schema.$ref.split('/').slice(1)
    found.push(
      ...inner(
        steps.reduce<Schema>((at, step) => (at as Record<string, Schema>)[step] as Schema, root),
        value,
        '',
      ),
    )
  }
  if ('const' in schema) check(equal(schema.const, value), `must be ${JSON.stringify(schema.const)}`)
  if (schema.enum)
    check(
      schema.enum.some((option) => equal(option, value)),
      'must be one of the choices',
    )
  if (schema.type)
    check(
      [schema.type].flat().some((type) => isA(type, value)),
      `must be ${schema.type}`,
    )
  for (const part of schema.allOf ?? []) found.push(...inner(part, value, ''))
  if (schema.anyOf)
    check(
      schema.anyOf.some((part) => inner(part, value, '').length === 0),
      'must fit one of anyOf',
    )
  if (schema.oneOf) check(schema.oneOf.filter((part) => inner(part, value, '').length === 0).length === 1, 'must fit exactly one')

  const none = Number.NEGATIVE_INFINITY
  const all = Number.POSITIVE_INFINITY
  const { minimum = none, maximum = all, exclusiveMinimum = none, exclusiveMaximum = all, multipleOf } = schema
  const { minLength = 0, maxLength = all, minItems = 0, maxItems = all, minProperties = 0, maxProperties = all } = schema
  if (typeof value === 'number') {
    check(value >= minimum && value <= maximum, `must be within ${minimum} and ${maximum}`)
    check(value > exclusiveMinimum && value < exclusiveMaximum, 'must be strictly within')
    const parts = multipleOf === undefined ? 0 : value / multipleOf
    check(Math.abs(parts - Math.round(parts)) < 1e-9, `must be a multiple of ${multipleOf}`)
  }
  if (typeof value === 'string') {
    const length = Array.from(value).length
    check(length >= minLength && length <= maxLength, 'must have the right length')
    if (schema.pattern) check(new RegExp(schema.pattern, 'u').test(value), `must match ${schema.pattern}`)
    if (schema.format === 'date') check(/^\d{4}-\d\d-\d\d$/.test(value), 'must be a date')
    if (schema.format === 'date-time') check(!Number.isNaN(Date.parse(value)) && value.endsWith('Z'), 'must be a time')
    if (schema.format === 'email') check(/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value), 'must be an address')
  }
  if (Array.isArray(value)) {
    check(value.length >= minItems && value.length <= maxItems, 'must have the right number of items')
    if (schema.uniqueItems)
      check(new Set(value.map((item) => JSON.stringify(item))).size === value.length, 'must not repeat items')
    const leading = schema.prefixItems ?? []
    for (const [at, item] of value.entries()) found.push(...inner(leading[at] ?? schema.items ?? true, item, `[${at}]`))
  }
  if (isA('object', value)) {
    const object = value as Record<string, unknown>
    const names = Object.keys(object)
    check(names.length >= minProperties && names.length <= maxProperties, 'must have the right number of members')
    for (const name of schema.required ?? []) check(Object.hasOwn(object, name), `must have ${name}`)
    for (const name of names) {
      const own = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name] : schema.additionalProperties
      found.push(...inner(own ?? true, object[name], `.${name}`))
    }
  }
  return found
}

function isA(type: string, value: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}
