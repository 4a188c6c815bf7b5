import type { RequirementMutation } from './mutation.ts'

const core = 'packages/core/src'
const own = `${core}/event-driven`
const tests = 'packages/core/test'

/** The faults of the seed's event-driven processing, put back; and the first of its RAG. */
export const eventDrivenFaults: readonly RequirementMutation[] = [
  {
    number: 'X1',
    words: 'events go to the default bus',
    patches: [
      {
        file: `${core}/ports/event-bus.ts`,
        find: "export const eventBusName = 'genai-eventbus'",
        replace: "export const eventBusName = 'default'",
      },
    ],
    test: `${tests}/event-driven-path.test.ts`,
  },
  {
    number: 'X2',
    words: 'nobody takes the jobs that requests start',
    patches: [
      {
        file: `${own}/pattern.ts`,
        find: 'jobs: [processJob, expireJob, ...subscriberParts.jobs]',
        replace: 'jobs: [expireJob, ...subscriberParts.jobs]',
      },
    ],
    test: `${tests}/event-driven-path.test.ts`,
  },
  {
    number: 'X3',
    words: 'an event that the bus does not take counts as published',
    patches: [
      {
        file: `${core}/worker/outbox-sender.ts`,
        find: 'published.push(...group.filter((_, index) => results[index]?.published))',
        replace: 'published.push(...group)',
      },
    ],
    test: `${tests}/relay.test.ts`,
  },
  {
    number: 'X4',
    words: 'the state of a request is never set to completed',
    patches: [
      {
        file: `${own}/finish.ts`,
        find: "status: 'completed',\n      ended: at,",
        replace: 'ended: at,',
      },
    ],
    test: `${tests}/event-driven-path.test.ts`,
  },
  {
    number: 'X5',
    words: 'the result is not kept, so that nobody can fetch it',
    patches: [{ file: `${own}/finish.ts`, find: 'sealed: { result: answer.text },', replace: 'sealed: {},' }],
    test: `${tests}/event-driven/process.test.ts`,
  },
  {
    number: 'X6',
    words: 'idempotency keys are not kept',
    patches: [{ file: `${own}/accept.ts`, find: 'if (key !== undefined) {', replace: "if (key === '') {" }],
    test: `${tests}/event-driven/accept.test.ts`,
  },
  {
    number: 'X7',
    words: 'a job that comes again calls the model again',
    patches: [
      {
        file: `${own}/process.ts`,
        find: "return record?.fields.status === 'processing' && record.fields.round === body.round ? record : undefined",
        replace: 'return record',
      },
    ],
    test: `${tests}/event-driven-path.test.ts`,
  },
  {
    number: 'X8',
    words: 'as many requests run at a time as there are',
    patches: [{ file: `${own}/jobs.ts`, find: 'concurrency: workersAtATime,', replace: 'concurrency: 10_000,' }],
    test: `${tests}/event-driven-path.test.ts`,
  },
  {
    number: 'X9',
    words: 'waits do not grow with the failures',
    patches: [{ file: `${own}/retry.ts`, find: 'firstPause * 2 ** Math.min(failures, 30)', replace: 'firstPause' }],
    test: `${tests}/retry.test.ts`,
  },
  {
    number: 'X10',
    words: 'a model that hangs is waited for without end',
    patches: [{ file: `${core}/language-model/bounded-call.ts`, find: 'if (--ticks === 0)', replace: 'if (--ticks === 0.5)' }],
    test: `${tests}/event-driven/process.test.ts`,
  },
  {
    number: 'X11',
    words: 'what a handler throws is swallowed, and its job is done',
    patches: [
      {
        file: `${core}/worker/host.ts`,
        find: 'return { retryAt: this.#operator.clock.now() + faultPause * (1 + this.#operator.clock.random()) }',
        replace: 'return { done: true }',
      },
    ],
    test: `${tests}/host.test.ts`,
  },
  {
    number: 'X12',
    words: 'a message that nobody can read is dropped',
    patches: [
      {
        file: `${core}/worker/host.ts`,
        find: 'return { retryAt: this.#operator.clock.now() + unreadablePause }',
        replace: 'return { done: true }',
      },
    ],
    test: `${tests}/host.test.ts`,
  },
  {
    number: 'X13',
    words: 'a model that nobody knows is taken for the first of the catalogue',
    patches: [
      {
        file: 'packages/models/src/catalogue.ts',
        find: "if (entry === undefined) throw unknownModel('The catalogue has no model of that id.')",
        replace: 'if (entry === undefined) return catalogue[0] as ModelEntry',
      },
    ],
    test: 'packages/models/test/models.test.ts',
  },
  {
    number: 'X14',
    words: 'the user is whoever the body says',
    patches: [
      {
        file: `${own}/accept.ts`,
        find: 'user_id: scope.caller.user,',
        replace: 'user_id: Object(request).user_id ?? scope.caller.user,',
      },
    ],
    test: `${tests}/event-driven/accept.test.ts`,
  },
  {
    number: 'X15',
    words: 'the result stands in the event',
    patches: [
      { file: `${own}/finish.ts`, find: "result_ref: reference(request_id, 'result')", replace: 'result_ref: answer.text' },
    ],
    test: `${tests}/event-driven/accept.test.ts`,
  },
  {
    number: 'X16',
    words: 'the estimate is always 30 seconds',
    patches: [
      {
        file: `${own}/accept.ts`,
        find: 'const { at, basis } = estimates.estimate(draft, now)\n',
        replace: 'const { basis } = estimates.estimate(draft, now)\n  const at = now + 30_000\n',
      },
    ],
    test: `${tests}/event-driven-path.test.ts`,
  },
  {
    number: 'X17',
    words: 'what a call used is not kept',
    patches: [{ file: `${own}/finish.ts`, find: '      usage: inAll(rest, usage),\n', replace: '' }],
    test: `${tests}/event-driven/process.test.ts`,
  },
  {
    number: 'X18',
    words: 'events do not say what they belong to',
    patches: [
      {
        file: `${core}/scope/state.ts`,
        find: 'correlationId: this.#correlationId, time: this.#clock.now() }',
        replace: "correlationId: '', time: this.#clock.now() }",
      },
    ],
    test: `${tests}/state-lists.test.ts`,
  },
  {
    number: 'X19',
    words: "the provider's own words are published",
    patches: [
      {
        file: `${own}/finish.ts`,
        find: 'const { code, message, retryable } = ending.failure\n',
        replace: 'const { code, cause, retryable } = ending.failure\n  const message = String(cause)\n',
      },
    ],
    test: `${tests}/event-driven/process.test.ts`,
  },
  {
    number: 'X20',
    words: 'an answer that was cut looks complete',
    patches: [
      {
        file: `${core}/language-model/call.ts`,
        find: "if (unified === 'length') return 'max_tokens'",
        replace: "if (unified === 'length') return 'end_turn'",
      },
    ],
    test: `${tests}/event-driven/process.test.ts`,
  },
  {
    number: 'X21',
    words: 'cancelling says that it did, and does nothing',
    patches: [
      {
        file: `${own}/manage.ts`,
        find: 'return (await finishRequest(scope, record, { cancelled: true })).fields',
        replace: "return { ...record.fields, status: 'cancelled' }",
      },
    ],
    test: `${tests}/event-driven/cancel.test.ts`,
  },
  {
    number: 'X22',
    words: 'JSON is not read as such',
    patches: [
      {
        file: 'packages/documents/src/kinds/json.ts',
        find: 'export function readJson(text: string): Outline {\n',
        replace:
          "export function readJson(text: string): Outline {\n  if (text) return { text, blocks: [{ start: 0, end: text.length, kind: 'prose', context: '' }] }\n",
      },
    ],
    test: 'packages/documents/test/csv-json.test.ts',
  },
]
