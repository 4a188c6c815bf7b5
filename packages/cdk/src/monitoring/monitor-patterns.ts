/** What the dashboards of a PlinthStack show. @module */
import { analytics, eventDriven, InvalidInputError, multiAgent, multiTenant, type PatternName, rag } from '@plinth/core'
import type { IWidget } from 'aws-cdk-lib/aws-cloudwatch'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { EventDrivenGenAi } from '../event-driven-genai.ts'
import { documentHandler, streamHandler } from '../handlers.ts'
import type { MultiAgentOrchestration } from '../multi-agent-orchestration.ts'
import type { JobQueues } from '../queues.ts'
import type { Rag } from '../rag.ts'
import type { RealTimeAnalytics } from '../real-time-analytics.ts'
import type { SecureMultiTenant } from '../secure-multi-tenant.ts'
import { analyticsPanels } from './analytics-panels.ts'
import { drawPanel } from './panel.ts'
import { PatternMonitoring } from './pattern-monitoring.ts'
import type { PatternMonitoringProps } from './pattern-monitoring-props.ts'
import { tenantPanels } from './tenant-panels.ts'

export interface PatternMonitoringOptions {
  /** Those that get a dashboard, at 3 USD a month each. @default - all that the stack has */
  readonly patterns?: readonly PatternName[]
  /** More widgets, below the others of a pattern's dashboard. @default - none */
  readonly widgets?: Readonly<Partial<Record<PatternName, readonly IWidget[]>>>
}

export interface MonitoredPatterns {
  readonly eventDriven: EventDrivenGenAi
  readonly rag: Rag | undefined
  readonly multiAgent: MultiAgentOrchestration | undefined
  readonly analytics: RealTimeAnalytics | undefined
  readonly multiTenant: SecureMultiTenant | undefined
}

/** The value of `Pattern` of the function behind the API, which works for all patterns. */
const behindTheApi = 'api'
const aboutModels = `Model calls of \`${behindTheApi}\` are those of the function behind the API, for all patterns: the model gateway's, and answers from documents.`

/** A dashboard for each pattern that is there. @throws InvalidInputError for one that isn't, `monitoring.patterns`. */
export function monitorPatterns(
  scope: Construct,
  made: MonitoredPatterns,
  { patterns, widgets = {} }: PatternMonitoringOptions,
): ReadonlyMap<PatternName, PatternMonitoring> {
  const all = new Map(shownOf(scope, made))
  const parent = new Construct(scope, 'Monitoring')
  const chosen = [...new Set(patterns ?? all.keys())]
  return new Map(
    chosen.map((pattern) => {
      const shown = all.get(pattern)
      if (!shown)
        throw new InvalidInputError(`monitoring.patterns names ${pattern}, which this stack does not have.`, {
          field: 'monitoring.patterns',
        })
      const more = [...(shown.widgets ?? []), ...(widgets[pattern] ?? [])]
      const { api } = made.eventDriven
      return [pattern, new PatternMonitoring(parent, pattern, { api, ...shown, pattern, widgets: more })]
    }),
  )
}

type Shown = Omit<PatternMonitoringProps, 'pattern'>

function* shownOf(scope: Construct, made: MonitoredPatterns): Generator<readonly [PatternName, Shown]> {
  yield [eventDriven.name, requestsOf(made)]
  if (made.rag) yield [rag.name, documentsOf(made.rag)]
  if (made.multiAgent) yield [multiAgent.name, workflowsOf(made.multiAgent)]
  if (made.analytics) yield [analytics.name, streamsOf(scope, made.analytics)]
  if (made.multiTenant) yield [multiTenant.name, tenantsOf(scope, made.eventDriven, made.multiTenant)]
}

/** The authorizer and the model gateway are on the dashboard of tenants, where there is one. */
function requestsOf({ eventDriven: requests, multiTenant: tenants }: MonitoredPatterns): Shown {
  const { authorizer, ...functions } = requests.functions
  return {
    functions: { ...functions, ...(!tenants && { authorizer }) },
    ...jobsOf(requests),
    deadLetters: [requests.queues.deadLetters, requests.subscription.deadLetters],
    streamConsumers: { relay: functions.relay },
    modelCallers: [eventDriven.name, ...(tenants ? [] : [behindTheApi])],
    alarms: requests.alarms.all,
    notes: tenants ? [] : [aboutModels],
  }
}

function documentsOf(documents: Rag): Shown {
  return {
    functions: { [documentHandler]: documents.processor },
    ...jobsOf(documents),
    modelCallers: [rag.name, behindTheApi],
    alarms: documents.alarms,
    notes: [aboutModels],
  }
}

function workflowsOf(workflows: MultiAgentOrchestration): Shown {
  const { queues, deadLetters } = jobsOf(workflows)
  const executions = workflows.executions ? [workflows.executions.subscription] : []
  return {
    functions: workflows.functions,
    queues: [...queues, ...executions.map(({ queue }) => queue)],
    deadLetters: [...deadLetters, ...executions.map((subscription) => subscription.deadLetters)],
    modelCallers: [multiAgent.name],
    alarms: workflows.alarms,
  }
}

function streamsOf(scope: Construct, streams: RealTimeAnalytics): Shown {
  return {
    functions: streams.functions,
    ...jobsOf(streams),
    deadLetters: [streams.queues.deadLetters, streams.failures],
    streamConsumers: { [streamHandler]: streams.processor },
    modelCallers: [analytics.name],
    alarms: streams.alarms,
    widgets: analyticsPanels().map((panel) => drawPanel(scope, panel)),
  }
}

function tenantsOf(scope: Construct, { functions: { authorizer } }: EventDrivenGenAi, tenants: SecureMultiTenant): Shown {
  return {
    functions: { authorizer },
    modelCallers: [behindTheApi],
    alarms: tenants.alarms,
    widgets: tenantPanels(tenants).map((panel) => drawPanel(scope, panel)),
    notes: [
      `\`${multiTenant.name}-processor\` is the authorizer. It says no by failing, as API Gateway wants it: its errors are refusals, most of them.`,
      aboutModels,
    ],
  }
}

function jobsOf({ queues: { all, deadLetters } }: { readonly queues: JobQueues }): {
  readonly queues: readonly IQueue[]
  readonly deadLetters: readonly IQueue[]
} {
  return { queues: all.map(({ queue }) => queue), deadLetters: [deadLetters] }
}
