import type { JsonWebKey } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rejection } from '../../src/contracts/index.ts'
import { UnavailableError } from '../../src/index.ts'
import { askAgainAfter, freshKeysFor, staleKeysFor } from '../../src/tenancy/identity/issuer-keys.ts'
import { MemoryOutbound, type ReceiverAnswer } from '../../src/testing/index.ts'
import { encode } from '../token-bench.ts'
import { IssuerBench, invalid, keysUrl, otherRsa, publicJwk, rsa, rsaIssuer, unavailable } from './issuer-bench.ts'

const first = publicJwk(rsa, { kid: 'rsa-1' })
const second = publicJwk(otherRsa, { kid: 'rsa-2' })

/** A token by the first key or the second, which no other test of the same bench has seen. */
function tokenBy(bench: IssuerBench, which: 1 | 2, serial = 0): string {
  const claims = bench.claims({ jti: `${serial}`, exp: bench.now + 1_000_000 })
  return bench.token(claims, { alg: 'RS256', kid: `rsa-${which}` }, which === 1 ? rsa : otherRsa)
}

function show(bench: IssuerBench, ...keys: readonly JsonWebKey[]): void {
  bench.served = { keys }
}

/** From now on the endpoint answers so. */
function breakDown(bench: IssuerBench, answer: ReceiverAnswer = 'unreachable'): void {
  bench.outbound.answer = () => answer
}

function mend(bench: IssuerBench): void {
  bench.outbound.answer = () => ({ body: JSON.stringify(bench.served) })
}

describe('the keys behind a URL', () => {
  it('are asked for when the first token needs them, and then kept for five minutes', async () => {
    const bench = await IssuerBench.remote()
    await bench.clock.advance(1_000)
    expect(bench.outbound.requests).toHaveLength(0)
    for (let serial = 0; serial < 5; serial++) expect(await bench.outcome(tokenBy(bench, 1, serial))).toBe('alpha')
    expect(bench.outbound.requests).toHaveLength(1)
    expect(bench.outbound.requests[0]).toMatchObject({ method: 'GET', url: keysUrl, timeout: 5_000, maxBytes: 262_144 })
    await bench.clock.advance(freshKeysFor - 1)
    expect(await bench.outcome(tokenBy(bench, 1))).toBe('alpha')
    expect(bench.outbound.requests).toHaveLength(1)
    await bench.clock.advance(1)
    expect(await bench.outcome(tokenBy(bench, 1))).toBe('alpha')
    expect(bench.outbound.requests).toHaveLength(2)
    expect(bench.clock.timers).toBe(0)
  })

  it('are asked for once, however many wait for them', async () => {
    const bench = await IssuerBench.remote()
    let answer = (_: ReceiverAnswer): void => {}
    bench.outbound.answer = () =>
      new Promise((resolve) => {
        answer = resolve
      })
    const waiting = Array.from({ length: 50 }, (_, serial) => bench.outcome(tokenBy(bench, 1, serial)))
    await bench.clock.advance(1_000)
    expect(bench.outbound.requests).toHaveLength(1)
    answer({ body: JSON.stringify(bench.served) })
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['alpha']))
    expect(bench.outbound.requests).toHaveLength(1)
  })

  it('are not asked for by a token that could not hold anyway [X58]', async () => {
    const bench = await IssuerBench.remote()
    const [header, claims, signature] = bench.token().split('.')
    for (const token of [
      'a.b.c',
      bench.token(bench.claims({ iss: 'https://attacker.example' })),
      bench.token(bench.claims(), { alg: 'none', kid: 'rsa-1' }),
      bench.token(bench.claims(), { alg: 'HS256', kid: 'rsa-1' }),
      bench.token(bench.claims(), { alg: 'PS256', kid: 'rsa-1' }),
      bench.token(bench.claims(), { alg: 'RS256', kid: 'rsa-1', crit: ['x'], x: 1 }),
      bench.token(bench.claims(), { alg: 'RS256', kid: 1 }),
      `${header}.${claims}.${signature}=`,
      `${header}.${encode('{"iss":"https://rsa.example","iss":"https://rsa.example"}')}.${signature}`,
    ])
      expect(await bench.refusal(token)).toBe(invalid)
    expect(bench.outbound.requests).toHaveLength(0)
  })

  it('are never asked for by the global fetch, nor from where a token says', async () => {
    const asked: unknown[] = []
    const { fetch } = globalThis
    globalThis.fetch = ((input: unknown) => {
      asked.push(input)
      return Promise.reject(new Error('no'))
    }) as typeof globalThis.fetch
    try {
      const bench = await IssuerBench.remote()
      const header = { alg: 'RS256', kid: 'rsa-9', jku: 'https://attacker.example/jwks', x5u: 'https://attacker.example/cert' }
      expect(await bench.refusal(bench.token(bench.claims(), header, otherRsa))).toBe(invalid)
      expect(bench.outbound.requests.map(({ url }) => url)).toEqual([keysUrl])
      expect(asked).toEqual([])
    } finally {
      globalThis.fetch = fetch
    }
  })
})

