import { examineActions } from '@plinth/aws/examine/permissions'
import { systemClock } from '@plinth/local'
import { chainedCredentials, createModels, modelOptions } from '@plinth/models'
import { Command } from 'commander'
import { embeddedChecks } from '../checks/embedded/all.ts'
import type { Finding } from '../checks/finding.ts'
import { examine, type Patient } from '../checks/patient.ts'
import { serverUrl } from '../client.ts'
import { embeddedPatient } from '../doctor/embedded-patient.ts'
import { examineAws } from '../doctor/examine-aws.ts'

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
    process.env.PLINTH_PLATFORM === 'aws' ? await examineAws(common) : await examine(embeddedChecks, embeddedPatient(common))
  if (options.json) console.log(JSON.stringify({ findings }, null, 2))
  else for (const finding of findings) console.log(line(finding))
  if (findings.some((finding) => finding.status === 'problem')) process.exitCode = 1
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

/** Where the server should be, also when a variable that says so is wrong; that is another check's to tell. */
function urlOf(variables: Variables): string {
  try {
    return serverUrl(variables)
  } catch {
    return serverUrl({})
  }
}

function line(finding: Finding): string {
  const mark = { ok: 'ok      ', warning: 'warning ', problem: 'PROBLEM ' }[finding.status]
  return `${mark} ${finding.check}: ${finding.message}${finding.remedy === undefined ? '' : `\n          ${finding.remedy}`}`
}
