import { type PageQuery, pageAskedFor, toCursor } from '../define/forms.ts'
import { type AnyRoute, defineRoute } from '../define/route.ts'
import { getRequest } from '../event-driven/manage.ts'
import type { Uses } from '../scope/scope.ts'
import type { Target } from './errand.ts'
import * as forms from './forms.ts'
import {
  changeSubscriber,
  createSubscriber,
  getSubscriber,
  type NewSubscriber,
  removeSubscriber,
  required,
  rotateSubscriberSecret,
} from './manage-subscribers.ts'
import { acknowledgeMessages, receiveMessages } from './pull-queue.ts'
import { deliveries, subscribers } from './records.ts'
import { getReplay, type NewReplay, startReplay } from './replay.ts'
import { rotateTenantSecret, tenantSecret } from './secrets.ts'

type None = Record<never, never>

const create = defineRoute<None, None, NewSubscriber>({
  method: 'POST',
  path: '/api/subscribers',
  permission: 'requests:write',
  summary: "Tell a webhook or a pull queue of events from now on. A webhook's secret is shown this once.",
  body: forms.newSubscriberForm,
  replies: { 201: { summary: 'The subscriber.', body: forms.madeSubscriberForm } },
  async handle(scope, { body }) {
    const record = await createSubscriber(scope, body)
    const secret = await record.open('secret')
    return {
      status: 201,
      body: { ...(await forms.showSubscriber(scope, record)), ...(secret === undefined ? {} : { secret }) },
      headers: { location: `/api/subscribers/${record.fields.subscriber_id}` },
    }
  },
})

const list = defineRoute<None, PageQuery>({
  method: 'GET',
  path: '/api/subscribers',
  permission: 'requests:read',
  summary: 'Subscribers, newest first.',
  query: forms.listQuery,
  replies: { 200: { summary: 'A page.', body: forms.subscriberListForm } },
  async handle(scope, { query }) {
    const found = await scope.state.list(subscribers, 'created', { ...pageAskedFor(query), descending: true })
    const items = await Promise.all(found.items.map((record) => forms.showSubscriber(scope, record)))
    return { status: 200, body: { items, next_cursor: toCursor(found.after) } }
  },
})

const read = defineRoute<forms.IdParams>({
  method: 'GET',
  path: '/api/subscribers/{id}',
  permission: 'requests:read',
  summary: 'One subscriber.',
  params: forms.idParams,
  replies: { 200: { summary: 'The subscriber.', body: forms.subscriberForm } },
  async handle(scope, { params }) {
    return { status: 200, body: await forms.showSubscriber(scope, await getSubscriber(scope, params.id)) }
  },
})

const change = defineRoute<forms.IdParams, None, forms.SubscriberChange>({
  method: 'PATCH',
  path: '/api/subscribers/{id}',
  permission: 'requests:write',
  summary: 'Change what a subscriber is told of, or whether.',
  params: forms.idParams,
  body: forms.subscriberChangeForm,
  replies: { 200: { summary: 'The subscriber.', body: forms.subscriberForm } },
  async handle(scope, { params, body }) {
    return { status: 200, body: await forms.showSubscriber(scope, await changeSubscriber(scope, params.id, body)) }
  },
})

const drop = defineRoute<forms.IdParams>({
  method: 'DELETE',
  path: '/api/subscribers/{id}',
  permission: 'requests:write',
  summary: 'Remove a subscriber, and what waits for it.',
  params: forms.idParams,
  replies: { 204: { summary: 'Removed.', body: null } },
  async handle(scope, { params }) {
    await removeSubscriber(scope, params.id)
    return { status: 204 }
  },
})

const deliveriesOf = defineRoute<forms.IdParams, PageQuery>({
  method: 'GET',
  path: '/api/subscribers/{id}/deliveries',
  permission: 'requests:read',
  summary: "A subscriber's deliveries, newest first: attempts, what failed, when it is tried next.",
  params: forms.idParams,
  query: forms.listQuery,
  replies: { 200: { summary: 'A page.', body: forms.deliveryListForm } },
  async handle(scope, { params, query }) {
    await getSubscriber(scope, params.id)
    return { status: 200, body: await deliveriesTo(scope, `subscriber:${params.id}`, query) }
  },
})

const callbackDeliveries = defineRoute<forms.IdParams, PageQuery>({
  method: 'GET',
  path: '/api/requests/{id}/deliveries',
  permission: 'requests:read',
  summary: "The deliveries to a request's callback_url, newest first.",
  params: forms.idParams,
  query: forms.listQuery,
  replies: { 200: { summary: 'A page.', body: forms.deliveryListForm } },
  async handle(scope, { params, query }) {
    await getRequest(scope, params.id)
    return { status: 200, body: await deliveriesTo(scope, `callback:${params.id}`, query) }
  },
})