describe('when an issuer changes its keys', () => {
  it('a token by a new key is good at once, since a key that is unknown is asked for [X58]', async () => {
    const bench = await IssuerBench.remote()
    await bench.enter(tokenBy(bench, 1))
    show(bench, first, second)
    await bench.clock.advance(askAgainAfter)
    expect(await bench.outcome(tokenBy(bench, 2))).toBe('alpha')
    expect(await bench.outcome(tokenBy(bench, 1))).toBe('alpha')
    expect(bench.outbound.requests).toHaveLength(2)
  })

  it('but keys that are unknown make us ask once in 30 seconds, whoever names them [X58]', async () => {
    const bench = await IssuerBench.remote()
    await bench.enter(tokenBy(bench, 1))
    for (let serial = 0; serial < 300; serial++) {
      const header = serial % 3 === 0 ? { alg: 'RS256', kid: 'rsa-9' } : { alg: 'RS256', kid: `unknown-${serial}` }
      expect(await bench.refusal(bench.token(bench.claims(), header, otherRsa))).toBe(invalid)
      await bench.clock.advance(1_000)
    }
    // The first, then one in each half minute of five.
    expect(bench.outbound.requests.length).toBeLessThanOrEqual(11)
    expect(bench.outbound.requests.length).toBeGreaterThanOrEqual(10)
    expect(await bench.outcome(tokenBy(bench, 1))).toBe('alpha')
  })

  it('a key that it removed is taken for five minutes at most, also for tokens that were verified [X58]', async () => {
    const bench = await IssuerBench.remote()
    const remembered = tokenBy(bench, 1)
    await bench.enter(remembered)
    show(bench, second)
    await bench.clock.advance(freshKeysFor - 1)
    expect(await bench.outcome(remembered)).toBe('alpha')
    expect(await bench.outcome(tokenBy(bench, 1, 1))).toBe('alpha')
    await bench.clock.advance(1)
    expect(await bench.refusal(remembered)).toBe(invalid)
    expect(await bench.refusal(tokenBy(bench, 1, 2))).toBe(invalid)
    expect(await bench.outcome(tokenBy(bench, 2))).toBe('alpha')
    // It is not remembered for when the key comes back: it is verified anew.
    show(bench, first)
    await bench.clock.advance(freshKeysFor)
    expect(await bench.outcome(remembered)).toBe('alpha')
  })

  it('and no longer than a token by the new key needs to come [X58]', async () => {
    const bench = await IssuerBench.remote()
    const remembered = tokenBy(bench, 1)
    await bench.enter(remembered)
    show(bench, second)
    await bench.clock.advance(askAgainAfter)
    expect(await bench.outcome(tokenBy(bench, 2))).toBe('alpha')
    expect(await bench.refusal(remembered)).toBe(invalid)
  })

  it('while a signature is looked at, what is verified is not taken for verified by the new set [X58]', async () => {
    const bench = await IssuerBench.remote()
    const { verify } = crypto.subtle
    let rotated = false
    const rotating: typeof verify = async (...given) => {
      if (!rotated) {
        rotated = true
        show(bench, second)
        await bench.clock.advance(freshKeysFor)
        await bench.enter(tokenBy(bench, 2))
      }
      return verify.apply(crypto.subtle, given)
    }
    Object.defineProperty(crypto.subtle, 'verify', { value: rotating, configurable: true })
    try {
      const token = tokenBy(bench, 1)
      expect(await bench.outcome(token)).toBe('alpha')
      expect(await bench.refusal(token)).toBe(invalid)
    } finally {
      Reflect.deleteProperty(crypto.subtle, 'verify')
    }
  })

  it('the five minutes count from when it was asked, however late it answers [X58]', async () => {
    const bench = await IssuerBench.remote()
    let answer = (_: ReceiverAnswer): void => {}
    bench.outbound.answer = () =>
      new Promise((resolve) => {
        answer = resolve
      })
    const token = tokenBy(bench, 1)
    const outcome = bench.outcome(token)
    await bench.clock.advance(4_000)
    answer({ body: JSON.stringify(bench.served) })
    expect(await outcome).toBe('alpha')
    mend(bench)
    show(bench, second)
    await bench.clock.advance(freshKeysFor - 4_000)
    expect(await bench.refusal(token)).toBe(invalid)
  })

  it('another key under the same id ends what was verified by the old one [X58]', async () => {
    const bench = await IssuerBench.remote()
    const remembered = tokenBy(bench, 1)
    await bench.enter(remembered)
    show(bench, { ...second, kid: 'rsa-1' })
    await bench.clock.advance(freshKeysFor)
    expect(await bench.refusal(remembered)).toBe(invalid)
  })

  it('a set without keys lets nobody in', async () => {
    const bench = await IssuerBench.remote()
    await bench.enter(tokenBy(bench, 1))
    show(bench)
    await bench.clock.advance(freshKeysFor)
    expect(await bench.refusal(tokenBy(bench, 1))).toBe(invalid)
  })

  it('nothing is verified anew when the same keys come again, in another form', async () => {
    const bench = await IssuerBench.remote()
    const token = tokenBy(bench, 1)
    await bench.enter(token)
    const { kty, ...rest } = first
    bench.served = { other: 1, keys: [{ ...rest, x5c: ['new'], kty }] }
    await bench.clock.advance(freshKeysFor)
    const { verify } = crypto.subtle
    Object.defineProperty(crypto.subtle, 'verify', { value: () => Promise.reject(new Error('looked at')), configurable: true })
    try {
      expect(await bench.outcome(token)).toBe('alpha')
    } finally {
      Reflect.deleteProperty(crypto.subtle, 'verify')
    }
    expect(crypto.subtle.verify).toBe(verify)
    expect(bench.outbound.requests).toHaveLength(2)
  })
})

