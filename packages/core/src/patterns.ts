import type { Pattern } from './define/pattern.ts'
import { eventDriven } from './event-driven/pattern.ts'

/** The patterns of this Plinth. To add one: its folder, its name in define/pattern.ts, its line here. */
export const patterns: readonly Pattern[] = [eventDriven]
