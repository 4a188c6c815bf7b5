/** What a tick has to work on: rows behind its positions, item by item. @module */
import type { Uses } from '../../scope/scope.ts'
import type { RecordWrite } from '../../scope/state.ts'
import { judgeWindows } from '../alerts/window-rules.ts'
import type { Finding } from '../finding.ts'
import type { ShardHeadFields } from '../shards/shard-head.ts'
import type { Position } from '../stream-triage.ts'
import type { StreamFields } from '../streams.ts'
import type { WindowResult } from '../windows/window.ts'

type TickScope = Uses<'state'>
type Rows<Row> = (
  scope: TickScope,
  stream: string,
  shard: number,
  after: string,
) => AsyncIterable<Row & { readonly place: string }>

/** Where findings and windows come from. */
export interface TriageSources {
  readonly findings: Rows<{ readonly findings: readonly Finding[] }>
  readonly windows: Rows<{ readonly results: readonly WindowResult[] }>
}

/** One item of a row. */
export interface Item {
  readonly source: string
  /** The position when it is done. */
  readonly position: Position
  /** Absent: nothing is to be told, but the row is done. */
  readonly finding?: Finding
  /** To be committed with it. */
  readonly writes?: readonly RecordWrite[]
}

type Positions = Readonly<Record<string, Position>>

/** The next findings of all shards, about `most`, those of each shard in order: by when their records were accepted. */
export async function nextFindings(
  scope: TickScope,
  sources: TriageSources,
  stream: StreamFields,
  positions: Positions,
  most: number,
): Promise<readonly Item[]> {
  const share = Math.ceil(most / stream.shards)
  const items: Item[] = []
  for (let shard = 0; shard < stream.shards; shard++) {
    const source = `findings/${shard}`
    const before = items.length
    let { after, within } = positions[source] ?? start
    for await (const { place, findings } of sources.findings(scope, stream.name, shard, after)) {
      items.push(...itemsOf({ source, after, within, place }, findings))
      after = place
      within = 0
      if (items.length - before >= share) break
    }
  }
  // A stable sort: a shard's own are in this order already, or as good as.
  return inOrder(items)
}

/**
 * What rules on windows find in the next rows: up to a row whose judgement has to be kept before the next one can be judged, or about
 * `most`. What was told before there were such rules is past.
 * @param heads of the shards, as they are now.
 */
export async function nextWindowFindings(
  scope: TickScope,
  sources: TriageSources,
  stream: StreamFields,
  positions: Positions,
  most: number,
  heads: readonly Pick<ShardHeadFields, 'shard' | 'told'>[],
): Promise<readonly Item[]> {
  for (let shard = 0; shard < stream.shards; shard++) {
    const source = windowSource(shard)
    const position = positions[source]
    if (!position) {
      const told = heads.find((head) => head.shard === shard)?.told ?? ''
      // Behind all that was told through it, and before what comes later.
      return [{ source, position: { after: told === '' ? '' : `${told}!`, within: 0 } }]
    }
    const items: Item[] = []
    let { after, within } = position
    for await (const { place, results } of sources.windows(scope, stream.name, shard, after)) {
      const { findings, writes } = await judgeWindows(scope, stream.name, results)
      const found = itemsOf({ source, after, within, place }, findings)
      const last = found.pop()
      if (last) items.push(...found, { ...last, writes })
      after = place
      within = 0
      if (writes.length > 0 || items.length >= most) break
    }
    if (items.length > 0) return items
  }
  return []
}

/** Positions without those in windows: rules that come later begin with what is told then. */
export function withoutWindows(positions: Positions): Positions {
  const kept = Object.entries(positions).filter(([source]) => !source.startsWith(windowSource('')))
  return Object.fromEntries(kept)
}

function windowSource(shard: number | ''): string {
  return `windows/${shard}`
}

const start: Position = { after: '', within: 0 }

/** What is left of a row: the last item moves the position behind it. */
function itemsOf(
  { source, after, within, place }: Position & { readonly source: string; readonly place: string },
  findings: readonly Finding[],
): Item[] {
  const items = findings
    .slice(within)
    .map((finding, index): Item => ({ source, position: { after, within: within + index + 1 }, finding }))
  const last = items.pop() ?? { source }
  return [...items, { ...last, position: { after: place, within: 0 } }]
}

/** By acceptance, each source's own order kept. */
function inOrder(items: readonly Item[]): readonly Item[] {
  let latest = new Map<string, number>()
  const keyed = items.map((item) => {
    const at = Math.max(latest.get(item.source) ?? 0, item.finding?.accepted ?? 0)
    latest = latest.set(item.source, at)
    return { item, at }
  })
  return keyed.sort((one, other) => one.at - other.at).map(({ item }) => item)
}
