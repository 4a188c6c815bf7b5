import { patterns } from '@plinth/core'
import { modelLimits } from '@plinth/models'
import { accountChecks, identityChecks, otherChecks, settingChecks } from '../checks/aws/all.ts'
import { isUnreachable } from '../checks/aws/look-at.ts'
import { readSettings } from '../checks/aws/settings.ts'
import type { Finding } from '../checks/finding.ts'
import { type AwsPatient, examine, examineTogether, type Patient } from '../checks/patient.ts'
import { namedModels } from './named-models.ts'

/** What is found of a Plinth on AWS. The SDK of AWS is loaded when it is needed, and not before. */
export async function examineAws(common: Patient): Promise<Finding[]> {
  const [{ readAwsEnvironment }, { openAccount, tokenQuotaOf }] = await Promise.all([
    import('@plinth/aws/environment'),
    import('@plinth/aws/examine'),
  ])
  const { variables, now } = common
  const settings = readSettings(variables, readAwsEnvironment)
  if (settings.finding) return [...(await examine(settingChecks, common)), settings.finding]
  const { environment } = settings
  const served = patterns.filter(({ name }) => environment.patterns?.includes(name) ?? true)
  const jobs = served.flatMap((pattern) => pattern.jobs.map(({ name }) => name))
  const account = openAccount({ environment, jobs, now })
  const patient: AwsPatient = {
    ...common,
    account,
    tokenQuotaOf,
    models: () => namedModels(common),
    modelLimits: () => modelLimits(variables),
  }
  try {
    const [before, who, others] = await Promise.all([
      examine(settingChecks, patient),
      examineTogether(identityChecks, patient),
      examineTogether(otherChecks, patient),
    ])
    const { fault } = await account.identity()
    const isShut = fault?.kind === 'credentials' || (await isUnreachable(patient))
    const found = isShut ? [] : await examineTogether(accountChecks, patient)
    return [...before, ...who, ...found, ...others]
  } finally {
    account.close()
  }
}
