import { sha256 } from '../../crypto.ts'
import type { Finding } from '../finding.ts'
import { distanceTo, gapOf, type Incident, incidentLimits, memberOf, strengthOf } from './incident.ts'

/** As kept: JSON, of at most 250 KB. */
export interface PackedIncidents {
  /** How many were opened so far. */
  readonly opened: number
  readonly open: readonly Incident[]
}

export const noIncidents: PackedIncidents = { opened: 0, open: [] }

/** Where a finding went. */
export interface Placed {
  readonly incident: Incident
  readonly isNew: boolean
  /** Its key's place among the incident's keys, from 0; undefined where that isn't remembered. */
  readonly place: number | undefined
  /** Ended to make room. */
  readonly ended: readonly Incident[]
}

/**
 * Groups the findings of a stream into incidents: a pure fold over findings in any order of time, of bounded state.
 *
 * A finding joins the open incident that its key belongs to and that is near in time, else one that began at about the same time in
 * other keys, else it opens one. Nothing ends by a finding's time alone, as shards tell of different times.
 */
export class OpenIncidents {
  readonly #stream: string
  readonly #open: Map<string, Incident>
  readonly #byMember = new Map<string, Set<Incident>>()
  #opened: number
  #members = 0

  private constructor(stream: string, packed: PackedIncidents) {
    this.#stream = stream
    this.#opened = packed.opened
    this.#open = new Map(packed.open.map((incident) => [incident.id, { ...incident, members: [...incident.members] }]))
    for (const incident of this.#open.values()) for (const member of incident.members) this.#index(incident, member)
  }

  static unpack(stream: string, packed: PackedIncidents = noIncidents): OpenIncidents {
    return new OpenIncidents(stream, packed)
  }

  pack(): PackedIncidents {
    return { opened: this.#opened, open: [...this.#open.values()].map((each) => ({ ...each, members: [...each.members] })) }
  }

  get size(): number {
    return this.#open.size
  }

  get(id: string): Incident | undefined {
    return this.#open.get(id)
  }

  /** @param now by our clock. */
  add(finding: Finding, now: number): Placed {
    const gap = gapOf(finding)
    const member = memberOf(finding.key)
    const found = this.#find(finding, gap, member)
    const ended = found ? [] : this.#makeRoom()
    const incident = found ?? this.#begin(finding, gap, now)
    incident.first = Math.min(incident.first, finding.timestamp)
    incident.last = Math.max(incident.last, finding.timestamp)
    incident.gap = Math.max(incident.gap, gap)
    incident.touched = Math.max(incident.touched, now)
    incident.strength = Math.max(incident.strength, strengthOf(finding))
    incident.findings++
    return { incident, isNew: !found, place: this.#join(incident, member), ended }
  }

  /**
   * Ends those that are quiet: the stream's own time, or ours since they were last added to, is beyond their gap.
   * @param streamTime event time that all shards have reached, where it is known.
   */
  endQuiet(now: number, streamTime: number = Number.NEGATIVE_INFINITY): readonly Incident[] {
    const quiet = [...this.#open.values()].filter(({ last, touched, gap }) => streamTime >= last + gap || now >= touched + gap)
    for (const incident of quiet) this.#end(incident)
    return quiet
  }

  /** When the next one ends if nothing more comes, by our clock. */
  get nextEnd(): number | undefined {
    const ends = [...this.#open.values()].map(({ touched, gap }) => touched + gap)
    return ends.length === 0 ? undefined : Math.min(...ends)
  }

  #find(finding: Finding, gap: number, member: string): Incident | undefined {
    return (
      nearest(this.#byMember.get(member) ?? [], (each) => distanceTo(each, finding, gap, true)) ??
      nearest(this.#open.values(), (each) => distanceTo(each, finding, gap, false))
    )
  }

  #begin(finding: Finding, gap: number, now: number): Incident {
    const { key, field, timestamp, rule } = finding
    const facts = [this.#stream, ++this.#opened, key, field, timestamp, now]
    const incident: Incident = {
      id: sha256(JSON.stringify(facts)).slice(0, 32),
      ...(rule === undefined ? {} : { rule }),
      ...{ began: timestamp, first: timestamp, last: timestamp, gap, touched: now },
      ...{ findings: 0, strength: 0, keys: 0, members: [] },
    }
    this.#open.set(incident.id, incident)
    return incident
  }

  #join(incident: Incident, member: string): number | undefined {
    const place = incident.members.indexOf(member)
    if (place >= 0) return place
    const { length } = incident.members
    const isFull = length >= incidentLimits.members || this.#members >= incidentLimits.allMembers
    // Those with insights of their own are few, and always remembered.
    if (isFull && length >= incidentLimits.insights) return undefined
    incident.keys++
    this.#index(incident, member)
    incident.members.push(member)
    return length
  }

  #index(incident: Incident, member: string): void {
    this.#members++
    const holders = this.#byMember.get(member)
    if (holders) holders.add(incident)
    else this.#byMember.set(member, new Set([incident]))
  }

  #makeRoom(): readonly Incident[] {
    if (this.#open.size < incidentLimits.open) return []
    let oldest: Incident | undefined
    for (const each of this.#open.values())
      if (!oldest || each.touched < oldest.touched || (each.touched === oldest.touched && each.last < oldest.last)) oldest = each
    if (!oldest) return []
    this.#end(oldest)
    return [oldest]
  }

  #end(incident: Incident): void {
    this.#open.delete(incident.id)
    this.#members -= incident.members.length
    for (const member of incident.members) {
      const holders = this.#byMember.get(member)
      holders?.delete(incident)
      if (holders?.size === 0) this.#byMember.delete(member)
    }
  }
}

function nearest(incidents: Iterable<Incident>, distance: (incident: Incident) => number | undefined): Incident | undefined {
  let found: Incident | undefined
  let least = Number.POSITIVE_INFINITY
  for (const each of incidents) {
    const far = distance(each)
    if (far !== undefined && far < least) {
      found = each
      least = far
    }
  }
  return found
}
