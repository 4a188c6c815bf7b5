import { type Diagnosis, ok, warning } from '../finding.ts'
import type { Check, EmbeddedPatient } from '../patient.ts'
import { ask, reach } from '../server.ts'

const listensElsewhere = 'Set PLINTH_URL or PORT to where it listens.'
const toItsFolder = 'Set PLINTH_DATA_DIR to its folder, or PLINTH_URL to the server of this one.'

export const server: Check<EmbeddedPatient> = {
  name: 'server',
  look: async (patient) => {
    const { url } = patient
    const found = await reach(url, patient.inUse ? listensElsewhere : 'Set PORT to one that is free.')
    if (found === undefined) return whose(patient)
    if (found !== 'nobody') return found
    return patient.inUse
      ? warning(`A server has the data folder, but none answers at ${url}.`, listensElsewhere)
      : ok('No server runs. Start one with npm start.')
  },
}

/** Whether the server that answers is the one that holds the data folder. */
async function whose(patient: EmbeddedPatient): Promise<Diagnosis> {
  const { url } = patient
  if (!patient.inUse) return warning(`Ready at ${url}, but nothing has the data folder ${patient.folder}.`, toItsFolder)
  const identity = await patient.identity()
  const keys = identity && (await ask(`${url}/.well-known/jwks.json`))
  if (!identity || typeof keys !== 'object') return ok(`Ready at ${url}.`)
  const listed = Array.isArray(keys.body.keys) ? (keys.body.keys as { readonly kid?: unknown }[]) : []
  // A token is only shown to who has the key that it is signed with.
  if (!listed.some((key) => key.kid === identity.keyId))
    return warning(`A Plinth is ready at ${url}, but its data is not in ${patient.folder}.`, toItsFolder)
  const about = await ask(`${url}/openapi.json`, await identity.token())
  const version = typeof about === 'object' ? (about.body.info as { readonly version?: unknown } | undefined)?.version : undefined
  if (typeof version !== 'string' || version === patient.version) return ok(`Ready at ${url}.`)
  return warning(
    `Ready at ${url}, with version ${version}; this command is ${patient.version}.`,
    'Start the server anew after an update.',
  )
}
