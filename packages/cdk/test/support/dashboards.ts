import { resolved } from './intrinsics.ts'
import { ofType, type Template } from './synthesised.ts'

/** A line of a graph, as CloudWatch reads it. */
export interface Line {
  readonly namespace: string
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly stat: string | undefined
  readonly label: string | undefined
}

export interface Widget {
  readonly type: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly properties: {
    readonly title?: string
    readonly region?: string
    readonly period?: number
    readonly stat?: string
    readonly metrics?: readonly (string | object)[][]
    readonly markdown?: string
    readonly alarms?: readonly string[]
  }
}

export interface DashboardBody {
  readonly periodOverride?: string
  readonly widgets: readonly Widget[]
}

/** The bodies of a template's dashboards, by their names, as CloudFormation would hand them to CloudWatch. */
export function dashboardsOf(template: Template): ReadonlyMap<string, DashboardBody> {
  return new Map(
    ofType(template, 'AWS::CloudWatch::Dashboard').map(([, { DashboardName, DashboardBody }]) => [
      String(DashboardName),
      JSON.parse(resolved(template, DashboardBody)) as DashboardBody,
    ]),
  )
}

/** The lines of its graphs, by their titles. */
export function graphsOf({ widgets }: DashboardBody): ReadonlyMap<string, readonly Line[]> {
  const graphs = widgets.filter(({ type }) => type === 'metric')
  return new Map(graphs.map(({ properties: { title = '', metrics = [] } }) => [title, metrics.map(lineOf)]))
}

function lineOf(metric: readonly (string | object)[]): Line {
  const [namespace = '', name = '', ...pairs] = metric.filter((part) => typeof part === 'string')
  const dimensions = Object.fromEntries(pairs.flatMap((key, at) => (at % 2 === 0 ? [[key, pairs[at + 1] ?? '']] : [])))
  const { stat, label } = (metric.find((part) => typeof part === 'object') ?? {}) as { stat?: string; label?: string }
  return { namespace, metric: name, dimensions, stat, label }
}
