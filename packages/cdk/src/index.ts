/** CDK constructs: one for each pattern, and a stack that composes them. @module */
export { Alarms } from './alarms.ts'
export { AlertTopics } from './alert-topics.ts'
export type { Throttle } from './api.ts'
export { type Bundle, type BundleOptions, bundleHandlers, measureBundles } from './bundle.ts'
export { EventSubscription } from './bus.ts'
export { EventDrivenGenAi } from './event-driven-genai.ts'
export type { EventDrivenGenAiProps, ExistingResources, FunctionOptions } from './event-driven-genai-props.ts'
export { type HandlerName, handlerNames } from './handlers.ts'
export { type CloudFormationTemplate, type CostLine, type IdleCost, idleCost } from './idle-cost.ts'
export { type ImportTime, measureImports } from './import-times.ts'
export type { PatternMonitoringOptions } from './monitoring/monitor-patterns.ts'
export { PatternMonitoring } from './monitoring/pattern-monitoring.ts'
export type { PatternMonitoringProps } from './monitoring/pattern-monitoring-props.ts'
export { MultiAgentOrchestration } from './multi-agent-orchestration.ts'
export type {
  ExecutionOptions,
  MultiAgentOrchestrationProps,
  MultiAgentResources,
  WorkflowFunctionOptions,
} from './multi-agent-orchestration-props.ts'
export { PlinthStack, type PlinthStackProps } from './plinth-stack.ts'
export { type JobQueue, JobQueues, type JobQueuesProps } from './queues.ts'
export { Rag } from './rag.ts'
export type { DocumentFunctionOptions, RagProps, RagResources } from './rag-props.ts'
export { RealTimeAnalytics } from './real-time-analytics.ts'
export type {
  AnalyticsFunctionOptions,
  AnalyticsResources,
  RealTimeAnalyticsProps,
  StreamCapacity,
} from './real-time-analytics-props.ts'
export { SecureMultiTenant } from './secure-multi-tenant.ts'
export type { GuardedResources, SecureMultiTenantProps } from './secure-multi-tenant-props.ts'
export { type Synthesis, type SynthesisOptions, synthesise } from './synthesise.ts'
export { type WafOptions, WebAcl, type WebAclProps } from './web-acl.ts'
export { WorkflowExecutions, type WorkflowExecutionsProps } from './workflow-executions.ts'
