/** Where a contender is measured: its folder and its store, gone afterwards. @module */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { contenders } from '../contenders/contenders.mjs'
import { flushDisks } from '../harness/machine.mjs'
import { startStore } from '../harness/stores.mjs'

let number = 0

/** Runs `work` with the contender's settings on a fresh folder and a fresh store. */
export async function onFreshPlace(context, name, work) {
  const folder = join(context.folder, `place-${++number}`)
  try {
    return await onPlace(folder, name, work)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs `work` on a folder that stays; the store runs only meanwhile. */
export async function onPlace(folder, name, work) {
  mkdirSync(folder, { recursive: true })
  const store = await startStore(contenders[name].store, join(folder, 'store'))
  try {
    flushDisks()
    const settings = { directory: join(folder, 'data'), ...(store === undefined ? {} : { port: store.port }) }
    return await work({ settings, storePid: store?.pid, folder })
  } finally {
    await store?.stop()
  }
}
