import { realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { InvalidInputError } from '@plinth/core'
import { type Environment, readEnvironment } from '@plinth/server'
import { ok, problem } from './finding.ts'
import type { Check } from './patient.ts'

const field = 'PLINTH_REGIONS'

interface Fault {
  readonly message: string
  readonly remedy: string
}

type Places = Pick<Environment, 'directory' | 'region' | 'regions'>

export const peers: Check = {
  name: 'regions',
  look: ({ variables }) => {
    const { PLINTH_REGIONS, PLINTH_REGION, AWS_REGION, PLINTH_DATA_DIR } = variables
    if (!PLINTH_REGIONS || !isWellFormed({ PLINTH_REGIONS })) return undefined
    const places = readEnvironment({ PLINTH_REGIONS, PLINTH_REGION, AWS_REGION, PLINTH_DATA_DIR })
    const fault = faultOf(places)
    if (fault) return problem(fault.message, fault.remedy)
    return ok(`This is ${places.region}; its peers are ${[...places.regions.keys()].join(', ')}.`)
  },
}

/** @throws InvalidInputError in the words of `plinth doctor`. */
export function refuseBadPeers(places: Places): void {
  const fault = faultOf(places)
  if (fault) throw new InvalidInputError(`${fault.message} ${fault.remedy}`, { field })
}

/** What is malformed is for the check of all variables to tell. */
function isWellFormed(variables: { readonly PLINTH_REGIONS: string }): boolean {
  try {
    readEnvironment(variables)
    return true
  } catch {
    return false
  }
}

function faultOf({ directory, region: own, regions }: Places): Fault | undefined {
  const taken = new Map([[real(directory), 'this process itself']])
  for (const [region, place] of regions) {
    if (region === own)
      return {
        message: `${field} names ${region}, which is the region of this process itself.`,
        remedy: 'Take it out, or correct PLINTH_REGION: it names peers only.',
      }
    if (/^https?:/i.test(place)) continue
    const found = statSync(place, { throwIfNoEntry: false })
    const holder = taken.get(real(place))
    if (holder !== undefined)
      return {
        message: `${field} gives ${region} the folder ${place}, which is the data folder of ${holder}.`,
        remedy: 'Give each region a folder of its own.',
      }
    if (!found?.isDirectory())
      return {
        message: `${field} gives ${region} the folder ${place}, which is ${found ? 'no folder' : 'not there'}.`,
        remedy: 'Correct its name, or make it; for another Plinth give its URL.',
      }
    taken.set(real(place), region)
  }
  return undefined
}

/** Where a name leads, through links; of what isn't there yet the name. */
function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}
