import { expect } from 'vitest'
import { InvalidInputError, KeyUnusableError, SealError } from '../errors.ts'
import type { KeyService } from '../ports/key-service.ts'
import { type ContractOptions, describeContract, type Subject } from './contract.ts'

const dataKey = Uint8Array.from({ length: 32 }, (_, index) => index * 7 + 1)
const context = { tenant_id: 'acme', field_name: 'prompt' }
const fiveMinutes = 5 * 60_000

/** The promises of {@link KeyService}, one test each. */
export function describeKeyServiceContract(adapter: string, options: ContractOptions<KeyService>): void {
  describeContract('KeyService', adapter, options, {
    'unwrap gives back what wrap was given': async (subject) => {
      const { port } = subject()
      const alias = 'alias/contract/round-trip'
      expect(await port.describe(alias)).toBeUndefined()
      const description = await port.ensure(alias)
      expect(description).toEqual({ alias, state: 'enabled', generation: 1 })
      expect(await port.describe(alias)).toEqual(description)
      for (const bound of [context, {}, { only: '' }, { ключ: 'значение', quote: '"\\\n' }]) {
        expect(await port.unwrap(alias, await port.wrap(alias, dataKey, bound), bound)).toEqual(dataKey)
      }
    },

    'unwraps only under the same alias, else SealError': async (subject) => {
      const { port } = subject()
      const [alias, other] = ['alias/contract/mine', 'alias/contract/mine2']
      await Promise.all([port.ensure(alias), port.ensure(other)])
      const wrapped = await port.wrap(alias, dataKey, context)
      await expect(port.unwrap(other, wrapped, context)).rejects.toBeInstanceOf(SealError)
      expect(await port.unwrap(alias, wrapped, context)).toEqual(dataKey)
    },

    'unwraps only under an equal context, whatever the order of its fields, else SealError': async (subject) => {
      const { port } = subject()
      const alias = 'alias/contract/context'
      await port.ensure(alias)
      const wrapped = await port.wrap(alias, dataKey, context)
      expect(await port.unwrap(alias, wrapped, { field_name: 'prompt', tenant_id: 'acme' })).toEqual(dataKey)
      const others: Record<string, string>[] = [
        {},
        { tenant_id: 'acme' },
        { tenant_id: 'acme', field_name: 'result' },
        { tenant_id: 'Acme', field_name: 'prompt' },
        { tenant_id: 'prompt', field_name: 'acme' },
        { ...context, extra: '' },
        { 'tenant_id":"acme","field_name': 'prompt' },
      ]
      for (const other of others) {
        await expect(port.unwrap(alias, wrapped, other), JSON.stringify(other)).rejects.toBeInstanceOf(SealError)
      }
      const bare = await port.wrap(alias, dataKey, {})
      await expect(port.unwrap(alias, bare, context)).rejects.toBeInstanceOf(SealError)
    },

    'changed bytes are SealError, whichever they are': async (subject) => {
      const { port } = subject()
      const alias = 'alias/contract/tampered'
      await port.ensure(alias)
      const wrapped = await port.wrap(alias, dataKey, context)
      for (let index = 0; index < wrapped.byteLength; index++) {
        const changed = wrapped.slice()
        changed[index] = (changed[index] ?? 0) ^ 0xff
        await expect(port.unwrap(alias, changed, context), `byte ${index}`).rejects.toBeInstanceOf(SealError)
      }
      for (const cut of [0, 1, 4, 20, wrapped.byteLength - 1]) {
        await expect(port.unwrap(alias, wrapped.slice(0, cut), context), `cut to ${cut}`).rejects.toBeInstanceOf(SealError)
      }
      const longer = Uint8Array.from([...wrapped, 0])
      await expect(port.unwrap(alias, longer, context)).rejects.toBeInstanceOf(SealError)
      expect(await port.unwrap(alias, wrapped, context)).toEqual(dataKey)
    },

    'nothing about the data key shows in the wrapped bytes': async (subject) => {
      const { port } = subject()
      const alias = 'alias/contract/hidden'
      await port.ensure(alias)
      const first = await port.wrap(alias, dataKey, context)
      const second = await port.wrap(alias, dataKey, context)
      // Equal keys, bytes that tell nothing of it; and no four bytes of the key in a row.
      expect(second).not.toEqual(first)
      for (let start = 0; start + 4 <= dataKey.byteLength; start++) {
        expect(text(first)).not.toContain(text(dataKey.subarray(start, start + 4)))
      }
    },

    'ensure twice, also at the same time, gives one key': async (subject) => {
      const { port } = subject()
      const alias = 'alias/contract/ensured'
      const wrapped = await Promise.all(
        Array.from({ length: 20 }, async () => {
          expect(await port.ensure(alias)).toEqual({ alias, state: 'enabled', generation: 1 })
          return port.wrap(alias, dataKey, context)
        }),
      )
      expect(await port.ensure(alias)).toEqual({ alias, state: 'enabled', generation: 1 })
      for (const one of wrapped) expect(await port.unwrap(alias, one, context)).toEqual(dataKey)
    },

    'after rotate new wraps use new material, and what was wrapped before still unwraps': async (subject) => {
      const { port } = subject()
      const alias = 'alias/contract/rotated'
      await port.ensure(alias)
      const wrapped = [await port.wrap(alias, dataKey, context)]
      for (const generation of [2, 3]) {
        expect(await port.rotate(alias)).toEqual({ alias, state: 'enabled', generation })
        wrapped.push(await port.wrap(alias, dataKey, context))
      }
      expect(await port.describe(alias)).toMatchObject({ generation: 3 })
      expect(await port.ensure(alias)).toMatchObject({ generation: 3 })
      for (const one of wrapped) expect(await port.unwrap(alias, one, context)).toEqual(dataKey)
    },

    'within 5 minutes of disable both fail with KeyUnusableError, until enable': async (subject) => {
      const { port, clock } = subject()
      const alias = 'alias/contract/disabled'
      await port.ensure(alias)
      const wrapped = await port.wrap(alias, dataKey, context)
      await port.disable(alias)
      await port.disable(alias)
      await clock?.advance(fiveMinutes)
      await expectUnusable(port, alias, wrapped, 'key_disabled')
      // Ensuring is not enabling.
      expect(await port.ensure(alias)).toMatchObject({ state: 'disabled' })
      expect(await port.describe(alias)).toMatchObject({ state: 'disabled', generation: 1 })
      await expectUnusable(port, alias, wrapped, 'key_disabled')
      await port.enable(alias)
      await port.enable(alias)
      await clock?.advance(fiveMinutes)
      expect(await port.unwrap(alias, wrapped, context)).toEqual(dataKey)
      expect(await port.unwrap(alias, await port.wrap(alias, dataKey, context), context)).toEqual(dataKey)
    },

    'after destroy both fail at once and for good; the date says from when': async (subject) => {
      const { port, clock } = subject()
      const alias = 'alias/contract/destroyed'
      await port.ensure(alias)
      const wrapped = await port.wrap(alias, dataKey, context)
      const { irrecoverableAt } = await port.destroy(alias)
      if (clock) expect(irrecoverableAt).toBeGreaterThanOrEqual(clock.now())
      await expectDestroyed(port, alias, wrapped, irrecoverableAt)
      await clock?.advance(fiveMinutes)
      expect(await port.destroy(alias)).toEqual({ irrecoverableAt })
      await expectDestroyed(port, alias, wrapped, irrecoverableAt)
    },

    'a disabled key can be destroyed': async (subject) => {
      const { port } = subject()
      const alias = 'alias/contract/disabled-destroyed'
      await port.ensure(alias)
      const wrapped = await port.wrap(alias, dataKey, context)
      await port.disable(alias)
      const { irrecoverableAt } = await port.destroy(alias)
      await expectDestroyed(port, alias, wrapped, irrecoverableAt)
    },

    "whatever is asked of a key that doesn't exist fails with KeyUnusableError": async (subject) => {
      const { port } = subject()
      const alias = 'alias/contract/none'
      await expectUnusable(port, alias, new Uint8Array(80), 'key_absent')
      for (const call of ['rotate', 'disable', 'enable', 'destroy'] as const) {
        await expect(port[call](alias), call).rejects.toMatchObject({ code: 'key_absent' })
      }
      expect(await port.describe(alias)).toBeUndefined()
    },

    'data keys have 16–64 bytes, aliases are as the port says, else InvalidInputError': async (subject) => {
      const { port } = subject()
      const alias = `alias/${'aZ09/_-'.repeat(28)}last`
      expect(alias).toHaveLength(206)
      await port.ensure(alias)
      for (const length of [16, 64]) {
        const long = Uint8Array.from({ length }, (_, index) => index)
        expect(await port.unwrap(alias, await port.wrap(alias, long, context), context)).toEqual(long)
      }
      for (const length of [0, 15, 65]) {
        await expect(port.wrap(alias, new Uint8Array(length), context)).rejects.toBeInstanceOf(InvalidInputError)
      }
      for (const bad of [
        '',
        'key',
        'alias/',
        `${alias}x`,
        'alias/a b',
        'alias/a.b',
        'alias/ä',
        'alias/a\n',
        'alias/aws/s3',
        ' alias/a',
      ]) {
        await expect(port.ensure(bad), bad).rejects.toBeInstanceOf(InvalidInputError)
        await expect(port.describe(bad), bad).rejects.toBeInstanceOf(InvalidInputError)
        await expect(port.wrap(bad, dataKey, context), bad).rejects.toBeInstanceOf(InvalidInputError)
        await expect(port.unwrap(bad, dataKey, context), bad).rejects.toBeInstanceOf(InvalidInputError)
      }
    },

    'keys, their generations and their states outlive the process': async (subject) => {
      await outlives(subject())
    },
  })
}