describe('when an issuer cannot be asked', () => {
  const faults: readonly [string, ReceiverAnswer][] = [
    ['it is not there', 'unreachable'],
    ['its address is closed', 'address_refused'],
    ['it is too slow', { hangs: 'at once' }],
    ['it stops in between', { hangs: 'in the body', body: '{"keys":' }],
    ['it answers 500', { status: 500, body: JSON.stringify({ keys: [first] }) }],
    ['it answers 404', { status: 404, body: JSON.stringify({ keys: [first] }) }],
    [
      'it leads elsewhere',
      { status: 302, headers: { location: 'https://attacker.example/jwks' }, body: JSON.stringify({ keys: [first] }) },
    ],
    ['it answers 204', { status: 204 }],
    ['it answers with a page', { body: '<html></html>' }],
    ['it answers with no set', { body: JSON.stringify([first]) }],
    ['it answers with a key alone', { body: JSON.stringify(first) }],
    ['it answers with keys that are no list', { body: JSON.stringify({ keys: { 0: first } }) }],
    ['it answers null', { body: 'null' }],
    ['it has more than a hundred keys', { body: JSON.stringify({ keys: new Array(101).fill(first) }) }],
    ['it has more than 256 KiB', { body: JSON.stringify({ keys: [first], filler: 'x'.repeat(262_144) }) }],
    ['it answers with endless depth', { body: `{"keys":[${'['.repeat(100_000)}${']'.repeat(100_000)}]` }],
  ]

  it.each(faults)('nobody is let in, and that is told as what it is: %s [X58]', async (_, answer) => {
    const bench = await IssuerBench.remote()
    breakDown(bench, answer)
    const refusal = rejection(bench.enter(tokenBy(bench, 1)))
    await bench.clock.advance(5_000)
    expect(await refusal).toBeInstanceOf(UnavailableError)
    expect(await refusal).toMatchObject({ code: 'issuer_unavailable', retryable: true, retryAfter: 1 })
    expect(((await refusal) as Error).message).not.toContain('rsa.example')
    expect(bench.lookups).toEqual([])
    // Others are none of its concern.
    expect(await bench.outcome(bench.local.token())).toBe('alpha')
    mend(bench)
    await bench.clock.advance(1_000)
    expect(await bench.outcome(tokenBy(bench, 1))).toBe('alpha')
  })

  it('it is left alone for a pause, which doubles up to two minutes', async () => {
    const bench = await IssuerBench.remote()
    const times: number[] = []
    bench.outbound.answer = () => {
      times.push(bench.clock.now())
      return 'unreachable'
    }
    const tokens = [tokenBy(bench, 1), bench.token(bench.claims(), { alg: 'RS256', kid: 'unknown' }, otherRsa)]
    for (let second = 0; second < 1_200; second++) {
      for (const token of tokens) expect(await bench.refusal(token)).toBe(unavailable)
      await bench.clock.advance(1_000)
    }
    const pauses = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 1_000)
    for (const [index, pause] of pauses.entries()) {
      const most = Math.min(120, 2 ** index)
      expect(pause).toBeGreaterThanOrEqual(most / 2)
      expect(pause).toBeLessThanOrEqual(most + 1)
    }
    expect(pauses.length).toBeGreaterThan(14)
  })

  it('a refusal says after how many seconds the issuer is asked again', async () => {
    const bench = await IssuerBench.remote()
    breakDown(bench)
    for (let round = 0; round < 8; round++) {
      const { retryAfter = 0 } = (await rejection(bench.enter(tokenBy(bench, 1, round)))) as UnavailableError
      const { length } = bench.outbound.requests
      expect(length).toBe(round + 1)
      expect(retryAfter).toBeGreaterThanOrEqual(2 ** round / 2)
      expect(retryAfter).toBeLessThanOrEqual(2 ** round)
      await bench.clock.advance(retryAfter * 1_000)
    }
  })

  it('after it was there again the pauses begin anew', async () => {
    const bench = await IssuerBench.remote()
    breakDown(bench)
    for (let round = 0; round < 7; round++) {
      await bench.refusal(tokenBy(bench, 1))
      await bench.clock.advance(120_000)
    }
    mend(bench)
    await bench.enter(tokenBy(bench, 1))
    breakDown(bench)
    await bench.clock.advance(staleKeysFor)
    expect(((await rejection(bench.enter(tokenBy(bench, 1)))) as UnavailableError).retryAfter).toBe(1)
  })

  it('the keys that it had are taken for an hour, then nobody is let in [X58]', async () => {
    const bench = await IssuerBench.remote()
    const remembered = tokenBy(bench, 1)
    await bench.enter(remembered)
    breakDown(bench)
    const start = bench.clock.now()
    for (let serial = 1; bench.clock.now() - start < staleKeysFor; serial++) {
      expect(await bench.outcome(remembered)).toBe('alpha')
      expect(await bench.outcome(tokenBy(bench, 1, serial))).toBe('alpha')
      await bench.clock.advance(60_000)
    }
    expect(bench.clock.now() - start).toBe(staleKeysFor)
    expect(await bench.refusal(remembered)).toBe(unavailable)
    expect(await bench.refusal(tokenBy(bench, 1, -1))).toBe(unavailable)
    mend(bench)
    await bench.clock.advance(120_000)
    expect(await bench.outcome(remembered)).toBe('alpha')
  })

  it('a token by a key that may be new is not called forged: nobody knows yet', async () => {
    const bench = await IssuerBench.remote()
    await bench.enter(tokenBy(bench, 1))
    show(bench, first, second)
    breakDown(bench)
    await bench.clock.advance(askAgainAfter)
    expect(await bench.refusal(tokenBy(bench, 2))).toBe(unavailable)
    // Others go on meanwhile.
    expect(await bench.outcome(tokenBy(bench, 1, 1))).toBe('alpha')
    mend(bench)
    await bench.clock.advance(1_000)
    expect(await bench.outcome(tokenBy(bench, 2))).toBe('alpha')
  })

  it('and the clock is set back, keys of an age that nobody knows are not taken for fresh', async () => {
    const bench = await IssuerBench.remote()
    await bench.enter(tokenBy(bench, 1))
    const { length } = bench.outbound.requests
    bench.clock.jump(bench.clock.now() - 86_400_000)
    expect(await bench.outcome(tokenBy(bench, 1, 1))).toBe('alpha')
    expect(bench.outbound.requests).toHaveLength(length + 1)
    breakDown(bench)
    bench.clock.jump(bench.clock.now() - 86_400_000)
    expect(await bench.refusal(tokenBy(bench, 1, 2))).toBe(unavailable)
  })
})

