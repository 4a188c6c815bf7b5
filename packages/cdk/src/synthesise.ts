import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import recommended from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' }
import { type Bundle, bundleHandlers, measureBundles } from './bundle.ts'
import { type CloudFormationTemplate, type IdleCost, idleCost } from './idle-cost.ts'
import { type ImportTime, measureImports } from './import-times.ts'
import { PlinthStack } from './plinth-stack.ts'

export interface SynthesisOptions {
  /** The folder for templates, assets and their manifest; made if it isn't there. */
  readonly out: string
  /** Handlers that `bundleHandlers` made before. @default - they are bundled now */
  readonly handlerFolder?: string
  /** Whether to import each handler in a process of its own, to see how long that takes. @default false */
  readonly measure?: boolean
  /** Whether a web ACL stands before the API. @default true */
  readonly waf?: boolean
  /** Whether documents are read and answered from. @default true */
  readonly rag?: boolean
  /** Whether workflows of agents are run. @default true */
  readonly multiAgent?: boolean
  /** Whether streams of records are worked. @default true */
  readonly analytics?: boolean
  /** Whether each pattern has a dashboard. @default true */
  readonly dashboards?: boolean
  /** The models of Bedrock that may be called. @default - that of `EventDrivenGenAi` */
  readonly models?: readonly string[]
  /** The topic that alarms tell. @default - they tell nobody */
  readonly alarmTopicArn?: string
  /** Those that may make vectors. @default - none */
  readonly embeddingModels?: readonly string[]
}

export interface Synthesis {
  readonly templates: readonly { readonly path: string; readonly bytes: number; readonly resources: number }[]
  readonly bundles: readonly Bundle[]
  /** Only where they were measured. */
  readonly imports: readonly ImportTime[]
  readonly cost: IdleCost
}

/**
 * Writes the CloudFormation of a whole Plinth, for any account and Region: no credentials, no network, no Docker. Templates are
 * checked against CloudFormation's schemas.
 * @throws InvalidInputError for models that can't be; Error when a handler can't be bundled or a template isn't valid.
 */
export function synthesise(options: SynthesisOptions): Synthesis {
  const { out, handlerFolder, measure = false, waf = true, rag = true, multiAgent = true, analytics = true } = options
  const { dashboards = true, models, embeddingModels, alarmTopicArn } = options
  const folder = handlerFolder ?? mkdtempSync(join(tmpdir(), 'plinth-handlers-'))
  try {
    const bundles = handlerFolder === undefined ? bundleHandlers({ folder }) : measureBundles(folder)
    const app = new App({ outdir: out, analyticsReporting: false, context: recommended })
    new PlinthStack(app, 'Plinth', {
      ...(alarmTopicArn !== undefined && { alarmTopicArn }),
      eventDriven: {
        functions: { handlerFolder: folder },
        ...(models && { models }),
        ...(embeddingModels && { embeddingModels }),
      },
      ...(!rag && { rag: false }),
      ...(!multiAgent && { multiAgent: false }),
      ...(!analytics && { analytics: false }),
      ...(!waf && { multiTenant: { waf: false } }),
      ...(!dashboards && { monitoring: false }),
    })
    const written = app.synth().stacks.map(({ templateFullPath }) => {
      const text = readFileSync(templateFullPath, 'utf8')
      return { path: templateFullPath, bytes: text.length, template: JSON.parse(text) as CloudFormationTemplate }
    })
    const Resources = Object.assign({}, ...written.map(({ template }) => template.Resources))
    return {
      templates: written.map(({ path, bytes, template }) => ({ path, bytes, resources: Object.keys(template.Resources).length })),
      bundles,
      imports: measure ? measureImports(folder) : [],
      cost: idleCost({ Resources }),
    }
  } finally {
    if (handlerFolder === undefined) rmSync(folder, { recursive: true, force: true })
  }
}
