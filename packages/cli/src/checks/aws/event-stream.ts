import { countOf, timeSpan } from '../../words.ts'
import { ok, problem, warning } from '../finding.ts'
import type { AwsPatient, Check, Look } from '../patient.ts'
import { lookAt, notThere, servesStreams } from './look-at.ts'

/** By then an alert comes too late for most who wait for it. */
const longBehind = 10 * 60_000
const hour = 3_600_000

export const eventStream: Check<AwsPatient> = lookAt({
  name: 'event stream',
  ask: ({ account }) => (servesStreams(account) ? account.stream() : undefined),
  judge: ({ status, shards, onDemand, retention, encrypted }, { account }) => {
    const { stream } = account.environment
    if (status !== 'ACTIVE' && status !== 'UPDATING')
      return problem(`${stream} is ${status}.`, 'Wait until Kinesis has made it, or deploy the stack again.')
    const words = `${stream}: ${countOf(shards, 'shard')}${onDemand ? ' on demand' : ''}, records are kept for ${countOf(retention, 'hour')}`
    if (encrypted) return ok(`${words}.`)
    return warning(
      `${words}, and Kinesis doesn't encrypt them. What they carry is sealed all the same.`,
      `Run: aws kinesis start-stream-encryption --stream-name ${stream} --encryption-type KMS --key-id alias/aws/kinesis`,
    )
  },
  missing: (patient) => notThere(patient, `stream ${patient.account.environment.stream}`, 'PLINTH_STREAM'),
})

export const streamLag: Check<AwsPatient> = lookAt({
  name: 'stream lag',
  ask: ({ account }) => (servesStreams(account) ? lagOf(account) : undefined),
  judge: ({ lag, retention }) => {
    if (lag === undefined) return undefined
    const message = `Records are read ${timeSpan(lag)} after they came.`
    const remedy =
      "Look at the log of the stack's function stream-processor, or of plinth start; more shards let more of them work."
    if (retention !== undefined && lag > (retention * hour) / 2)
      return problem(`${message} After ${countOf(retention, 'hour')} Kinesis forgets them.`, remedy)
    return lag > longBehind ? warning(message, remedy) : ok(message)
  },
  spare: true,
})

interface Lag {
  readonly lag: number | undefined
  /** Hours, where they are known. */
  readonly retention: number | undefined
}

async function lagOf(account: AwsPatient['account']): Promise<Look<Lag>> {
  const [lag, found] = await Promise.all([account.streamLag(), account.stream()])
  return lag.fault ? lag : { facts: { lag: lag.facts, retention: found.facts?.retention } }
}
