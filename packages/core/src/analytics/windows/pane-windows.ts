import { paneOf } from './check-windows.ts'
import type { EmitWindow, OpenWindows, PackedOpenWindows } from './open-windows.ts'
import type { WindowDefinition } from './window.ts'
import { type FieldValues, WindowContent } from './window-content.ts'

interface Pane {
  readonly start: number
  readonly content: WindowContent
}

type PaneDefinition = Exclude<WindowDefinition, { readonly kind: 'session' }>

/**
 * Tumbling and sliding windows, which begin at multiples of their slide since 1970. Time is cut into panes, of which every window is a whole
 * number, so that a record is added once, however many windows it is in (Li and others, "No pane, no gain", SIGMOD Record 2005). A window
 * without records gives no result.
 */
export class PaneWindows implements OpenWindows {
  readonly definition: PaneDefinition
  readonly #slide: number
  readonly #pane: number
  /** In order. */
  #panes: Pane[] = []
  #closed: number = Number.NEGATIVE_INFINITY

  constructor(definition: PaneDefinition) {
    this.definition = definition
    this.#slide = definition.kind === 'sliding' ? definition.slide : definition.size
    this.#pane = definition.kind === 'sliding' ? paneOf(definition) : definition.size
  }

  static unpack([definition, closed, parts]: PackedOpenWindows): PaneWindows {
    const windows = new PaneWindows(definition as PaneDefinition)
    windows.#closed = closed ?? Number.NEGATIVE_INFINITY
    windows.#panes = parts.map(([start, , content]) => ({ start, content: WindowContent.unpack(content) }))
    return windows
  }

  get parts(): number {
    return this.#panes.length
  }

  add(time: number, watermark: number, values: FieldValues): boolean {
    if (watermark > this.#closed) this.#closed = watermark
    if (this.#lastEnd(time) <= this.#closed) return false
    this.#at(Math.floor(time / this.#pane) * this.#pane).content.add(values)
    return true
  }

  close(watermark: number, emit: EmitWindow): void {
    for (let end = this.nextClose(); end !== undefined && end <= watermark; end = this.nextClose()) {
      this.#closed = end
      this.#emit(end, emit)
      let gone = 0
      for (const { start } of this.#panes) if (this.#lastEnd(start) <= end) gone++
      this.#panes.splice(0, gone)
    }
    if (watermark > this.#closed) this.#closed = watermark
  }

  nextClose(): number | undefined {
    const first = this.#panes[0]
    if (!first) return undefined
    const { size } = this.definition
    // The first end behind what is closed, and behind the pane's start: the window is not longer than its slides are apart.
    const behind = Math.max(this.#closed, first.start)
    return (Math.floor((behind - size) / this.#slide) + 1) * this.#slide + size
  }

  pack(): PackedOpenWindows {
    const closed = this.#closed === Number.NEGATIVE_INFINITY ? null : this.#closed
    return [this.definition, closed, this.#panes.map(({ start, content }) => [start, start, content.pack()] as const)]
  }

  /** The end of the last window that a time is in. */
  #lastEnd(time: number): number {
    return Math.floor(time / this.#slide) * this.#slide + this.definition.size
  }

  #at(start: number): Pane {
    // Most records are of the newest pane.
    let at = this.#panes.length
    while (at > 0 && (this.#panes[at - 1] as Pane).start > start) at--
    const there = this.#panes[at - 1]
    if (there?.start === start) return there
    const pane = { start, content: new WindowContent() }
    this.#panes.splice(at, 0, pane)
    return pane
  }

  #emit(end: number, emit: EmitWindow): void {
    const start = end - this.definition.size
    const within = this.#panes.filter((pane) => pane.start >= start && pane.start < end)
    const [first] = within
    if (!first) return
    let { content } = first
    if (within.length > 1) {
      content = new WindowContent()
      for (const pane of within) content.merge(pane.content)
    }
    emit(content.result(this.definition.name, start, end))
  }
}
