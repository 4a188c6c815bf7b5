import { countOf, sizeOf } from '../../words.ts'
import { ok, problem, warning } from '../finding.ts'
import type { AwsPatient, Check } from '../patient.ts'
import { lookAt, notThere } from './look-at.ts'

const nameOf = ({ account }: AwsPatient): string => account.environment.table

export const table: Check<AwsPatient> = lookAt({
  name: 'table',
  ask: ({ account }) => account.table(),
  judge: ({ status, differences, rows, bytes }, patient) => {
    if (status !== 'ACTIVE' && status !== 'UPDATING')
      return problem(
        `${nameOf(patient)} is ${status}.`,
        'Look at it in the console of DynamoDB; a new one is ready within a minute.',
      )
    if (differences.length > 0)
      return problem(
        `${nameOf(patient)} isn't as Plinth makes it: ${differences.join('; ')}.`,
        "Set PLINTH_TABLE to Plinth's own table; an index that is made anew fills itself.",
      )
    return ok(`${nameOf(patient)}: ${countOf(rows, 'row')}, ${sizeOf(bytes)}, as counted within the last six hours.`)
  },
  missing: (patient) => notThere(patient, `table ${nameOf(patient)}`, 'PLINTH_TABLE'),
})

const nothing = () => undefined

/** The functions are told of changes by it; a process looks for itself. */
export const tableStream: Check<AwsPatient> = lookAt({
  name: 'table stream',
  ask: ({ account }) => account.table(),
  judge: ({ streamView }, patient) => {
    if (streamView === 'NEW_IMAGE' || streamView === 'NEW_AND_OLD_IMAGES') return ok(streamView)
    const remedy = `Deploy the stack; or turn it on: aws dynamodb update-table --table-name ${nameOf(patient)} --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE`
    return warning(
      streamView === undefined
        ? "It has none: functions aren't told of events and jobs. A process of plinth start looks for them itself."
        : `It shows ${streamView}, and not what was written: functions send events and jobs a minute late.`,
      remedy,
    )
  },
  missing: nothing,
})

export const tableProtection: Check<AwsPatient> = lookAt({
  name: 'table protection',
  ask: ({ account }) => account.table(),
  judge: ({ protected: isProtected, key }, patient) => {
    const encrypted = key === undefined ? "encrypted by DynamoDB's own key" : `encrypted by ${key}`
    if (isProtected) return ok(`It can't be deleted by mistake, and is ${encrypted}.`)
    return warning(
      `It can be deleted by one call; it is ${encrypted}.`,
      `Run: aws dynamodb update-table --table-name ${nameOf(patient)} --deletion-protection-enabled`,
    )
  },
  missing: nothing,
})

export const expiry: Check<AwsPatient> = lookAt({
  name: 'table expiry',
  ask: ({ account }) => account.expiry(),
  judge: ({ status, attribute }, patient) => {
    if (['ENABLED', 'ENABLING'].includes(status) && attribute === 'ttl') return ok('DynamoDB removes what has expired.')
    const name = nameOf(patient)
    if (status === 'ENABLED')
      return problem(
        `DynamoDB removes rows by the attribute ${attribute}, which isn't Plinth's.`,
        `Turn it off, and on again for ttl an hour later: aws dynamodb update-time-to-live --table-name ${name} …`,
      )
    return warning(
      `Nothing removes what has expired (${status}): it isn't shown, but kept and paid for.`,
      `Run: aws dynamodb update-time-to-live --table-name ${name} --time-to-live-specification Enabled=true,AttributeName=ttl`,
    )
  },
  missing: nothing,
})

export const recovery: Check<AwsPatient> = lookAt({
  name: 'table recovery',
  ask: ({ account }) => account.recovery(),
  judge: (isOn, patient) =>
    isOn
      ? ok('It can be taken back to any second of the last 35 days.')
      : warning(
          "It can't be taken back to a moment before a mistake.",
          `Run: aws dynamodb update-continuous-backups --table-name ${nameOf(patient)} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true`,
        ),
  missing: nothing,
})

export const issuerKey: Check<AwsPatient> = lookAt({
  name: 'issuer key',
  ask: ({ account }) => account.issuer(),
  judge: (isThere) =>
    ok(isThere ? "The key that signs Plinth's own tokens is in the table." : 'There is none yet: the first start makes it.'),
  missing: nothing,
})
