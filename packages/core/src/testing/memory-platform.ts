import type { Models } from '../language-model/catalogue.ts'
import type { ModelLimits } from '../language-model/gate.ts'
import { type Adapters, createPlatform, type Platform } from '../platform.ts'
import type { DocumentReader } from '../ports/document-reader.ts'
import type { ToolSource } from '../ports/tool-source.ts'
import type { Topics } from '../ports/topics.ts'
import { FakeClock } from './fake-clock.ts'
import { type HostileOptions, Hostility } from './hostile.ts'
import { HostileEventBus, HostileOperations } from './hostile-edges.ts'
import { HostileEventStream } from './hostile-event-stream.ts'
import { HostileQueue } from './hostile-queue.ts'
import { HostileStateStore } from './hostile-state-store.ts'
import { MemoryEventBus } from './memory-event-bus.ts'
import { MemoryEventStream } from './memory-event-stream.ts'
import { MemoryKeyService } from './memory-key-service.ts'
import { MemoryObjectStore } from './memory-object-store.ts'
import { MemoryOutbound } from './memory-outbound.ts'
import { MemoryQueue } from './memory-queue.ts'
import { MemoryStateStore } from './memory-state-store.ts'

export interface MemoryPlatform {
  readonly platform: Platform
  /** What the platform is made of, faults included. */
  readonly adapters: Adapters
  readonly clock: FakeClock
  /** Decides what goes wrong; also on a polite platform a test can ask it for a fault, such as `conflictNext`. */
  readonly hostile: Hostility
  /** What was published. */
  readonly bus: MemoryEventBus
  /** Other people's servers: what they were sent, and how they answer. */
  readonly outbound: MemoryOutbound
  /** The stores behind the faults, to look at what really happened. */
  readonly inner: { readonly state: MemoryStateStore; readonly queue: MemoryQueue; readonly stream: MemoryEventStream }
}

/**
 * A whole platform in memory, on a clock that stands still. Polite unless told otherwise: `hostile: true` is the weakest
 * legal platform, `hostile: { loseLease: 0.5 }` has that fault only.
 */
export function memoryPlatform(options: {
  readonly models: Models
  readonly limits?: ModelLimits
  readonly clock?: FakeClock
  readonly hostile?: Partial<HostileOptions> | true
  /** Absent: plain text alone is read. */
  readonly reader?: DocumentReader
  /** Absent: agents have the tools that are built in. */
  readonly tools?: ToolSource
  /** Absent: there are none. */
  readonly topics?: Topics
}): MemoryPlatform {
  const clock = options.clock ?? new FakeClock()
  const hostile = new Hostility(clock, options.hostile)
  const state = new MemoryStateStore({ clock })
  const queue = new MemoryQueue({ clock })
  const stream = new MemoryEventStream({ clock })
  const bus = new MemoryEventBus()
  const outbound = new MemoryOutbound({ clock })
  const adapters: Adapters = {
    clock,
    state: new HostileStateStore(state, hostile),
    objects: new MemoryObjectStore({ clock }),
    keys: new MemoryKeyService({ clock }),
    queue: new HostileQueue(queue, clock, hostile),
    bus: new HostileEventBus(bus, clock, hostile),
    stream: new HostileEventStream(stream, hostile),
    operations: new HostileOperations(state.operations, hostile),
    outbound,
    ...(options.reader ? { reader: options.reader } : {}),
    ...(options.tools ? { tools: options.tools } : {}),
    ...(options.topics ? { topics: options.topics } : {}),
    close: async () => {},
  }
  const { models, limits } = options
  const platform = createPlatform('memory', adapters, models, limits ? { limits } : {})
  return { platform, adapters, clock, hostile, bus, outbound, inner: { state, queue, stream } }
}