describe('issuers', () => {
  it('have their keys apart: the outage of one is not the others', async () => {
    const url = 'https://other.example/jwks'
    const bench = await IssuerBench.open({
      trusted: [
        { ...rsaIssuer, keys: keysUrl },
        { ...rsaIssuer, issuer: 'https://other.example', keys: url },
      ],
    })
    bench.outbound.answer = (request) => (request.url === url ? 'unreachable' : { body: JSON.stringify({ keys: [first] }) })
    const other = bench.token(bench.claims({ iss: 'https://other.example' }))
    expect(await bench.refusal(other)).toBe(unavailable)
    expect(await bench.outcome(bench.token())).toBe('alpha')
  })
})

describe('over any course of events', () => {
  type Step =
    | { readonly wait: number }
    | { readonly show: readonly (1 | 2)[] }
    | { readonly up: boolean }
    | { readonly token: 1 | 2; readonly again: boolean }
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .constantFrom(1, 999, 5_000, 29_999, 30_000, 120_000, 299_999, 300_000, 1_800_000, 3_600_000)
        .map((wait) => ({ wait })),
    },
    { weight: 1, arbitrary: fc.subarray([1, 2] as const).map((keys) => ({ show: keys })) },
    { weight: 1, arbitrary: fc.boolean().map((up) => ({ up })) },
    { weight: 4, arbitrary: fc.record({ token: fc.constantFrom(1 as const, 2 as const), again: fc.boolean() }) },
  )

  it('no key is taken five minutes after it was removed, an hour during an outage; and the issuer is not pestered [X58]', async () => {
    const met = { taken: 0, refused: 0, unavailable: 0 }
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const bench = await IssuerBench.remote()
        const start = bench.clock.now()
        const outbound = new MemoryOutbound({ clock: bench.clock })
        let up = true
        let shown: readonly (1 | 2)[] = [1]
        const lastShown = new Map<1 | 2, number>([[1, start]])
        let upSince = start
        const asked: { readonly at: number; readonly good: boolean; readonly shown: readonly number[] }[] = []
        outbound.answer = () => {
          asked.push({ at: bench.clock.now(), good: up, shown })
          return up ? { body: JSON.stringify({ keys: shown.map((which) => (which === 1 ? first : second)) }) } : 'unreachable'
        }
        bench.gate = bench.newGate({ trusted: [{ ...rsaIssuer, keys: keysUrl }], outbound })
        const old = { 1: tokenBy(bench, 1), 2: tokenBy(bench, 2) }
        for (const [serial, each] of steps.entries()) {
          const now = bench.clock.now()
          for (const which of shown) lastShown.set(which, now)
          if ('wait' in each) {
            await bench.clock.advance(each.wait)
            for (const which of shown) lastShown.set(which, bench.clock.now())
          } else if ('show' in each) shown = each.show
          else if ('up' in each) {
            if (each.up && !up) upSince = now
            up = each.up
          } else {
            const outcome = await bench.outcome(each.again ? old[each.token] : tokenBy(bench, each.token, serial + 1))
            const gone = now - (lastShown.get(each.token) ?? Number.NEGATIVE_INFINITY)
            if (outcome === 'alpha') {
              met.taken++
              expect(gone).toBeLessThan(staleKeysFor)
              // With the endpoint there all the time it is asked, but for the pause that an outage left behind.
              if (up && now - upSince >= 120_000) expect(gone).toBeLessThan(freshKeysFor)
            } else if (outcome === invalid) {
              met.refused++
              // Nobody is refused by a guess: the last answer was one, and lacked the key.
              expect(asked.at(-1)).toMatchObject({ good: true })
              expect(asked.at(-1)?.shown).not.toContain(each.token)
            } else {
              met.unavailable++
              expect(outcome).toBe(unavailable)
              expect(asked.at(-1)?.good).toBe(false)
            }
          }
        }
        for (const [index, { at, good }] of asked.entries()) {
          const next = asked[index + 1]
          if (next) expect(next.at - at).toBeGreaterThanOrEqual(good ? askAgainAfter : 500)
        }
      }),
      { numRuns: 150 },
    )
    for (const count of Object.values(met)) expect(count).toBeGreaterThan(10)
  })
})
