import { z } from 'zod'

/** What a filter looks for. */
export const filterKinds = [
  'email',
  'phone',
  'payment_card',
  'iban',
  'ssn',
  'ip_address',
  'credential',
  'deny_list',
  'prompt_injection',
  'size',
] as const
export type FilterKind = (typeof filterKinds)[number]

/** mask: the value is replaced by its kind's mark · block: the whole text is refused · flag: it passes, and is noted. */
export const filterActions = ['mask', 'block', 'flag'] as const
export type FilterAction = (typeof filterActions)[number]

/** What is done about each kind; what isn't named isn't looked for. */
export type FilterRules = { readonly [Kind in FilterKind]?: FilterAction }

/** The filters of one tenant. */
export interface FilterSettings {
  /** On what a caller sends: before it is kept, logged, or shown to a model. */
  readonly input: FilterRules
  /** On what a model answers: before it is kept or shown to anyone. */
  readonly output: FilterRules
  /** Words and phrases of `deny_list`, in any case. */
  readonly deny_list: readonly string[]
  /** Of `size`, in characters (UTF-16 code units). */
  readonly max_characters?: number
}

/** Nothing is looked for. */
export const noFilters: FilterSettings = { input: {}, output: {}, deny_list: [] }

const rules = z.partialRecord(z.enum(filterKinds), z.enum(filterActions))

/** What an administrator may set; what is left out is empty. */
export const filterSettingsForm: z.ZodType<FilterSettings> = z.strictObject({
  input: rules.default({}),
  output: rules.default({}),
  deny_list: z.array(z.string().trim().min(1).max(200)).max(500).default([]),
  max_characters: z.number().int().min(1).max(10_000_000).exactOptional(),
}) as unknown as z.ZodType<FilterSettings>
