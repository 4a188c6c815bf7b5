import { pooledKeyAlias } from '@plinth/core'
import { countOf } from '../../words.ts'
import { ok, problem, warning } from '../finding.ts'
import type { AwsPatient, Check } from '../patient.ts'
import { lookAt } from './look-at.ts'

const nameOf = ({ account }: AwsPatient): string => account.environment.pooledKey

export const pooledKey: Check<AwsPatient> = lookAt({
  name: 'pooled key',
  ask: ({ account }) => account.key(),
  judge: ({ id, state, deleted }, patient) => {
    const name = nameOf(patient)
    if (state === 'Enabled') return ok(`${name} is enabled.`)
    if (state === 'Disabled')
      return problem(
        `${name} is disabled: no tenant without a key of its own can be read.`,
        `Run: aws kms enable-key --key-id ${id}`,
      )
    if (state === 'PendingDeletion') {
      const day = deleted === undefined ? 'soon' : `on ${new Date(deleted).toISOString().slice(0, 10)}`
      return problem(
        `${name} is to be deleted ${day}; then what it has wrapped is lost for good.`,
        `Run: aws kms cancel-key-deletion --key-id ${id}, and then: aws kms enable-key --key-id ${id}`,
      )
    }
    return problem(`${name} is ${state}.`, 'Look at it in the console of KMS.')
  },
  missing: (patient) => {
    const name = nameOf(patient)
    // A key that is named so is made when it is first needed.
    if (name === pooledKeyAlias)
      return warning(
        `There is no ${name} yet.`,
        'It is made when it is first needed, which takes leave for kms:CreateKey; or set PLINTH_POOLED_KEY to the key of the stack.',
      )
    return problem(`There is no key ${name}.`, 'Set PLINTH_POOLED_KEY to the alias, id or ARN of the key.')
  },
})

const nothing = () => undefined

export const keyRotation: Check<AwsPatient> = lookAt({
  name: 'key rotation',
  ask: async ({ account }) => {
    const { facts } = await account.key()
    // What isn't there, or can't be used, another check tells.
    if (facts?.state !== 'Enabled') return { facts: undefined }
    const found = await account.rotation(facts.id)
    return found.fault ? found : { facts: { isOn: found.facts, id: facts.id } }
  },
  judge: (found) => {
    if (!found) return undefined
    if (found.isOn) return ok('The pooled key gets new material every year.')
    return warning('The pooled key keeps its material.', `Run: aws kms enable-key-rotation --key-id ${found.id}`)
  },
  missing: nothing,
})

export const keyUse: Check<AwsPatient> = lookAt({
  name: 'key use',
  ask: ({ account }) => account.keyUse(),
  judge: (refusal) =>
    refusal === undefined
      ? ok('The pooled key wraps data keys for a tenant and a field.')
      : problem(`The pooled key wraps nothing (${refusal}).`, 'It has to be enabled, symmetric, and for encryption.'),
  missing: nothing,
})

export const tenantKeys: Check<AwsPatient> = lookAt({
  name: 'tenant keys',
  ask: ({ account }) => account.tenantKeys(),
  judge: ({ keys, more }) => ok(`${countOf(keys, 'key')}${more ? ' or more' : ''} of tenants of their own.`),
  spare: true,
})
