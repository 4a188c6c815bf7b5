import { ok, warning } from '../finding.ts'
import type { AwsPatient, Check } from '../patient.ts'
import { reach } from '../server.ts'

/** A process of this machine, or the API of a stack that PLINTH_URL names. */
export const server: Check<AwsPatient> = {
  name: 'server',
  look: async ({ url, variables }) => {
    const found = await reach(url, 'Set PLINTH_URL to a server of this Plinth, or to the output ApiUrl of its stack.')
    if (found === undefined) return ok(`Ready at ${url}.`)
    if (found !== 'nobody') return found
    if (!variables.PLINTH_URL) return ok('No server runs on this machine; PLINTH_URL can name another.')
    return warning(`No server answers at ${url}.`, 'Start it, or correct PLINTH_URL.')
  },
}
