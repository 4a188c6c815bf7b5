import { ConflictError, UnavailableError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Objects } from '../scope/objects.ts'
import type { RecordWrite, State } from '../scope/state.ts'
import { type HeadFields, type RemovalFields, searchRemovals, searchSegments } from './collections.ts'
import { nameBytes } from './document-table.ts'
import { behindSequence, type HeadRecord, nextHead, readHead, wholeIndex, writeHead } from './head.ts'
import { findLinks, LexicalPart, type Linked, link, type Part, type SegmentRecord, VectorPart } from './parts.ts'
import { SegmentObjects, type Written } from './segment-objects.ts'
import { Slices } from './slices.ts'
import { type Places, Turns } from './turns.ts'
import { View } from './view.ts'

/** So often a list that changes while it is read is read again, and a commit that others were faster than is tried. */
const mostTries = 30

/** So many bytes that were just written are kept until they are searched. */
const mostFresh = 64 * 1024 * 1024

/** What a change of the index writes beside its head; undefined to change nothing. */
export type PlanChange = (
  next: HeadFields,
  current: HeadRecord | undefined,
) => Promise<{ readonly head: HeadFields; readonly writes: readonly RecordWrite[] } | undefined>

/** One tenant's index: the list of its segments, and those that are in memory. */
export class TenantIndex {
  readonly state: State
  readonly objects: SegmentObjects
  readonly clock: Clock
  readonly #loads: Places
  readonly #turns = new Turns()
  #view: View | undefined
  #loading: Promise<View> | undefined
  /** Just written: needn't be read back. */
  readonly #fresh = new Map<string, Uint8Array<ArrayBuffer>>()
  #freshBytes = 0

  constructor(parts: { readonly state: State; readonly objects: Objects; readonly clock: Clock; readonly loads: Places }) {
    this.state = parts.state
    this.clock = parts.clock
    this.objects = new SegmentObjects(parts)
    this.#loads = parts.loads
  }

  /** What is in memory, bytes. */
  get bytes(): number {
    return (this.#view?.bytes ?? 0) + this.#freshBytes
  }

  /** Lets go of what is in memory. Searches keep what they use. */
  forget(): void {
    this.#view = undefined
    this.#fresh.clear()
    this.#freshBytes = 0
  }

  head(): Promise<HeadRecord | undefined> {
    return readHead(this.state)
  }

  /** The index with everything that was committed before. */
  async view(): Promise<View> {
    const head = await readHead(this.state)
    for (;;) {
      if (this.#view && isAsNew(this.#view, head)) return this.#view
      this.#loading ??= this.#load().finally(() => {
        this.#loading = undefined
      })
      const loaded = await this.#loading
      // What others began to load may be older than what was asked for.
      if (isAsNew(loaded, head)) return loaded
    }
  }

