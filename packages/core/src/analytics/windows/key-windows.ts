import type { EmitWindow, OpenWindows, PackedOpenWindows } from './open-windows.ts'
import { PaneWindows } from './pane-windows.ts'
import { SessionWindows } from './session-windows.ts'
import type { WindowDefinition, WindowResult } from './window.ts'
import type { FieldValues } from './window-content.ts'

/** A key keeps at most so many panes or sessions of a definition, twice what its limits need; a producer may send times all over the future. */
const mostParts = 256
/** Before any watermark, in a form that JSON can say. */
const atOnce = Number.MIN_SAFE_INTEGER

/** Most keys have none. */
const none: readonly never[] = []

type Result = Omit<WindowResult, 'key'>
type Packed = readonly [windows: readonly PackedOpenWindows[], ready?: readonly Result[]]

/**
 * The windows of one key: what came in them as far as they are open. Every record is in each of its windows once, or `add` says that it is
 * late. A window closes when the watermark reaches its end, or, where a key keeps more than 256 parts of a definition, when it is the
 * oldest of them. What it says depends on the records and watermarks that it was told, and not on when it was asked to close or packed.
 */
export class KeyWindows {
  readonly #windows: OpenWindows[]
  /** Of definitions that are gone: they close, and take nothing. */
  #former: readonly OpenWindows[] = none
  /** Closed, and not emitted yet. */
  #ready: readonly Result[] = none
  /** No window ends before. */
  #due: number = Number.POSITIVE_INFINITY

  /** @param definitions what `checkWindows` let pass. */
  constructor(definitions: readonly WindowDefinition[]) {
    this.#windows = definitions.map(begin)
  }

  /** As it was packed; windows of definitions that aren't among these any more close at their end, too. */
  static unpack(packed: unknown, definitions: readonly WindowDefinition[]): KeyWindows {
    const [states, ready = []] = packed as Packed
    const windows = new KeyWindows(definitions)
    windows.#ready = ready
    for (const state of states) {
      const at = definitions.findIndex((definition) => isSame(definition, state[0]))
      const opened = state[0].kind === 'session' ? SessionWindows.unpack(state) : PaneWindows.unpack(state)
      if (at >= 0) windows.#windows[at] = opened
      else windows.#former = [...windows.#former, opened]
    }
    windows.#findDue()
    return windows
  }

  /**
   * Takes a record.
   * @param time its own, milliseconds UTC.
   * @param watermark of the shard: it never goes back.
   * @returns false when it is too late for all of its windows.
   */
  add(time: number, watermark: number, values: FieldValues): boolean {
    if (watermark >= this.#due) this.#settle(watermark)
    let isTaken = this.#windows.length === 0
    for (const windows of this.#windows) {
      if (!windows.add(time, watermark, values)) continue
      isTaken = true
      this.#due = Math.min(this.#due, windows.nextClose() ?? this.#due)
      while (windows.parts > mostParts) this.#take(windows, windows.nextClose() ?? watermark)
    }
    return isTaken
  }

  /** Emits each window that has closed, once. */
  close(watermark: number, emit: EmitWindow): void {
    this.#settle(watermark)
    const ready = this.#ready
    this.#ready = none
    for (const result of ready) emit(result)
  }

  /** From which watermark on `close` has something to emit; undefined: nothing is open. */
  nextClose(): number | undefined {
    if (this.#ready.length > 0) return atOnce
    this.#findDue()
    return this.#due === Number.POSITIVE_INFINITY ? undefined : this.#due
  }

  pack(): unknown {
    const former = this.#former.filter(({ parts }) => parts > 0)
    const windows = [...this.#windows, ...former].map((each) => each.pack())
    return (this.#ready.length > 0 ? [windows, this.#ready] : [windows]) satisfies Packed
  }

  #settle(watermark: number): void {
    if (watermark < this.#due) return
    for (const windows of this.#windows) this.#take(windows, watermark)
    for (const windows of this.#former) this.#take(windows, watermark)
    this.#findDue()
  }

  #take(windows: OpenWindows, watermark: number): void {
    const closed: Result[] = []
    windows.close(watermark, (result) => closed.push(result))
    if (closed.length > 0) this.#ready = [...this.#ready, ...closed]
  }

  #findDue(): void {
    this.#due = Number.POSITIVE_INFINITY
    for (const windows of this.#windows) this.#due = Math.min(this.#due, windows.nextClose() ?? this.#due)
    for (const windows of this.#former) this.#due = Math.min(this.#due, windows.nextClose() ?? this.#due)
  }
}

function begin(definition: WindowDefinition): OpenWindows {
  return definition.kind === 'session' ? new SessionWindows(definition) : new PaneWindows(definition)
}

function isSame(one: WindowDefinition, other: WindowDefinition): boolean {
  return one.name === other.name && one.kind === other.kind && lengths(one) === lengths(other)
}

function lengths(definition: WindowDefinition): string {
  if (definition.kind === 'session') return String(definition.gap)
  return definition.kind === 'sliding' ? `${definition.size}/${definition.slide}` : String(definition.size)
}
