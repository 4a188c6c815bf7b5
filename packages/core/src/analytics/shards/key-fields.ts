/** The fields of one key's records: which there are, and what is known of each. @module */
import type { JsonValue } from '../../json.ts'
import type { FieldKind } from '../streams.ts'
import type { CategoryDetector, KeyParts, NumberDetector, Suppression } from './key-parts.ts'
import { RecentPoints } from './recent-points.ts'

export const fieldLimits: {
  /** Numeric fields of one key, and categorical ones; further ones are passed over. */
  readonly numbers: number
  readonly categories: number
  /** Characters of a category. */
  readonly category: number
  /** A field of text that has more different values isn't a category, unless it is declared as one. */
  readonly distinct: number
  /** A key that had so many of those has no new categories any more. */
  readonly passed: number
} = { numbers: 16, categories: 8, category: 64, distinct: 32, passed: 32 }

export interface NumberField {
  readonly kind: 'number'
  readonly name: string
  readonly declared: FieldKind | undefined
  readonly detector: NumberDetector
  points: RecentPoints
  suppression: Suppression | undefined
  /** Of its silences: one that was told of is no reason to keep back what its values show, nor the other way about. */
  silences: Suppression | undefined
  /** Its silence was judged, and no value has come since. */
  isSilent: boolean
  /** When it last had a value, event time. */
  last: number
}

export interface CategoryField {
  readonly kind: 'category'
  readonly name: string
  readonly declared: FieldKind | undefined
  readonly detector: CategoryDetector
  suppression: Suppression | undefined
  last: number
  /** Its last value. */
  value: string
  /** Its values so far, as long as it isn't sure to be a category; undefined for one that is declared. */
  readonly seen: string[] | undefined
}

export type KeyField = NumberField | CategoryField

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** A finite number: of JSON, or decimal text where the field is declared to be a number. */
export function numberIn(value: JsonValue | undefined, declared: FieldKind | undefined): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (declared !== 'number' || typeof value !== 'string' || value.length > 64 || !decimal.test(value)) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** Text that may name a category, or a boolean. */
export function categoryIn(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  return typeof value === 'string' && value.length <= fieldLimits.category ? value : undefined
}

/** What a value's field is, by its first value; undefined: nothing that is looked at. */
export function kindOf(value: JsonValue | undefined, declared: FieldKind | undefined): 'number' | 'category' | undefined {
  if (declared === 'ignore') return undefined
  if (declared !== 'category' && numberIn(value, declared) !== undefined) return 'number'
  return declared !== 'number' && categoryIn(value) !== undefined ? 'category' : undefined
}

export function beginField(
  kind: 'number' | 'category',
  name: string,
  declared: FieldKind | undefined,
  parts: KeyParts,
): KeyField {
  const common = { name, declared, suppression: undefined, last: 0 }
  if (kind === 'number')
    return { ...common, kind, detector: parts.number(), points: new RecentPoints(), silences: undefined, isSilent: false }
  return { ...common, kind, detector: parts.category(), value: '', seen: declared === 'category' ? undefined : [] }
}

export function packField(field: KeyField, points: number): JsonValue {
  const { name, last, detector, suppression } = field
  const common = [name, last, detector.pack(), suppression?.pack() ?? 0] as readonly JsonValue[]
  if (field.kind === 'category') return [...common, 'c', field.value, field.seen ?? 0]
  const silences = field.silences ? [field.silences.pack() as JsonValue] : []
  return [...common, 'n', field.points.pack(points), field.isSilent ? 1 : 0, ...silences]
}

export function unpackField(packed: JsonValue, kinds: ReadonlyMap<string, FieldKind>, parts: KeyParts): KeyField | undefined {
  const [name, last, detector, suppression, kind, ...rest] = packed as readonly JsonValue[]
  const declared = kinds.get(String(name))
  const common = {
    name: String(name),
    declared,
    last: Number(last),
    suppression: suppressionIn(suppression, parts),
  }
  // The settings may have changed since.
  if (declared === 'ignore' || (declared && declared !== (kind === 'n' ? 'number' : 'category'))) return undefined
  if (kind === 'n') {
    const points = RecentPoints.unpack(rest[0] as readonly number[])
    const silences = suppressionIn(rest[2], parts)
    return { ...common, kind: 'number', detector: parts.number(detector), points, silences, isSilent: rest[1] === 1 }
  }
  const seen = Array.isArray(rest[1]) && !declared ? ([...rest[1]] as string[]) : undefined
  return { ...common, kind: 'category', detector: parts.category(detector), value: String(rest[0]), seen }
}

function suppressionIn(packed: JsonValue | undefined, parts: KeyParts): Suppression | undefined {
  return packed === undefined || packed === 0 ? undefined : parts.suppression(packed)
}
