import { type Look, look } from './look.ts'
import type { SignedRequests } from './signed-requests.ts'

/** Whose credentials sign. */
export interface CallerIdentity {
  readonly account: string
  readonly arn: string
  /** How far this machine's clock is ahead of AWS's, in milliseconds. */
  readonly drift: number | undefined
}

/** All that needs an account waits for this answer. Milliseconds. */
const identityLimit = 5_000

/** Asks STS, which tells it to whoever has good credentials. */
export function examineIdentity(requests: SignedRequests): Promise<Look<CallerIdentity>> {
  return look(async (call) => {
    const { text, drift } = await call('sts:GetCallerIdentity', (signal) =>
      requests.send({ service: 'sts', body: 'Action=GetCallerIdentity&Version=2011-06-15' }, signal),
    )
    return { account: fieldOf(text, 'Account'), arn: fieldOf(text, 'Arn'), drift }
  }, identityLimit)
}

/** STS answers in XML. */
function fieldOf(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1] ?? 'unknown'
}
