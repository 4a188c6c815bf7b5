import { InvalidInputError } from '@plinth/core'
import type { RestApiBase } from 'aws-cdk-lib/aws-apigateway'
import type { IAlarm, IWidget } from 'aws-cdk-lib/aws-cloudwatch'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { NamedFunctions } from './function-panels.ts'

export interface PatternMonitoringProps {
  /** Names the dashboard, and whom it looks for: the function `{pattern}-processor` and the API `{pattern}-api`. */
  readonly pattern: string
  /** What serves the pattern, whatever its name is. @default - by its name alone, and no percentiles of its latency */
  readonly api?: RestApiBase
  /** Those that work for the pattern, by the names that lines are to have. @default - none */
  readonly functions?: NamedFunctions
  /** Where its jobs wait. @default - none */
  readonly queues?: readonly IQueue[]
  /** @default - none */
  readonly deadLetters?: readonly IQueue[]
  /** Functions that read a stream of Kinesis or DynamoDB, by the names that lines are to have. @default - none */
  readonly streamConsumers?: NamedFunctions
  /** Whose calls of models are shown: values of the dimension `Pattern` in the namespace `Plinth`. @default - nobody's */
  readonly modelCallers?: readonly string[]
  /** 100 at the most. @default - none */
  readonly alarms?: readonly IAlarm[]
  /** More, below the others. @default - none */
  readonly widgets?: readonly IWidget[]
  /** Sentences for those who read it, in Markdown. @default - none */
  readonly notes?: readonly string[]
}

/** CloudWatch's for the widget of alarms. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const mostAlarms = 100

/** @throws InvalidInputError that names the prop at fault. */
export function checkMonitoringProps({ pattern, alarms = [] }: PatternMonitoringProps): void {
  // As names of dashboards are; a function's has 64 characters at the most, of which `-processor` takes 10.
  if (!/^[\w-]{1,54}$/.test(pattern))
    throw new InvalidInputError('pattern must be 1 to 54 letters, digits, - or _.', { field: 'pattern' })
  if (alarms.length > mostAlarms) throw new InvalidInputError(`alarms must be ${mostAlarms} at the most.`, { field: 'alarms' })
}
