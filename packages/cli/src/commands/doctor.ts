import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { examineActions } from '@plinth/aws/examine/permissions'
import { classifyFailure, LocalIssuer, type Models, patterns } from '@plinth/core'
import {
  type DatabaseFacts,
  DataFolderLock,
  examineDatabase,
  LocalKeyService,
  loadMasterKey,
  lookThroughDatabase,
  readingPlatform,
  systemClock,
} from '@plinth/local'
import { chainedCredentials, createModels, modelLimits, modelOptions } from '@plinth/models'
import { firstTenant, readEnvironment } from '@plinth/server'
import { Command } from 'commander'
import { accountChecks, identityChecks, otherChecks, settingChecks } from '../checks/aws/all.ts'
import { readSettings } from '../checks/aws/settings.ts'
import { embeddedChecks } from '../checks/embedded/all.ts'
import { measureDisk } from '../checks/embedded/disk.ts'
import type { Finding } from '../checks/finding.ts'
import {
  type AwsPatient,
  type EmbeddedPatient,
  examine,
  examineTogether,
  type Identity,
  type ModelSettings,
  type NamedModel,
  type Patient,
} from '../checks/patient.ts'
import { serverUrl } from '../client.ts'

type Variables = Readonly<Record<string, string | undefined>>

const onAws = `
On AWS (PLINTH_PLATFORM=aws) it looks at identity, table, bucket, bus, queues, event stream, keys, topics, models and quotas.
Nothing is changed or made, and what it may not look at is a finding of its own. It asks by these actions:
${examineActions.map((action) => `  ${action}`).join('\n')}`

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Look for what could keep Plinth from running, and say what to do.')
    .option('--deep', 'read the whole database, too; on AWS call each model of Bedrock once, for a token, which costs')
    .option('--json', 'print JSON')
    .addHelpText('after', onAws)
    .action(diagnose)
}

async function diagnose(options: { readonly deep?: boolean; readonly json?: boolean }, command: Command): Promise<void> {
  const common = commonPatient(process.env, { version: command.parent?.version() ?? '', deep: options.deep ?? false })
  const findings =
    process.env.PLINTH_PLATFORM === 'aws'
      ? await examineAws(common)
      : await examine(embeddedChecks, embeddedPatient(common, process.env))
  if (options.json) console.log(JSON.stringify({ findings }, null, 2))
  else for (const finding of findings) console.log(line(finding))
  if (findings.some((finding) => finding.status === 'problem')) process.exitCode = 1
}

/** The SDK of AWS is loaded when it is needed, and not before. */
async function examineAws(common: Patient): Promise<Finding[]> {
  const [{ readAwsEnvironment }, { openAccount, tokenQuotaOf }] = await Promise.all([
    import('@plinth/aws/environment'),
    import('@plinth/aws/examine'),
  ])
  const { variables, now } = common
  const settings = readSettings(variables, readAwsEnvironment)
  if (settings.finding) return [...(await examine(settingChecks, common)), settings.finding]
  const { environment } = settings
  const served = patterns.filter(({ name }) => environment.patterns?.includes(name) ?? true)
  const jobs = served.flatMap((pattern) => pattern.jobs.map(({ name }) => name))
  const account = openAccount({ environment, jobs, now })
  const patient: AwsPatient = {
    ...common,
    account,
    tokenQuotaOf,
    models: () => namedModels(settingsOf(common)),
    modelLimits: () => modelLimits(variables),
  }
  try {
    const [before, who, others] = await Promise.all([
      examine(settingChecks, patient),
      examineTogether(identityChecks, patient),
      examineTogether(otherChecks, patient),
    ])
    const { fault } = await account.identity()
    const found = fault?.kind === 'credentials' ? [] : await examineTogether(accountChecks, patient)
    return [...before, ...who, ...found, ...others]
  } finally {
    account.close()
  }
}

function namedModels(settings: ModelSettings): readonly NamedModel[] {
  const models = createModels({ ...settings, clock: systemClock })
  const { id, entry } = models.resolve()
  const embedding = models.resolveEmbedding()
  return [
    { kind: 'language', id, entry, ...bedrockOf(settings.model), call: (signal) => speak(models, signal) },
    {
      kind: 'embedding',
      id: embedding.id,
      entry: embedding.entry,
      ...bedrockOf(settings.embeddingModel),
      call: (signal) => embed(models, signal),
    },
  ]
}

