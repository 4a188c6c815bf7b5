/**
 * One HTTP exchange without the machinery of any server: what arrives and what is answered. Thin shells translate (node-listener.ts,
 * and fetch in app.ts); a framework's own objects cost more than most of what is done between them (docs/decisions).
 * @module
 */

/** A request, whatever carried it. */
export interface Arrival {
  readonly method: string
  /** Normalised, still percent-encoded. */
  readonly path: string
  readonly query: URLSearchParams
  /** @param name in lower case. */
  header(name: string): string | undefined
  /** The address of whoever is connected. Absent where nobody can know. */
  from?(): string
  /** Fires when the client is gone before it was answered; for work that is worth ending then. Absent where nobody can know. */
  gone?(): AbortSignal
  /** Whether it brings a body. */
  readonly hasBody: boolean
  /**
   * Gives the body's chunks to `take` as they come, and waits for what it promises. Rejects with what `take` throws, or when the body
   * breaks off.
   */
  collect(take: (chunk: Uint8Array) => void | Promise<void>): Promise<void>
}

/** What is answered: a text, bytes, or a stream of them that is cancelled when the client goes. */
export interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body?: string
  readonly bytes?: Uint8Array<ArrayBuffer>
  readonly stream?: ReadableStream<Uint8Array>
}

/** A target as nearly every client sends it, in which nothing has to be normalised. */
const plain = /^\/[A-Za-z0-9_~:/-]*(?:\.[A-Za-z0-9_~:-]+)*$/
/** Below these a part of a path may be the name of a model, whatever it holds; so none of it is taken for a step. */
const naming = /^\/(?:v1|model)[/\\]/
const step = /[/\\](?:\.|%2e){1,2}(?:[/\\]|$)|\\/i

/**
 * Path and query of a request's target (RFC 9112, 3.2: an absolute form counts as its path), with steps such as `..` taken. Where
 * models are named steps are left as they came: there they lead nowhere ({@link hasSteps}).
 * @returns undefined for what is no target.
 */
export function parseTarget(target: string): { readonly path: string; readonly query: URLSearchParams } | undefined {
  const at = target.indexOf('?')
  const path = at < 0 ? target : target.slice(0, at)
  if (plain.test(path)) return { path, query: new URLSearchParams(at < 0 ? '' : target.slice(at)) }
  try {
    const { pathname, searchParams } = new URL(target.startsWith('/') ? `http://x${target}` : target)
    const given = path.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/\\]*/i, '')
    return { path: naming.test(given) && hasSteps(given) ? given : pathname, query: searchParams }
  } catch {
    return undefined
  }
}

/** Whether a path holds `.` or `..` as a part, however it is written. Whoever takes such a path apart may come out elsewhere. */
export function hasSteps(path: string): boolean {
  return step.test(path)
}
