/** What `plinth synth` wrote, made by CloudFormation of an emulator, over the wire. @module */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Emulator, motoCredentials, motoRegion } from '../../../packages/aws/test/support/moto.ts'
import type { HandlerName } from '../../../packages/cdk/src/handlers.ts'
import { handlerOf } from '../../../packages/cdk/test/support/functions.ts'
import { ofType, type Template } from '../../../packages/cdk/test/support/synthesised.ts'
import type { Wiring } from './bundled-functions.ts'

/** As deploy_stack.py prints it. */
interface Deployed {
  readonly status: string
  readonly outputs: Readonly<Record<string, string>>
  /** The physical ids by the logical ones. */
  readonly resources: Readonly<Record<string, string>>
  /** By the functions' names. */
  readonly variables: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly mappings: readonly { readonly function: string; readonly source: string; readonly batch_size: number }[]
}

export interface DeployedStack extends Deployed {
  readonly template: Template
  readonly wiring: Wiring
}

const launcher = join(import.meta.dirname, 'moto_launcher.py')

/** Stock moto with what its CloudFormation lacks of our types. */
export const launchedMoto: Emulator = {
  check: ['python3', '-c', 'import moto.server, boto3'],
  command: (port) => ['python3', launcher, port],
}

/** Types of a template that stock moto makes; that the launcher adds to it; of which it keeps a name alone. */
export interface SortedTypes {
  readonly stock: readonly string[]
  readonly added: readonly string[]
  readonly recorded: readonly string[]
}

export async function sortedTypes({ Resources }: Template): Promise<SortedTypes> {
  const known = JSON.parse(await runPython([launcher, '--types'], '')) as Omit<SortedTypes, 'recorded'>
  const types = [...new Set(Object.values(Resources).map(({ Type }) => Type))].toSorted()
  const isKnown = (type: string) => known.stock.includes(type) || known.added.includes(type)
  return {
    stock: types.filter((type) => known.stock.includes(type)),
    added: types.filter((type) => known.added.includes(type)),
    recorded: types.filter((type) => !isKnown(type)),
  }
}

/** @param out what `plinth synth` filled. */
export async function deployStack({
  out,
  endpoint,
}: {
  readonly out: string
  readonly endpoint: string
}): Promise<DeployedStack> {
  const name = 'Plinth'
  const template = JSON.parse(readFileSync(join(out, `${name}.template.json`), 'utf8')) as Template
  const args = [join(import.meta.dirname, 'deploy_stack.py'), out, endpoint, name]
  const deployed = JSON.parse(await runPython(args, endpoint)) as Deployed
  return { ...deployed, template, wiring: wiringOf(template, deployed) }
}

/**
 * Runs Python as another client of the emulator, and lets servers in this process go on meanwhile.
 * @returns what it prints. @throws Error with what it says, when it fails.
 */
export async function runPython(args: readonly string[], endpoint: string): Promise<string> {
  const { AWS_ENDPOINT_URL: _, ...bare } = process.env
  const { stdout } = await promisify(execFile)('python3', args, {
    maxBuffer: 64 * 1_024 ** 2,
    env: {
      ...bare,
      ...(endpoint && { AWS_ENDPOINT_URL: endpoint }),
      AWS_DEFAULT_REGION: motoRegion,
      AWS_ACCESS_KEY_ID: motoCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: motoCredentials.secretAccessKey,
    },
  })
  return stdout
}

function wiringOf(template: Template, { resources, variables, mappings }: Deployed): Wiring {
  const names = new Map<string, HandlerName>()
  for (const [id] of ofType(template, 'AWS::Lambda::Function')) {
    const handler = handlerOf(id)
    if (handler) names.set(resources[id] ?? '', handler)
  }
  return {
    variables: Object.fromEntries([...names].map(([physical, handler]) => [handler, variables[physical] ?? {}])),
    mappings: mappings
      .filter(({ source }) => source.split(':')[2] === 'sqs')
      .map(({ function: physical, source, batch_size: batchSize }) => {
        const name = names.get(physical)
        if (!name) throw new Error(`Nobody knows the function ${physical}.`)
        return { name, queue: source.split(':').at(-1) ?? '', batchSize }
      }),
  }
}
