import type { EmitWindow, OpenWindows, PackedOpenWindows } from './open-windows.ts'
import type { WindowDefinition } from './window.ts'
import { type FieldValues, WindowContent } from './window-content.ts'

interface Session {
  /** Of its first record. */
  start: number
  /** Of its last record. */
  last: number
  readonly content: WindowContent
}

type SessionDefinition = Extract<WindowDefinition, { readonly kind: 'session' }>

/**
 * Sessions: records of which each is less than the gap after the one before. A session ends one gap after its last record. A record between
 * two open sessions makes one of them. One that comes behind the watermark, but less than a gap, and touches no open session begins one of
 * its own.
 */
export class SessionWindows implements OpenWindows {
  readonly definition: SessionDefinition
  /** In order. */
  #sessions: Session[] = []
  #closed: number = Number.NEGATIVE_INFINITY

  constructor(definition: SessionDefinition) {
    this.definition = definition
  }

  static unpack([definition, closed, parts]: PackedOpenWindows): SessionWindows {
    const windows = new SessionWindows(definition as SessionDefinition)
    windows.#closed = closed ?? Number.NEGATIVE_INFINITY
    windows.#sessions = parts.map(([start, last, content]) => ({ start, last, content: WindowContent.unpack(content) }))
    return windows
  }

  get parts(): number {
    return this.#sessions.length
  }

  add(time: number, watermark: number, values: FieldValues): boolean {
    if (watermark > this.#closed) this.#closed = watermark
    const { gap } = this.definition
    const from = this.#sessions.findIndex(({ last }) => time < last + gap)
    const first = this.#sessions[from]
    if (first && first.start < time + gap) {
      this.#extend(first, time, from)
      first.content.add(values)
      return true
    }
    if (time + gap <= this.#closed) return false
    const content = new WindowContent()
    content.add(values)
    this.#sessions.splice(from < 0 ? this.#sessions.length : from, 0, { start: time, last: time, content })
    return true
  }

  close(watermark: number, emit: EmitWindow): void {
    const { gap, name } = this.definition
    if (watermark > this.#closed) this.#closed = watermark
    let gone = 0
    for (const { start, last, content } of this.#sessions) {
      if (last + gap > watermark) break
      emit(content.result(name, start, last + gap))
      gone++
    }
    this.#sessions.splice(0, gone)
  }

  nextClose(): number | undefined {
    const first = this.#sessions[0]
    return first && first.last + this.definition.gap
  }

  pack(): PackedOpenWindows {
    const closed = this.#closed === Number.NEGATIVE_INFINITY ? null : this.#closed
    return [this.definition, closed, this.#sessions.map(({ start, last, content }) => [start, last, content.pack()] as const)]
  }

  /** Makes a session reach to a time, and takes in the one behind it when they touch then. */
  #extend(session: Session, time: number, at: number): void {
    session.start = Math.min(session.start, time)
    session.last = Math.max(session.last, time)
    const next = this.#sessions[at + 1]
    if (!next || next.start >= session.last + this.definition.gap) return
    session.last = Math.max(session.last, next.last)
    session.content.merge(next.content)
    this.#sessions.splice(at + 1, 1)
  }
}
