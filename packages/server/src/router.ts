import type { AnyRoute } from '@plinth/core'
import type { Router as HonoRouter } from 'hono/router'
import { RegExpRouter } from 'hono/router/reg-exp-router'
import { SmartRouter } from 'hono/router/smart-router'
import { TrieRouter } from 'hono/router/trie-router'

/** Finds the route of a request. */
export class Router {
  readonly #router: HonoRouter<AnyRoute> = new SmartRouter({ routers: [new RegExpRouter(), new TrieRouter()] })
  readonly #methods: readonly string[]

  constructor(routes: readonly AnyRoute[]) {
    for (const route of routes) this.#router.add(route.method, route.path.replaceAll(/\{(\w+)\}/g, ':$1'), route)
    this.#methods = [...new Set(routes.map((route) => route.method))]
  }

  /** @returns the route with the decoded parts of the path. */
  find(method: string, path: string): { readonly route: AnyRoute; readonly params: Record<string, string> } | undefined {
    const [handlers, stash] = this.#router.match(method, path)
    const [match] = handlers
    if (!match) return undefined
    const params: Record<string, string> = {}
    for (const [name, value] of Object.entries(match[1]))
      params[name] = decoded(stash ? (stash[Number(value)] ?? '') : String(value))
    return { route: match[0], params }
  }

  /** Which methods a path takes. */
  methodsOf(path: string): string[] {
    return this.#methods.filter((method) => this.find(method, path))
  }
}

/** What is no encoding is left as it is. */
function decoded(part: string): string {
  if (!part.includes('%')) return part
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
