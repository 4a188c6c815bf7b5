import { describeKeyServiceContract } from '@plinth/core/contracts'
import { FakeClock } from '@plinth/core/testing'
import { KmsKeyService } from '../src/kms-key-service.ts'
import { describeOnAws, onAccount } from './support/contract-place.ts'

/** AWS's own time: what a contract would move, it waits for. */
class RealTime extends FakeClock {
  override now(): number {
    return Date.now()
  }
  override async advance(milliseconds: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
  }
}

const unusable = 'moto encrypts and decrypts with disabled keys; npm run verify:aws tries it on AWS'
const wrongKey = "moto says AccessDenied of another key's ciphertext; npm run verify:aws tries it on AWS"
const onMoto = {
  'unwraps only under the same alias, else SealError': wrongKey,
  'within 5 minutes of disable both fail with KeyUnusableError, until enable': unusable,
  'after destroy both fail at once and for good; the date says from when': unusable,
  'a disabled key can be destroyed': unusable,
  'keys, their generations and their states outlive the process': unusable,
}

describeOnAws('[R92] [R107] KMS', (place) => {
  describeKeyServiceContract('KmsKeyService', {
    create: async () => {
      const reopen = async () => new KmsKeyService({ client: place.clients.kms })
      return { port: await reopen(), reopen, dispose: async () => {}, ...(onAccount ? { clock: new RealTime() } : {}) }
    },
    unsupported: onAccount ? {} : onMoto,
  })
})
