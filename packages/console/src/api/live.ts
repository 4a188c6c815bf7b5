import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { Problem, problemIn } from './client.ts'
import { messagesOf } from './event-stream.ts'

/** Something that happened in one of the streams that a page follows. */
export interface LiveEvent {
  /** The event's name in its own stream, such as `status`, `token`, `point` or `genai.request.completed`. */
  readonly event: string
  readonly id: number
  // biome-ignore lint/suspicious/noExplicitAny: each stream has forms of its own, which whoever follows it knows
  readonly data: any
}

/** `idle`: nothing is followed, be it that nobody wants to or that nobody may. `resting`: nobody sees the page. */
export type LiveState = 'idle' | 'connecting' | 'open' | 'waiting' | 'resting'

interface Follower {
  readonly path: string
  take(event: LiveEvent): void
  refused(problem: Problem): void
}

/** Between attempts to connect: doubled after each, up to the last. Milliseconds. */
const firstPause = 500
const longestPause = 15_000
/** The server sends something every 15 seconds; silence of this length is a connection that died. */
const silence = 40_000
/** A page that is hidden for so many milliseconds lets its connection go: a browser has six a host, for all its tabs together. */
const restAfter = 5_000

/**
 * The page's one connection for what happens: all that its parts follow, over `GET /api/live`. It goes on where it was cut off, stream by
 * stream, and says how it is.
 */
class LiveConnection {
  readonly #followers = new Set<Follower>()
  /** The last id of each stream. */
  readonly #positions = new Map<string, number>()
  readonly #watchers = new Set<(state: LiveState) => void>()
  #state: LiveState = 'idle'
  #running: AbortController | undefined
  #scheduled: ReturnType<typeof setTimeout> | undefined
  #pause = firstPause
  #isResting = false
  #tiring: ReturnType<typeof setTimeout> | undefined

  follow(follower: Follower): () => void {
    this.#followers.add(follower)
    this.#connectIn(0)
    return () => {
      this.#forget(follower)
      this.#connectIn(0)
    }
  }

  watch(watcher: (state: LiveState) => void): () => void {
    this.#watchers.add(watcher)
    watcher(this.#state)
    return () => this.#watchers.delete(watcher)
  }

  /** Told whenever the page is hidden or comes back. What happened meanwhile is caught up with. */
  see(isSeen: boolean): void {
    clearTimeout(this.#tiring)
    if (!isSeen) this.#tiring = setTimeout(() => this.#rest(true), restAfter)
    else if (this.#isResting) this.#rest(false)
  }

  #rest(isResting: boolean): void {
    this.#isResting = isResting
    this.#pause = firstPause
    this.#connectIn(0)
  }

  /** Several changes of one moment make one connection. */
  #connectIn(milliseconds: number): void {
    clearTimeout(this.#scheduled)
    this.#scheduled = setTimeout(() => void this.#connect(), milliseconds)
  }

  /** What the connection still brings of a path that nobody follows isn't for whoever follows it next: that may be another tenant's page. */
  #forget(follower: Follower): void {
    this.#followers.delete(follower)
    if ([...this.#followers].some(({ path }) => path === follower.path)) return
    this.#positions.delete(follower.path)
    this.#end()
  }

  #end(): void {
    this.#running?.abort()
    this.#running = undefined
  }

  async #connect(): Promise<void> {
    this.#end()
    const paths = [...new Set([...this.#followers].map(({ path }) => path))]
    if (paths.length === 0) return this.#tell('idle')
    if (this.#isResting) return this.#tell('resting')
    const running = new AbortController()
    this.#running = running
    this.#tell('connecting')
    const outcome = await this.#read(paths, running).catch((error: unknown) => error)
    if (this.#running !== running) return
    const isRefused = outcome instanceof Problem && outcome.isForGood
    if (isRefused) for (const follower of this.#followers) follower.refused(outcome)
    if (isRefused || this.#followers.size === 0) return this.#tell('idle')
    this.#tell('waiting')
    this.#connectIn(this.#pause)
    this.#pause = Math.min(this.#pause * 2, longestPause)
  }

  async #read(paths: readonly string[], running: AbortController): Promise<void> {
    const query = paths.map((path) => {
      const position = this.#positions.get(path)
      return `follow=${encodeURIComponent(position === undefined ? path : `${path}@${position}`)}`
    })
    let watch: ReturnType<typeof setTimeout> | undefined
    const heard = (): void => {
      clearTimeout(watch)
      watch = setTimeout(() => running.abort(), silence)
      this.#pause = firstPause
      this.#tell('open')
    }
    const call = { method: 'GET', path: `/api/live?${query.join('&')}` } as const
    try {
      for await (const { event, data } of messagesOf(call, running.signal, heard)) {
        if (this.#running !== running) return
        this.#take(event, data as Told)
      }
    } finally {
      clearTimeout(watch)
    }
  }

  #take(event: string, { follow, id, data }: Told): void {
    // Those of now: whoever begins to follow because of it is told of what comes next.
    const followers = [...this.#followers].filter(({ path }) => path === follow)
    if (event === 'problem') {
      const problem = problemIn(data as Readonly<Record<string, unknown>>)
      for (const follower of followers) follower.refused(problem)
      // The page says so, and it isn't asked for again.
      if (problem.isForGood) for (const follower of followers) this.#followers.delete(follower)
    } else {
      this.#positions.set(follow, id)
      for (const follower of followers) follower.take({ event, id, data })
    }
  }

  #tell(state: LiveState): void {
    if (state === this.#state) return
    this.#state = state
    for (const watcher of this.#watchers) watcher(state)
  }
}

interface Told {
  readonly follow: string
  readonly id: number
  readonly data: unknown
}

export const live: LiveConnection = new LiveConnection()

/**
 * Follows one of the API's event streams while the component is shown.
 * @param path of the stream, such as `/api/events/stream` or `/api/streams/machine/events`; undefined follows nothing.
 */
export function useLive(path: string | undefined, take: (event: LiveEvent) => void, refused?: (problem: Problem) => void): void {
  const latest = useRef({ take, refused })
  latest.current = { take, refused }
  useEffect(() => {
    if (path === undefined) return
    return live.follow({
      path,
      take: (event) => latest.current.take(event),
      refused: (problem) => latest.current.refused?.(problem),
    })
  }, [path])
}

/**
 * Keeps the connection as the page needs it; once in a page. When it is back after it was cut off, all that is shown is asked for again: what
 * failed meanwhile, and what grew old.
 */
export function useLiveConnection(): void {
  const queries = useQueryClient()
  useEffect(() => {
    let wasCut = false
    return live.watch((state) => {
      if (state === 'waiting' || state === 'resting') wasCut = true
      if (state !== 'open' || !wasCut) return
      wasCut = false
      void queries.invalidateQueries()
    })
  }, [queries])
  useEffect(() => {
    const look = (): void => live.see(!document.hidden)
    look()
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
}
