import { pageAskedFor, toCursor } from '../define/forms.ts'
import { type AnyRoute, defineRoute } from '../define/route.ts'
import { NotFoundError } from '../errors.ts'
import type { Scope } from '../scope/scope.ts'
import { createWorkflow, type KeyOption, keyOfCaller, type NewWorkflow } from './create-workflow.ts'
import { followWorkflow, isTold } from './follow-workflow.ts'
import { type Fork, forkWorkflow } from './fork-workflow.ts'
import {
  approveWorkflow,
  cancelWorkflow,
  getWorkflow,
  rejectWorkflow,
  resumeWorkflow,
  retryStep,
  type Workflow,
} from './manage-workflow.ts'
import { sessionOf } from './session.ts'
import { showStepWhole, stepForm } from './show-step.ts'
import {
  acceptedForm,
  changedForm,
  showChanged,
  showSummary,
  showTitled,
  showWorkflow,
  workflowForm,
  workflowListForm,
} from './show-workflow.ts'
import * as forms from './workflow-forms.ts'
import { workflows } from './workflows.ts'

const create = defineRoute<Record<never, never>, Record<never, never>, NewWorkflow>({
  method: 'POST',
  path: '/api/workflows',
  permission: 'workflows:write',
  summary:
    'Start a workflow: it is kept, acknowledged at once, planned and run in the background. A plan of your own is valid or refused.',
  body: forms.newWorkflow,
  idempotent: true,
  replies: { 202: { summary: 'Accepted; the same key and body give the same acknowledgement.', body: acceptedForm } },
  async handle(scope, { body, idempotencyKey }) {
    const { workflow_id } = await createWorkflow(scope, body, ofCaller(scope, idempotencyKey))
    // The same key and body get the first acknowledgement, however far the workflow is.
    return { status: 202, body: { workflow_id, status: 'planning' }, headers: { location: `/api/workflows/${workflow_id}` } }
  },
})

const list = defineRoute<Record<never, never>, forms.WorkflowListQuery>({
  method: 'GET',
  path: '/api/workflows',
  permission: 'workflows:read',
  summary:
    "Workflows, newest first, without their texts; with texts=true each with the beginning of its request; with session_id those of the caller's session. A page by both may be short.",
  query: forms.workflowListQuery,
  replies: { 200: { summary: 'A page.', body: workflowListForm } },
  async handle(scope, { query: { status, session_id, texts, limit, after } }) {
    const group = session_id === undefined ? status : await sessionOf(scope, session_id)
    const grouped = session_id === undefined ? 'status' : 'session'
    const page = await scope.state.list(workflows, group === undefined ? 'created' : grouped, {
      ...pageAskedFor({ limit, after }),
      descending: true,
      ...(group === undefined ? {} : { group }),
    })
    const wanted = page.items.filter(({ fields }) => status === undefined || fields.status === status)
    const { tenant } = scope.caller
    const items = texts
      ? await Promise.all(wanted.map((record) => showTitled(tenant, record)))
      : wanted.map(({ fields }) => showSummary(tenant, fields))
    return { status: 200, body: { items, next_cursor: toCursor(page.after) } }
  },
})

const read = defineRoute<forms.WorkflowParams>({
  method: 'GET',
  path: '/api/workflows/{id}',
  permission: 'workflows:read',
  summary: 'One workflow with its plan, every step and its result.',
  params: forms.workflowParams,
  replies: { 200: { summary: 'The workflow.', body: workflowForm } },
  async handle(scope, { params }) {
    return { status: 200, body: await showWorkflow(scope.caller.tenant, await getWorkflow(scope, params.id)) }
  },
})

const readStep = defineRoute<forms.StepParams>({
  method: 'GET',
  path: '/api/workflows/{id}/steps/{step}',
  permission: 'workflows:read',
  summary:
    'One step with all that is known of it: its agent, what its model is told, what the steps before gave, each try with its tool calls. ' +
    '`@synthesis` is the step that puts results together where the plan has none for it.',
  params: forms.stepParams,
  replies: { 200: { summary: 'The step.', body: stepForm } },
  async handle(scope, { params }) {
    return { status: 200, body: await showStepWhole(scope, { workflowId: params.id, stepId: params.step }) }
  },
})

const events = defineRoute<forms.WorkflowParams>({
  method: 'GET',
  path: '/api/workflows/{id}/events',
  permission: 'workflows:read',
  summary:
    'A workflow as it happens: status, plan, step, synthesis and approval for each change, with what a step cost; at the end done or ' +
    'error with the whole. Last-Event-ID resumes.',
  params: forms.workflowParams,
  streams: true,
  replies: {
    200: { summary: 'A stream of server-sent events.', body: null },
    204: {
      summary: 'The workflow has ended, and Last-Event-ID is its last event or behind it: an EventSource stops to ask.',
      body: null,
    },
  },
  async handle(scope, { params, lastEventId, signal }) {
    const record = await scope.state.get(workflows, { partition: params.id })
    if (!record) throw new NotFoundError('workflow')
    if (lastEventId !== undefined && (await isTold(scope, record, lastEventId))) return { status: 204 }
    return { status: 200, events: followWorkflow(scope, record, lastEventId ?? 0, signal) }
  },
})

