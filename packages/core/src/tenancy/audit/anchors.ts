import { ConflictError } from '../../errors.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { systemTenant } from '../tenant.ts'
import { type ChainHead, signHead, trustedHead } from './block.ts'
import { remember } from './remember.ts'

/** So many anchors stay, the newest ones; where objects are locked, all do. */
const anchorsKept = 5
const highest = 999_999_999_999
const cached = 10_000

/** An anchor as it lies there; without a head it isn't a true one. */
export interface FoundAnchor {
  readonly name: string
  readonly head: ChainHead | undefined
}

/**
 * Heads of the trails, outside the database that holds the trails: one object for each head, put when there is none of its name
 * and never replaced, so that nobody, however slow, can set one back. They are objects of the system, which outlive a tenant's.
 * Object Lock on the bucket makes them safe from whoever may write both: what is deleted then is still there as a version.
 */
export class Anchors {
  readonly #objects: ObjectStore
  /** The highest sequence that this process knows to be anchored. */
  readonly #anchored = new Map<string, number>()

  constructor(parts: { readonly objects: ObjectStore }) {
    this.#objects = parts.objects
  }

  /** Anchors a head unless it is. Older anchors but the last few go. */
  async put(key: Uint8Array, tenant: string, head: ChainHead): Promise<void> {
    if (this.#anchored.get(tenant) === head.sequence) return
    const content = new TextEncoder().encode(JSON.stringify(signHead(key, tenant, head)))
    try {
      await this.#objects.put({ tenant: systemTenant, name: anchorName(tenant, head.sequence) }, content, { ifAbsent: true })
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
    }
    const old = head.sequence - anchorsKept
    if (old >= 0) await this.#objects.delete({ tenant: systemTenant, name: anchorName(tenant, old) })
    remember(this.#anchored, tenant, head.sequence, cached)
  }

  /** The newest anchors, newest first; with them whatever else somebody put there. */
  async newest(key: Uint8Array, tenant: string): Promise<FoundAnchor[]> {
    const page = await this.#objects.list({ tenant: systemTenant, prefix: anchorPrefix(tenant), limit: anchorsKept * 2 })
    const found: FoundAnchor[] = []
    for (const { name, bytes } of page.items) {
      const content = bytes > longest ? undefined : await this.#objects.get({ tenant: systemTenant, name })
      // One that was removed since it was listed was an old one.
      if (!content && bytes <= longest) continue
      const head = content && trustedHead(key, tenant, jsonOf(content))
      found.push({ name, head: head && name === anchorName(tenant, head.sequence) ? head : undefined })
    }
    return found
  }
}

const longest = 1_000

function anchorPrefix(tenant: string): string {
  return `audit/${tenant}/`
}

/** Falls while the sequence grows, so that a list begins with the newest. */
function anchorName(tenant: string, sequence: number): string {
  return anchorPrefix(tenant) + (highest - sequence).toString().padStart(12, '0')
}

function jsonOf(content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(content))
  } catch {
    return undefined
  }
}
