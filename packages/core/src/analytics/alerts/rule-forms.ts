import { z } from 'zod'
import { callerId, numberBetween, shownText } from '../../define/forms.ts'
import { type AlertRule, defaultAlertTypes, defaultCoolDown, operators, ruleLimits } from './rules.ts'

const aggregates = ['count', 'sum', 'min', 'max', 'mean', 'variance', 'p50', 'p95', 'p99', 'distinct']
const ofInsight = ['analysis.', 'data_point.', 'evidence.']
const wholeOfInsight = ['key', 'stream', 'processing_time']
const numeric: readonly string[] = ['>', '>=', '<', '<=']

const alertType = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'Must be 1 to 64 small letters, digits and underscores, and begin with a letter.')
  .refine((type) => !defaultAlertTypes.has(type), 'Is the type of a rule that is built in.')

const key = shownText(ruleLimits.key + 1).refine(
  (text) => !text.slice(0, -1).includes('*') && text.length <= ruleLimits.key + (text.endsWith('*') ? 1 : 0),
  `Must be a key of at most ${ruleLimits.key} characters, or the beginning of one with a star at its end.`,
)

const seconds = numberBetween(0, ruleLimits.seconds)

/** A rule of the user's, as `PUT /api/alert-rules` takes it; what isn't given has its default. */
const ruleForm: z.ZodType<AlertRule> = z
  .strictObject({
    rule_id: callerId,
    name: shownText(ruleLimits.name).exactOptional(),
    alert_type: alertType,
    stream: z.string().min(1).max(128).exactOptional(),
    key: key.exactOptional(),
    on: z.enum(['record', 'window', 'insight']),
    window: z.string().min(1).max(64).exactOptional(),
    field: shownText(ruleLimits.field),
    operator: z.enum(operators),
    threshold: z.union([z.number(), shownText(ruleLimits.threshold)]).exactOptional(),
    for_seconds: seconds.default(0),
    cool_down_seconds: seconds.default(defaultCoolDown),
    severity: z.enum(['low', 'medium', 'high']).exactOptional(),
    enabled: z.boolean().default(true),
  })
  .superRefine((rule, context) => {
    for (const [field, message] of problemsOf(rule)) context.addIssue({ code: 'custom', path: [field], message })
  }) as unknown as z.ZodType<AlertRule>

/** What each field allows, but not both together. A rule that could never fire is refused, so that a slip of the pen doesn't wait for ever. */
function* problemsOf({ on, window, field, operator, threshold, for_seconds }: AlertRule): Generator<[string, string]> {
  if (on === 'window' && !isWindowField(field))
    yield ['field', `Must be count, rate, or a field and one of ${aggregates.join(', ')}, such as temperature.p95.`]
  if (on === 'insight' && !isInsightField(field))
    yield ['field', `Must be one of ${wholeOfInsight.join(', ')}, or begin with one of ${ofInsight.join(', ')}.`]
  if (field.split('.').includes('')) yield ['field', 'Must hold names with single dots between them.']
  if (on !== 'window' && window !== undefined) yield ['window', 'Is for rules on windows only.']
  if (operator === 'absent' && threshold !== undefined) yield ['threshold', 'Must not be given with the operator absent.']
  if (operator !== 'absent' && threshold === undefined) yield ['threshold', 'Must be given.']
  if (numeric.includes(operator) && typeof threshold === 'string') yield ['threshold', 'Must be a number for this operator.']
  if (on === 'window' && (typeof threshold === 'string' || operator === 'contains'))
    yield [typeof threshold === 'string' ? 'threshold' : 'operator', 'Must be a comparison with a number: windows hold numbers.']
  if (on === 'insight' && for_seconds > 0) yield ['for_seconds', 'Is for rules on records and windows only.']
}

function isWindowField(field: string): boolean {
  if (field === 'count' || field === 'rate') return true
  const dot = field.lastIndexOf('.')
  return dot > 0 && aggregates.includes(field.slice(dot + 1))
}

function isInsightField(field: string): boolean {
  return wholeOfInsight.includes(field) || ofInsight.some((head) => field.startsWith(head) && field.length > head.length)
}

/** All rules of a tenant, no id twice. */
export const rulesForm: z.ZodType<readonly AlertRule[]> = z
  .array(ruleForm)
  .max(ruleLimits.rules)
  .superRefine((rules, context) => {
    const seen = new Set<string>()
    for (const [index, { rule_id }] of rules.entries()) {
      if (seen.has(rule_id)) context.addIssue({ code: 'custom', path: [index, 'rule_id'], message: 'Is the id of another rule.' })
      seen.add(rule_id)
    }
  }) as unknown as z.ZodType<readonly AlertRule[]>
