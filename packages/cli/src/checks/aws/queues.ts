import { countOf, timeSpan } from '../../words.ts'
import { type Diagnosis, ok, warning } from '../finding.ts'
import type { AllQueues, AwsPatient, Check, QueueFacts } from '../patient.ts'
import { lookAt, notThere } from './look-at.ts'

/** A worker holds a job for 30 seconds, and renews it. A second more is what the platform gives the queues that it makes. Seconds. */
const leastHidden = 31
/** How long both the stack and the platform keep messages, which is the most that SQS allows. Seconds. */
const usuallyKept = 14 * 86_400
/** A model call may take five minutes. */
const longWait = 10 * 60_000

export const bus: Check<AwsPatient> = lookAt({
  name: 'bus',
  ask: ({ account }) => account.bus(),
  judge: (name) => ok(`${name}.`),
  missing: (patient) => notThere(patient, `bus ${patient.account.environment.bus}`, 'PLINTH_BUS'),
})

export const queues: Check<AwsPatient> = lookAt({
  name: 'queues',
  ask: ({ account }) => account.queues(),
  judge: (all, patient) => {
    const { missing, jobs } = all
    if (missing.length > 0) return notThere(patient, `queue ${missing.join(', ')}`, 'PLINTH_QUEUE_PREFIX')
    const faults = jobs.flatMap((queue) => faultsOf(queue, all).map((fault) => `${queue.name} ${fault}`))
    if (faults.length === 0) return ok(`${countOf(jobs.length, 'queue')} of jobs, and one for dead letters.`)
    return warning(
      `${faults.join('; ')}.`,
      'Deploy the stack again, or set the attributes of these queues as docs/aws.md has them.',
    )
  },
})

function faultsOf(queue: QueueFacts, { dead }: AllQueues): string[] {
  const { deadLetters, hidden, kept, encrypted } = queue
  return [
    ...(deadLetters === undefined
      ? ['puts nothing with the dead letters: what ends its worker comes again for good']
      : deadLetters === dead?.arn
        ? []
        : [`puts dead letters into ${deadLetters}`]),
    ...(hidden < leastHidden ? [`hides a job that is at work for ${hidden} seconds only`] : []),
    ...(kept < usuallyKept ? [`forgets a job after ${timeSpan(kept * 1_000)}`] : []),
    ...(encrypted ? [] : ["isn't encrypted"]),
  ]
}

/** How long they wait is CloudWatch's to tell, a few minutes late. */
export const jobs: Check<AwsPatient> = lookAt({
  name: 'jobs',
  ask: async ({ account }) => {
    const [found, oldest] = await Promise.all([account.queues(), account.oldestJob()])
    return found.facts ? { facts: { ...found.facts, oldest: oldest.facts } } : found
  },
  judge: ({ jobs: all, oldest }) => judgeJobs(all, oldest),
})

function judgeJobs(all: readonly QueueFacts[], oldest: number | undefined): Diagnosis | undefined {
  if (all.length === 0) return undefined
  const sum = (of: (queue: QueueFacts) => number): number => all.reduce((total, queue) => total + of(queue), 0)
  const [waiting, working, held] = [sum((queue) => queue.waiting), sum((queue) => queue.working), sum((queue) => queue.held)]
  const age = waiting > 0 && oldest !== undefined ? `, the oldest for ${timeSpan(oldest)}` : ''
  const message = `${countOf(waiting, 'job')} waiting${age}; ${working} at work, ${held} held for later`
  const stuck = all.filter((queue) => queue.waiting > 0 && queue.working === 0).map(({ name }) => name)
  if (waiting > 0 && (oldest ?? 0) > longWait)
    return warning(
      `${message}.`,
      'Look whether workers run (functions, or plinth start), whether their concurrency is used up, and whether the model keeps up.',
    )
  // Without an age, that nobody has one is all there is to go by.
  if (oldest === undefined && stuck.length > 0)
    return warning(
      `${message}. Nobody works on those in ${stuck.join(', ')}.`,
      'Start a worker (plinth start, or the functions of the stack); when one runs, look again in a minute.',
    )
  return ok(`${message}.`)
}

export const deadLetters: Check<AwsPatient> = lookAt({
  name: 'dead letters',
  ask: ({ account }) => account.queues(),
  judge: ({ dead }) => {
    if (!dead) return undefined
    if (dead.waiting + dead.working === 0)
      return ok(`None in ${dead.name}. Those that have a reason are each tenant's: GET /api/dead-letters.`)
    return warning(
      `${countOf(dead.waiting + dead.working, 'message')} in ${dead.name}: they ended their worker again and again, or hold no job.`,
      `Look why in the log of the workers; then send them back: aws sqs start-message-move-task --source-arn ${dead.arn}`,
    )
  },
})

const relayBehind = 60_000

/** What was emitted with a change, and is still to be sent. */
export const outbox: Check<AwsPatient> = lookAt({
  name: 'relay',
  ask: ({ account }) => account.outbox(),
  judge: ({ due, more, since }, { now }) => {
    const behind = since === undefined ? 0 : now - since
    const message = `${due}${more ? ' or more' : ''} events and jobs to be sent`
    if (behind <= relayBehind) return ok(`${message}.`)
    return warning(
      `${message}, the first for ${timeSpan(behind)}.`,
      "Look whether plinth start or the stack's function relay runs, and at its log: what takes them may fail.",
    )
  },
  missing: () => undefined,
})
