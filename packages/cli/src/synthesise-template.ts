import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PlinthError, synthOptions, UnavailableError } from '@plinth/core'
import type { Synthesise } from '@plinth/server'

const bin = fileURLToPath(new URL('../bin/plinth.js', import.meta.url))
/** Milliseconds. */
const patience = 120_000

/** `plinth synth` in a process of its own: bundling would hold up everyone that the server answers. */
export const synthesiseTemplate: Synthesise = async ({ patterns, model_id }, signal) => {
  const folder = await mkdtemp(join(tmpdir(), 'plinth-template-'))
  try {
    const model = model_id === undefined ? [] : ['--model', model_id]
    const words = [bin, 'synth', '--json', '--out', folder, ...synthOptions(patterns), ...model]
    const limits = { timeout: patience, maxBuffer: 16 * 1024 * 1024, signal }
    const { stdout } = await promisify(execFile)(process.execPath, words, limits)
    const [first] = (JSON.parse(stdout) as { readonly templates: readonly { readonly path: string }[] }).templates
    const path = first?.path ?? ''
    return { name: basename(path), template: JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown> }
  } catch (cause) {
    // Nothing failed that whoever runs Plinth would have to look at.
    if (PlinthError.is(signal.reason)) throw signal.reason
    throw new UnavailableError('template_failed', 'The template could not be made; `plinth synth` says why.', { cause })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
