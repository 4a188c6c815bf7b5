import { timeSpan } from '../../words.ts'
import { type Diagnosis, ok, problem, warning } from '../finding.ts'
import type { AwsPatient, Check } from '../patient.ts'
import { isUnreachable, lookAt, seeToTheWay, toLogIn } from './look-at.ts'

/** AWS refuses what was signed longer ago, or ahead of its clock (Signature Version 4). */
const refusedDrift = 5 * 60_000
const driftMilliseconds = 5_000

const expired = /^(?:ExpiredToken(?:Exception)?|RequestExpired)$/

const unseen = 'Nothing on AWS was looked at.'

/** Whose credentials are used. */
export const identity: Check<AwsPatient> = {
  name: 'identity',
  look: async (patient) => {
    const { fault } = await patient.account.identity()
    if (fault?.kind === 'credentials') return refused(fault)
    if (fault && (await isUnreachable(patient))) return problem(`AWS doesn't answer (${fault.name}). ${unseen}`, seeToTheWay)
    return whose.look(patient)
  },
}

const whose = lookAt({
  name: 'identity',
  ask: ({ account }) => account.identity(),
  judge: ({ account, arn }) => ok(`Account ${account}, as ${shortened(arn)}.`),
  spare: true,
})

function refused({ name, drift = 0 }: { readonly name: string; readonly drift?: number }): Diagnosis {
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError')
    return problem(`There are no credentials of AWS. ${unseen}`, toLogIn)
  if (Math.abs(drift) > refusedDrift)
    return problem(`AWS refuses the credentials (${name}), as this machine's clock is off. ${unseen}`, 'Set its clock first.')
  if (expired.test(name)) return problem(`The credentials have expired. ${unseen}`, toLogIn)
  return problem(`AWS doesn't know the credentials, or they don't belong together (${name}). ${unseen}`, toLogIn)
}

/** A session's name is often a person's: its beginning is enough to know it again. */
export function shortened(arn: string): string {
  return arn.replace(/(:assumed-role\/.+\/)([^/]{4})[^/]+$/, '$1$2…')
}

/** AWS tells the time with its answer, also where it refuses. */
export const clock: Check<AwsPatient> = {
  name: 'clock',
  look: async ({ account }) => {
    const { facts, fault } = await account.identity()
    const drift = facts?.drift ?? fault?.drift
    if (drift === undefined) return undefined
    const words = `This machine's clock is ${timeSpan(Math.abs(drift))} ${drift > 0 ? 'ahead of' : 'behind'} AWS's`
    if (Math.abs(drift) > refusedDrift)
      return problem(`${words}, which refuses what is signed more than five minutes off.`, 'Set it by a time server.')
    if (Math.abs(drift) > driftMilliseconds)
      return warning(`${words}: retries, expiry and tokens hang on it.`, 'Set it by a time server.')
    return ok("This machine's clock goes with AWS's.")
  },
}
