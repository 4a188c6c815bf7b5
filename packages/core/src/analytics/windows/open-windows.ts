import type { WindowDefinition, WindowResult } from './window.ts'
import type { FieldValues, PackedContent } from './window-content.ts'

export type EmitWindow = (result: Omit<WindowResult, 'key'>) => void

/** The windows of one key by one definition, as far as they are open. Times are milliseconds UTC. */
export interface OpenWindows {
  readonly definition: WindowDefinition
  /** Parts that are kept. */
  readonly parts: number
  /**
   * Takes a record, when every window that the watermark has passed is closed.
   * @returns false when it is too late for all of its windows: then nothing is changed.
   */
  add(time: number, watermark: number, values: FieldValues): boolean
  /** Emits and forgets the windows that end at this watermark or before, the earliest first. */
  close(watermark: number, emit: EmitWindow): void
  /** When the first of them ends; undefined without any. */
  nextClose(): number | undefined
  pack(): PackedOpenWindows
}

/** @property closed the watermark so far; null before there was one. */
export type PackedOpenWindows = readonly [
  definition: WindowDefinition,
  closed: number | null,
  parts: readonly (readonly [start: number, last: number, content: PackedContent])[],
]
