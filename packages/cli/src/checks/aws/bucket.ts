import { ok, problem, warning } from '../finding.ts'
import type { AwsPatient, Check } from '../patient.ts'
import { lookAt, notThere } from './look-at.ts'

const nameOf = ({ account }: AwsPatient): string => account.environment.bucket
const nothing = () => undefined

/** Whether it can be written isn't tried: that would leave something. */
export const bucket: Check<AwsPatient> = lookAt({
  name: 'bucket',
  ask: ({ account }) => account.bucket(),
  judge: ({ region }, patient) => {
    const own = patient.account.environment.region
    if (region === undefined || region === own) return ok(`${nameOf(patient)}.`)
    return problem(
      `${nameOf(patient)} is in ${region}, and Plinth in ${own}.`,
      "Set PLINTH_BUCKET to one of the same region: names are unique in the world, so this may be somebody else's.",
    )
  },
  missing: (patient) => notThere(patient, `bucket ${nameOf(patient)}`, 'PLINTH_BUCKET'),
  denied: (patient) =>
    warning(
      `S3 doesn't show ${nameOf(patient)}: it belongs to another account, or there is no leave for s3:ListBucket on it.`,
      'Set PLINTH_BUCKET to a bucket of this account: names are unique in the world. Or allow s3:ListBucket on this one.',
    ),
})

export const publicAccess: Check<AwsPatient> = lookAt({
  name: 'bucket access',
  ask: ({ account }) => account.publicAccess(),
  judge: (isClosed, patient) =>
    isClosed
      ? ok("It can't be made public.")
      : warning(
          'It could be made public by a policy or a grant. What lies in it is sealed.',
          `Run: aws s3api put-public-access-block --bucket ${nameOf(patient)} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true`,
        ),
  missing: nothing,
})

export const bucketEncryption: Check<AwsPatient> = lookAt({
  name: 'bucket encryption',
  ask: ({ account }) => account.bucketEncryption(),
  judge: (algorithm, patient) =>
    algorithm === undefined
      ? warning(
          "S3 doesn't say that it encrypts. What lies in it is sealed all the same.",
          `Turn on default encryption of ${nameOf(patient)} in the console of S3.`,
        )
      : ok(algorithm),
  missing: nothing,
})

export const versions: Check<AwsPatient> = lookAt({
  name: 'bucket versions',
  ask: ({ account }) => account.versions(),
  judge: (isOn, patient) =>
    isOn
      ? ok('What is deleted or written over can be brought back.')
      : warning(
          'A table that is taken back to a moment would name objects that are gone: the bucket keeps no versions.',
          `Run: aws s3api put-bucket-versioning --bucket ${nameOf(patient)} --versioning-configuration Status=Enabled`,
        ),
  missing: nothing,
})

export const lifecycle: Check<AwsPatient> = lookAt({
  name: 'bucket lifecycle',
  ask: async ({ account }) => {
    const [found, versioned] = await Promise.all([account.lifecycle(), account.versions()])
    // Without versions there are none to remove.
    return found.facts ? { facts: { ...found.facts, kept: versioned.facts ?? false } } : found
  },
  judge: ({ uploads, versions: removed, kept }) => {
    const lacking = [
      ...(uploads ? [] : ['uploads that were never ended']),
      ...(kept && !removed ? ['versions that were replaced'] : []),
    ]
    if (lacking.length === 0) return ok('S3 removes what is left over.')
    return warning(
      `Nothing removes ${lacking.join(', and ')}: they are kept and paid for.`,
      'Set the rules that the stack sets: uploads after a day, replaced versions after 35 days.',
    )
  },
  missing: nothing,
})