/** What is wrong with the settings is told once, by the check of the model. */
function settingsOf({ modelSettings }: Patient): ModelSettings {
  try {
    return modelSettings()
  } catch {
    return {}
  }
}

function bedrockOf(id: string | undefined): Pick<NamedModel, 'bedrock'> {
  return { bedrock: id?.startsWith('bedrock/') ? id.slice('bedrock/'.length) : undefined }
}

async function speak(models: Models, abortSignal: AbortSignal): Promise<void> {
  const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi' }] }]
  try {
    await models.resolve().model.doGenerate({ prompt, maxOutputTokens: 1, abortSignal })
  } catch (error) {
    throw classifyFailure(error)
  }
}

async function embed(models: Models, abortSignal: AbortSignal): Promise<void> {
  try {
    await models.resolveEmbedding().model.doEmbed({ values: ['Hi'], abortSignal })
  } catch (error) {
    throw classifyFailure(error)
  }
}

/** Joins the checks with what they look at on both platforms: the variables and the models. */
function commonPatient(variables: Variables, { version, deep }: { readonly version: string; readonly deep: boolean }): Patient {
  return {
    variables,
    version,
    deep,
    now: Date.now(),
    url: urlOf(variables),
    modelSettings: () => {
      const settings = modelOptions(variables)
      createModels({ ...settings, clock: systemClock })
      return settings
    },
    awsCredentials: (region) => chainedCredentials(region)(),
  }
}

/** The same, with the data folder. */
function embeddedPatient(common: Patient, variables: Variables): EmbeddedPatient {
  const { PLINTH_DATA_DIR, PLINTH_MASTER_KEY, PLINTH_MASTER_KEY_FILE } = variables
  const { directory, masterKey, masterKeyFile } = readEnvironment({ PLINTH_DATA_DIR, PLINTH_MASTER_KEY, PLINTH_MASTER_KEY_FILE })
  const folder = resolve(directory)
  const keys = { directory: folder, masterKey, masterKeyFile }
  return {
    ...common,
    folder,
    database: databaseOf(folder),
    disk: existsSync(folder) ? measureDisk(folder) : undefined,
    inUse: DataFolderLock.isHeld(folder),
    lookThroughDatabase: () => lookThroughDatabase(folder),
    masterKey: () => {
      const made = existsSync(join(folder, 'keyring.json'))
      // Without a keyring one would be made now.
      if (!made && masterKey === undefined && masterKeyFile === undefined) return undefined
      const { key, source } = loadMasterKey(keys)
      if (made) new LocalKeyService({ directory: folder, masterKey: key, clock: systemClock, readOnly: true })
      return { source }
    },
    identity: () => identityOf(keys).catch(() => undefined),
  }
}

async function identityOf(options: Omit<Parameters<typeof readingPlatform>[0], 'models'>): Promise<Identity> {
  const platform = readingPlatform({ ...options, models: createModels({ clock: systemClock }) })
  try {
    const issuer = await LocalIssuer.open(platform.operate())
    return {
      keyId: String(issuer.publicJwk.kid),
      token: () => issuer.sign({ tenant: firstTenant, user: 'doctor', permissions: [], lifetime: 30 }),
    }
  } finally {
    await platform.close()
  }
}

/** Where the server should be, also when a variable that says so is wrong; that is another check's to tell. */
function urlOf(variables: Variables): string {
  try {
    return serverUrl(variables)
  } catch {
    return serverUrl({})
  }
}

function databaseOf(folder: string): DatabaseFacts | Error | undefined {
  try {
    return examineDatabase(folder)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function line(finding: Finding): string {
  const mark = { ok: 'ok      ', warning: 'warning ', problem: 'PROBLEM ' }[finding.status]
  return `${mark} ${finding.check}: ${finding.message}${finding.remedy === undefined ? '' : `\n          ${finding.remedy}`}`
}
