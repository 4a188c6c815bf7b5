import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { type App, Stack, Validations } from 'aws-cdk-lib'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3'
import { AwsSolutionsChecks } from 'cdk-nag'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import {
  MultiAgentOrchestration,
  PatternMonitoring,
  Rag,
  RealTimeAnalytics,
  SecureMultiTenant,
  type SecureMultiTenantProps,
  synthesise,
} from '../src/index.ts'
import { stackAlone } from './support/alone.ts'
import { handlerFolder, plinthStack, type Unsynthesised } from './support/synthesised.ts'

interface Report {
  readonly pluginReports: readonly { readonly violations: readonly { readonly ruleName: string }[] }[]
}

/** What the validation of an app found, by its rules' names. */
function findings(app: App): readonly string[] {
  try {
    app.synth()
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ValidationFailed') throw error
  }
  const report = JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8')) as Report
  return report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName))
}

function checked(change: (made: Unsynthesised) => void = () => {}, multiTenant: SecureMultiTenantProps = {}): readonly string[] {
  const made = plinthStack({ strict: true, multiTenant })
  Validations.of(made.app).addPlugins(new AwsSolutionsChecks(made.app))
  change(made)
  return findings(made.app)
}

/** To a role of a program beside Plinth's functions. */
function grantAll({ stack: { multiTenant }, stack }: Unsynthesised): void {
  const program = new Role(stack, 'Program', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') })
  multiTenant?.grantTenantData(program)
  multiTenant?.grantTenantKeys(program)
}

describe('the whole stack', () => {
  it('[X70] passes the rules of cdk-nag and the schemas of CloudFormation', () => {
    expect(checked()).toEqual([])
  })

  it('[X70] passes them with all that can be granted and locked, and so do tenants, documents, agents, streams and dashboards without a Plinth', () => {
    const operators = [Role.fromRoleArn(stackAlone(), 'Admin', 'arn:aws:iam::111122223333:role/admin')]
    const found = checked(
      (made) => {
        grantAll(made)
        new SecureMultiTenant(new Stack(made.app, 'Alone'), 'MultiTenant')
        new Rag(new Stack(made.app, 'Documents'), 'Rag', { functions: { handlerFolder: handlerFolder({ draws: true }) } })
        new MultiAgentOrchestration(new Stack(made.app, 'Agents'), 'MultiAgent', {
          functions: { handlerFolder: handlerFolder() },
        })
        new RealTimeAnalytics(new Stack(made.app, 'Streams'), 'Analytics', {
          functions: { handlerFolder: handlerFolder() },
          stream: { shards: 'on-demand' },
        })
        new PatternMonitoring(new Stack(made.app, 'Dashboards'), 'Monitoring', { pattern: 'rag' })
      },
      { operators },
    )
    expect(found).toEqual([])
  })

  it('cdk-nag finds what nobody acknowledged', () => {
    const found = checked(({ stack }) => new Bucket(stack, 'Open'))
    expect(found).toEqual(expect.arrayContaining(['AwsSolutions-S1', 'AwsSolutions-S10']))
  })

  it('a property that CloudFormation does not know is found', () => {
    const found = checked(({ stack }) => {
      const bucket = stack.eventDriven.bucket.node.defaultChild
      if (bucket instanceof CfnBucket) bucket.addPropertyOverride('Colour', 'blue')
    })
    expect(found).toHaveLength(1)
  })

  it('every acknowledgement says why', () => {
    const { stack } = plinthStack()
    const metadata = stack.node.findAll().flatMap((construct) => construct.node.metadata)
    const reasons = metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.values(data as Record<string, string>))
    expect(reasons.length).toBeGreaterThan(10)
    for (const reason of reasons) expect(reason.length, reason).toBeGreaterThan(30)
  })
})

describe('synthesise', () => {
  const out = temporaryFolder()

  it('[X70] writes a valid template, offline and without credentials', () => {
    const connect = vi.spyOn(Socket.prototype, 'connect').mockImplementation(() => {
      throw new Error('Somebody calls the network.')
    })
    const { templates, bundles, cost } = synthesise({ out, handlerFolder: handlerFolder() })
    expect(connect).not.toHaveBeenCalled()
    connect.mockRestore()
    expect(templates).toEqual([
      { path: join(out, 'Plinth.template.json'), bytes: expect.any(Number), resources: expect.any(Number) },
    ])
    expect(bundles.map(({ handler }) => handler)).toEqual([
      ...['api', 'authorizer', 'request-worker', 'relay', 'sweeper', 'document-worker', 'workflow-worker', 'execution-worker'],
      ...['stream-processor', 'insight-worker'],
    ])
    expect(cost.usd).toBeGreaterThan(0)
  })

  it('leaves out documents, agents and streams where it is told so', () => {
    const folder = temporaryFolder()
    const { cost } = synthesise({ out: folder, handlerFolder: handlerFolder(), rag: false, multiAgent: false, analytics: false })
    const written = readFileSync(join(folder, 'Plinth.template.json'), 'utf8')
    expect(written).not.toMatch(/rag-processor|multi-agent-processor|analytics-processor|AWS::Kinesis|AWS::SNS/)
    expect(written).toContain('"PLINTH_PATTERNS": "event-driven,multi-tenant"')
    expect(cost.lines.find(({ what }) => what.includes('queues'))?.count).toBe(6)
  })

  it('sets the models that it is told', () => {
    const folder = temporaryFolder()
    const models = ['eu.amazon.nova-lite-v1:0', 'amazon.nova-micro-v1:0']
    synthesise({ out: folder, handlerFolder: handlerFolder(), waf: false, models, embeddingModels: ['cohere.embed-english-v3'] })
    const written = readFileSync(join(folder, 'Plinth.template.json'), 'utf8')
    expect(written).toContain('"PLINTH_MODEL": "bedrock/eu.amazon.nova-lite-v1:0"')
    expect(written).toContain('"PLINTH_EMBEDDING_MODEL": "bedrock/cohere.embed-english-v3"')
    expect(written).toContain('foundation-model/amazon.nova-micro-v1:0')
    const none = () => synthesise({ out: folder, handlerFolder: handlerFolder(), models: ['gpt 5'] })
    expect(none).toThrow(/models.*gpt 5/)
  })

  const lint = spawnSync('cfn-lint', ['--version'], { encoding: 'utf8' })
  const installed = lint.status === 0
  const required = process.env.CI === 'true'
  if (!installed && !required) console.log('cfn-lint is not run, as it is not installed: pip install cfn-lint')

  it.skipIf(!installed && !required)('[X70] cfn-lint finds no error in it', () => {
    expect(installed, 'cfn-lint must be there: pip install cfn-lint').toBe(true)
    const operators = [Role.fromRoleArn(stackAlone(), 'Admin', 'arn:aws:iam::111122223333:role/admin')]
    const made = plinthStack({ multiTenant: { operators } })
    grantAll(made)
    const templates = [out, made.app.synth().directory].map((folder) => join(folder, 'Plinth.template.json'))
    const run = spawnSync('cfn-lint', ['-i', 'W', '-t', ...templates], { encoding: 'utf8' })
    expect([run.status, run.stdout + run.stderr]).toEqual([0, ''])
  })
})