  /**
   * Does what mustn't be interrupted with the newest view that there is, which has at least what was committed before: what was removed
   * since is marked in the parts that views share.
   */
  async look<Result>(look: (view: View) => Result): Promise<Result> {
    const view = await this.view()
    return look(this.#view ?? view)
  }

  /**
   * Changes the index in one commit, with the head as it is. @returns the head's fields, or undefined where the plan was to change nothing.
   * @throws ConflictError when others were always faster.
   */
  change(plan: PlanChange): Promise<HeadFields | undefined> {
    return this.#turns.take(async () => {
      for (let attempt = 1; ; attempt++) {
        const current = await readHead(this.state)
        const planned = await plan(nextHead(current, this.clock), current)
        if (!planned) return undefined
        try {
          await this.state.commit({ writes: [...planned.writes, writeHead(current, planned.head)] })
          return planned.head
        } catch (error) {
          if (!(error instanceof ConflictError) || attempt === mostTries) throw error
        }
      }
    })
  }

  /** Keeps what was just written for the next view, where there is a view at all. */
  keep({ segments }: Written): void {
    for (const { id, packed } of segments) {
      if (!this.#view || this.#freshBytes + packed.byteLength > mostFresh) continue
      this.#fresh.set(id, packed)
      this.#freshBytes += packed.byteLength
    }
  }

  async #load(): Promise<View> {
    for (let attempt = 1; attempt <= mostTries; attempt++) {
      const head = await readHead(this.state)
      if (!head) return this.#show(new View(undefined, [], []))
      const before = this.#view
      const known = before?.head && follows(head.fields, before.head.fields) ? before : undefined
      const listed = await this.#listed(head, known?.head)
      const again = await readHead(this.state)
      if (!again || again.fields.flips !== head.fields.flips || again.fields.origin !== head.fields.origin) continue
      const old = new Map<string, Part>()
      for (const part of before ? [...before.lexical, ...before.vectors] : []) old.set(part.record.fields.id, part)
      const spaces = new Set([0, ...head.fields.spaces.map(({ generation }) => generation)])
      const kept = known ? [...old.values()].filter((part) => spaces.has(part.record.fields.generation)) : []
      const wanted = listed.segments.filter(({ fields }) => spaces.has(fields.generation))
      const opened = await Promise.all(wanted.map((record) => old.get(record.fields.id) ?? this.#open(record)))
      if (opened.includes(undefined)) continue
      const parts = [...kept, ...opened.filter((part) => part !== undefined)]
      return this.#publish(head, await prepare(parts, new Set(old.values()), listed.removals, before?.head?.fields.sequence ?? 0))
    }
    throw new UnavailableError('search_changes', 'The search index changes too fast to be read.')
  }

  /** What came onto the list since a view; all of it without one. */
  async #listed(
    head: HeadRecord,
    since: HeadRecord | undefined,
  ): Promise<{ readonly segments: SegmentRecord[]; readonly removals: RemovalFields[] }> {
    const after = since && behindSequence(since.fields.sequence)
    // What is newer than the head is read the next time.
    const end = behindSequence(head.fields.sequence)
    const segments: SegmentRecord[] = []
    for await (const record of this.state.read(searchSegments, wholeIndex, after)) {
      if (record.sort > end) break
      segments.push(record)
    }
    const removals: RemovalFields[] = []
    for await (const record of this.state.read(searchRemovals, wholeIndex, after)) {
      if (record.sort > end) break
      removals.push(record.fields)
    }
    return { segments, removals }
  }

  /** Undefined when it is gone: then the list changed. */
  async #open(record: SegmentRecord): Promise<Part | undefined> {
    const { id, pieces, bytes, generation } = record.fields
    const packed = this.#fresh.get(id) ?? (await this.#loads.run(() => this.objects.read(id, pieces, bytes)))
    if (!packed) return undefined
    return generation === 0 ? new LexicalPart(record, packed) : new VectorPart(record, packed)
  }

  // Nothing waits in here: searches see what was removed, and what is linked, all at once.
  #publish(head: HeadRecord, { lexical, vectors, shared, removals, linked }: Prepared): View {
    for (const { name, sequence, removed } of removals) for (const part of shared) part.remove(name, sequence, removed)
    for (const each of linked) link(each)
    for (const part of [...lexical, ...vectors])
      if (this.#fresh.delete(part.record.fields.id)) this.#freshBytes -= part.record.fields.bytes
    return this.#show(new View(head, lexical, vectors))
  }

  #show(view: View): View {
    this.#view = view
    return view
  }
}

interface Removal {
  readonly name: Uint8Array
  readonly sequence: number
  readonly removed: number
}

interface Prepared {
  readonly lexical: readonly LexicalPart[]
  readonly vectors: readonly VectorPart[]
  /** Those that an earlier view has too, and what was removed since that one. */
  readonly shared: readonly Part[]
  readonly removals: readonly Removal[]
  readonly linked: readonly Linked[]
}

/** Does in slices what needn't be seen all at once: with parts that no view has yet, and without changing the others. */
async function prepare(
  parts: readonly Part[],
  old: ReadonlySet<Part>,
  listed: readonly RemovalFields[],
  since: number,
): Promise<Prepared> {
  const slices = new Slices()
  const fresh = parts.filter((part) => !old.has(part))
  const removals: Removal[] = []
  for (const { sequence, removed, versions } of listed) {
    for (const [document, version] of versions) {
      const name = nameBytes({ document, version })
      if (sequence > since) removals.push({ name, sequence, removed })
      for (const part of fresh) part.remove(name, sequence, removed)
      const pause = slices.step(1_000 + fresh.length * 2_000)
      if (pause) await pause
    }
  }
  const lexical = parts.filter((part) => part instanceof LexicalPart)
  const vectors = parts.filter((part) => part instanceof VectorPart)
  const linked: Linked[] = []
  for (const words of lexical)
    for (const part of vectors) if (!old.has(words) || !old.has(part)) linked.push(await findLinks(words, part, slices))
  return { lexical, vectors, shared: parts.filter((part) => old.has(part)), removals, linked }
}

function isAsNew(view: View, head: HeadRecord | undefined): boolean {
  if (!head) return view.head === undefined
  return view.head !== undefined && view.head.fields.origin === head.fields.origin && view.head.version >= head.version
}

/** Whether nothing was taken off the list in between. */
function follows(head: HeadFields, before: HeadFields): boolean {
  return head.origin === before.origin && head.flips === before.flips
}
