import type { RequirementMutation } from './mutation.ts'

const core = 'packages/core/src'
const own = `${core}/event-driven`
const tests = 'packages/core/test'

/** The promises of event-driven processing, and those of all patterns. */
export const eventDriven: readonly RequirementMutation[] = [
  {
    number: 'R1',
    words: 'one of the five patterns is not mounted',
    patches: [
      {
        file: `${core}/patterns.ts`,
        find: '[eventDriven, rag, multiAgent, analytics, multiTenant]',
        replace: '[eventDriven, rag, multiAgent, multiTenant]',
      },
    ],
    test: `${tests}/patterns.test.ts`,
  },
  {
    number: 'R5',
    words: 'the advisor chooses the pattern that fits worst',
    patches: [
      {
        file: `${core}/advisor/scores.ts`,
        find: 'other.score - one.score',
        replace: 'one.score - other.score',
      },
    ],
    test: `${tests}/advisor/composition.test.ts`,
  },
  {
    number: 'R6',
    words: 'a request is acknowledged only after its model was called',
    patches: [
      {
        file: `${own}/accept.ts`,
        find: 'place.kept()\n',
        replace:
          "place.kept()\n      await resolved.model.doGenerate({ prompt: [{ role: 'user', content: [{ type: 'text', text: prompt }] }] })\n",
      },
    ],
    test: `${tests}/event-driven/accept.test.ts`,
  },
  {
    number: 'R7',
    words: 'the bus is never asked to publish',
    patches: [
      {
        file: `${core}/worker/outbox-sender.ts`,
        find: 'const results = await this.#operator.bus.publish(group.map(eventOf))',
        replace: 'const results = group.map(() => ({ published: true }))',
      },
    ],
    test: `${tests}/event-driven/process.test.ts`,
  },
  {
    number: 'R8',
    words: "the caller's request_id is passed over",
    patches: [
      {
        file: `${own}/accept.ts`,
        find: 'request_id: request.request_id ?? uuid(scope.clock)',
        replace: 'request_id: uuid(scope.clock)',
      },
    ],
    test: `${tests}/event-driven/accept.test.ts`,
  },
  {
    number: 'R9',
    words: 'no event tells that a request was received',
    patches: [
      {
        file: `${own}/accept.ts`,
        find: '...jobsOf(fields, request),\n    ],',
        replace: '...jobsOf(fields, request),\n    ].slice(1),',
      },
    ],
    test: `${tests}/event-driven/accept.test.ts`,
  },
  {
    number: 'R10',
    words: 'the acknowledgement says nothing of when the answer will be there',
    patches: [
      {
        file: `${own}/accept.ts`,
        find: '    estimated_completion: fields.estimated_completion,\n    estimated_completion_at: fields.estimated_completion_at,\n',
        replace: '',
      },
    ],
    test: `${tests}/event-driven/accept.test.ts`,
  },
  {
    number: 'R11',
    words: 'the handler is called without what the message says',
    patches: [
      {
        file: `${core}/worker/host.ts`,
        find: 'span), body.data, { job, lease })',
        replace: 'span), {}, { job, lease })',
      },
    ],
    test: `${tests}/host.test.ts`,
  },
  {
    number: 'R12',
    words: 'a request that was accepted is not set to processing',
    patches: [
      {
        file: `${own}/accept.ts`,
        find: "status: 'processing',\n    round: 1,",
        replace: "status: 'completed',\n    round: 1,",
      },
    ],
    test: `${tests}/event-driven/accept.test.ts`,
  },
  {
    number: 'R13',
    words: 'a request ends in a state that nobody knows',
    patches: [
      {
        file: `${own}/finish.ts`,
        find: "status: 'completed',\n      ended: at,",
        replace: "status: 'over',\n      ended: at,",
      },
    ],
    test: `${tests}/event-driven/process.test.ts`,
  },
  {
    number: 'R14',
    words: 'the usual model is called, whichever the request names',
    patches: [{ file: `${own}/admission.ts`, find: 'scope.models.resolve(model_id)', replace: 'scope.models.resolve()' }],
    test: `${tests}/event-driven/process.test.ts`,
  },
  {
    number: 'R15',
    words: 'no event tells that a request was answered',
    patches: [
      {
        file: `${own}/finish.ts`,
        find: '      ),\n    ],\n  })\n}\n\nfunction foundIn',
        replace: '      ),\n    ].slice(1),\n  })\n}\n\nfunction foundIn',
      },
    ],
    test: `${tests}/event-driven/process.test.ts`,
  },
  {
    number: 'R16',
    words: 'no event tells that a request failed',
    patches: [
      {
        file: `${own}/finish.ts`,
        find: 'emit: [closing(begun, publishEvent(requestFailed, request_id, { request_id, status: type, error }))],',
        replace: 'emit: [],',
      },
    ],
    test: `${tests}/event-driven/process.test.ts`,
  },
  {
    number: 'R17',
    words: 'events come from a source of another name',
    patches: [
      {
        file: `${core}/ports/event-bus.ts`,
        find: "export const eventSource = 'genai.service'",
        replace: "export const eventSource = 'genai.services'",
      },
    ],
    test: 'packages/aws/test/eventbridge-event-bus.test.ts',
  },
  {
    number: 'R18',
    words: 'half of a spike of a thousand requests is refused',
    patches: [
      {
        file: `${own}/accept.ts`,
        find: 'export const backlogLimit = 10_000_000',
        replace: 'export const backlogLimit = 500',
      },
    ],
    test: `${tests}/event-driven-path.test.ts`,
  },
  {
    number: 'R19',
    words: 'a fault that may pass ends a request at once',
    patches: [
      {
        file: `${own}/process.ts`,
        find: "failure.kind === 'transient' && begun.faults < retryLimit",
        replace: "failure.kind === 'transient' && begun.faults < 0",
      },
    ],
    test: `${tests}/event-driven/process.test.ts`,
  },
  {
    number: 'R20',
    words: 'a Plinth that nobody uses asks its platform every second',
    patches: [{ file: `${core}/worker/sweeper.ts`, find: 'const tick = 60_000', replace: 'const tick = 1_000' }],
    test: `${tests}/idle.test.ts`,
  },
  {
    number: 'R21',
    words: 'who subscribed to events is told of none',
    patches: [
      {
        file: `${core}/worker/dispatcher.ts`,
        find: "rows.filter((row) => row.status === 'active' && matchesEvent(row.pattern, shown))",
        replace: 'rows.slice(0, 0)',
      },
    ],
    test: `${tests}/subscribers/dispatcher.test.ts`,
  },
  {
    number: 'R22',
    words: 'a job that the queue does not take is not sent again',
    patches: [
      {
        file: `${core}/worker/outbox-sender.ts`,
        find: 'jobs.filter((_, index) => results[index]?.sent === true).map(',
        replace: 'jobs.map(',
      },
    ],
    test: `${tests}/relay.test.ts`,
  },
  {
    number: 'R23',
    words: 'accepting a request writes no row of it',
    patches: [
      {
        file: `${own}/accept.ts`,
        find: 'insert(requests, { partition: id }, fields, { prompt, ...(callback_url === undefined ? {} : { callback_url }) }),\n',
        replace: '',
      },
    ],
    test: `${tests}/event-driven/accept.test.ts`,
  },
  {
    number: 'R127',
    words: 'who may not do something is taken for one without an identity',
    patches: [
      {
        file: `${core}/errors.ts`,
        find: 'export class ForbiddenError extends PlinthError',
        replace: 'export class ForbiddenError extends UnauthorizedError',
      },
    ],
    test: `${tests}/authenticate.test.ts`,
  },
  {
    number: 'G1',
    words: 'nothing leads from an accepted request to the model',
    patches: [{ file: `${own}/accept.ts`, find: '      ...jobsOf(fields, request),\n', replace: '' }],
    test: `${tests}/event-driven-path.test.ts`,
  },
  {
    number: 'G6',
    words: 'a port has no contract of its name',
    patches: [
      {
        file: `${core}/contracts/topics.ts`,
        find: 'export function describeTopicsContract(',
        replace: 'export function describeSubjectsContract(',
      },
    ],
    test: 'test/architecture.test.ts',
  },
]
