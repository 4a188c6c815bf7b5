import { type Fault, ofTable, oneAtATime, type ProxiedAnswer, refusal } from './fault-proxy.ts'

/** One request in so many meets a fault. */
const rare = 8

/**
 * Throttles, faults inside, connections that break before and after the effect, parts of batches that aren't taken, messages that
 * are delivered twice and the other way round; by a seed. DynamoDB is asked one request at a time, since moto can't isolate
 * transactions.
 */
export function badDay(from: number): { readonly fault: Fault; met(): number } {
  let state = from
  let met = 0
  const inTurn = oneAtATime()
  const chance = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
  const fault: Fault = async (asked, forward) => {
    const effect = (): Promise<ProxiedAnswer> => {
      return ofTable(asked) ? inTurn(asked, forward) : forward()
    }
    if (asked.operation === 'ReceiveMessage') return deliveredOddly(await effect(), chance)
    if (chance(rare) !== 0) return effect()
    met++
    switch (chance(5)) {
      case 0:
        return refusal(asked, 400, 'ThrottlingException', 'too fast')
      case 1:
        return refusal(asked, 500, 'InternalServerError', 'a fault inside')
      case 2:
        return 'reset'
      case 3:
        await effect()
        return 'reset'
      default:
        return asked.operation === 'PutEvents' ? withoutFirst(await effect()) : effect()
    }
  }
  return { fault, met: () => met }
}

function deliveredOddly(answer: ProxiedAnswer, chance: (below: number) => number): ProxiedAnswer {
  const body = JSON.parse(answer.body.toString()) as { Messages?: object[] }
  const { Messages = [] } = body
  if (Messages.length === 0) return answer
  const odd = chance(3) === 0 ? [...Messages, ...Messages] : Messages.toReversed()
  return { ...answer, body: Buffer.from(JSON.stringify({ ...body, Messages: odd })) }
}

/** EventBridge took all entries but the first, though it says so itself. */
function withoutFirst(answer: ProxiedAnswer): ProxiedAnswer {
  const { Entries = [] } = JSON.parse(answer.body.toString()) as { Entries?: object[] }
  const failed = Entries.map((entry, index) =>
    index === 0 ? { ErrorCode: 'InternalFailure', ErrorMessage: 'not this one' } : entry,
  )
  return { ...answer, body: Buffer.from(JSON.stringify({ FailedEntryCount: Math.min(1, Entries.length), Entries: failed })) }
}
