import { DenyListScanner } from './deny-list.ts'
import type { FilterAction, FilterSettings } from './filter-settings.ts'
import { InjectionScanner } from './injection/injection-scanner.ts'
import { type Detectors, type Scanner, type ValueKind, valueKinds } from './matches.ts'
import { ValueScanner } from './value-scanner.ts'

export interface RuledScanner {
  readonly scanner: Scanner
  /** Whether a rule has something masked that it finds. */
  readonly masks: boolean
}

/** What looks for all that has a rule, but for the size. */
export function scannersFor(settings: FilterSettings, direction: 'input' | 'output', detectors: Detectors): RuledScanner[] {
  const rules = settings[direction]
  const values = new Map<ValueKind, FilterAction>()
  for (const kind of valueKinds) {
    const action = rules[kind]
    if (action !== undefined) values.set(kind, action)
  }
  const scanners: RuledScanner[] = []
  if (values.size > 0)
    scanners.push({ scanner: new ValueScanner(values, detectors), masks: [...values.values()].includes('mask') })
  if (rules.deny_list !== undefined && settings.deny_list.length > 0)
    scanners.push({ scanner: new DenyListScanner(settings.deny_list), masks: rules.deny_list === 'mask' })
  if (rules.prompt_injection !== undefined)
    scanners.push({ scanner: new InjectionScanner(), masks: rules.prompt_injection === 'mask' })
  return scanners
}
