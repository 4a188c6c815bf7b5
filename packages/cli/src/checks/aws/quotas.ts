import { countOf } from '../../words.ts'
import { ok, problem, warning } from '../finding.ts'
import type { AwsPatient, Check, Look, TokenQuota } from '../patient.ts'
import { lookAt } from './look-at.ts'

/**
 * About what the stack's functions may take together: 240 workers by the concurrencies that packages/cdk sets for each job, and for the API
 * 60, which is a guess.
 */
const functionsAtATime = 300
/** What a new account may have, and far too little: AWS raises it on request. */
const newAccount = 10

export const functionQuota: Check<AwsPatient> = lookAt({
  name: 'function quota',
  ask: ({ account }) => account.functionQuota(),
  judge: ({ account, unreserved }) => {
    const message = `${countOf(account, 'function')} may run at a time in this account and region, ${unreserved} of them without a reservation.`
    const remedy = 'Ask for more in Service Quotas: AWS Lambda, Concurrent executions.'
    if (unreserved <= newAccount) return problem(`${message} Plinth's don't find room beside each other.`, remedy)
    if (unreserved < functionsAtATime)
      return warning(`${message} Plinth's may want ${functionsAtATime}: requests are throttled when all run.`, remedy)
    return ok(message)
  },
  spare: true,
})

interface OwnQuota {
  readonly name: string
  readonly quota: TokenQuota | undefined
  readonly limit: number | undefined
}

/** What Bedrock lets through of the model in a minute, beside what Plinth holds itself to. */
export const modelQuota: Check<AwsPatient> = lookAt({
  name: 'model quota',
  ask: (patient) => {
    const model = patient.models().find(({ kind, bedrock }) => kind === 'language' && bedrock !== undefined)
    if (model?.bedrock === undefined) return undefined
    const asked = { name: model.bedrock, model: model.entry.id }
    const limits = patient.modelLimits()
    const limit = (limits.get(asked.name.replace(/^arn:.*\//, '')) ?? limits.get('*'))?.tokensPerMinute
    return patient.account
      .tokenQuotas()
      .then(
        (found): Look<OwnQuota> =>
          found.fault ? found : { facts: { name: asked.name, quota: patient.tokenQuotaOf(found.facts, asked), limit } },
      )
  },
  judge: ({ name, quota, limit }) => {
    if (!quota)
      return warning(
        `Service Quotas has no quota by the name of ${name}, so none was compared.`,
        'Look at it by hand: Service Quotas, Amazon Bedrock, "tokens per minute", and set PLINTH_MODEL_LIMITS below it.',
      )
    const { tokens, name: title } = quota
    const raise = `Ask for more in Service Quotas: Amazon Bedrock, "${title}".`
    if (tokens === 0) return problem(`"${title}" is 0: no call gets through.`, raise)
    if (limit !== undefined && limit > tokens)
      return warning(
        `PLINTH_MODEL_LIMITS lets ${limit} tokens a minute through to ${name}, and Bedrock ${tokens}.`,
        `Set tokens_per_minute to ${tokens} or less, divided by how many processes call it. ${raise}`,
      )
    const held =
      limit === undefined ? 'PLINTH_MODEL_LIMITS says nothing of it' : `PLINTH_MODEL_LIMITS holds each process to ${limit}`
    return ok(`Bedrock lets ${tokens} tokens a minute through to ${name}; ${held}.`)
  },
  spare: true,
})
