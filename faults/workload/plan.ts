/** What the clients of the workload ask for: known to them, to the model's double and to the checker, and to nobody else. @module */

/** How one request goes. Two of each are in the usual two dozen. */
export type Course =
  | 'plain'
  /** Sent twice at once. */
  | 'twice'
  /** With an id of the client's own. */
  | 'named'
  /** The model faults once. */
  | 'faulty'
  /** The model throttles once. */
  | 'throttled'
  /** Its prompt lies in the ObjectStore. */
  | 'large-prompt'
  /** Its result lies there. */
  | 'large-answer'
  /** It may be worked only later, and is answered bit by bit. */
  | 'late'
  /** The model refuses it for good. */
  | 'refused'
  /** The same, but its client puts it back to the queue, and then the model answers. */
  | 'redriven'
  /** Cancelled while it waits. */
  | 'cancelled-waiting'
  /** Cancelled while the model is at it, which answers all the same. */
  | 'cancelled-running'

const courses: readonly Course[] = [
  'plain',
  'twice',
  'redriven',
  'large-answer',
  'cancelled-running',
  'faulty',
  'large-prompt',
  'refused',
  'cancelled-waiting',
  'late',
  'throttled',
  'named',
]

export interface Planned {
  /** Its idempotency key; also in its prompt, so that the double knows what is asked. */
  readonly key: string
  readonly course: Course
  readonly tenant: string
  readonly prompt: string
  readonly answer: string
  readonly priority: 'high' | 'normal' | 'low'
  /** Whether its client wants to be told of its end, each round. */
  readonly callback: boolean
}

export const tenants = ['alpha', 'beta'] as const
/** A webhook of this tenant is told of all its events. */
export const subscribed: string = tenants[1]
export const subscriberUrl = 'https://subscriber.test/'
/** Where clients want to be told of the end of a request. */
export const callbackUrl = 'https://client.test/'
/** More than a row holds itself. */
const large = 40_000

/** The first requests of the plan. */
export function planOf(requests: number): readonly Planned[] {
  return Array.from({ length: requests }, (_, index): Planned => {
    const course = courses[index % courses.length] ?? 'plain'
    const key = `k${index}`
    const tenant = index % 4 === 3 ? tenants[1] : tenants[0]
    const prompt = padded(`Prompt of ${key}.`, course === 'large-prompt')
    const answer = padded(`Answer to ${key}.`, course === 'large-answer')
    const priority = (['normal', 'high', 'low'] as const)[index % 3] ?? 'normal'
    return { key, course, tenant, prompt, answer, priority, callback: course === 'redriven' }
  })
}

/** The request that a prompt belongs to. */
export function plannedFor(plan: readonly Planned[], prompt: string): Planned {
  const found = plan.find((planned) => planned.prompt === prompt)
  if (!found) throw new Error('Nobody sent this prompt: it is torn, or it is not from here.')
  return found
}

function padded(text: string, isLarge: boolean): string {
  return isLarge ? text.padEnd(large, ` ${text}`) : text
}
