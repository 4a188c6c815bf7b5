import type { RequirementMutation } from './mutation.ts'

const functions = 'packages/cdk/src/functions.ts'
const widget = 'packages/cdk/src/monitoring/performance-widget.ts'
const template = 'packages/cdk/test/template.test.ts'
const monitoring = 'packages/cdk/test/pattern-monitoring.test.ts'

export const aws: readonly RequirementMutation[] = [
  {
    number: 'R120',
    words: 'events go to the default bus',
    patches: [
      {
        file: 'packages/core/src/ports/event-bus.ts',
        find: "export const eventBusName = 'genai-eventbus'",
        replace: "export const eventBusName = 'default'",
      },
    ],
    test: 'packages/aws/test/environment.test.ts',
  },
  {
    number: 'R121',
    words: 'the function that processes requests has another name than dashboards look for',
    patches: [
      {
        file: 'packages/cdk/src/handlers.ts',
        find: `functionName: \`\${eventDriven.name}-processor\``,
        replace: `functionName: \`\${eventDriven.name}-worker\``,
      },
    ],
    test: template,
  },
  {
    number: 'R122',
    words: 'the execution role may call no model',
    patches: [{ file: functions, find: '...(access && { inlinePolicies: { BedrockAccess: access } }),', replace: '' }],
    test: template,
  },
  {
    number: 'R123',
    words: 'the dashboard does not show the errors of the function',
    patches: [{ file: widget, find: "processorMetric(pattern, 'Errors'),", replace: '' }],
    test: monitoring,
  },
  {
    number: 'R124',
    words: 'the widget of the seed shows the longest, not the average',
    patches: [
      {
        file: widget,
        find: 'statistic: Stats.AVERAGE,\n    region',
        replace: 'statistic: Stats.MAXIMUM,\n    region',
      },
    ],
    test: monitoring,
  },
  {
    number: 'R125',
    words: 'the dashboard is not named after its pattern',
    patches: [
      {
        file: 'packages/cdk/src/monitoring/pattern-monitoring.ts',
        find: `dashboardName: \`\${pattern}-architecture-dashboard\``,
        replace: `dashboardName: \`architecture-dashboard-\${pattern.length}\``,
      },
    ],
    test: monitoring,
  },
  {
    number: 'R126',
    words: 'a step is not given what the steps before it came to (gather_dependency_context)',
    patches: [
      {
        file: 'packages/core/src/multi-agent/steps/dependency-context.ts',
        find: `\${texts[index] ?? ''}\\n</`,
        replace: '\\n</',
      },
    ],
    test: 'packages/core/test/multi-agent/steps/context.test.ts',
  },
]
