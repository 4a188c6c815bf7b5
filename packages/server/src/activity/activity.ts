import type { ToldModelCall } from '@plinth/core'
import { Cells } from './cells.ts'
import { ModelCounts, RequestCounts } from './counts.ts'

const minute = 60_000
export const keptMinutes = 60
/** Of routes and models: their figures are kept in coarser stretches, as there are many. */
const partsWidth = 10 * minute
/** Of others nothing is told but that they are there. */
const mostRoutes = 200
const mostModels = 50
const mostTenants = 500
/** The rest of routes or models together. */
const rest = 'other'

interface Minute {
  readonly requests: RequestCounts
  readonly models: ModelCounts
}

interface Parts {
  readonly routes: Map<string, RequestCounts>
  readonly models: Map<string, ModelCounts>
}

class TenantActivity {
  readonly minutes = new Cells<Minute>(minute, keptMinutes, () => ({
    requests: new RequestCounts(),
    models: new ModelCounts(),
  }))
  readonly parts = new Cells<Parts>(partsWidth, (keptMinutes * minute) / partsWidth, () => ({
    routes: new Map(),
    models: new Map(),
  }))
}

export interface ReadActivity {
  /** By minute, oldest first; the last one goes on. */
  readonly minutes: readonly {
    readonly at: number
    readonly requests: RequestCounts
    readonly models: ModelCounts
  }[]
  /** Of all those minutes. */
  readonly requests: RequestCounts
  readonly models: ModelCounts
  /** By method and path as it is declared. */
  readonly routes: ReadonlyMap<string, RequestCounts>
  /** The same of the last ten to twenty minutes. */
  readonly lately: ReadonlyMap<string, RequestCounts>
  readonly byModel: ReadonlyMap<string, ModelCounts>
  readonly requestsPerMinute: number
}

/**
 * What each tenant's requests and calls of models came to in the last hour, as far as this process did them: kept in memory, apart
 * for each tenant, and forgotten by a restart. Of the tenants that asked for nothing longest, those beyond the most that are kept go.
 */
export class Activity {
  readonly since: number
  readonly #tenants = new Map<string, TenantActivity>()
  readonly #now: () => number

  /** @param now milliseconds UTC; for tests. */
  constructor(now: () => number = Date.now) {
    this.#now = now
    this.since = now()
  }

  /** @param route such as `GET /api/requests/{id}`. */
  addRequest(tenant: string, route: string, status: number, milliseconds: number): void {
    const { minutes, parts } = this.#of(tenant)
    const now = this.#now()
    minutes.at(now).requests.add(status, milliseconds)
    part(parts.at(now).routes, route, mostRoutes, () => new RequestCounts()).add(status, milliseconds)
  }

  addModelCall({ tenant, model, outcome }: ToldModelCall): void {
    const { minutes, parts } = this.#of(tenant)
    const now = this.#now()
    minutes.at(now).models.add(outcome)
    part(parts.at(now).models, model, mostModels, () => new ModelCounts()).add(outcome)
  }

  /** One tenant's own. */
  read(tenant: string): ReadActivity {
    const now = this.#now()
    const kept = this.#tenants.get(tenant) ?? new TenantActivity()
    const minutes = kept.minutes.latest(now).map(([at, cell]) => ({
      at,
      requests: cell?.requests ?? new RequestCounts(),
      models: cell?.models ?? new ModelCounts(),
    }))
    const parts = kept.parts.latest(now).map(([, cell]) => cell)
    const [before, current] = minutes.slice(-2).map(({ requests }) => requests.requests)
    const share = (now % minute) / minute
    return {
      minutes,
      requests: sum(
        minutes.map(({ requests }) => requests),
        new RequestCounts(),
      ),
      models: sum(
        minutes.map(({ models }) => models),
        new ModelCounts(),
      ),
      routes: joined(
        parts.map((cell) => cell?.routes),
        () => new RequestCounts(),
      ),
      lately: joined(
        parts.slice(-2).map((cell) => cell?.routes),
        () => new RequestCounts(),
      ),
      byModel: joined(
        parts.map((cell) => cell?.models),
        () => new ModelCounts(),
      ),
      // Of the minute before counts what lies within the last sixty seconds, as if it came evenly.
      requestsPerMinute: Math.round(((current ?? 0) + (before ?? 0) * (1 - share)) * 10) / 10,
    }
  }

  #of(tenant: string): TenantActivity {
    const known = this.#tenants.get(tenant) ?? new TenantActivity()
    // The latest stands last.
    this.#tenants.delete(tenant)
    this.#tenants.set(tenant, known)
    const oldest = this.#tenants.keys().next()
    if (this.#tenants.size > mostTenants && !oldest.done) this.#tenants.delete(oldest.value)
    return known
  }
}

interface Mergeable<Self> {
  merge(other: Self): void
}

function part<Counts>(all: Map<string, Counts>, name: string, most: number, make: () => Counts): Counts {
  const key = all.has(name) || all.size < most - 1 ? name : rest
  const known = all.get(key) ?? make()
  all.set(key, known)
  return known
}

function sum<Counts extends Mergeable<Counts>>(parts: readonly Counts[], into: Counts): Counts {
  for (const each of parts) into.merge(each)
  return into
}

function joined<Counts extends Mergeable<Counts>>(
  parts: readonly (ReadonlyMap<string, Counts> | undefined)[],
  make: () => Counts,
): ReadonlyMap<string, Counts> {
  const all = new Map<string, Counts>()
  for (const each of parts)
    for (const [name, counts] of each ?? []) {
      const known = all.get(name) ?? make()
      known.merge(counts)
      all.set(name, known)
    }
  return all
}
