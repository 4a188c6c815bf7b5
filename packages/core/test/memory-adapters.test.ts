import { describe, expect, it } from 'vitest'
import { describeKeyServiceContract } from '../src/contracts/key-service.ts'
import { describeObjectStoreContract } from '../src/contracts/object-store.ts'
import { TooLargeError } from '../src/errors.ts'
import { checkObjectBytes, objectBytesLimit } from '../src/ports/object-store.ts'
import { FakeClock } from '../src/testing/fake-clock.ts'
import { MemoryKeyService } from '../src/testing/memory-key-service.ts'
import { MemoryObjectStore } from '../src/testing/memory-object-store.ts'

const outlive = 'memory ends with the process'

describeObjectStoreContract('MemoryObjectStore', {
  create: async () => {
    const clock = new FakeClock()
    return { port: new MemoryObjectStore({ clock }), clock, dispose: async () => {} }
  },
  unsupported: { 'what was put outlives the process': outlive },
})

describeKeyServiceContract('MemoryKeyService', {
  create: async () => {
    const clock = new FakeClock()
    return { port: new MemoryKeyService({ clock }), clock, dispose: async () => {} }
  },
  unsupported: { 'keys, their generations and their states outlive the process': outlive },
})

describe('limits that take too long to reach', () => {
  it('an object of 5 GiB is taken, one of a byte more is not', () => {
    expect(() => checkObjectBytes(objectBytesLimit)).not.toThrow()
    expect(() => checkObjectBytes(objectBytesLimit + 1)).toThrow(TooLargeError)
  })
})
