import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { get, type Problem, pathOf } from '../../api/client.ts'
import type { ListPage } from '../../api/lists.ts'
import { useLive } from '../../api/live.ts'
import { streamPath } from './addresses.ts'
import type { Anomaly, Point } from './answers.ts'

/** So much of each key is kept in the page. */
const keptMilliseconds = 10 * 60_000
const keptSamples = 3_000
const keptKeys = 300
const keptAnomalies = 60
/** Charts are drawn anew so often at most, milliseconds. */
const pause = 250
/** A fetch that is under way goes on: in a flood of events none would ever end. */
const gently = { cancelRefetch: false }

/** The numbers of a key at one time. */
export interface Sample {
  readonly at: number
  readonly values: Readonly<Record<string, number>>
  readonly expected: Readonly<Record<string, readonly [low: number, high: number]>>
  readonly anomalous: readonly string[]
}

/** An anomaly, and when the page heard of it: milliseconds UTC. */
export interface SeenAnomaly extends Anomaly {
  readonly seen: number
}

/** What was seen of a stream since the page was opened, and shortly before. It changes in place: `version` says that it did. */
export class StreamFeed {
  /** Of each key, oldest first. */
  readonly keys = new Map<string, Sample[]>()
  /** Newest first. */
  anomalies: readonly SeenAnomaly[] = []
  refused: Problem | undefined
  /** The key that is looked at: of however many keys there are, it is kept. */
  asked: string | undefined
  #version = 0
  #scheduled: ReturnType<typeof setTimeout> | undefined
  readonly #watchers = new Set<() => void>()

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  readonly version = (): number => this.#version

  point({ key, timestamp, values, expected, anomalous }: Point): void {
    const at = Date.parse(timestamp)
    let samples = this.keys.get(key)
    if (!samples) {
      if (this.keys.size >= keptKeys && key !== this.asked && !this.#forgetSilent(at)) return
      samples = []
      this.keys.set(key, samples)
    }
    const place = placeOf(samples, at)
    const there = samples[place]
    // The list and the live stream tell of the same ones; a sample may hold a record's fields apart.
    if (there?.at === at)
      samples[place] = {
        at,
        values: { ...there.values, ...values },
        expected: { ...there.expected, ...expected },
        anomalous: [...new Set([...there.anomalous, ...anomalous])],
      }
    else samples.splice(place, 0, { at, values, expected, anomalous })
    const oldest = (samples.at(-1)?.at ?? 0) - keptMilliseconds
    let gone = Math.max(0, samples.length - keptSamples)
    while ((samples[gone]?.at ?? oldest) < oldest) gone++
    if (gone > 0) samples.splice(0, gone)
    this.changed()
  }

  /** @returns whether there was a key of which nothing came for as long as samples are kept. */
  #forgetSilent(now: number): boolean {
    for (const [key, samples] of this.keys)
      if (key !== this.asked && (samples.at(-1)?.at ?? 0) < now - keptMilliseconds) return this.keys.delete(key)
    return false
  }

  anomaly(anomaly: Anomaly): void {
    const { key, field, timestamp, kind } = anomaly
    const isKnown = this.anomalies.some(
      (each) => each.timestamp === timestamp && each.key === key && each.field === field && each.kind === kind,
    )
    if (isKnown) return
    this.anomalies = [{ ...anomaly, seen: Date.now() }, ...this.anomalies].slice(0, keptAnomalies)
    this.changed()
  }

  changed(): void {
    if (this.#scheduled !== undefined) return
    this.#scheduled = setTimeout(() => {
      this.#scheduled = undefined
      this.#version++
      for (const watcher of this.#watchers) watcher()
    }, pause)
  }
}

/** Where a time stands, or would; nearly always at the end. */
function placeOf(samples: readonly Sample[], at: number): number {
  let place = samples.length
  while (place > 0 && (samples[place - 1] as Sample).at >= at) place--
  return place
}

/** Follows a stream while its page is shown, and begins with what followers were told in the last minutes: most of one key, and some of all. */
export function useFeed(name: string, key: string | undefined): { readonly feed: StreamFeed; readonly isLoading: boolean } {
  const [feed] = useState(() => new StreamFeed())
  const queries = useQueryClient()
  useSyncExternalStore(feed.watch, feed.version)
  feed.asked = key
  const ofAll = usePast(feed, name, { limit: 200 })
  const first = key ?? [...feed.keys.keys()].toSorted()[0]
  usePast(feed, name, { key: first, limit: 1_000 })
  useLive(
    streamPath(name, '/events'),
    ({ event, data }) => {
      if (event === 'point') feed.point(data as Point)
      if (event === 'anomaly') feed.anomaly(data as Anomaly)
      if (event === 'insight') void queries.invalidateQueries({ queryKey: [streamPath(name, '/insights')] }, gently)
      if (event === 'alert') void queries.invalidateQueries({ queryKey: ['/api/alerts'] }, gently)
    },
    (problem) => {
      feed.refused = problem
      feed.changed()
    },
  )
  return { feed, isLoading: ofAll.isLoading }
}

function usePast(feed: StreamFeed, name: string, query: { readonly key?: string | undefined; readonly limit: number }) {
  const path = pathOf(streamPath(name, '/points'), [], query)
  const past = useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => get<ListPage<Point>>(path, signal),
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
  useEffect(() => {
    for (const point of past.data?.items ?? []) feed.point(point)
  }, [past.data, feed])
  return past
}
