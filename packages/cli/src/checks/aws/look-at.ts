import { type Diagnosis, problem, warning } from '../finding.ts'
import type { AwsPatient, Check, Look, LookFault } from '../patient.ts'

export interface Looking<Facts> {
  readonly name: string
  /** Undefined when there is nothing to look at. */
  ask(patient: AwsPatient): Promise<Look<Facts>> | undefined
  judge(facts: Facts, patient: AwsPatient): Diagnosis | undefined
  /** What it means that it isn't there. Default: as other faults. */
  missing?(patient: AwsPatient): Diagnosis | undefined
  /** What it means that it isn't shown. Default: as other faults. */
  denied?(patient: AwsPatient): Diagnosis
  /** Plinth itself never asks it, so that it can do without an answer. */
  readonly spare?: boolean
}

/** A check of what AWS tells. What AWS refuses, or doesn't answer, is a finding of its own kind. */
export function lookAt<Facts>({ name, ask, judge, missing, denied, spare = false }: Looking<Facts>): Check<AwsPatient> {
  return {
    name,
    look: async (patient) => {
      const found = await ask(patient)
      if (!found) return undefined
      if (!found.fault) return judge(found.facts, patient)
      if (found.fault.kind === 'missing' && missing) return missing(patient)
      if (found.fault.kind === 'denied' && denied) return denied(patient)
      return unseen(found.fault, spare)
    },
  }
}

/** Whether streams of records are served: functions may be told to serve other patterns alone. */
export function servesStreams({ environment }: AwsPatient['account']): boolean {
  return environment.patterns?.includes('analytics') ?? true
}

/** What the platform needs and isn't there. */
export function notThere({ account }: AwsPatient, what: string, variable: string): Diagnosis {
  const { region, create, endpoint } = account.environment
  if (create) return warning(`There is no ${what} in ${region} yet.`, 'The next start makes it, since PLINTH_AWS_CREATE is on.')
  const emulated = endpoint === undefined ? '' : ' On an emulator PLINTH_AWS_CREATE=on has the next start make it.'
  const remedy = `Set ${variable} to its name, or AWS_REGION to where it is; plinth synth writes the stack that makes it (docs/aws.md).${emulated}`
  return problem(`There is no ${what} in ${region}.`, remedy)
}

/** Whether AWS can't be reached at all: two of its services don't answer. */
export async function isUnreachable({ account }: AwsPatient): Promise<boolean> {
  const [who, table] = await Promise.all([account.identity(), account.table()])
  return who.fault?.kind === 'silent' && table.fault?.kind === 'silent'
}

export const seeToTheWay = 'See to the way to AWS: network, proxy, VPC endpoints, and AWS_ENDPOINT_URL where it is set.'

export const toLogIn = 'Set AWS_PROFILE, or log in: aws sts get-caller-identity must work.'

function unseen({ kind, action, name }: LookFault, spare: boolean): Diagnosis {
  const say = spare ? warning : problem
  if (kind === 'denied')
    return warning(
      `Not looked at: no leave for ${action}.`,
      `Allow ${action} to whoever runs plinth doctor; plinth doctor --help has all that it asks.`,
    )
  if (kind === 'credentials') return problem(`AWS doesn't take the credentials for ${action} (${name}).`, toLogIn)
  if (kind === 'silent') return say(`Not looked at: ${action} had no answer (${name}).`, seeToTheWay)
  return warning(`Not looked at: ${action} failed (${name}).`, 'Try again; where it stays so, look by hand.')
}
