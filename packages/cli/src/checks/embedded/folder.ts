import { accessSync, constants, existsSync, readdirSync, type Stats, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ok, problem, warning } from '../finding.ts'
import type { Check, EmbeddedPatient } from '../patient.ts'

export const dataFolder: Check<EmbeddedPatient> = {
  name: 'data folder',
  look: ({ folder }) => {
    const chown = 'Run Plinth as the user that the folder belongs to, or give it to this user with chown.'
    if (!existsSync(folder)) {
      const above = nearest(folder)
      return isAllowed(above, constants.W_OK | constants.X_OK)
        ? ok(`${folder} will be made by the first start.`)
        : problem(`${folder} can't be made: this user may not write ${above}.`, 'Set PLINTH_DATA_DIR to another folder.')
    }
    if (!statSync(folder).isDirectory()) return problem(`${folder} is no folder.`, 'Set PLINTH_DATA_DIR to another one.')
    if (refusalOf(folder, constants.W_OK) === 'EROFS')
      return problem(
        `${folder} can only be read: its disk is mounted so.`,
        'Look at the log of the system: a disk may be mounted so after a fault. Mount it for writing, or set PLINTH_DATA_DIR.',
      )
    if (!isAllowed(folder, constants.R_OK | constants.W_OK | constants.X_OK))
      return problem(`This user may not read and write ${folder}.`, chown)
    const closed = readdirSync(folder).find((name) => !isAllowed(join(folder, name), constants.R_OK | constants.W_OK))
    if (closed !== undefined) return problem(`This user may not read and write ${join(folder, closed)}.`, chown)
    const { uid } = statSync(folder)
    if (process.getuid !== undefined && uid !== process.getuid())
      return warning(
        `${folder} belongs to the user ${uid}; this one is ${process.getuid()}, and files it makes are its own.`,
        chown,
      )
    return ok(folder)
  },
}

/** Files that hold keys or what they seal. A start refuses a key file that others can read. */
export const permissions: Check<EmbeddedPatient> = {
  name: 'permissions',
  look: ({ folder, variables }) => {
    if (process.platform === 'win32' || !existsSync(folder)) return undefined
    const given = variables.PLINTH_MASTER_KEY_FILE
    const keys = [join(folder, 'master.key'), ...(given ? [given] : [])].filter(isOpen)
    if (keys.length > 0) return problem(`Others can read the master key: ${keys.join(', ')}.`, `Run: chmod 600 ${keys.join(' ')}`)
    const open = [folder, ...readdirSync(folder).map((name) => join(folder, name))].filter(isOpen)
    // Who can't enter the folder can't reach what is in it.
    if (!open.includes(folder)) return ok('Only its user can enter the data folder.')
    return warning(
      `Others can look into ${open.length === 1 ? folder : `${folder} and read files in it`}.`,
      `Run: chmod -R go= ${folder}`,
    )
  },
}

/** The folder, or what is there of the way to it. */
export function nearest(path: string): string {
  let found = path
  while (!existsSync(found)) found = dirname(found)
  return found
}

function isAllowed(path: string, mode: number): boolean {
  return refusalOf(path, mode) === undefined
}

/** The system's code for why it isn't allowed. */
function refusalOf(path: string, mode: number): string | undefined {
  try {
    accessSync(path, mode)
    return undefined
  } catch (error) {
    return (error as { readonly code?: string }).code ?? 'unknown'
  }
}

function isOpen(path: string): boolean {
  const found: Stats | undefined = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && (found.mode & 0o077) !== 0
}
