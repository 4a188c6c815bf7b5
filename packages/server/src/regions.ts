import { checkRegion, type Operator, type Platform, type TenantSettings } from '@plinth/core'

/** Where a tenant's requests are served: a platform of this process, or another process. */
export type RegionPlace = { readonly platform: Platform } | { readonly url: string }

/**
 * The regions that this Plinth reaches: its own, and its peers, each a data folder that this process has open or the URL of another
 * Plinth (PLINTH_REGIONS). So a tenant's data stays in its region whichever Plinth its requests come to (route_to_compliant_region of
 * the seed, R109, X66).
 */
export class Regions {
  readonly #home: Platform
  readonly #peers: ReadonlyMap<string, Platform | string>

  constructor(home: Platform, peers: ReadonlyMap<string, Platform | string> = new Map()) {
    this.#home = home
    this.#peers = peers
  }

  /**
   * @param settings who asks, as the token's tenant is set.
   * @param forwarded whether it comes from another Plinth, which sent it here: then it goes no further.
   * @throws ForbiddenError `residency_refused` when its region can't be reached.
   */
  placeOf(settings: Pick<TenantSettings, 'data_residency_region' | 'residency'>, forwarded = false): RegionPlace {
    const { data_residency_region: region = this.#home.region } = settings
    const peer = region === this.#home.region ? undefined : this.#peers.get(region)
    if (peer !== undefined && typeof peer !== 'string') return { platform: peer }
    if (peer !== undefined && !forwarded) return { url: peer }
    checkRegion(settings, this.#home.region)
    return { platform: this.#home }
  }

  /** Whether this process may hold a tenant's data. */
  holds({ data_residency_region: region = this.#home.region }: TenantSettings): boolean {
    const peer = this.#peers.get(region)
    return region === this.#home.region || (peer !== undefined && typeof peer !== 'string')
  }

  /** Of that platform of this process which is furthest behind, milliseconds. */
  lateness(): number {
    const peers = [...this.#peers.values()].filter((peer) => typeof peer !== 'string')
    return Math.max(this.#home.lateness(), ...peers.map((peer) => peer.lateness()))
  }

  /** The operator where a tenant's data lies, or would, if it isn't another process that has it. */
  operatorOf({ data_residency_region: region = this.#home.region }: TenantSettings): Operator {
    const peer = this.#peers.get(region)
    return (peer === undefined || typeof peer === 'string' ? this.#home : peer).operate()
  }
}
