import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** How a life of the workload is started. */
export interface Program {
  readonly form: 'one file' | 'sources'
  readonly arguments: readonly string[]
}

/**
 * Puts the workload and what it imports of a checkout into one file, since a sweep starts thousands of processes and most of a short life
 * is loading. The bundler is the one that vitest brings; without it the sources are run as they are, which takes twice as long.
 */
export async function prepareProgram(root: string, folder: string): Promise<Program> {
  const entry = join(root, 'faults/workload/life.ts')
  const bundler = await import('rolldown').catch(() => undefined)
  if (!bundler) return { form: 'sources', arguments: ['--conditions=@plinth/source', entry] }
  const bundle = await bundler.rolldown({
    input: { life: entry, worker: join(root, 'packages/local/src/database-worker.ts') },
    platform: 'node',
    resolve: { conditionNames: ['@plinth/source', 'node', 'import', 'default'] },
  })
  // The writer's thread is found by the name of its package, as ever.
  const local = 'node_modules/@plinth/local'
  await bundle.write({
    dir: folder,
    format: 'esm',
    entryFileNames: (chunk) => (chunk.name === 'worker' ? `${local}/worker.mjs` : '[name].mjs'),
    chunkFileNames: 'chunk-[hash].mjs',
  })
  await bundle.close()
  mkdirSync(join(folder, local), { recursive: true })
  const manifest = { name: '@plinth/local', version: '0.0.0', type: 'module', exports: { './worker': './worker.mjs' } }
  writeFileSync(join(folder, local, 'package.json'), JSON.stringify(manifest))
  return { form: 'one file', arguments: [join(folder, 'life.mjs')] }
}
