import { open, seal } from '../crypto.ts'
import { KeyUnusableError, SealError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import {
  checkAlias,
  checkDataKey,
  contextText,
  type EncryptionContext,
  type KeyDescription,
  type KeyService,
} from '../ports/key-service.ts'

interface Kept {
  state: KeyDescription['state']
  /** Generation 1 is the first; kept when the key is rotated, gone when it is destroyed. */
  materials: Uint8Array[]
  generation: number
  irrecoverableAt?: number
}

const generationBytes = 4

/** Keys in memory: keeps every promise of the port but outliving the process. */
export class MemoryKeyService implements KeyService {
  readonly #clock: Clock
  readonly #keys = new Map<string, Kept>()

  constructor(options: { readonly clock: Clock }) {
    this.#clock = options.clock
  }

  async ensure(alias: string): Promise<KeyDescription> {
    checkAlias(alias)
    const kept = this.#keys.get(alias)
    if (kept?.state === 'destroyed') throw new KeyUnusableError(alias, 'destroyed')
    const key = kept ?? { state: 'enabled', materials: [this.#clock.randomBytes(32)], generation: 1 }
    this.#keys.set(alias, key)
    return description(alias, key)
  }

  async describe(alias: string): Promise<KeyDescription | undefined> {
    checkAlias(alias)
    const key = this.#keys.get(alias)
    return key && description(alias, key)
  }

  async wrap(alias: string, dataKey: Uint8Array, context: EncryptionContext): Promise<Uint8Array> {
    checkDataKey(dataKey)
    const key = this.#usable(alias)
    const material = key.materials[key.generation - 1]
    if (!material) throw new SealError()
    const sealed = seal(material, this.#clock.randomBytes(12), dataKey, `${alias}\n${contextText(context)}`)
    const wrapped = new Uint8Array(generationBytes + sealed.byteLength)
    new DataView(wrapped.buffer).setUint32(0, key.generation)
    wrapped.set(sealed, generationBytes)
    return wrapped
  }

  async unwrap(alias: string, wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array> {
    const key = this.#usable(alias)
    if (wrapped.byteLength < generationBytes) throw new SealError()
    const generation = new DataView(wrapped.buffer, wrapped.byteOffset).getUint32(0)
    const material = key.materials[generation - 1]
    if (!material) throw new SealError()
    return new Uint8Array(open(material, wrapped.subarray(generationBytes), `${alias}\n${contextText(context)}`))
  }

  async rotate(alias: string): Promise<KeyDescription> {
    const key = this.#usable(alias)
    key.materials.push(this.#clock.randomBytes(32))
    key.generation++
    return description(alias, key)
  }

  async disable(alias: string): Promise<void> {
    this.#living(alias).state = 'disabled'
  }

  async enable(alias: string): Promise<void> {
    this.#living(alias).state = 'enabled'
  }

  async destroy(alias: string): Promise<{ readonly irrecoverableAt: number }> {
    const key = this.#existing(alias)
    key.irrecoverableAt ??= this.#clock.now()
    key.state = 'destroyed'
    key.materials = []
    return { irrecoverableAt: key.irrecoverableAt }
  }

  #usable(alias: string): Kept {
    const key = this.#living(alias)
    if (key.state === 'disabled') throw new KeyUnusableError(alias, 'disabled')
    return key
  }

  #living(alias: string): Kept {
    const key = this.#existing(alias)
    if (key.state === 'destroyed') throw new KeyUnusableError(alias, 'destroyed')
    return key
  }

  #existing(alias: string): Kept {
    checkAlias(alias)
    const key = this.#keys.get(alias)
    if (!key) throw new KeyUnusableError(alias, 'absent')
    return key
  }
}

function description(alias: string, { state, generation, irrecoverableAt }: Kept): KeyDescription {
  return { alias, state, generation, ...(irrecoverableAt === undefined ? {} : { irrecoverableAt }) }
}
