/** The five patterns, the ports they stand on, and what joins the two. @module */

export { type Advice, advise } from './advisor/advise.ts'
export { pollsMonth } from './advisor/cost/formulas.ts'
export { givenPricesForm } from './advisor/given-prices.ts'
export { type Answers, answersForm } from './advisor/profile.ts'
export { roadmapMarkdown } from './advisor/roadmap/roadmap-for.ts'
export { advisorRoute } from './advisor/route.ts'
export { listUsd } from './advisor/service-prices.ts'
export { synthOptions } from './advisor/synth-options.ts'
export { defaultAlertTypes } from './analytics/alerts/rules.ts'
export { appendLines, appendRecords } from './analytics/append-records.ts'
export { AlertSuppression, type PackedAlertSuppression } from './analytics/detect/alert-suppression.ts'
export { CategoryDetector, type PackedCategoryDetector } from './analytics/detect/category-detector.ts'
export { Detector, detectionThreshold, type PackedDetector } from './analytics/detect/detector.ts'
export type { Explanation } from './analytics/detect/explain-novelty.ts'
export type { Analysis, Evidence, Insight, RiskLevel } from './analytics/insight.ts'
export { listInsights, showInsight } from './analytics/insights.ts'
export { analytics } from './analytics/pattern.ts'
export {
  type ProcessedBatch,
  type ProcessOptions,
  processStreamingData,
  type StreamingData,
} from './analytics/process-streaming-data.ts'
export type { KinesisRecord } from './analytics/read-kinesis.ts'
export { recordLimits, type StreamRecord } from './analytics/record.ts'
export type { AppendedRecords, RejectedRecord } from './analytics/record-appender.ts'
export { type BatchMetrics, onBatchMetrics } from './analytics/shards/batch-metrics.ts'
export * from './crypto.ts'
export * from './define/collection.ts'
export * from './define/event.ts'
export * from './define/forms.ts'
export * from './define/job.ts'
export * from './define/pattern.ts'
export * from './define/route.ts'
export * from './define/stream-consumer.ts'
export * from './define/subscriber.ts'
export { allowsDimensions, checkDimensions } from './embedding-model/dimensions.ts'
export * from './embedding-model/embed.ts'
export * from './errors.ts'
export { type Acknowledgement, backlogLimit, type GenaiRequest, processGenaiRequest } from './event-driven/accept.ts'
export { cancelRequest, getRequest, redrive, redriveAll } from './event-driven/manage.ts'
export { eventDriven } from './event-driven/pattern.ts'
export { handleGenaiProcessingEvent } from './event-driven/process.ts'
export * from './gateway/chat.ts'
export * from './gateway/governed-chat.ts'
export * from './gateway/governed-embeddings.ts'
export * from './ids.ts'
export * from './json.ts'
export * from './language-model/call.ts'
export * from './language-model/catalogue.ts'
export * from './language-model/failure.ts'
export * from './language-model/gate.ts'
export * from './language-model/guardrail.ts'
export { warnOfLifecycles } from './language-model/lifecycle.ts'
export { modelsRoute } from './language-model/models-route.ts'
export * from './language-model/token-estimate.ts'
export * from './log.ts'
export { allAgents, deleteAgent, getAgent, type NewAgent, putAgent } from './multi-agent/agents/registry.ts'
export { createWorkflow, type NewWorkflow, workflowIdOf } from './multi-agent/create-workflow.ts'
export { workflowFinished } from './multi-agent/events.ts'
export { type Fork, forkWorkflow } from './multi-agent/fork-workflow.ts'
export {
  approveWorkflow,
  cancelWorkflow,
  getWorkflow,
  rejectWorkflow,
  resumeWorkflow,
  retryStep,
  type Workflow,
} from './multi-agent/manage-workflow.ts'
export { multiAgent } from './multi-agent/pattern.ts'
export { endFor, waitForEnd } from './multi-agent/wait-for-end.ts'
export { newWorkflow } from './multi-agent/workflow-forms.ts'
export { orLeft } from './or-left.ts'
export { jobNames, patterns } from './patterns.ts'
export * from './platform.ts'
export * from './ports/clock.ts'
export * from './ports/document-reader.ts'
export * from './ports/event-bus.ts'
export * from './ports/event-stream.ts'
export * from './ports/key-service.ts'
export * from './ports/object-store.ts'
export * from './ports/ocr.ts'
export * from './ports/operations.ts'
export * from './ports/outbound.ts'
export * from './ports/queue.ts'
export * from './ports/search-index.ts'
export * from './ports/state-store.ts'
export * from './ports/tool-source.ts'
export * from './ports/topics.ts'
export { type AcceptedDocuments, acceptDocuments, type NewDocument } from './rag/accept-documents.ts'
export { type AnswerKind, answerKindOf } from './rag/answer/question.ts'
export { answerQuestion, type RagAnswer } from './rag/answer-question.ts'
export type { Block, ChunkTable } from './rag/chunking/block.ts'
export { type ChunkOptions, chunkBlocks, defaultChunkBudget } from './rag/chunking/chunk.ts'
export { Headings } from './rag/chunking/headings.ts'
export { answerOverlap, exactMatch } from './rag/evaluate/answer-metrics.ts'
export { type Interval, meanInterval, pairedDifference } from './rag/evaluate/bootstrap.ts'
export { calibration, type Judged, riskCoverage, separation } from './rag/evaluate/confidence-metrics.ts'
export {
  type CorpusDocument,
  type Question as DatasetQuestion,
  readCorpus,
  readJudgements,
  readQuestions,
} from './rag/evaluate/dataset.ts'
export { type Judgements, normalisedGain, recallAt, reciprocalRank } from './rag/evaluate/ranking-metrics.ts'
export { type Tuned, tune } from './rag/evaluate/tune.ts'
export { deleteDocument } from './rag/manage-documents.ts'
export type { Passage } from './rag/passage.ts'
export { rag } from './rag/pattern.ts'
export { plainTextReader } from './rag/plain-text-reader.ts'
export { retrievePassages } from './rag/retrieve-passages.ts'
export type { PassageFinding } from './rag/screen-passages.ts'
export { inField, readInput, tryInput } from './read-input.ts'
export { type Caller, requirePermission, type TenantId } from './scope/caller.ts'
export { dataKeyContext, pooledKeyAlias } from './scope/data-keys.ts'
export type { Objects } from './scope/objects.ts'
export type { Operator } from './scope/operator.ts'
export { NewerSchemaError, type Place, StoredRecord } from './scope/record.ts'
export type { Scope, Uses } from './scope/scope.ts'
export { liesApart, sealedObjectPrefix } from './scope/sealing.ts'
export type { Search } from './scope/search.ts'
export { type Commit, check, count, insert, type RecordWrite, remove, State, update } from './scope/state.ts'
export type { Streams } from './scope/streams.ts'
export type { Action, Deed } from './scope/trail.ts'
export { SegmentSearchIndex, type SegmentSearchIndexOptions } from './search/segment-search-index.ts'
export { type SpendingFigures, spendingOf } from './standing/spending.ts'
export { type Counted, type Standing, type StreamStanding, standingOf, streamStandings } from './standing/standing.ts'
export { type EventPattern, parsePattern, patternLimits } from './subscribers/event-pattern.ts'
export {
  changeSubscriber,
  createSubscriber,
  getSubscriber,
  type NewSubscriber,
  removeSubscriber,
  rotateSubscriberSecret,
  type SubscriberRecord,
  subscriberLimit,
} from './subscribers/manage-subscribers.ts'
export { matchesEvent } from './subscribers/match-event.ts'
export { acknowledgeMessages, type ReceivedMessage, type RefusedReceipt, receiveMessages } from './subscribers/pull-queue.ts'
export type { DeliveryFields, ReplayFields, SubscriberFields } from './subscribers/records.ts'
export { getReplay, type NewReplay, replayLimit, startReplay } from './subscribers/replay.ts'
export { rotateTenantSecret, type ShownSecret, tenantSecret } from './subscribers/secrets.ts'
export { checkTargetUrl } from './subscribers/target-url.ts'
export * from './telemetry.ts'
export { type Administration, administer } from './tenancy/administration.ts'
export { AuditRounds } from './tenancy/audit/audit-rounds.ts'
export { AuditSealer } from './tenancy/audit/audit-sealer.ts'
export { verifyExportedAudit } from './tenancy/audit/export-audit.ts'
export * from './tenancy/authenticate.ts'
export * from './tenancy/credentials.ts'
export { applyTenantFilters } from './tenancy/filters/apply-tenant-filters.ts'
export * from './tenancy/filters/filter-settings.ts'
export { type Direction, FilterStream } from './tenancy/filters/filter-stream.ts'
export type { Filtered, Finding } from './tenancy/filters/matches.ts'
export {
  type ClaimNames,
  readTrustedIssuers,
  type TokenAlgorithm,
  type TrustedIssuer,
  tokenAlgorithms,
} from './tenancy/identity/trusted-issuer.ts'
export { audience, LocalIssuer, localIssuer, peerIssuer, type TokenRequest } from './tenancy/issuer.ts'
export { type ReadFile, readIssuerSetting } from './tenancy/issuer-setting.ts'
export { multiTenant } from './tenancy/pattern.ts'
export * from './tenancy/permissions.ts'
export { TenantRegistry } from './tenancy/registry.ts'
export { checkModelResidency, checkRegion } from './tenancy/residency.ts'
export { type OpenedStatement, openStatement, type StatementKeys, statementKeys } from './tenancy/statement.ts'
export * from './tenancy/tenant.ts'
export type { NewTenant, TenantChange } from './tenancy/tenant-forms.ts'
export { VirtualKeys } from './tenancy/virtual-keys.ts'
export { Dispatcher } from './worker/dispatcher.ts'
export { type HostOptions, WorkerHost } from './worker/host.ts'
export { LaneTurns, type Turn } from './worker/lane-turns.ts'
export { OutboxSender, type Sent } from './worker/outbox-sender.ts'
export { type EntrySource, PartitionTurns } from './worker/partition-turns.ts'
export { Relay } from './worker/relay.ts'
export { StreamDeliveries } from './worker/stream-deliveries.ts'
export { Sweeper } from './worker/sweeper.ts'
