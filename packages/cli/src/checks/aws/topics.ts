import { defaultAlertTypes } from '@plinth/core'
import { ok, warning } from '../finding.ts'
import type { AwsPatient, Check } from '../patient.ts'
import { lookAt, servesStreams } from './look-at.ts'

export const alertTopics: Check<AwsPatient> = lookAt({
  name: 'alert topics',
  ask: ({ account }) => (servesStreams(account) ? topicsOf(account) : undefined),
  judge: (topics) => {
    const gone = topics.filter(({ subscribers }) => subscribers === undefined).map(({ name }) => name)
    if (gone.length > 0)
      return warning(
        `There is no topic ${gone.join(', ')}: the first alert makes it, where sns:CreateTopic is allowed, and reaches nobody.`,
        'Make them, or deploy the stack, and subscribe whoever is to be told.',
      )
    const silent = topics.filter(({ subscribers }) => subscribers === 0).map(({ name }) => name)
    if (silent.length > 0)
      return warning(
        `Nobody is told what is published on ${silent.join(', ')}.`,
        'Subscribe whoever is to be told: aws sns subscribe; subscriptions count once they are confirmed.',
      )
    return ok(`${topics.map(({ name }) => name).join(', ')}, all with subscribers.`)
  },
  spare: true,
})

/** Of the alerts that Plinth's own rules raise. Without the beginning of their ARNs it is made of the account's number. */
async function topicsOf(account: AwsPatient['account']): ReturnType<AwsPatient['account']['topics']> {
  const { topicArns, region } = account.environment
  const types = [...defaultAlertTypes]
  if (topicArns !== undefined) return account.topics(topicArns, types)
  const { facts, fault } = await account.identity()
  if (fault) return { fault }
  const [, partition = 'aws'] = facts.arn.split(':')
  return account.topics(`arn:${partition}:sns:${region}:${facts.account}:`, types)
}
