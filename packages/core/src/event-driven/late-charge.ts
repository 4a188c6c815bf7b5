import { ConflictError, PlinthError } from '../errors.ts'
import type { Usage } from '../language-model/catalogue.ts'
import { sleep } from '../ports/clock.ts'
import type { Uses } from '../scope/scope.ts'
import { charge } from '../tenancy/meter/meter.ts'
import { type RequestFields, requests } from './requests.ts'
import { keepingPause, keepingTries } from './retry.ts'
import { isIn, type Start } from './timeline.ts'
import { inAll } from './used.ts'

/**
 * Books a call whose request was cancelled or expired before the call's start was kept: whoever ended it could not know of the call and
 * gave all back. A call that was made twice because a worker lost its job isn't the tenant's to pay.
 * @param call.fields of the request as it was when the call ran, with its reservation.
 */
export async function chargeLate(
  scope: Uses<'state'>,
  call: { readonly fields: RequestFields; readonly start: Start; readonly used: Usage },
  signal: AbortSignal,
): Promise<void> {
  const { fields, start, used } = call
  const { request_id, round, model_id: model, user_id: user, reservation } = fields
  let written: Usage | undefined
  for (let failures = 1; ; failures++) {
    try {
      const record = await scope.state.get(requests, { partition: request_id })
      const now = record?.fields
      if (!record || !now || now.round !== round || !wasStopped(now) || isIn(now.timeline, start)) return
      // The commit whose answer was lost has happened: nothing else changes a request that has ended.
      if (written && sameUsage(now.usage, written)) return
      written = inAll(now, used)
      const also = charge(scope, reservation, { usage: used, model, user }, { bounded: false })
      await scope.state.update(requests, record, { ...now, usage: written }, { also })
      return
    } catch (error) {
      if (!PlinthError.is(error) || !error.retryable || failures === keepingTries) throw error
      if (!(error instanceof ConflictError)) await sleep(scope.clock, keepingPause(failures), signal)
    }
  }
}

function wasStopped({ status, error }: RequestFields): boolean {
  return status === 'cancelled' || (status === 'failed' && error?.code === 'expired')
}

function sameUsage(left: Usage | undefined, right: Usage): boolean {
  return left?.input_tokens === right.input_tokens && left.output_tokens === right.output_tokens && left.usd === right.usd
}
