import { AlarmStatusWidget, Dashboard, type IWidget, PeriodOverride, TextWidget } from 'aws-cdk-lib/aws-cloudwatch'
import { Construct } from 'constructs'
import { apiPanel, functionPanels, iteratorPanel } from './function-panels.ts'
import { modelPanels } from './model-panels.ts'
import { drawPanel, type Panel } from './panel.ts'
import { checkMonitoringProps, type PatternMonitoringProps } from './pattern-monitoring-props.ts'
import { apiNameOf, performanceWidget } from './performance-widget.ts'
import { deadLetterPanel, queuePanels } from './queue-panels.ts'

/**
 * The dashboard of a pattern, `{pattern}-architecture-dashboard` (R125): the seed's widget, and beside it whatever is shown of what is given
 * here. It finds the function and the API by their names, so the pattern alone is enough.
 *
 * One in an account and Region for a pattern, as its name is fixed by contract. CloudWatch takes 3 USD a month for a dashboard; an account's
 * first three are free, if none shows more than 50 metrics.
 */
export class PatternMonitoring extends Construct {
  readonly dashboard: Dashboard

  /** @throws InvalidInputError that names the prop at fault. */
  constructor(scope: Construct, id: string, props: PatternMonitoringProps) {
    super(scope, id)
    checkMonitoringProps(props)
    const { pattern, api, alarms = [], widgets = [] } = props
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: `${pattern}-architecture-dashboard`,
      // Else CloudWatch takes longer periods than R124's when more time is shown.
      periodOverride: PeriodOverride.INHERIT,
    })
    this.dashboard.addWidgets(title(props))
    this.dashboard.addWidgets(
      performanceWidget(this, pattern, api),
      ...(alarms.length > 0 ? [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 12, height: 6 })] : []),
    )
    const panels = panelsOf(props).map((panel) => drawPanel(this, panel))
    // Rows of three, as they are a third as wide as a row.
    for (const more of [panels, widgets]) if (more.length > 0) this.dashboard.addWidgets(...more)
  }
}

function panelsOf(props: PatternMonitoringProps): readonly Panel[] {
  const { pattern, api, functions = {}, queues = [], deadLetters = [], streamConsumers = {}, modelCallers = [] } = props
  return [
    ...(api ? [apiPanel(api)] : []),
    ...(Object.keys(functions).length > 0 ? functionPanels(pattern, functions) : []),
    ...queuePanels(queues),
    deadLetterPanel(deadLetters),
    iteratorPanel(streamConsumers),
    ...modelPanels(modelCallers),
  ].filter(({ metrics }) => metrics.length > 0)
}

function title({ pattern, api, notes = [] }: PatternMonitoringProps): IWidget {
  const own = apiNameOf(pattern)
  const served =
    api && api.restApiName !== own
      ? [`\`${api.restApiName}\` serves this pattern, so the line of an own \`${own}\` may stay empty.`]
      : []
  const sentences = [...served, ...notes]
  const markdown = [`# ${pattern}`, ...sentences.map((sentence) => `- ${sentence}`)].join('\n')
  return new TextWidget({ markdown, width: 24, height: 2 + Math.ceil(sentences.length / 2) })
}