const rotate = defineRoute<forms.IdParams>({
  method: 'POST',
  path: '/api/subscribers/{id}/secret/rotate',
  permission: 'requests:write',
  summary: "Change a webhook's secret. For 24 hours both sign.",
  params: forms.idParams,
  replies: { 200: { summary: 'The new secret.', body: forms.secretForm } },
  async handle(scope, { params }) {
    return { status: 200, body: forms.showSecretReply(await rotateSubscriberSecret(scope, params.id)) }
  },
})

const receive = defineRoute<forms.IdParams, None, forms.ReceiveBody>({
  method: 'POST',
  path: '/api/subscribers/{id}/receive',
  permission: 'requests:write',
  summary: 'Take events from a pull queue. What is not acknowledged in time is handed out again.',
  params: forms.idParams,
  body: forms.receiveForm,
  replies: { 200: { summary: 'None, some or as many as asked for.', body: forms.messagesForm } },
  async handle(scope, { params, body }) {
    const options = { max: body.max, visibilityMilliseconds: body.visibility_seconds * 1_000 }
    return { status: 200, body: { messages: (await receiveMessages(scope, params.id, options)).map(forms.showMessage) } }
  },
})

const acknowledge = defineRoute<forms.IdParams, None, forms.AcknowledgeBody>({
  method: 'POST',
  path: '/api/subscribers/{id}/acknowledge',
  permission: 'requests:write',
  summary: 'Remove events that were worked from a pull queue.',
  params: forms.idParams,
  body: forms.acknowledgeForm,
  replies: { 200: { summary: 'Which receipts were taken, and which not.', body: forms.acknowledgedForm } },
  async handle(scope, { params, body }) {
    await getSubscriber(scope, params.id)
    return { status: 200, body: await acknowledgeMessages(scope, params.id, required(body.receipts, 'receipts')) }
  },
})

const secret = defineRoute({
  method: 'GET',
  path: '/api/webhooks/secret',
  // Who knows it can sign in our name, so reading is not enough.
  permission: 'requests:write',
  summary: 'The secret that signs what is sent to callback URLs.',
  replies: { 200: { summary: 'The secret.', body: forms.secretForm } },
  async handle(scope) {
    return { status: 200, body: forms.showSecretReply(await tenantSecret(scope)) }
  },
})

const rotateOwn = defineRoute({
  method: 'POST',
  path: '/api/webhooks/secret/rotate',
  permission: 'requests:write',
  summary: 'Change the secret that signs what is sent to callback URLs. For 24 hours both sign.',
  replies: { 200: { summary: 'The new secret.', body: forms.secretForm } },
  async handle(scope) {
    return { status: 200, body: forms.showSecretReply(await rotateTenantSecret(scope)) }
  },
})

const replay = defineRoute<None, None, NewReplay>({
  method: 'POST',
  path: '/api/events/replay',
  permission: 'requests:write',
  summary: 'Tell subscribers once more of the events from a time or sequence up to now, under the same ids.',
  body: forms.replayBodyForm,
  replies: { 202: { summary: 'Begun.', body: forms.replayForm } },
  async handle(scope, { body }) {
    const started = await startReplay(scope, body)
    return { status: 202, body: forms.showReplay(started), headers: { location: `/api/events/replay/${started.replay_id}` } }
  },
})

const replayStatus = defineRoute<forms.IdParams>({
  method: 'GET',
  path: '/api/events/replay/{id}',
  permission: 'requests:read',
  summary: 'How far a replay is.',
  params: forms.idParams,
  replies: { 200: { summary: 'The replay.', body: forms.replayForm } },
  async handle(scope, { params }) {
    return { status: 200, body: forms.showReplay(await getReplay(scope, params.id)) }
  },
})

export const subscriberRoutes: readonly AnyRoute[] = [
  create,
  list,
  read,
  change,
  deliveriesOf,
  callbackDeliveries,
  rotate,
  receive,
  acknowledge,
  drop,
  secret,
  rotateOwn,
  replay,
  replayStatus,
]

async function deliveriesTo(scope: Uses<'state'>, target: Target, query: PageQuery): Promise<object> {
  const found = await scope.state.list(deliveries, 'created', { group: target, ...pageAskedFor(query), descending: true })
  return { items: found.items.map((record) => forms.showDelivery(record.fields)), next_cursor: toCursor(found.after) }
}