async function outlives({ port, reopen }: Subject<KeyService>): Promise<void> {
  const [kept, disabled, destroyed] = ['alias/contract/kept', 'alias/contract/kept-disabled', 'alias/contract/kept-destroyed']
  for (const alias of [kept, disabled, destroyed]) await port.ensure(alias)
  const first = await port.wrap(kept, dataKey, context)
  await port.rotate(kept)
  const second = await port.wrap(kept, dataKey, context)
  const lost = await port.wrap(destroyed, dataKey, context)
  await port.disable(disabled)
  const { irrecoverableAt } = await port.destroy(destroyed)
  if (!reopen) return
  const again = await reopen()
  expect(await again.describe(kept)).toEqual({ alias: kept, state: 'enabled', generation: 2 })
  for (const wrapped of [first, second]) expect(await again.unwrap(kept, wrapped, context)).toEqual(dataKey)
  expect(await again.describe(disabled)).toMatchObject({ state: 'disabled' })
  await expectDestroyed(again, destroyed, lost, irrecoverableAt)
}

async function expectUnusable(port: KeyService, alias: string, wrapped: Uint8Array, code: string): Promise<void> {
  for (const call of [() => port.wrap(alias, dataKey, context), () => port.unwrap(alias, wrapped, context)]) {
    const error: unknown = await call().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(KeyUnusableError)
    expect(error).toMatchObject({ code })
  }
}

async function expectDestroyed(port: KeyService, alias: string, wrapped: Uint8Array, irrecoverableAt: number): Promise<void> {
  await expectUnusable(port, alias, wrapped, 'key_destroyed')
  // Ensuring must not bring it back, nor put another key in its place.
  for (const call of ['ensure', 'enable', 'disable', 'rotate'] as const) {
    await expect(port[call](alias), call).rejects.toBeInstanceOf(KeyUnusableError)
  }
  await expectUnusable(port, alias, wrapped, 'key_destroyed')
  expect(await port.describe(alias)).toMatchObject({ alias, state: 'destroyed', irrecoverableAt })
}

function text(bytes: Uint8Array): string {
  return [...bytes].map((byte) => String.fromCharCode(byte)).join('')
}
