import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { resolve } from 'node:path'
import { TenantRegistry } from '@plinth/core'
import { DataFolderLock, loadMasterKey, readingPlatform, systemClock } from '@plinth/local'
import { createModels, modelOptions } from '@plinth/models'
import { readEnvironment } from '@plinth/server'
import { Command } from 'commander'
import { serverUrl } from '../client.ts'

interface Finding {
  readonly check: string
  readonly status: 'ok' | 'warning' | 'problem'
  readonly message: string
  /** What to do about it. */
  readonly remedy?: string
}

const littleSpace = 1024 ** 3
const noSpace = 8 * 1024 ** 2

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Look for what could keep Plinth from running, and say what to do.')
    .option('--json', 'print JSON')
    .action(diagnose)
}

async function diagnose(options: { readonly json?: boolean }): Promise<void> {
  const findings: Finding[] = []
  const check = async (name: string, look: () => Promise<Omit<Finding, 'check'>> | Omit<Finding, 'check'>): Promise<void> => {
    try {
      findings.push({ check: name, ...(await look()) })
    } catch (error) {
      findings.push({ check: name, status: 'problem', message: error instanceof Error ? error.message : String(error) })
    }
  }
  await check('node', () => ({ status: 'ok', message: `Node.js ${process.versions.node}` }))
  await check('environment', () => {
    const { directory, masterKey, masterKeyFile } = readEnvironment(process.env)
    serverUrl(process.env)
    if (masterKey !== undefined || masterKeyFile !== undefined) loadMasterKey({ directory, masterKey, masterKeyFile })
    return { status: 'ok', message: 'The variables are well formed.' }
  })
  await check('model', () => {
    const models = createModels({ ...modelOptions(process.env), clock: systemClock })
    if (models.defaultModel !== 'local/extractive') return { status: 'ok', message: models.defaultModel }
    return {
      status: 'warning',
      message: 'local/extractive: it quotes and fills in by rule, and is no language model.',
      remedy: 'Set PLINTH_MODEL for another.',
    }
  })
  const { directory } = readEnvironment({
    ...process.env,
    PORT: '',
    PLINTH_WORKER: '',
    PLINTH_PLATFORM: '',
    PLINTH_LOG_LEVEL: '',
  })
  const folder = resolve(directory)
  await check('data folder', () => lookAtFolder(folder))
  await check('database', () => lookAtDatabase(folder))
  await check('server', () => lookForServer())
  if (options.json) console.log(JSON.stringify({ findings }, null, 2))
  else for (const finding of findings) console.log(line(finding))
  if (findings.some((finding) => finding.status === 'problem')) process.exitCode = 1
}

function lookAtFolder(folder: string): Omit<Finding, 'check'> {
  if (!existsSync(folder)) return { status: 'ok', message: `${folder} will be made by the first start.` }
  accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const text = `${folder}, ${(free / 1024 ** 3).toFixed(1)} GiB free`
  if (free < noSpace) return { status: 'problem', message: text, remedy: 'Make room: nothing more is accepted.' }
  return free < littleSpace
    ? { status: 'warning', message: text, remedy: 'Make room: when the disk is full nothing more is accepted.' }
    : { status: 'ok', message: text }
}

async function lookAtDatabase(folder: string): Promise<Omit<Finding, 'check'>> {
  const { masterKey, masterKeyFile } = readEnvironment(process.env)
  if (!existsSync(`${folder}/plinth.db`)) return { status: 'ok', message: 'There is none yet.' }
  const keys = { masterKey, masterKeyFile }
  const platform = readingPlatform({ directory: folder, models: createModels({ clock: systemClock }), ...keys })
  try {
    const ids = await new TenantRegistry(platform.operate()).ids()
    const tenants = ids.length === 1 ? '1 tenant' : `${ids.length} tenants`
    const { source } = loadMasterKey({ directory: folder, ...keys })
    if (source !== 'folder') return { status: 'ok', message: `${tenants}; the master key comes from outside the folder.` }
    return {
      status: 'warning',
      message: `${tenants}; the master key lies in the data folder.`,
      remedy: 'Who copies the folder can read it. Set PLINTH_MASTER_KEY_FILE to a file elsewhere (docs/security.md).',
    }
  } finally {
    await platform.close()
  }
}

async function lookForServer(): Promise<Omit<Finding, 'check'>> {
  const { directory } = readEnvironment(process.env)
  const url = serverUrl(process.env)
  const ready = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
  const said = (await ready?.json().catch(() => undefined)) as { status?: unknown } | undefined
  if (ready && typeof said?.status !== 'string')
    return {
      status: 'problem',
      message: `What answers at ${url} is no Plinth.`,
      remedy: 'Set PLINTH_URL or PORT to where it listens.',
    }
  if (ready?.ok && !existsSync(directory)) {
    return {
      status: 'warning',
      message: `Ready at ${url}, with its data elsewhere than in ${resolve(directory)}.`,
      remedy: 'Set PLINTH_DATA_DIR to its folder.',
    }
  }
  if (ready?.ok) return { status: 'ok', message: `Ready at ${url}.` }
  if (ready)
    return { status: 'problem', message: `${url} answers, but is not ready (${ready.status}).`, remedy: 'Look at its log.' }
  const folder = resolve(directory)
  const lock = existsSync(folder) ? DataFolderLock.take(folder) : undefined
  lock?.release()
  if (existsSync(folder) && !lock) {
    return {
      status: 'warning',
      message: `A server has the data folder, but none answers at ${url}.`,
      remedy: 'Set PLINTH_URL or PORT to where it listens.',
    }
  }
  return { status: 'ok', message: 'No server runs. Start one with npm start.' }
}

function line(finding: Finding): string {
  const mark = { ok: 'ok      ', warning: 'warning ', problem: 'PROBLEM ' }[finding.status]
  return `${mark} ${finding.check}: ${finding.message}${finding.remedy === undefined ? '' : `\n          ${finding.remedy}`}`
}
