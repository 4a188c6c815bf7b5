/** The HTTP edge. @module */
export { type AppOptions, createApp } from './app.ts'
export { bootstrap, firstTenant, type Identity } from './bootstrap.ts'
export { type Environment, readEnvironment } from './environment.ts'
export { createLog } from './logging.ts'
export { type RunningServer, type ServerOptions, startServer } from './node.ts'
export { nodeListener } from './node-listener.ts'
export { namedMcpServers, type OpenedPlatform, openPlatform } from './open-platform.ts'
export { startTelemetry, type Telemetry } from './telemetry/telemetry.ts'
