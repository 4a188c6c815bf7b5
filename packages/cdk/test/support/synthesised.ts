import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { App, type Environment } from 'aws-cdk-lib'
import recommended from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' }
import { temporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import { documentHandler, handlerNames } from '../../src/handlers.ts'
import {
  type EventDrivenGenAiProps,
  type MultiAgentOrchestrationProps,
  type PatternMonitoringOptions,
  PlinthStack,
  type RagProps,
  type RealTimeAnalyticsProps,
  type SecureMultiTenantProps,
} from '../../src/index.ts'

export interface Resource {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DeletionPolicy?: string
  readonly DependsOn?: readonly string[]
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>
  readonly Outputs: Readonly<Record<string, unknown>>
}

/** A folder as `bundleHandlers` leaves it, but with nothing of use in it; `draws`: where canvas was installed for Lambda. */
export function handlerFolder({ draws = false } = {}): string {
  const folder = temporaryFolder()
  for (const name of handlerNames) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'index.mjs'), `export const handler = async () => '${name}'\n`)
  }
  const canvas = join(folder, documentHandler, 'node_modules', '@napi-rs')
  if (draws) for (const name of ['canvas', 'canvas-linux-arm64-gnu']) mkdirSync(join(canvas, name), { recursive: true })
  return folder
}

export interface Unsynthesised {
  readonly app: App
  readonly stack: PlinthStack
}

export interface StackOptions {
  readonly props?: EventDrivenGenAiProps
  readonly rag?: RagProps | false
  readonly multiAgent?: MultiAgentOrchestrationProps | false
  readonly analytics?: RealTimeAnalyticsProps | false
  readonly multiTenant?: SecureMultiTenantProps | false
  readonly monitoring?: PatternMonitoringOptions | false
  readonly env?: Environment
  /** Templates are held to CloudFormation's schemas; it takes seconds to begin with, so one test file does it. */
  readonly strict?: boolean
}

/** A stack that isn't synthesised yet. */
export function plinthStack(options: StackOptions = {}): Unsynthesised {
  const { props = {}, env, strict = false, ...patterns } = options
  const context = { ...recommended, '@aws-cdk/core:validateAgainstDefaultRules': strict }
  const app = new App({ outdir: temporaryFolder(), analyticsReporting: false, context })
  const eventDriven = { ...props, functions: { handlerFolder: handlerFolder(), ...props.functions } }
  return { app, stack: new PlinthStack(app, 'Plinth', { eventDriven, ...patterns, ...(env && { env }) }) }
}

export function templateOf({ app, stack }: Unsynthesised): Template {
  return app.synth().getStackByName(stack.stackName).template as Template
}

/** The resources of a type, by their logical ids. */
export function ofType({ Resources }: Template, type: string): readonly (readonly [string, Resource['Properties']])[] {
  return Object.entries(Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, { Properties }]) => [id, Properties])
}

/** How many resources there are of each type, without its `AWS::`. */
export function countsOf({ Resources }: Template): Readonly<Record<string, number>> {
  const counts = Map.groupBy(Object.values(Resources), ({ Type }) => Type.replace('AWS::', ''))
  return Object.fromEntries([...counts].map(([type, all]) => [type, all.length]))
}
