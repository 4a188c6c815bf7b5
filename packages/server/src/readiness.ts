import { type Platform, sleep, systemTenant } from '@plinth/core'

/** A look is good for so long, and one that takes longer than the second of these counts as a no. Milliseconds. */
const [fresh, patience] = [2_000, 1_500]

/** Whether the platform's state can be read: who can't read it can't serve. However often it is asked, there is a look every 2 s. */
export function readiness(platform: Platform): () => Promise<boolean> {
  const { clock, store } = platform.operate()
  let lookedAt = Number.NEGATIVE_INFINITY
  let found = Promise.resolve(true)
  const look = async (): Promise<boolean> => {
    const read = store.get({ tenant: systemTenant, collection: 'tenants', partition: 'tenants', sort: '-' }).then(
      () => true,
      () => false,
    )
    const late = new AbortController()
    const slow = sleep(clock, patience, late.signal).then(
      () => false,
      () => false,
    )
    const answer = await Promise.race([read, slow])
    late.abort()
    return answer
  }
  return () => {
    // A clock may jump back.
    if (Math.abs(clock.now() - lookedAt) >= fresh) {
      lookedAt = clock.now()
      found = look()
    }
    return found
  }
}