const approve = defineRoute<forms.WorkflowParams, Record<never, never>, forms.ApproveBody | undefined>({
  method: 'POST',
  path: '/api/workflows/{id}/approve',
  permission: 'workflows:write',
  summary:
    'Agree to the plan, as it is or as whoever asked for it changes it in the body, to the step that the body names, or to the calls of ' +
    'tools that it waits with. Calls are to be named once there was a word on the step, and a plan that was made anew by its revision.',
  params: forms.workflowParams,
  body: forms.approveBody,
  idempotent: true,
  replies: { 200: { summary: 'It goes on.', body: changedForm } },
  async handle(scope, { params, body, idempotencyKey }) {
    return changed(scope, 200, await approveWorkflow(scope, params.id, { ...body, idempotencyKey }))
  },
})

const reject = defineRoute<forms.WorkflowParams, Record<never, never>, forms.RejectBody | undefined>({
  method: 'POST',
  path: '/api/workflows/{id}/reject',
  permission: 'workflows:write',
  summary:
    'Reject the plan, which ends the workflow, the step that the body names, or the calls of tools that it waits with: its agent is told why.',
  params: forms.workflowParams,
  body: forms.rejectBody,
  idempotent: true,
  replies: { 200: { summary: 'Rejected.', body: changedForm } },
  async handle(scope, { params, body, idempotencyKey }) {
    const { reason = 'Rejected.', ...about } = body ?? {}
    return changed(scope, 200, await rejectWorkflow(scope, params.id, { ...about, reason, idempotencyKey }))
  },
})

const cancel = defineRoute<forms.WorkflowParams, Record<never, never>, forms.CancelBody | undefined>({
  method: 'POST',
  path: '/api/workflows/{id}/cancel',
  permission: 'workflows:write',
  summary: 'Cancel a workflow; what its steps do is ended, too.',
  params: forms.workflowParams,
  body: forms.cancelBody,
  replies: { 202: { summary: 'It comes to its end.', body: changedForm } },
  async handle(scope, { params, body }) {
    return changed(scope, 202, await cancelWorkflow(scope, params.id, body?.reason ?? 'Cancelled.'))
  },
})

const resume = defineRoute<forms.WorkflowParams>({
  method: 'POST',
  path: '/api/workflows/{id}/resume',
  permission: 'workflows:write',
  summary: 'Wake a workflow that waits for its time. It goes on by itself in any case.',
  params: forms.workflowParams,
  replies: { 202: { summary: 'Woken.', body: changedForm } },
  async handle(scope, { params }) {
    return changed(scope, 202, await resumeWorkflow(scope, params.id))
  },
})

const retry = defineRoute<forms.StepParams>({
  method: 'POST',
  path: '/api/workflows/{id}/steps/{step}/retry',
  permission: 'workflows:write',
  summary: 'Have a step of a failed workflow done again, and what was left out behind it.',
  params: forms.stepParams,
  replies: { 202: { summary: 'It is done again.', body: changedForm } },
  async handle(scope, { params }) {
    return changed(scope, 202, await retryStep(scope, params.id, params.step))
  },
})

const fork = defineRoute<forms.WorkflowParams, Record<never, never>, Fork>({
  method: 'POST',
  path: '/api/workflows/{id}/fork',
  permission: 'workflows:write',
  summary:
    'Start a workflow that goes another way from a step on, which is done anew, or with another prompt, or has the result given; what ' +
    "doesn't depend on it and is completed is kept. The step is required.",
  params: forms.workflowParams,
  body: forms.forkBody,
  idempotent: true,
  replies: { 202: { summary: 'Accepted; the same key and body give the same acknowledgement.', body: acceptedForm } },
  async handle(scope, { params, body, idempotencyKey }) {
    const { workflow_id, approval } = await forkWorkflow(scope, params.id, body, ofCaller(scope, idempotencyKey))
    const status = approval === 'plan' ? 'awaiting_approval' : 'running'
    return { status: 202, body: { workflow_id, status }, headers: { location: `/api/workflows/${workflow_id}` } }
  },
})

function ofCaller(scope: Scope, key: string | undefined): KeyOption {
  return key === undefined ? {} : { idempotencyKey: keyOfCaller(scope, key) }
}

/** Whoever may act need not be allowed to read: the answer has no texts. */
function changed(scope: Scope, status: number, workflow: Workflow): { readonly status: number; readonly body: object } {
  return { status, body: showChanged(scope.caller.tenant, workflow) }
}

export const workflowRoutes: readonly AnyRoute[] = [
  create,
  list,
  read,
  readStep,
  events,
  approve,
  reject,
  cancel,
  resume,
  retry,
  fork,
]
