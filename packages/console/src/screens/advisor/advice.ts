/** What `POST /api/advisor` takes and gives, as far as the screen shows it. @module */

/** The answers that were given, by the contract's names; the rest is assumed. */
export type Answers = Readonly<Record<string, unknown>>

export interface CostLine {
  readonly service: string
  readonly what: string
  readonly kind: 'fixed' | 'variable' | 'one_off'
  readonly usd: number
  readonly old_price: boolean
}

export interface Task {
  readonly goal: string
  readonly task: string
  readonly how: string
}

export interface Phase {
  readonly phase: number
  readonly name: string
  readonly weeks?: string
  readonly tasks: readonly Task[]
}

export interface Risk {
  readonly id: string
  readonly severity: string
  readonly risk: string
  readonly what_to_do: string
  readonly lens: readonly { readonly lens: string; readonly practice: string; readonly url: string }[]
  readonly runbook?: string
}

export interface Cost {
  readonly min: number
  readonly likely: number
  readonly max: number
  readonly fixed: number
  readonly lines: readonly CostLine[]
  readonly by_service: readonly { readonly service: string; readonly usd: number; readonly share: number }[]
  readonly per_request: number | null
  readonly per_tenant: number
  readonly sensitivity: readonly {
    readonly field: string
    readonly value: number
    /** USD a month. */
    readonly halved: { readonly likely: number }
    readonly doubled: { readonly likely: number }
  }[]
  readonly variants: readonly {
    readonly name: string
    readonly what: string
    readonly likely: number
    readonly saving: number
    readonly gives_up: string
  }[]
  readonly within_budget: boolean | null
  readonly max_within_budget: boolean | null
}

export interface Advice {
  readonly ranking: readonly {
    readonly pattern: string
    readonly score: number
    readonly reasons: readonly string[]
    readonly matrix: Readonly<Record<'use_case' | 'complexity' | 'scalability' | 'cost' | 'best_for', string>>
  }[]
  readonly composition: { readonly primary: string; readonly secondary: readonly string[]; readonly reasons: readonly string[] }
  readonly changes: readonly {
    readonly pattern: string
    readonly field: string | null
    readonly from: unknown
    readonly to: unknown
  }[]
  readonly cost: Cost
  readonly quota: {
    readonly tokens_per_minute: number
    readonly sustainable_requests_per_minute: number
    readonly needed_requests_per_minute: number
    readonly needs_rise: boolean
  }
  readonly risks: readonly Risk[]
  readonly roadmap: readonly Phase[]
  readonly flags: readonly { readonly field: string; readonly value: unknown; readonly detail: string }[]
  /** With all that was assumed. */
  readonly profile: Answers
}

/** The answers with another value; without it for undefined, and without a group in which nothing is left. */
export function withValue(answers: Answers, path: string, value: unknown): Answers {
  const [name = '', part] = path.split('.')
  const { [name]: before, ...rest } = answers
  if (part === undefined) return value === undefined ? rest : { ...rest, [name]: value }
  const { [part]: _, ...others } = (before ?? {}) as Answers
  const group = value === undefined ? others : { ...others, [part]: value }
  return Object.keys(group).length === 0 ? rest : { ...rest, [name]: group }
}
