import { ok, warning } from '../finding.ts'
import type { Check, EmbeddedPatient } from '../patient.ts'

const places = { environment: 'PLINTH_MASTER_KEY', file: 'the file that PLINTH_MASTER_KEY_FILE names' }

export const masterKey: Check<EmbeddedPatient> = {
  name: 'master key',
  look: (patient) => {
    const key = patient.masterKey()
    if (!key) return ok('The first start makes one in the data folder, unless one is given.')
    if (key.source !== 'folder') return ok(`It comes from ${places[key.source]}. Keep a copy of it apart from the backups.`)
    return warning(
      'It lies in the data folder: who copies the folder can read everything.',
      'Set PLINTH_MASTER_KEY_FILE to a file elsewhere (docs/security.md).',
    )
  },
}
